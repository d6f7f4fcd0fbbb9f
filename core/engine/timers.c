#include "engine/timers.h"

#include <string.h>

#include "engine/outbox.h"
#include "engine/rows.h"
#include "engine/schedule.h"
#include "engine/state.h"

void timers_put(struct engine *e, const char *instance, const char *path, int64_t attempt,
                const char *name, int64_t due_ms, const char *owner)
{
    struct value columns[] = {
        [TIMER_INSTANCE] = value_text(instance),  [TIMER_PATH] = value_text(path),
        [TIMER_ATTEMPT] = value_integer(attempt), [TIMER_NAME] = value_text(name),
        [TIMER_DUE_MS] = value_integer(due_ms),   [TIMER_OWNER] = value_text(owner),
    };
    store_put(e->store, TABLE_TIMER, columns);
    if (row_is_there(&e->last_fired) && due_ms <= row_integer(&e->last_fired, TIMER_DUE_MS))
        row_done(&e->last_fired);
    if (due_ms < e->next_due_ms && due_ms < TIMERS_INBOX_DUE_MS) {
        e->next_due_ms = due_ms;
        engine_call_wake(e);
    }
}

void timers_drop(struct engine *e, const char *instance, const char *path, int64_t attempt,
                 const char *name)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, name);
    store_delete(e->store, TABLE_TIMER, key);
    timers_changed(e);
}

void timers_drop_all(struct engine *e, const char *instance, const char *path, int64_t attempt)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, "");
    store_delete_prefix(e->store, TABLE_TIMER, key, 3);
    timers_changed(e);
}

void timers_drop_instance(struct engine *e, const char *instance)
{
    struct value key = value_text(instance);
    store_delete_prefix(e->store, TABLE_TIMER, &key, 1);
    timers_changed(e);
}

void timers_changed(struct engine *e)
{
    e->due_is_bound = e->next_due_ms != INT64_MAX;
}

bool timers_has(struct engine *e, const char *instance, const char *path, int64_t attempt,
                const char *name)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, name);
    struct row row = {0};
    rows_get(e->store, TABLE_TIMER, key, &row);
    bool there = row_is_there(&row);
    row_done(&row);
    return there;
}

bool timers_any(struct engine *e, const char *instance, const char *path, int64_t attempt)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, "");
    struct scan_opts opts = {.table = TABLE_TIMER, .index = -1, .prefix = key, .prefix_count = 3};
    struct row row;
    bool any = rows_first(e->store, &opts, &row);
    if (any)
        row_done(&row);
    return any;
}

// The owner decides to whom it goes. The row is gone in the batch in which the input is put away.
static void fire(struct engine *e, const struct row *row)
{
    const char *instance = row_text(row, TIMER_INSTANCE), *path = row_text(row, TIMER_PATH);
    const char *name = row_text(row, TIMER_NAME), *owner = row_text(row, TIMER_OWNER);
    int64_t attempt = row_integer(row, TIMER_ATTEMPT);
    timers_drop(e, instance, path, attempt, name);
    e->figures.timers_fired++;
    if (strcmp(owner, "schedule") == 0) {
        schedule_fire(e, path, name, row_integer(row, TIMER_DUE_MS));
        return;
    }
    if (strcmp(owner, "effect") == 0) {
        outbox_retry_due(e, path, attempt, name);
        return;
    }
    struct live *l = live_find(e, instance);
    if (!l || !live_is_open(l))
        return;
    bool step = strcmp(owner, "step") == 0;
    live_put(e, l,
             inbox_entry_new(step ? INBOX_STEP : INBOX_MACHINE, step ? STEP_TIMER : INPUT_TIMER,
                             (struct wait_address){path, attempt, name}, json_absent()));
}

// Goes on behind the last one fired. What was fired before it may still lie on the disk, and a scan
// from the start would step over all of that each time: ten thousand due at one moment would cost
// their number squared.
static struct scan *scan_due(struct engine *e, int64_t to_ms)
{
    struct value to = value_integer(to_ms);
    struct scan_opts opts = {.table = TABLE_TIMER, .index = TIMER_BY_DUE, .to = &to};
    if (row_is_there(&e->last_fired))
        opts.after = &e->last_fired;
    return rows_scan(e->store, &opts);
}

static void keep_last_fired(struct engine *e, struct row *row_taken)
{
    row_done(&e->last_fired);
    e->last_fired = *row_taken;
}

static void find_next_due(struct engine *e)
{
    e->next_due_ms = INT64_MAX;
    e->due_is_bound = false;
    struct scan *scan = scan_due(e, TIMERS_INBOX_DUE_MS);
    struct row row = {0};
    if (!rows_next(scan, &row))
        return;
    e->next_due_ms = row_integer(&row, TIMER_DUE_MS);
    row_done(&row);
    scan_done(scan);
}

bool timers_fire(struct engine *e, size_t most)
{
    if (e->next_due_ms > e->now_ms)
        return false;
    struct scan *scan = scan_due(e, e->now_ms + 1);
    struct row row = {0};
    size_t fired = 0;
    while (rows_next(scan, &row)) {
        if (fired++ == most) {
            row_done(&row);
            scan_done(scan);
            return true;
        }
        fire(e, &row);
        keep_last_fired(e, &row);
    }
    find_next_due(e);
    return e->next_due_ms <= e->now_ms;
}

void timers_done(struct engine *e)
{
    row_done(&e->last_fired);
}

void timers_settle(struct engine *e)
{
    if (e->due_is_bound)
        find_next_due(e);
}

// Loads the instances that had more to take when their batch was sealed.
static void find_inboxes(struct engine *e)
{
    struct value from = value_integer(TIMERS_INBOX_DUE_MS);
    struct scan *scan = rows_scan(
        e->store, &(struct scan_opts){.table = TABLE_TIMER, .index = TIMER_BY_DUE, .from = &from});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        live_find(e, row_text(&row, TIMER_INSTANCE));
        row_done(&row);
    }
}

void timers_recover(struct engine *e)
{
    find_next_due(e);
    find_inboxes(e);
}

int64_t engine_next_due_ms(const struct engine *e)
{
    return e->next_due_ms == INT64_MAX ? INSTANT_NONE : e->next_due_ms;
}
