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

#define INDEX_IDENTITY 0 // of TABLE_EVENT
#define INDEX_KEY      0 // of TABLE_SUBSCRIPTION
#define TEXT_BYTES_MAX ((size_t)LIMIT_PAYLOAD_BYTES + 65536)

struct intake {
    json event;
    int64_t seq;
    struct event_receipt *receipt;
};

static bool find_known(struct engine *e, const char *source, const char *id, int64_t *seq)
{
    struct value prefix[] = {value_text(source), value_text(id)};
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_EVENT,
                                                                .index = INDEX_IDENTITY,
                                                                .prefix = prefix,
                                                                .prefix_count = 2});
    struct row row = {0};
    if (!rows_next(scan, &row))
        return false;
    *seq = row_integer(&row, EVENT_SEQ);
    row_done(&row);
    scan_done(scan);
    return true;
}

static void put_row(struct engine *e, const struct intake *in, const struct bytes *body)
{
    json source = json_get(in->event, "source"), id = json_get(in->event, "id"),
         type = json_get(in->event, "type");
    struct value columns[] = {
        [EVENT_SEQ] = value_integer(in->seq),
        [EVENT_SOURCE] = value_text(json_text(source)),
        [EVENT_ID] = value_text(json_text(id)),
        [EVENT_TYPE] = value_text(json_text(type)),
        [EVENT_RECEIVED_MS] = value_integer(e->now_ms),
        [EVENT_BODY] = value_blob(body->data, body->length),
        [EVENT_MATCHES] = value_integer((int64_t)(in->receipt->matches + in->receipt->starts)),
    };
    store_put(e->store, TABLE_EVENT, columns);
    correlate_seen(e, json_text(type), in->seq);
    json_free(source);
    json_free(id);
    json_free(type);
}

static void give_machine(struct engine *e, const struct intake *in, const struct row *row,
                         json detail, json correlation)
{
    struct live *l = live_find(e, row_text(row, SUBSCRIPTION_INSTANCE));
    if (!l || !live_is_open(l))
        return;
    struct wait_address address = {row_text(row, SUBSCRIPTION_PATH),
                                   row_integer(row, SUBSCRIPTION_ATTEMPT),
                                   json_get_text(detail, "name", "")};
    struct inbox_entry *entry =
        inbox_entry_new(INBOX_MACHINE, INPUT_EVENT, address, json_ref(in->event));
    entry->filter = (int)json_get_int(detail, "filter", -1);
    json_swap_take(&entry->correlation, json_ref(correlation));
    entry->event_seq = in->seq;
    live_put(e, l, entry);
    in->receipt->matches++;
}

static void give_step(struct engine *e, const struct intake *in, const struct row *row)
{
    struct live *l = live_find(e, row_text(row, SUBSCRIPTION_INSTANCE));
    if (!l || !live_is_open(l))
        return;
    struct wait_address address = {row_text(row, SUBSCRIPTION_PATH),
                                   row_integer(row, SUBSCRIPTION_ATTEMPT),
                                   row_text(row, SUBSCRIPTION_NAME)};
    struct inbox_entry *entry =
        inbox_entry_new(INBOX_STEP, STEP_EVENT, address, json_ref(in->event));
    entry->event_seq = in->seq;
    live_put(e, l, entry);
    in->receipt->matches++;
}

// One subscription found under filter and key.
static void meet(struct engine *e, const struct intake *in, const struct row *row, json correlation)
{
    if (strcmp(row_text(row, SUBSCRIPTION_OWNER), "step") == 0) {
        give_step(e, in, row);
        return;
    }
    json detail = rows_json_or(row, SUBSCRIPTION_DETAIL, json_object());
    json with = json_get(detail, "with"), expected = json_get(detail, "expected");
    struct fail why = {0};
    if (event_fits_subscription(with, expected, in->event, correlation, &why))
        give_machine(e, in, row, detail, correlation);
    json_free(with);
    json_free(expected);
    json_free(detail);
}

static void meet_key(struct engine *e, const struct intake *in, const char *filter,
                     const struct bytes *key, json correlation)
{
    struct value prefix[] = {value_text(filter), value_text(key->data)};
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_SUBSCRIPTION,
                                                                .index = INDEX_KEY,
                                                                .prefix = prefix,
                                                                .prefix_count = 2});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        meet(e, in, &row, correlation);
        row_done(&row);
    }
}

static void meet_schedule(struct engine *e, const struct intake *in,
                          const struct event_filter *filter, struct catalogue_entry *entry,
                          json correlation)
{
    in->receipt->starts += schedule_event_fits(
        e, entry,
        &(struct schedule_event){.event = in->event, .filter = filter, .correlation = correlation});
}

static void meet_filter(struct engine *e, const struct intake *in, const char *text)
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
static void meet_type(struct engine *e, const struct intake *in, const char *type)
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

static bool is_known(struct engine *e, json event, struct event_receipt *receipt)
{
    json source = json_get(event, "source"), id = json_get(event, "id");
    receipt->duplicate = find_known(e, json_text(source), json_text(id), &receipt->seq);
    json_free(source);
    json_free(id);
    if (receipt->duplicate)
        e->figures.events_duplicate++;
    return receipt->duplicate;
}

static void accept(struct engine *e, json event, const struct bytes *body,
                   struct event_receipt *receipt)
{
    receipt->seq = e->correlator.next_seq++;
    struct intake in = {event, receipt->seq, receipt};
    json type = json_get(event, "type");
    put_row(e, &in, body); // first: what starts now must find it behind itself
    meet_type(e, &in, json_text(type));
    meet_type(e, &in, "*");
    if (receipt->matches + receipt->starts > 0)
        put_row(e, &in, body);
    json_free(type);
    e->figures.events++;
    e->figures.event_matches += receipt->matches;
    e->figures.event_starts += receipt->starts;
    engine_call_wake(e);
}

bool event_accept(struct engine *e, json event, struct event_receipt *receipt, struct fail *why)
{
    *receipt = (struct event_receipt){0};
    if (!event_check(event, why))
        return false;
    struct bytes body;
    bytes_init(&body, TEXT_BYTES_MAX);
    bool good = check_size(&body, event, why);
    if (good && !is_known(e, event, receipt))
        accept(e, event, &body, receipt);
    bytes_done(&body);
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

bool engine_event(struct engine *e, json event, struct event_receipt *receipt, struct fail *why)
{
    return engine_may_begin(e, why) && event_accept(e, event, receipt, why);
}
