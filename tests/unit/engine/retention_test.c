// What has had its time goes, and nothing that somebody may still need.
#include "world.h"

#include "engine/retention.h"

#define DAYS(n) ((n)*INT64_C(86400000))

static const char listens[] = "do:\n  - w: { wait: P90D }\n"
                              "  - hear: { listen: { to: { one: { with: { type: paid } } } } }\n";

static size_t count(struct world *w, enum table table)
{
    struct scan_opts opts = {.table = table, .index = -1};
    struct fail why = {0};
    struct scan *scan;
    struct row row = {0};
    size_t n = 0;
    assert_true(store_scan(w->store, &opts, &scan, &why));
    for (; scan_next(scan, &row, &why); n++)
        row_done(&row);
    scan_done(scan);
    return n;
}

static void send(struct world *w, const char *type, int from, int to)
{
    for (int i = from; i < to; i++) {
        char id[16];
        snprintf(id, sizeof(id), "%s%d", type, i);
        (void)world_event(w, type, id, "{}");
    }
    world_settle(w);
}

// Some hours, with turns as a loop has them.
static void run_hours(struct world *w, int hours)
{
    for (int i = 0; i < hours * 600; i++)
        world_pass(w, 6000);
}

TEST(retention, lets_old_events_go_but_the_newest)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "hear",
                 "do:\n  - hear: { listen: { to: { one: { with: { type: paid } } } } }\n");
    struct id id = world_start(&w, "hear", "{}");
    world_settle(&w);
    send(&w, "paid", 0, 1);
    assert_shown(&w, id.text, "status", "completed");
    send(&w, "other", 0, 200);
    world_pass(&w, DAYS(30) - 1);
    run_hours(&w, 2);
    world_pass(&w, DAYS(1));
    send(&w, "other", 200, 202);
    run_hours(&w, 2);
    assert_int_equal(count(&w, TABLE_EVENT), 2);
    assert_int_equal(count(&w, TABLE_CONSUMED), 0);
    world_pass(&w, DAYS(31));
    run_hours(&w, 2);
    assert_int_equal(count(&w, TABLE_EVENT), 1);
    world_crash(&w); // and its number is not given again
    struct event_receipt next = world_event(&w, "other", "other0", "{}"), again;
    assert_false(next.duplicate);
    again = world_event(&w, "other", "other201", "{}");
    assert_true(again.duplicate);
    assert_int_equal(next.seq, again.seq + 1);
    world_verify(&w);
    world_done(&w);
}

TEST(retention, keeps_what_an_open_instance_may_still_hear)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "late", listens);
    send(&w, "before", 0, 50);
    world_pass(&w, 1000);
    for (int i = 0; i < 300; i++) // more than are asked in a slice
        (void)world_start(&w, "late", "{}");
    world_settle(&w);
    struct id waits = world_start(&w, "late", "{}");
    world_settle(&w);
    send(&w, "paid", 0, 1);
    send(&w, "other", 0, 50);
    world_pass(&w, DAYS(60));
    run_hours(&w, 3);
    assert_int_equal(count(&w, TABLE_EVENT), 51); // those before its start have gone
    world_crash(&w);
    world_pass(&w, DAYS(31));
    assert_shown(&w, waits.text, "status", "completed");
    run_hours(&w, 3);
    assert_int_equal(count(&w, TABLE_EVENT), 1);
    world_verify(&w);
    world_done(&w);
}

TEST(retention, keeps_what_a_retried_instance_would_hear)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "fail",
                 "do:\n  - w: { wait: P20D }\n  - no: { raise: { error: { type: "
                 "'https://example.org/no', status: 500 } } }\n");
    struct id id = world_start(&w, "fail", "{}");
    world_settle(&w);
    send(&w, "paid", 0, 10);
    world_pass(&w, DAYS(20));
    assert_shown(&w, id.text, "status", "faulted");
    world_pass(&w, DAYS(25));
    run_hours(&w, 2);
    assert_int_equal(count(&w, TABLE_EVENT), 10);
    world_pass(&w, DAYS(6));
    run_hours(&w, 2);
    assert_int_equal(count(&w, TABLE_EVENT), 1);
    world_done(&w);
}

TEST(retention, may_be_for_ever)
{
    UNUSED_STATE;
    struct retention r;
    retention_init(&r, -1, 1000);
    assert_true(r.next_ms == INT64_MAX && r.keep_ms == INT64_MAX);
    retention_init(&r, 7, 1000);
    assert_true(r.next_ms == 3601000 && r.keep_ms == DAYS(7));
}

RUN(CASE(retention, lets_old_events_go_but_the_newest),
    CASE(retention, keeps_what_an_open_instance_may_still_hear),
    CASE(retention, keeps_what_a_retried_instance_would_hear), CASE(retention, may_be_for_ever))
