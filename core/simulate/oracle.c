// What must hold whenever the world is at rest and the disk well: looked at on the bare disk, apart
// from what the engine says of itself.
#include "simulate/world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/audit.h"

#define EVENTS_LOOKED_AT                                                                           \
    600 // more of them are looked at no more: each is looked at for each listen

static bool open_status(const char *status)
{
    return strcmp(status, "pending") == 0 || strcmp(status, "running") == 0 ||
           strcmp(status, "waiting") == 0 || strcmp(status, "suspended") == 0;
}

// ---- timers: what is due has fired

static bool check_timers(struct simulation *s)
{
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    struct value to = value_integer(s->clock.now_ms + 1);
    if (!store_scan(s->eye,
                    &(struct scan_opts){.table = TABLE_TIMER, .index = TIMER_BY_DUE, .to = &to},
                    &scan, &why))
        return simulate_violated(s, "disk", "%s", why.message);
    while (simulate_is_good(s) && scan_next(scan, &row, &why)) {
        simulate_violated(s, "timer-lost", "the timer '%s' of %s %s was due %lld ms ago",
                          row_text(&row, TIMER_NAME), row_text(&row, TIMER_INSTANCE),
                          row_text(&row, TIMER_PATH),
                          (long long)(s->clock.now_ms - row_integer(&row, TIMER_DUE_MS)));
        row_done(&row);
    }
    scan_done(scan);
    return simulate_is_good(s);
}

// ---- nothing waits in silence

// Rows of a table whose key begins with instance, path, attempt (and name, if given).
static size_t count_rows(struct simulation *s, enum table table, const char *instance, json wait,
                         const char *name)
{
    struct value prefix[] = {value_text(instance), value_text(json_get_text(wait, "path", "")),
                             value_integer(json_get_int(wait, "attempt", 0)), value_text(name)};
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    size_t count = 0;
    struct scan_opts opts = {
        .table = table, .index = -1, .prefix = prefix, .prefix_count = name ? 4 : 3};
    if (!store_scan(s->eye, &opts, &scan, &why))
        return 0;
    while (scan_next(scan, &row, &why)) {
        count++;
        row_done(&row);
    }
    scan_done(scan);
    return count;
}

static size_t count_children(struct simulation *s, const char *instance)
{
    struct value parent = value_text(instance);
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    size_t count = 0;
    struct scan_opts opts = {
        .table = TABLE_INSTANCE, .index = INSTANCE_BY_PARENT, .prefix = &parent, .prefix_count = 1};
    if (!store_scan(s->eye, &opts, &scan, &why))
        return 0;
    while (scan_next(scan, &row, &why)) {
        count += row_is_null(&row, INSTANCE_ENDED_MS);
        row_done(&row);
    }
    scan_done(scan);
    return count;
}

// A step waits for its timers, subscriptions, effects or open items.
static size_t count_step(struct simulation *s, const char *instance, json wait)
{
    struct step_address a = {instance, json_get_text(wait, "path", ""),
                             json_get_int(wait, "attempt", 0)};
    if (count_rows(s, TABLE_STEP, instance, wait, NULL) == 0)
        return count_rows(s, TABLE_EFFECT, instance, wait, NULL);
    struct function_host *host = s->opts->plugins ? plugins_host(s->opts->plugins) : NULL;
    return count_rows(s, TABLE_TIMER, instance, wait, NULL) +
           count_rows(s, TABLE_SUBSCRIPTION, instance, wait, NULL) +
           count_rows(s, TABLE_EFFECT, instance, wait, NULL) +
           (host ? host->wake_sources(host, s->engine, &a) : 0);
}

static bool check_wait(struct simulation *s, const char *instance, json wait)
{
    const char *kind = json_get_text(wait, "kind", "");
    size_t count = 0;
    if (strcmp(kind, "timer") == 0)
        count = count_rows(s, TABLE_TIMER, instance, wait, json_get_text(wait, "name", ""));
    else if (strcmp(kind, "event") == 0)
        count = count_rows(s, TABLE_SUBSCRIPTION, instance, wait, NULL);
    else if (strcmp(kind, "child") == 0)
        count = count_children(s, instance);
    else
        count = count_step(s, instance, wait);
    return count > 0 ||
           simulate_violated(s, strcmp(kind, "timer") == 0 ? "timer-lost" : "silent-wait",
                             "%s waits at %s for a %s that the disk does not have", instance,
                             json_get_text(wait, "path", ""), kind);
}

