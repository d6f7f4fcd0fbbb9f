#include "engine/event_intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/events.h"
#include "engine/rows.h"
#include "engine/schedule.h"
#include "engine/state.h"

#define TEXT_BYTES_MAX ((size_t)LIMIT_PAYLOAD_BYTES + 65536)

struct intake {
    json event, source, id, type;
    int64_t seq;
    struct event_receipt *receipt;
    struct bytes body;
    bool is_put; // its row is there, with the matches so far
    bool asks;   // only who would get it is counted
};

static bool find_known(struct engine *e, const struct intake *in, int64_t *seq)
{
    struct value prefix[] = {value_text(json_text(in->source)), value_text(json_text(in->id))};
    struct scan_opts opts = {
        .table = TABLE_EVENT, .index = EVENT_BY_IDENTITY, .prefix = prefix, .prefix_count = 2};
    struct row row;
    if (!rows_first(e->store, &opts, &row))
        return false;
    *seq = row_integer(&row, EVENT_SEQ);
    row_done(&row);
    return true;
}

static void put_row(struct engine *e, struct intake *in)
{
    struct value columns[] = {
        [EVENT_SEQ] = value_integer(in->seq),
        [EVENT_SOURCE] = value_text(json_text(in->source)),
        [EVENT_ID] = value_text(json_text(in->id)),
        [EVENT_TYPE] = value_text(json_text(in->type)),
        [EVENT_RECEIVED_MS] = value_integer(e->now_ms),
        [EVENT_BODY] = value_blob(in->body.data, in->body.length),
        [EVENT_MATCHES] = value_integer((int64_t)(in->receipt->matches + in->receipt->starts)),
    };
    store_put(e->store, TABLE_EVENT, columns);
    in->is_put = true;
}

// An instance that gets the event for the first time has not taken it before. What comes again, by
// another filter of the same listen, or is read back from the disk, is looked up when it is taken.
static void give(struct engine *e, struct intake *in, struct live *l, struct inbox_entry *entry)
{
    entry->event_seq = in->seq;
    entry->event_is_new = l->event_given != in->seq;
    l->event_given = in->seq;
    live_put(e, l, entry);
    in->receipt->matches++;
}

static bool only_counted(struct intake *in)
{
    if (in->asks)
        in->receipt->matches++;
    return in->asks;
}

// The row's name is the filter's number and, behind a stroke, the name within the wait.
static void give_machine(struct engine *e, struct intake *in, const struct row *row,
                         json correlation)
{
    struct live *l = live_find(e, row_text(row, SUBSCRIPTION_INSTANCE));
    if (!l || !live_is_open(l) || only_counted(in))
        return;
    char *name;
    long filter = strtol(row_text(row, SUBSCRIPTION_NAME), &name, 10);
    struct wait_address address = {row_text(row, SUBSCRIPTION_PATH),
                                   row_integer(row, SUBSCRIPTION_ATTEMPT),
                                   *name == '/' ? name + 1 : ""};
    struct inbox_entry *entry =
        inbox_entry_new(INBOX_MACHINE, INPUT_EVENT, address, json_ref(in->event));
    entry->filter = (int)filter;
    json_swap_take(&entry->correlation, json_ref(correlation));
    give(e, in, l, entry);
}

static void give_step(struct engine *e, struct intake *in, const struct row *row)
{
    const char *instance = row_text(row, SUBSCRIPTION_INSTANCE);
    struct live *l = live_find(e, instance);
    if (!l || !live_is_open(l) ||
        !correlate_step_means(row_text(row, SUBSCRIPTION_FILTER), instance, in->event) ||
        only_counted(in))
        return;
    struct wait_address address = {row_text(row, SUBSCRIPTION_PATH),
                                   row_integer(row, SUBSCRIPTION_ATTEMPT),
                                   row_text(row, SUBSCRIPTION_NAME)};
    give(e, in, l, inbox_entry_new(INBOX_STEP, STEP_EVENT, address, json_ref(in->event)));
}

// Under one filter and one key all that is compared is equal (event_fits lets no null through), so
// the detail need not be read unless it has an evaluated `with`, which is in no key.
static bool key_says_all(const struct row *row)
{
    const char *detail = row_text(row, SUBSCRIPTION_DETAIL);
    return detail && !strstr(detail, "\"with\"");
}

static bool detail_fits(const struct intake *in, const struct row *row, json correlation)
{
    json detail = rows_json_or(row, SUBSCRIPTION_DETAIL, json_object());
    json with = json_get(detail, "with"), expected = json_get(detail, "expected");
    struct fail why = {0};
    bool fits = event_fits_subscription(with, expected, in->event, correlation, &why);
    json_free(with);
    json_free(expected);
    json_free(detail);
    return fits;
}

// One subscription found under filter and key.
static void meet(struct engine *e, struct intake *in, const struct row *row, json correlation)
{
    if (strcmp(row_text(row, SUBSCRIPTION_OWNER), "step") == 0)
        give_step(e, in, row);
    else if (key_says_all(row) || detail_fits(in, row, correlation))
        give_machine(e, in, row, correlation);
}

