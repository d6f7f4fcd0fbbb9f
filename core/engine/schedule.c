#include "engine/schedule.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "calendar/recurrence.h"
#include "engine/rows.h"
#include "engine/start.h"
#include "engine/state.h"
#include "engine/timers.h"
#include "machine/event.h"

#define NOBODY          "" // the instance under which schedules wait
#define OCCURRENCES_MAX 200000
#define TEXT_BYTES_MAX  ((size_t)1 << 28)
#define GATHERED_MAX    1000 // events of one filter kept for an `all` that is not complete

json schedule_describe(const struct definition *d)
{
    if (!d->schedule.given && !d->schedule.rrule)
        return json_absent();
    json out = json_object(), document = json_get(d->source, "schedule");
    if (json_is_object(document))
        json_merge(&out, document);
    if (d->schedule.rrule)
        json_set_text(&out, "rrule", d->schedule.rrule);
    json_free(document);
    return out;
}

static void path_of(const struct catalogue_entry *entry, struct bytes *out)
{
    bytes_init(out, 2048);
    catalogue_key(entry, out);
}

static bool add_duration(const struct definition *d, const struct duration_source *source,
                         int64_t from_ms, int64_t *ms, struct fail *why)
{
    if (!source->given)
        return false;
    if (!source->constant)
        return fail(why, FAIL_INVALID, "a schedule's duration must be a constant");
    return duration_add(from_ms, &source->duration, d->zone, ms, why) &&
           (*ms > from_ms || fail(why, FAIL_INVALID, "a schedule's duration must be positive"));
}

// The next of an interval's moments behind `after_ms`. What was missed while the engine was down
// runs once, not as often as it was missed.
static bool next_every(const struct definition *d, int64_t due_ms, int64_t after_ms, int64_t *ms,
                       struct fail *why)
{
    if (!add_duration(d, &d->schedule.every, due_ms, ms, why))
        return false;
    int64_t step_ms = *ms - due_ms;
    const struct duration *every = &d->schedule.every.duration;
    bool clock_only = duration_is_fixed(every) && every->days == 0 && every->weeks == 0;
    if (*ms <= after_ms &&
        clock_only) // days keep the local time of day, so they are counted singly
        *ms += (after_ms - *ms) / step_ms * step_ms;
    while (*ms <= after_ms) {
        int64_t from_ms = *ms;
        if (!add_duration(d, &d->schedule.every, from_ms, ms, why))
            return false;
    }
    return true;
}

// An RRULE counts from the deployment. Widening windows, so that a rule of every minute does not
// list years and a rule of every leap year is still found.
static bool next_rrule(const struct definition *d, int64_t start_ms, int64_t after_ms, int64_t *ms,
                       struct fail *why)
{
    static const int windows_days[] = {2, 40, 400, 8 * 366 + 1};
    for (size_t w = 0; w < sizeof(windows_days) / sizeof(*windows_days); w++) {
        struct recurrence_opts opts = {.rrule = d->schedule.rrule,
                                       .zone = d->zone,
                                       .from_ms = start_ms,
                                       .to_ms = after_ms + windows_days[w] * DAY_MS,
                                       .count_max = OCCURRENCES_MAX};
        int64_t *moments = NULL;
        size_t count = 0, i = 0;
        if (!recurrence_list(&opts, &moments, &count, why))
            return false;
        while (i < count && moments[i] <= after_ms)
            i++;
        bool found = i < count;
        if (found)
            *ms = moments[i];
        mem_free(moments);
        if (found)
            return true;
    }
    return false;
}

static void arm(struct engine *e, const char *path, const char *name, int64_t due_ms)
{
    timers_put(e, NOBODY, path, 0, name, due_ms, "schedule");
}

static void warn(const struct catalogue_entry *entry, const struct fail *why)
{
    if (why->kind != FAIL_NONE)
        log_warn("engine", "schedule_stopped", "workflow=%s/%s/%s reason=\"%s\"", entry->namespace,
                 entry->name, entry->version, why->message);
}