// ---- no event is lost: what fits an open listen has been consumed

static bool is_consumed(struct simulation *s, const char *instance, int64_t event)
{
    struct value key[] = {value_text(instance), value_integer(event)};
    struct row row = {0};
    struct fail why = {0};
    if (!store_get(s->eye, TABLE_CONSUMED, key, &row, &why))
        return false;
    bool is = row_is_there(&row);
    row_done(&row);
    return is;
}

static bool fits(const struct row *event, json expected)
{
    const struct value *body = &event->columns[EVENT_BODY];
    struct fail why = {0};
    json value = json_absent();
    if (!json_parse_stored(body->data, body->bytes, &value, &why))
        return false;
    json k = json_path(value, "data.k");
    bool fit = json_is_absent(expected) || json_equal(k, expected);
    json_free(k);
    json_free(value);
    return fit;
}

static bool check_event(struct simulation *s, const struct row *instance, json wait)
{
    struct value type = value_text(json_get_text(wait, "type", NULL));
    struct value from = value_integer(row_integer(instance, INSTANCE_EVENTS_FROM));
    const char *id = row_text(instance, INSTANCE_ID);
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    struct scan_opts opts = {.table = TABLE_EVENT,
                             .index = EVENT_BY_TYPE,
                             .prefix = &type,
                             .prefix_count = 1,
                             .from = &from};
    if (!type.data || s->events > EVENTS_LOOKED_AT || !store_scan(s->eye, &opts, &scan, &why))
        return true;
    json expected = json_path(wait, "correlation.key");
    while (simulate_is_good(s) && scan_next(scan, &row, &why)) {
        if (!is_consumed(s, id, row_integer(&row, EVENT_SEQ)) && fits(&row, expected))
            simulate_violated(s, "event-lost", "%s waits at %s, and has not consumed the event %s",
                              id, json_get_text(wait, "path", ""), row_text(&row, EVENT_ID));
        row_done(&row);
    }
    json_free(expected);
    scan_done(scan);
    return simulate_is_good(s);
}

// An effect whose outcome nobody knows is nobody's fault, nor is what was held on purpose.
static bool has_unknown(struct simulation *s, const char *instance)
{
    struct value prefix = value_text(instance);
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    bool unknown = false;
    struct scan_opts opts = {
        .table = TABLE_EFFECT, .index = -1, .prefix = &prefix, .prefix_count = 1};
    if (!store_scan(s->eye, &opts, &scan, &why))
        return false;
    while (scan_next(scan, &row, &why)) {
        unknown = unknown || strcmp(row_text(&row, EFFECT_STATUS), "unknown") == 0;
        row_done(&row);
    }
    scan_done(scan);
    return unknown;
}

static bool check_incident(struct simulation *s, const char *id, json shown)
{
    const char *incident = json_get_text(shown, "incident", NULL);
    return !incident || has_unknown(s, id) || strstr(incident, "two crashes") ||
           simulate_violated(s, "silent-wait", "%s: %s", id, incident);
}

static bool check_waits(struct simulation *s, const struct row *row, json shown)
{
    const char *id = row_text(row, INSTANCE_ID);
    json waits = json_get(shown, "waits");
    bool good = *json_get_text(shown, "waitsFor", "") != 0 ||
                simulate_violated(s, "silent-wait", "%s does not say what it waits for", id);
    if (good && json_length(waits) == 0)
        good = simulate_violated(s, "silent-wait", "%s waits for nothing", id);
    for (size_t i = 0; good && i < json_length(waits); i++) {
        json wait = json_at(waits, i);
        good = check_wait(s, id, wait) &&
               (strcmp(json_get_text(wait, "kind", ""), "event") != 0 || check_event(s, row, wait));
        json_free(wait);
    }
    json_free(waits);
    return good;
}

