#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "engine/correlate.h"
#include "engine/engine.h"
#include "engine/rows.h"
#include "engine/state.h"

#define SOURCES_MAX   1000
#define KEY_BYTES_MAX ((size_t)LIMIT_PAYLOAD_BYTES + 65536)

struct question {
    const char *source;
    json event;
    int64_t seq;
    json answers;
};

static json answer_new(const char *who, const char *name, const char *task, const char *filter)
{
    json out = json_object();
    json_set_text(&out, who, name);
    if (task)
        json_set_text(&out, "task", task);
    if (filter)
        json_set_text(&out, "filter", filter);
    return out;
}

static void conclude(struct question *q, json answer_take, bool matched, const char *reason)
{
    json_set_text(&answer_take, "source", q->source);
    json_set_bool(&answer_take, "matched", matched);
    json_set_text(&answer_take, "reason", reason);
    json_append_take(&q->answers, answer_take);
}

static void explain_consumed(struct engine *e, struct question *q)
{
    struct value prefix = value_integer(q->seq);
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_CONSUMED,
                                                                .index = CONSUMED_BY_EVENT,
                                                                .prefix = &prefix,
                                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        if (json_length(q->answers) < LIMIT_PAGE_ROWS)
            conclude(q,
                     answer_new("instance", row_text(&row, CONSUMED_INSTANCE),
                                row_text(&row, CONSUMED_PATH), NULL),
                     true, "it was taken by this task");
        row_done(&row);
    }
}

static void explain_step(struct question *q, const struct row *row, json answer_take)
{
    const char *filter = row_text(row, SUBSCRIPTION_FILTER);
    struct bytes key;
    bytes_init(&key, KEY_BYTES_MAX);
    correlate_step_key(filter, q->event, &key);
    bool fits = strcmp(key.data, row_text(row, SUBSCRIPTION_KEY)) == 0;
    if (fits && !correlate_step_means(filter, row_text(row, SUBSCRIPTION_INSTANCE), q->event)) {
        conclude(q, answer_take, false, "its subject is something else than this instance");
    } else if (fits) {
        conclude(q, answer_take, true, "every attribute is equal");
    } else {
        json reason = json_printf("wanted %.300s, the event has %.300s",
                                  row_text(row, SUBSCRIPTION_KEY), key.data);
        conclude(q, answer_take, false, json_text(reason));
        json_free(reason);
    }
    bytes_done(&key);
}

static const char *or_words(const struct fail *why, const char *otherwise)
{
    return why->kind == FAIL_NONE ? otherwise : why->message;
}

static void explain_machine(struct engine *e, struct question *q, const struct row *row,
                            json answer_take)
{
    struct catalogue_entry *entry = NULL;
    const struct event_filter *filter =
        correlate_filter(e, row_text(row, SUBSCRIPTION_FILTER), &entry);
    if (!filter) {
        conclude(q, answer_take, false, "its workflow no longer compiles");
        return;
    }
    struct fail why = {0};
    json correlation = json_absent();
    json detail = rows_json_or(row, SUBSCRIPTION_DETAIL, json_object());
    json with = json_get(detail, "with"), expected = json_get(detail, "expected");
    if (!event_fits(filter, q->event, e->now_ms, &correlation, &why))
        conclude(q, answer_take, false, or_words(&why, "an attribute differs from the filter"));
    else if (!event_fits_subscription(with, expected, q->event, correlation, &why))
        conclude(q, answer_take, false, or_words(&why, "its correlation differs"));
    else
        conclude(q, answer_take, true, "it fits");
    json_free(correlation);
    json_free(with);
    json_free(expected);
    json_free(detail);
}