// `due_ms` is the moment from which the next is counted: the last one, or the deployment.
static void arm_next(struct engine *e, struct catalogue_entry *entry, const struct definition *d,
                     const char *name, int64_t due_ms)
{
    struct fail why = {0};
    int64_t ms = 0;
    bool found = false;
    if (strcmp(name, "every") == 0)
        found = next_every(d, due_ms, e->now_ms, &ms, &why);
    else if (strcmp(name, "cron") == 0)
        found = cron_next(&d->schedule.cron, d->zone, e->now_ms, &ms);
    else if (strcmp(name, "rrule") == 0)
        found = next_rrule(d, entry->deployed_ms, e->now_ms, &ms, &why);
    else if (strcmp(name, "after") == 0)
        found = add_duration(d, &d->schedule.after, e->now_ms, &ms, &why);
    warn(entry, &why);
    struct bytes path;
    path_of(entry, &path);
    if (found)
        arm(e, path.data, name, ms);
    bytes_done(&path);
}

static void subscribe(struct engine *e, const struct catalogue_entry *entry,
                      const struct event_filter *filter)
{
    struct bytes path, text, name;
    path_of(entry, &path);
    bytes_init(&text, 2048);
    bytes_init(&name, 64);
    correlate_filter_text(entry, filter->id, &text);
    bytes_printf(&name, "%d", filter->id);
    struct value columns[] = {
        [SUBSCRIPTION_INSTANCE] = value_text(NOBODY),
        [SUBSCRIPTION_PATH] = value_text(path.data),
        [SUBSCRIPTION_ATTEMPT] = value_integer(0),
        [SUBSCRIPTION_NAME] = value_text(name.data),
        [SUBSCRIPTION_TYPE] = value_text(correlate_type(filter)),
        [SUBSCRIPTION_FILTER] = value_text(text.data),
        [SUBSCRIPTION_KEY] = value_text(""),
        [SUBSCRIPTION_OWNER] = value_text("schedule"),
        [SUBSCRIPTION_DETAIL] = value_null(),
    };
    store_put(e->store, TABLE_SUBSCRIPTION, columns);
    correlate_know_filter(e, correlate_type(filter), text.data);
    bytes_done(&path);
    bytes_done(&text);
    bytes_done(&name);
}

static void stop(struct engine *e, const struct catalogue_entry *entry)
{
    struct bytes path;
    path_of(entry, &path);
    struct value key[] = {value_text(NOBODY), value_text(path.data)};
    store_delete_prefix(e->store, TABLE_TIMER, key, 2);
    store_delete_prefix(e->store, TABLE_SUBSCRIPTION, key, 2);
    store_delete_prefix(e->store, TABLE_RECORD, key, 2);
    bytes_done(&path);
}

static void begin(struct engine *e, struct catalogue_entry *entry)
{
    struct fail why = {0};
    const struct definition *d = catalogue_compiled(e, entry, &why);
    warn(entry, &why);
    if (!d)
        return;
    const struct schedule *s = &d->schedule;
    if (s->every.given)
        arm_next(e, entry, d, "every", e->now_ms);
    if (s->has_cron)
        arm_next(e, entry, d, "cron", e->now_ms);
    if (s->rrule)
        arm_next(e, entry, d, "rrule", e->now_ms);
    if (s->after.given)
        arm_next(e, entry, d, "after", e->now_ms);
    for (size_t i = 0; s->on && i < s->on->count; i++)
        subscribe(e, entry, s->on->filters[i]);
}

void schedule_renew(struct engine *e, struct catalogue_entry *entry)
{
    struct map_entry *walk;
    for (size_t i = 0; map_next(&e->catalogue.entries, &i, &walk);) {
        struct catalogue_entry *other = walk->value;
        if (!json_is_absent(other->schedule) && strcmp(other->name, entry->name) == 0 &&
            strcmp(other->namespace, entry->namespace) == 0)
            stop(e, other);
    }
    stop(e, entry); // --dev may have taken its schedule away
    struct catalogue_entry *latest = catalogue_latest(e, entry->namespace, entry->name);
    if (latest && !json_is_absent(latest->schedule))
        begin(e, latest);
}

static bool start(struct engine *e, const struct catalogue_entry *entry, json input)
{
    struct start_opts opts = {.definition = {entry->namespace, entry->name, entry->version},
                              .input = input};
    struct id id;
    struct fail why = {0};
    if (start_instance(e, &opts, &id, &why))
        return true;
    e->figures.scheduled_refused++;
    log_warn("engine", "scheduled_start_refused", "workflow=%s/%s/%s reason=\"%s\"",
             entry->namespace, entry->name, entry->version, why.message);
    return false;
}

