// Many timers at one moment, and what comes after them.
#include "world.h"

static size_t timers_due(struct world *w, int64_t from_ms, int64_t to_ms)
{
    struct value from = value_integer(from_ms), to = value_integer(to_ms);
    struct scan_opts opts = {.table = TABLE_TIMER, .index = 0, .from = &from, .to = &to};
    struct fail why = {0};
    struct scan *scan;
    struct row row = {0};
    size_t count = 0;
    assert_true(store_scan(w->store, &opts, &scan, &why));
    for (; scan_next(scan, &row, &why); count++)
        row_done(&row);
    scan_done(scan);
    return count;
}

static size_t timers_in_time(struct world *w)
{
    return timers_due(w, 0, w->port.now_ms + 86400000);
}

static size_t inboxes_written(struct world *w)
{
    return timers_due(w, w->port.now_ms + 86400000, INT64_MAX);
}

// Else each instance of a crowd would be written once with its inbox and once without.
TEST(timers, fire_a_few_at_a_time)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "nap",
                 "do:\n  - w: { wait: PT1H }\n  - a: { call: double, with: { n: 1 } }\n");
    for (int i = 0; i < 1000; i++)
        (void)world_start(&w, "nap", "{}");
    world_settle(&w);
    assert_int_equal(timers_in_time(&w), 1000);
    w.port.now_ms += 3600000;
    w.handler_ms = 60; // two, and the turn is sealed
    assert_true(engine_turn(w.engine));
    assert_int_equal(w.handled, 2);
    assert_true(timers_in_time(&w) > 800);
    assert_true(inboxes_written(&w) < 200);
    w.handler_ms = 0;
    world_settle(&w);
    assert_int_equal(w.handled, 1000);
    assert_int_equal(timers_in_time(&w) + inboxes_written(&w), 0);
    world_verify(&w);
    world_done(&w);
}

TEST(timers, fire_at_or_before_the_place_of_the_last)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "old", "do:\n  - a: { call: alarm, with: {} }\n");
    world_deploy(&w, "nap", "do:\n  - w: { wait: PT1S }\n");
    struct id old[2];
    for (int i = 0; i < 2; i++)
        old[i] = world_start(&w, "old", "{}");
    world_settle(&w);
    w.port.now_ms++; // its id is above theirs
    struct id nap = world_start(&w, "nap", "{}");
    world_pass(&w, 1000);
    assert_shown(&w, nap.text, "status", "completed");
    for (int i = 0; i < 2; i++) {
        struct step_address a = {old[i].text, "/do/0/a", 0};
        a.attempt = strtoll(world_shown(&w, a.instance, "waits.0.attempt"), NULL, 10);
        assert_true(engine_step_is_open(w.engine, &a));
        engine_step_timer(w.engine, &a, "same", w.port.now_ms - i * 500); // then, and before
        world_settle(&w);
        assert_shown(&w, old[i].text, "status", "completed");
        assert_shown(&w, old[i].text, "output", "same");
    }
    world_done(&w);
}

static int64_t in_memory(struct world *w)
{
    json figures = engine_figures(w->engine);
    int64_t count = json_get_int(figures, "instancesInMemory", -1);
    json_free(figures);
    return count;
}

TEST(timers, find_their_instances_decoded)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "near", "do:\n  - w: { wait: PT1H }\n");
    world_deploy(&w, "far", "do:\n  - w: { wait: PT2H }\n");
    for (int i = 0; i < 300; i++)
        (void)world_start(&w, i % 3 == 0 ? "far" : "near", "{}");
    world_settle(&w);
    world_crash(&w);
    assert_false(engine_warm(w.engine)); // it is too early
    w.port.now_ms += 3600000 - 1500;
    assert_true(engine_warm(w.engine)); // a few, so that requests have their turn
    assert_true(in_memory(&w) < 100);
    while (engine_warm(w.engine))
        continue;
    assert_int_equal(in_memory(&w), 200);
    world_settle(&w);
    assert_int_equal(timers_in_time(&w), 300); // and none early
    world_pass(&w, 1500);
    assert_int_equal(timers_in_time(&w), 100);
    assert_false(engine_warm(w.engine));
    assert_int_equal(in_memory(&w), 200);
    world_pass(&w, 3600000);
    assert_int_equal(timers_in_time(&w), 0);
    world_verify(&w);
    world_done(&w);
}

TEST(timers, let_go_of_what_was_decoded_for_them)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "nap", "do:\n  - w: { wait: PT1H }\n  - x: { wait: PT1H }\n");
    for (int i = 0; i < 6000; i++)
        (void)world_start(&w, "nap", "{}");
    world_settle(&w);
    world_crash(&w);
    w.port.now_ms += 3600000 - 1000;
    while (engine_warm(w.engine))
        continue;
    world_settle(&w);
    assert_int_equal(in_memory(&w), 6000);
    world_pass(&w, 1000);
    assert_false(engine_warm(w.engine));
    world_settle(&w);
    assert_true(in_memory(&w) < 5000);
    world_done(&w);
}

RUN(CASE(timers, fire_a_few_at_a_time), CASE(timers, fire_at_or_before_the_place_of_the_last),
    CASE(timers, find_their_instances_decoded), CASE(timers, let_go_of_what_was_decoded_for_them))