static void meet_key(struct engine *e, struct intake *in, const char *filter,
                     const struct bytes *key, json correlation)
{
    struct value prefix[] = {value_text(filter), value_text(key->data)};
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_SUBSCRIPTION,
                                                                .index = SUBSCRIPTION_BY_KEY,
                                                                .prefix = prefix,
                                                                .prefix_count = 2});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        meet(e, in, &row, correlation);
        row_done(&row);
    }
}

// What starts now must find the event's row behind itself.
static void meet_schedule(struct engine *e, struct intake *in, const struct event_filter *filter,
                          struct catalogue_entry *entry, json correlation)
{
    if (in->asks)
        return;
    put_row(e, in);
    in->receipt->starts += schedule_event_fits(
        e, entry,
        &(struct schedule_event){.event = in->event, .filter = filter, .correlation = correlation});
}

static void meet_filter(struct engine *e, struct intake *in, const char *text)
{
    struct bytes key;
    bytes_init(&key, TEXT_BYTES_MAX);
    if (strncmp(text, "step/", 5) == 0) {
        correlate_step_key(text, in->event, &key);
        json none = json_absent();
        meet_key(e, in, text, &key, none);
        bytes_done(&key);
        return;
    }
    struct catalogue_entry *entry = NULL;
    const struct event_filter *filter = correlate_filter(e, text, &entry);
    json correlation = json_absent();
    struct fail why = {0};
    if (filter && event_fits(filter, in->event, e->now_ms, &correlation, &why)) {
        if (filter->task) {
            event_correlation_key(filter, correlation, &key);
            meet_key(e, in, text, &key, correlation);
        } else {
            meet_schedule(e, in, filter, entry, correlation);
        }
    }
    json_free(correlation);
    bytes_done(&key);
}

// By index, not by pointer: what starts on the way may add to the list.
static void meet_type(struct engine *e, struct intake *in, const char *type)
{
    for (size_t i = 0; i < correlate_filters(e, type)->count; i++) {
        char *text = mem_string(correlate_filters(e, type)->texts[i]);
        meet_filter(e, in, text);
        mem_free(text);
    }
}

static bool check_size(struct bytes *body, json event, struct fail *why)
{
    json_write(event, JSON_COMPACT, body);
    return (!body->overflowed && body->length <= LIMIT_PAYLOAD_BYTES) ||
           fail(why, FAIL_LIMIT, "an event may have %d bytes at most", LIMIT_PAYLOAD_BYTES);
}

static bool is_known(struct engine *e, const struct intake *in)
{
    in->receipt->duplicate = find_known(e, in, &in->receipt->seq);
    if (in->receipt->duplicate)
        e->figures.events_duplicate++;
    return in->receipt->duplicate;
}

static void accept(struct engine *e, struct intake *in)
{
    in->seq = in->receipt->seq = e->correlator.next_seq++;
    correlate_seen(e, json_text(in->type), in->seq);
    meet_type(e, in, json_text(in->type));
    meet_type(e, in, "*");
    if (!in->is_put || in->receipt->matches + in->receipt->starts > 0)
        put_row(e, in);
    e->figures.events++;
    e->figures.event_matches += in->receipt->matches;
    e->figures.event_starts += in->receipt->starts;
    engine_call_wake(e);
}

bool event_accept(struct engine *e, json event, struct event_receipt *receipt, struct fail *why)
{
    *receipt = (struct event_receipt){0};
    if (!event_check(event, why))
        return false;
    struct intake in = {.event = event,
                        .source = json_get(event, "source"),
                        .id = json_get(event, "id"),
                        .type = json_get(event, "type"),
                        .receipt = receipt};
    bytes_init(&in.body, TEXT_BYTES_MAX);
    bool good = check_size(&in.body, event, why);
    if (good && !is_known(e, &in))
        accept(e, &in);
    bytes_done(&in.body);
    json_free(in.source);
    json_free(in.id);
    json_free(in.type);
    return good;
}

bool engine_event_check(json event, struct fail *why)
{
    struct bytes body;
    bytes_init(&body, TEXT_BYTES_MAX);
    bool good = event_check(event, why) && check_size(&body, event, why);
    bytes_done(&body);
    return good;
}

bool engine_event_is_awaited(struct engine *e, json event)
{
    struct event_receipt receipt = {0};
    struct intake in = {
        .event = event, .type = json_get(event, "type"), .receipt = &receipt, .asks = true};
    if (json_is_string(in.type)) {
        meet_type(e, &in, json_text(in.type));
        meet_type(e, &in, "*");
    }
    json_free(in.type);
    return receipt.matches > 0;
}

bool engine_event(struct engine *e, json event, struct event_receipt *receipt, struct fail *why)
{
    return engine_may_begin(e, why) && event_accept(e, event, receipt, why);
}