void schedule_fire(struct engine *e, const char *path, const char *name, int64_t due_ms)
{
    struct catalogue_entry *entry = catalogue_by_key(e, path);
    if (!entry)
        return;
    json input = json_object();
    start(e, entry, input);
    json_free(input);
    struct fail why = {0};
    const struct definition *d = catalogue_compiled(e, entry, &why);
    if (d && strcmp(name, "after") != 0) // that one is armed by the end of what began
        arm_next(e, entry, d, name, due_ms);
}

void schedule_instance_ended(struct engine *e, struct catalogue_entry *entry)
{
    const struct definition *d = entry->definition;
    if (d && d->schedule.after.given && !entry->superseded &&
        catalogue_latest(e, entry->namespace, entry->name) == entry)
        arm_next(e, entry, d, "after", e->now_ms);
}

// ---- all: events gather in a record by their correlation until each filter has one

static void record_key(struct value key[4], const struct bytes *path, const struct bytes *name)
{
    rows_address(key, NOBODY, path->data, 0, name->data);
}

static json gathered_read(struct engine *e, const struct value key[4])
{
    struct row row = {0};
    rows_get(e->store, TABLE_RECORD, key, &row);
    json out = row_is_there(&row) ? rows_json(&row, RECORD_VALUE) : json_object();
    row_done(&row);
    return out;
}

static void gathered_write(struct engine *e, const struct value key[4], json gathered)
{
    if (json_length(gathered) == 0) {
        store_delete(e->store, TABLE_RECORD, key);
        return;
    }
    struct bytes text;
    bytes_init(&text, TEXT_BYTES_MAX);
    json_write(gathered, JSON_COMPACT, &text);
    struct value columns[] = {key[0], key[1], key[2], key[3], value_blob(text.data, text.length)};
    store_put(e->store, TABLE_RECORD, columns);
    bytes_done(&text);
}

static void gathered_add(json *gathered, const struct event_filter *filter, json event)
{
    char name[32];
    snprintf(name, sizeof(name), "%d", filter->id);
    json list = json_get(*gathered, name);
    if (json_is_absent(list))
        json_swap_take(&list, json_array());
    if (json_length(list) < GATHERED_MAX)
        json_append(&list, event);
    json_set_take(gathered, name, list);
}

// Takes the first event of each filter, in the order of the filters; absent if one has none.
static json gathered_take(json *gathered, const struct event_strategy *on)
{
    if (json_length(*gathered) < on->count)
        return json_absent();
    json out = json_array(), left = json_object();
    for (size_t i = 0; i < on->count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "%d", on->filters[i]->id);
        json list = json_get(*gathered, name), rest = json_array();
        json_append_take(&out, json_at(list, 0));
        for (size_t k = 1; k < json_length(list); k++)
            json_append_take(&rest, json_at(list, k));
        if (json_length(rest) > 0)
            json_set(&left, name, rest);
        json_free(rest);
        json_free(list);
    }
    json_swap_take(gathered, left);
    return out;
}

static size_t gather(struct engine *e, struct catalogue_entry *entry,
                     const struct schedule_event *event)
{
    const struct definition *d = entry->definition;
    struct bytes path, name;
    path_of(entry, &path);
    bytes_init(&name, TEXT_BYTES_MAX);
    json none = json_object();
    json_write(json_is_object(event->correlation) ? event->correlation : none, JSON_COMPACT, &name);
    struct value key[4];
    record_key(key, &path, &name);
    json gathered = gathered_read(e, key);
    json read = event_read(event->event, d->schedule.read);
    gathered_add(&gathered, event->filter, read);
    json input = gathered_take(&gathered, d->schedule.on);
    gathered_write(e, key, gathered);
    bool started = !json_is_absent(input) && start(e, entry, input);
    json_free(input);
    json_free(read);
    json_free(gathered);
    json_free(none);
    bytes_done(&name);
    bytes_done(&path);
    return started;
}

size_t schedule_event_fits(struct engine *e, struct catalogue_entry *entry,
                           const struct schedule_event *event)
{
    const struct definition *d = entry->definition;
    must(d && d->schedule.on);
    if (d->schedule.on->mode == EVENTS_ALL)
        return gather(e, entry, event);
    json input = json_array();
    json_append_take(&input, event_read(event->event, d->schedule.read));
    bool started = start(e, entry, input);
    json_free(input);
    return started;
}