// ---- the state is what the history tells

static void fold_entry(json entry, const char **status)
{
    static const struct {
        const char *type, *status;
    } told[] = {
        {"workflow.started.v1", "open"},        {"workflow.completed.v1", "completed"},
        {"workflow.faulted.v1", "faulted"},     {"workflow.cancelled.v1", "cancelled"},
        {"workflow.suspended.v1", "suspended"}, {"workflow.resumed.v1", "open"},
    };
    const char *type = json_get_text(entry, "type", "");
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (strstr(type, told[i].type))
            *status = told[i].status;
}

// The tasks that have begun and not ended, by the history: "reference attempt".
static void fold_task(json entry, struct map *open)
{
    const char *type = json_get_text(entry, "type", "");
    if (!strstr(type, ".task."))
        return;
    char *address = mem_printf("%s %lld", json_get_text(entry, "reference", ""),
                               (long long)json_get_int(entry, "attempt", 0));
    if (strstr(type, ".task.started."))
        map_put(open, address, open);
    else if (strstr(type, ".task.completed.") || strstr(type, ".task.cancelled.") ||
             strstr(type, ".task.faulted."))
        map_remove(open, address);
    mem_free(address);
}

static bool check_fold(struct simulation *s, const char *id, const char *status)
{
    struct fail why = {0};
    const char *told = "nothing";
    struct map open;
    map_init(&open);
    json history = engine_history(s->engine, id, 0, 1000000, &why);
    for (size_t i = 0; i < json_length(history); i++) {
        json row = json_at(history, i), entries = json_get(row, "entries");
        for (size_t k = 0; k < json_length(entries); k++) {
            json entry = json_at(entries, k);
            fold_entry(entry, &told);
            if (json_get_bool(entry, "retry", false))
                map_clear(&open); // what waited begins anew without being told to have ended
            fold_task(entry, &open);
            json_free(entry);
        }
        json_free(entries);
        json_free(row);
    }
    json_free(history);
    size_t left = open.count;
    map_done(&open);
    bool is_open = open_status(status) && strcmp(status, "suspended") != 0;
    if (strcmp(told, is_open ? "open" : status) != 0)
        return simulate_violated(s, "state", "%s is %s, but its history says %s", id, status, told);
    if (strcmp(status, "completed") == 0 && left > 0)
        return simulate_violated(s, "state", "%s is completed, but %zu tasks have not ended", id,
                                 left);
    return true;
}

// ---- all of it

static bool check_instance(struct simulation *s, const struct row *row)
{
    struct fail why = {0};
    const char *id = row_text(row, INSTANCE_ID), *status = row_text(row, INSTANCE_STATUS);
    json shown = engine_show(s->engine, id, &why);
    bool good = json_is_object(shown) || simulate_violated(s, "disk", "%s", why.message);
    good = good && check_fold(s, id, status);
    if (good && open_status(status)) {
        good = check_incident(s, id, shown);
        if (good && strcmp(status, "suspended") != 0)
            good = check_waits(s, row, shown);
    }
    json_free(shown);
    return good;
}

static bool check_instances(struct simulation *s)
{
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    s->result->instances = 0;
    if (!store_scan(s->eye, &(struct scan_opts){.table = TABLE_INSTANCE, .index = -1}, &scan, &why))
        return simulate_violated(s, "disk", "%s", why.message);
    while (simulate_is_good(s) && scan_next(scan, &row, &why)) {
        s->result->instances++;
        check_instance(s, &row);
        row_done(&row);
    }
    scan_done(scan);
    return simulate_is_good(s);
}

static bool check_chain(struct simulation *s)
{
    struct audit_report report = {0};
    struct fail why = {0};
    return audit_verify(s->eye, NULL, &report, &why) ||
           simulate_violated(s, "chain", "%s", why.message);
}

bool simulate_check(struct simulation *s)
{
    return simulate_is_good(s) && check_timers(s) && check_chain(s) && check_instances(s) &&
           simulate_told_check(s);
}
