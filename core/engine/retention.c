#include "engine/retention.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "engine/rows.h"
#include "engine/state.h"

#define PASS_MS       INT64_C(3600000)
#define SLICE_MS      INT64_C(100) // between two slices
#define ASK_ROWS      128
#define DELETE_ROWS   32
#define CONSUMED_ROWS 1024 // of one event; more go with the next slice

void retention_init(struct retention *r, int keep_days, int64_t now_ms)
{
    int64_t days = keep_days == 0 ? RETENTION_DAYS : keep_days;
    *r = (struct retention){.keep_ms = days < 0 ? INT64_MAX : days * DAY_MS,
                            .next_ms = days < 0 ? INT64_MAX : now_ms + PASS_MS};
}

static void rest(struct engine *e)
{
    e->retention.state = RETENTION_RESTING;
    e->retention.next_ms = e->now_ms + PASS_MS;
}

static bool is_old(const struct engine *e, int64_t at_ms)
{
    return at_ms <= engine_kept_since_ms(e);
}

// The newest event stays: the numbers go on behind it after a restart.
static bool is_nobodys(const struct engine *e, const struct row *event)
{
    int64_t seq = row_integer(event, EVENT_SEQ);
    return seq < e->retention.bound && seq + 1 < e->correlator.next_seq &&
           is_old(e, row_integer(event, EVENT_RECEIVED_MS));
}

static struct scan *scan_events(struct engine *e)
{
    return rows_scan(e->store, &(struct scan_opts){.table = TABLE_EVENT, .index = -1});
}

// What starts from now on sees only what comes from now on.
static void look(struct engine *e)
{
    struct retention *r = &e->retention;
    struct scan *scan = scan_events(e);
    struct row row = {0};
    r->bound = e->correlator.next_seq;
    if (!rows_next(scan, &row)) {
        rest(e);
        return;
    }
    bool old = is_nobodys(e, &row);
    row_done(&row);
    scan_done(scan);
    if (!old) {
        rest(e);
        return;
    }
    r->state = RETENTION_ASKING;
    r->after[0] = 0;
}

// A faulted instance may be retried, and is then as open as it was; for as long as events are kept.
static bool may_see_events(const struct engine *e, const struct row *instance)
{
    if (row_is_null(instance, INSTANCE_ENDED_MS))
        return true;
    return strcmp(row_text(instance, INSTANCE_STATUS), "faulted") == 0 &&
           !is_old(e, row_integer(instance, INSTANCE_ENDED_MS));
}

// By id and not by status: an instance changes its status between two slices, and would be missed.
static void ask(struct engine *e)
{
    struct retention *r = &e->retention;
    struct value from = value_text(r->after);
    struct scan *scan = rows_scan(
        e->store, &(struct scan_opts){.table = TABLE_INSTANCE, .index = -1, .from = &from});
    struct row row = {0};
    for (int i = 0; i < ASK_ROWS; i++) {
        if (!rows_next(scan, &row)) {
            r->state = RETENTION_DELETING;
            return;
        }
        int64_t sees_from = row_integer(&row, INSTANCE_EVENTS_FROM);
        if (may_see_events(e, &row) && sees_from < r->bound)
            r->bound = sees_from;
        must(strlen(row_text(&row, INSTANCE_ID)) < sizeof(r->after));
        snprintf(r->after, sizeof(r->after), "%s", row_text(&row, INSTANCE_ID));
        row_done(&row);
    }
    scan_done(scan);
}

// False: there are more than go at once.
static bool forget_consumers(struct engine *e, int64_t seq)
{
    struct value prefix = value_integer(seq);
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_CONSUMED,
                                                                .index = CONSUMED_BY_EVENT,
                                                                .prefix = &prefix,
                                                                .prefix_count = 1});
    struct row row = {0};
    for (int i = 0; rows_next(scan, &row); i++) {
        if (i < CONSUMED_ROWS)
            store_delete(e->store, TABLE_CONSUMED, row.columns);
        row_done(&row);
        if (i < CONSUMED_ROWS)
            continue;
        scan_done(scan);
        return false;
    }
    return true;
}

static void delete_some(struct engine *e)
{
    struct scan *scan = scan_events(e);
    struct row row = {0};
    for (int i = 0; i < DELETE_ROWS; i++) {
        if (!rows_next(scan, &row)) {
            rest(e);
            return;
        }
        bool goes = is_nobodys(e, &row), whole = false;
        if (goes && (whole = forget_consumers(e, row_integer(&row, EVENT_SEQ)))) {
            store_delete(e->store, TABLE_EVENT, row.columns);
            e->figures.events_purged++;
        }
        row_done(&row);
        if (whole)
            continue;
        if (!goes)
            rest(e);
        break;
    }
    scan_done(scan);
}

void retention_turn(struct engine *e)
{
    struct retention *r = &e->retention;
    if (e->now_ms < r->next_ms)
        return;
    r->next_ms = e->now_ms + SLICE_MS;
    switch (r->state) {
    case RETENTION_RESTING:
        look(e);
        return;
    case RETENTION_ASKING:
        ask(e);
        return;
    case RETENTION_DELETING:
        delete_some(e);
        return;
    }
}
