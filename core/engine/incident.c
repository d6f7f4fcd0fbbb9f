#include "engine/incident.h"

#include <string.h>

#include "engine/rows.h"
#include "engine/state.h"
#include "engine/timers.h"

// Beside the machine's sentence, what the open steps' plugins have to say.
void incident_sentence(struct engine *e, const struct live *l, struct bytes *out)
{
    if (!l->instance) {
        bytes_add(out, "cannot be read by this engine; see its incident");
        return;
    }
    instance_waits_for(l->instance, out);
    if (!l->has_steps || !e->host || !e->host->waits_for)
        return;
    struct scan *scan =
        rows_scan(e->store, &(struct scan_opts){.table = TABLE_STEP,
                                                .index = -1,
                                                .prefix = (struct value[]){value_text(l->id)},
                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        struct bytes said;
        bytes_init(&said, 1024);
        struct step_address a = {l->id, row_text(&row, STEP_PATH), row_integer(&row, STEP_ATTEMPT)};
        e->host->waits_for(e->host, e, &a, &said);
        if (said.length > 0)
            bytes_printf(out, "%s%s", out->length > 0 ? "; " : "", said.data);
        bytes_done(&said);
        row_done(&row);
    }
}

static bool has_row(struct engine *e, enum table table, const struct value *key)
{
    struct row row = {0};
    rows_get(e->store, table, key, &row);
    bool there = row_is_there(&row);
    row_done(&row);
    return there;
}

static bool has_child(struct engine *e, const struct live *l)
{
    if (l->child_now) // it has no row yet
        return true;
    struct scan *scan =
        rows_scan(e->store, &(struct scan_opts){.table = TABLE_INSTANCE,
                                                .index = 2,
                                                .prefix = (struct value[]){value_text(l->id)},
                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        bool open = row_is_null(&row, INSTANCE_ENDED_MS);
        row_done(&row);
        if (open) {
            scan_done(scan);
            return true;
        }
    }
    return false;
}

enum liveness { ALIVE, DEAD, DEAD_STEP };

static enum liveness call_liveness(struct engine *e, const char *id, const char *path,
                                   int64_t attempt)
{
    struct value key[] = {value_text(id), value_text(path), value_integer(attempt)};
    if (has_row(e, TABLE_STEP, key)) {
        struct step_address a = {id, path, attempt};
        return step_has_wake_source(e, &a) ? ALIVE : DEAD_STEP;
    }
    return outbox_any(e, id, path, attempt) ? ALIVE : DEAD;
}

static enum liveness wait_liveness(struct engine *e, const struct live *l, json wait)
{
    const char *kind = json_get_text(wait, "kind", "");
    const char *path = json_get_text(wait, "path", "");
    int64_t attempt = json_get_int(wait, "attempt", 0);
    if (strcmp(kind, "timer") == 0)
        return timers_has(e, l->id, path, attempt, json_get_text(wait, "name", "")) ? ALIVE : DEAD;
    if (strcmp(kind, "event") == 0)
        return correlate_has(e, l->id, path, attempt, (int)json_get_int(wait, "filter", 0)) ? ALIVE
                                                                                            : DEAD;
    if (strcmp(kind, "child") == 0)
        return has_child(e, l) ? ALIVE : DEAD;
    return call_liveness(e, l->id, path, attempt);
}

static bool is_call(json wait)
{
    return strcmp(json_get_text(wait, "kind", ""), "call") == 0;
}

// One wait that is alive keeps the instance going; a step that nothing can reach will hang even
// beside others, unless its task has a time limit, which shows as a timer at the same address.
static bool find_incident(struct engine *e, const struct live *l, struct fail *why)
{
    json waits = instance_waits(l->instance);
    bool alive = false, dead_step = false;
    for (size_t i = 0; i < json_length(waits) && !dead_step; i++) {
        json wait = json_at(waits, i);
        if (alive && !(l->has_steps && is_call(wait))) {
            json_free(wait);
            continue;
        }
        enum liveness liveness = wait_liveness(e, l, wait);
        alive = alive || liveness == ALIVE;
        dead_step = liveness == DEAD_STEP && !timers_any(e, l->id, json_get_text(wait, "path", ""),
                                                         json_get_int(wait, "attempt", 0));
        if (dead_step)
            fail(why, FAIL_CONFLICT,
                 "task '%s' is open, but no timer, event, effect or open item can wake it; retry "
                 "or cancel it",
                 json_get_text(wait, "task", "?"));
        json_free(wait);
    }
    json_free(waits);
    if (!alive && !dead_step)
        fail(why, FAIL_CONFLICT,
             "it waits, but nothing that could wake it is alive; retry or "
             "cancel it");
    return !alive || dead_step;
}

void incident_check(struct engine *e, struct live *l)
{
    if (l->quarantined)
        return;
    if (!live_is_open(l) || live_is_paused(l) || !inbox_is_empty(&l->inbox)) {
        if (l->instance)
            live_incident(e, l, NULL);
        else
            live_incident(e, l,
                          "its state or definition cannot be read; deploy what it needs and "
                          "resume it");
        return;
    }
    struct fail why = {0};
    live_incident(e, l, find_incident(e, l, &why) ? why.message : NULL);
}