static void explain_subscription(struct engine *e, struct question *q, const struct row *row)
{
    const char *instance = row_text(row, SUBSCRIPTION_INSTANCE);
    const char *filter = row_text(row, SUBSCRIPTION_FILTER);
    bool schedule = *instance == 0;
    json answer = schedule
                      ? answer_new("definition", row_text(row, SUBSCRIPTION_PATH), NULL, filter)
                      : answer_new("instance", instance, row_text(row, SUBSCRIPTION_PATH), filter);
    struct live *l = schedule ? NULL : live_find(e, instance);
    if (l && q->seq < l->events_from)
        conclude(q, answer, false, "the event came before the instance began");
    else if (!schedule && correlate_is_consumed(e, instance, q->seq, NULL))
        conclude(q, answer, false, "the instance has taken this event already");
    else if (strcmp(row_text(row, SUBSCRIPTION_OWNER), "step") == 0)
        explain_step(q, row, answer);
    else
        explain_machine(e, q, row, answer);
}

static void explain_waiting(struct engine *e, struct question *q, const char *type)
{
    struct value prefix = value_text(type);
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_SUBSCRIPTION,
                                                                .index = SUBSCRIPTION_BY_TYPE,
                                                                .prefix = &prefix,
                                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        bool full = json_length(q->answers) >= LIMIT_PAGE_ROWS;
        if (!full)
            explain_subscription(e, q, &row);
        row_done(&row);
        if (full) {
            scan_done(scan);
            return;
        }
    }
}

// False if no such event has been accepted.
static bool explain_event(struct engine *e, struct question *q, const char *source, const char *id)
{
    struct value prefix[] = {value_text(source), value_text(id)};
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_EVENT,
                                                                .index = EVENT_BY_IDENTITY,
                                                                .prefix = prefix,
                                                                .prefix_count = 2});
    struct row row = {0};
    if (!rows_next(scan, &row))
        return false;
    q->source = source;
    q->event = rows_json(&row, EVENT_BODY);
    q->seq = row_integer(&row, EVENT_SEQ);
    explain_consumed(e, q);
    explain_waiting(e, q, row_text(&row, EVENT_TYPE));
    explain_waiting(e, q, "*");
    row_done(&row);
    scan_done(scan);
    json_free(q->event);
    return true;
}

// The next source in their order, from the least text behind `before`; NULL at the end.
static char *source_after(struct engine *e, const char *before)
{
    char *least = before ? mem_printf("%s\x01", before) : NULL;
    struct value from = value_text(least ? least : "");
    struct scan_opts opts = {.table = TABLE_EVENT, .index = EVENT_BY_IDENTITY, .from = &from};
    struct row row;
    char *source = NULL;
    if (rows_first(e->store, &opts, &row)) {
        source = mem_string(row_text(&row, EVENT_SOURCE));
        row_done(&row);
    }
    mem_free(least);
    return source;
}

// One look for each source and not for each event: there are few of them.
static bool explain_everywhere(struct engine *e, struct question *q, const char *id,
                               struct fail *why)
{
    bool found = false;
    char *source = source_after(e, NULL);
    for (size_t i = 0; source && i < SOURCES_MAX; i++) {
        found = explain_event(e, q, source, id) || found;
        char *next = source_after(e, source);
        mem_free(source);
        source = next;
    }
    bool all = source == NULL;
    mem_free(source);
    if (!found && !all)
        return fail(why, FAIL_LIMIT, "events came from more than %d sources; say which is meant",
                    SOURCES_MAX);
    return found || fail(why, FAIL_NOT_FOUND,
                         "no event with id '%.200s' has been accepted, from whatever source", id);
}

json engine_why(struct engine *e, const char *source, const char *id, struct fail *why)
{
    struct question q = {.answers = json_array()};
    bool found = source ? explain_event(e, &q, source, id) : explain_everywhere(e, &q, id, why);
    if (source && !found)
        fail(why, FAIL_NOT_FOUND,
             "no event with source '%s' and id '%s' has been accepted; check both", source, id);
    if (!found)
        json_swap_take(&q.answers, json_absent());
    return q.answers;
}
