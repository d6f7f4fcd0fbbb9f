// Instances that go on by another version of their definition.
#include "world.h"

static bool migrate(struct world *w, struct id id, const char *version, struct fail *why)
{
    *why = (struct fail){0};
    return engine_migrate(w->engine, id.text, version, why);
}

// A wait, an event and a call are open while what follows them changes; a crash comes after it.
TEST(migrate, what_has_begun_goes_on_and_what_follows_is_new)
{
    UNUSED_STATE;
    struct world w;
    struct fail why;
    world_init(&w);
#define OPEN                                                                                       \
    "  - both:\n      fork:\n        branches:\n"                                                  \
    "          - nap: { wait: PT1H }\n"                                                            \
    "          - hear: { listen: { to: { one: { with: { type: paid } } } } }\n"
    world_deploy_version(&w, "a", "1.0.0", "do:\n" OPEN "  - last: { set: { v: 1 } }\n");
    struct id id = world_start(&w, "a", "{}");
    world_settle(&w);
    world_deploy_version(&w, "a", "2.0.0",
                         "do:\n" OPEN "  - more: { wait: PT1H }\n  - last: { set: { v: 2 } }\n");
    assert_true(migrate(&w, id, NULL, &why));
    assert_true(migrate(&w, id, "2.0.0", &why)); // is no change
    assert_shown(&w, id.text, "definition.version", "2.0.0");
    world_settle(&w);
    world_crash(&w);
    struct event_receipt receipt = world_event(&w, "paid", "e1", "{}");
    assert_int_equal(receipt.matches, 1);
    world_pass(&w, 3600000);
    assert_shown(&w, id.text, "status", "waiting");
    world_pass(&w, 3600000);
    assert_shown(&w, id.text, "output.v", "2");
    world_verify(&w);
    world_done(&w);
}

TEST(migrate, refuses_what_has_no_place_in_the_other_version)
{
    UNUSED_STATE;
    struct world w;
    struct fail why;
    static const char *const others[][2] = {
        {"do:\n  - new: { set: { v: 1 } }\n  - nap: { wait: PT1H }\n", "/do/1/nap"},
        {"do:\n  - rest: { wait: PT1H }\n", "no such task"},
        {"do:\n  - nap: { set: { v: 1 } }\n", "another kind"},
    };
    world_init(&w);
    world_deploy_version(&w, "a", "1.0.0", "do:\n  - nap: { wait: PT1H }\n");
    struct id id = world_start(&w, "a", "{}");
    world_settle(&w);
    for (size_t i = 0; i < 3; i++) {
        char version[16];
        snprintf(version, sizeof version, "2.%zu.0", i);
        world_deploy_version(&w, "a", version, others[i][0]);
        assert_false(migrate(&w, id, version, &why));
        assert_string_equal(why.code, "not_migratable");
        assert_non_null(strstr(why.message, others[i][1]));
    }
    assert_false(migrate(&w, id, "3.0.0", &why));
    assert_int_equal(why.kind, FAIL_NOT_FOUND);
    assert_shown(&w, id.text, "definition.version", "1.0.0");
    world_pass(&w, 3600000);
    assert_shown(&w, id.text, "status", "completed");
    assert_false(migrate(&w, id, NULL, &why));
    assert_int_equal(why.kind, FAIL_CONFLICT);
    world_done(&w);
}

TEST(migrate, refuses_another_event_and_another_function)
{
    UNUSED_STATE;
    struct world w;
    struct fail why;
    world_init(&w);
    world_deploy_version(&w, "a", "1.0.0",
                         "do:\n  - hear: { listen: { to: { one: { with: { type: x } } } } }\n");
    world_deploy_version(&w, "a", "2.0.0",
                         "do:\n  - hear: { listen: { to: { one: { with: { type: y } } } } }\n");
    world_deploy_version(&w, "b", "1.0.0", "do:\n  - s: { call: ask }\n");
    world_deploy_version(&w, "b", "2.0.0", "do:\n  - s: { call: alarm }\n");
    struct definition_ref first[] = {{"t", "a", "1.0.0"}, {"t", "b", "1.0.0"}};
    for (size_t i = 0; i < 2; i++) {
        struct id id;
        struct start_opts opts = {.definition = first[i], .input = json_absent()};
        assert_true(engine_start(w.engine, &opts, &id, &why));
        world_settle(&w);
        assert_false(migrate(&w, id, NULL, &why));
        assert_string_equal(why.code, "not_migratable");
        assert_non_null(strstr(why.message, "something else"));
    }
    world_done(&w);
}

// The usual reason: a workflow has failed, its text is mended, and it goes on from there.
TEST(migrate, mends_what_has_faulted)
{
    UNUSED_STATE;
    struct world w;
    struct fail why;
    world_init(&w);
    world_deploy_version(
        &w, "a", "1.0.0",
        "do:\n  - one: { set: { n: 1 } }\n  - two: { set: { v: '${ 1 + .n.x }' } }\n");
    struct id id = world_start(&w, "a", "{}");
    world_settle(&w);
    assert_shown(&w, id.text, "status", "faulted");
    world_deploy_version(
        &w, "a", "1.0.1",
        "do:\n  - one: { set: { n: 1 } }\n  - two: { set: { v: '${ 1 + .n }' } }\n");
    assert_true(migrate(&w, id, "1.0.1", &why));
    assert_true(engine_control(w.engine, id.text, CONTROL_RETRY, NULL, &why));
    world_settle(&w);
    assert_shown(&w, id.text, "output.v", "2");
    world_verify(&w);
    world_done(&w);
}

RUN(CASE(migrate, what_has_begun_goes_on_and_what_follows_is_new),
    CASE(migrate, refuses_what_has_no_place_in_the_other_version),
    CASE(migrate, refuses_another_event_and_another_function),
    CASE(migrate, mends_what_has_faulted))
