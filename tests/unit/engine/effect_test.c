#include "world.h"

static const char call[] =
    "do:\n  - a: { call: http, with: { method: POST, endpoint: 'http://127.0.0.1/x' } }\n";
static const char once[] = "do:\n  - a: { call: http, metadata: { effects: once }, with: { method: "
                           "POST, endpoint: 'http://127.0.0.1/x' } }\n";

TEST(effect, is_released_only_after_its_commit)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "call", call);
    world_settle(&w);
    memory_disk_faults(w.disk)->hold = 1;
    struct id id = world_start(&w, "call", "{}");
    for (int i = 0; i < 5; i++) {
        engine_turn(w.engine);
        engine_poll(w.engine);
    }
    assert_int_equal(w.effects, 0);
    assert_false(engine_is_idle(w.engine));
    memory_disk_faults(w.disk)->hold = 0;
    world_settle(&w);
    assert_int_equal(w.effects, 1);
    assert_non_null(strstr(w.keys[0], id.text));
    assert_shown(&w, id.text, "status", "running");
    world_done_effect(&w, 0, EFFECT_DONE, "{\"n\":1}");
    world_done_effect(&w, 0, EFFECT_DONE, "{\"n\":2}"); // settled: dropped
    world_settle(&w);
    assert_shown(&w, id.text, "output", "{\"n\":1}");
    world_done(&w);
}

TEST(effect, that_is_idempotent_is_released_again_after_a_crash)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "call", call);
    struct id id = world_start(&w, "call", "{}");
    world_settle(&w);
    world_crash(&w);
    world_settle(&w);
    assert_int_equal(w.effects, 2);
    assert_string_equal(w.keys[0], w.keys[1]);
    world_done_effect(&w, 1, EFFECT_FAILED, "{\"type\":\"about:blank\",\"status\":503}");
    world_settle(&w);
    assert_shown(&w, id.text, "error.status", "503");
    world_done(&w);
}

TEST(effect, that_may_happen_once_is_unknown_after_a_crash)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "call", once);
    struct id id = world_start(&w, "call", "{}");
    world_settle(&w);
    assert_int_equal(w.effects, 1);
    world_crash(&w);
    world_settle(&w);
    assert_int_equal(w.effects, 1);
    assert_non_null(strstr(world_shown(&w, id.text, "incident"), "nobody knows"));
    struct fail why = {0};
    int64_t attempt = strtoll(world_shown(&w, id.text, "waits.0.attempt"), NULL, 10);
    struct effect_address a = {id.text, "/do/0/a", attempt, "call"};
    json value = world_json("{\"said\":true}");
    struct effect_result result = {.outcome = EFFECT_DONE, .value = value};
    assert_true(engine_effect_settle(w.engine, &a, &result, &why));
    assert_false(engine_effect_settle(w.engine, &a, &result, &why));
    json_free(value);
    world_settle(&w);
    assert_shown(&w, id.text, "output", "{\"said\":true}");
    world_done(&w);
}

TEST(effect, that_a_person_has_tried_again_is_no_incident)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "call", once);
    struct id id = world_start(&w, "call", "{}");
    world_settle(&w);
    world_crash(&w);
    world_settle(&w);
    struct fail why = {0};
    int64_t attempt = strtoll(world_shown(&w, id.text, "waits.0.attempt"), NULL, 10);
    struct effect_address a = {id.text, "/do/0/a", attempt, "call"};
    json value = world_json("{\"status\":503}");
    struct effect_result result = {.outcome = EFFECT_TRY_LATER, .value = value};
    assert_true(engine_effect_settle(w.engine, &a, &result, &why));
    json_free(value);
    world_settle(&w);
    assert_shown(&w, id.text, "incident", "-");
    world_pass(&w, 1000);
    assert_int_equal(w.effects, 2);
    world_done(&w);
}

TEST(effect, due_at_recovery_waits_for_its_mark_too)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "call", once);
    world_start(&w, "call", "{}");
    world_settle(&w);
    world_done_effect(&w, 0, EFFECT_TRY_LATER, "{\"status\":503}");
    world_settle(&w);
    w.port.now_ms += 1000;
    world_crash(&w);
    engine_turn(w.engine);
    memory_disk_faults(w.disk)->hold = 1; // what is written from now on is not durable
    engine_poll(w.engine);
    engine_turn(w.engine);
    engine_poll(w.engine);
    assert_int_equal(w.effects, 1);
    memory_disk_faults(w.disk)->hold = 0;
    world_settle(&w);
    assert_int_equal(w.effects, 2);
    world_done(&w);
}

TEST(effect, is_tried_again_with_growing_pauses)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "call", call);
    struct id id = world_start(&w, "call", "{}");
    world_settle(&w);
    world_done_effect(&w, 0, EFFECT_TRY_LATER, "{\"status\":503}");
    world_pass(&w, 999);
    assert_int_equal(w.effects, 1);
    assert_shown(&w, id.text, "incident", "-");
    world_pass(&w, 1);
    assert_int_equal(w.effects, 2);
    world_done_effect(&w, 1, EFFECT_TRY_LATER, "{\"status\":503}");
    world_settle(&w);
    world_crash(&w);
    world_pass(&w, 1999);
    assert_int_equal(w.effects, 2);
    world_pass(&w, 1);
    assert_int_equal(w.effects, 3);
    assert_int_equal(w.tries[2], 2);
    world_done_effect(&w, 2, EFFECT_DONE, "1");
    world_settle(&w);
    assert_shown(&w, id.text, "output", "1");
    world_done(&w);
}

TEST(effect, of_a_cancelled_task_is_dropped)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "call", call);
    struct id id = world_start(&w, "call", "{}");
    world_settle(&w);
    struct fail why = {0};
    assert_true(engine_control(w.engine, id.text, CONTROL_CANCEL, NULL, &why));
    world_settle(&w);
    world_done_effect(&w, 0, EFFECT_DONE, "1");
    world_settle(&w);
    assert_shown(&w, id.text, "status", "cancelled");
    world_crash(&w);
    world_settle(&w);
    assert_int_equal(w.effects, 1);
    world_done(&w);
}

TEST(effect, may_answer_at_once)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    w.answer_at_once = true;
    world_deploy(&w, "call", once);
    struct id id = world_start(&w, "call", "{}");
    world_settle(&w);
    assert_shown(&w, id.text, "output.kind", "http");
    assert_true(engine_is_idle(w.engine));
    world_done(&w);
}

TEST(effect, waits_out_a_full_disk)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "call", call);
    world_settle(&w);
    memory_disk_faults(w.disk)->refuse_next = 3;
    struct id id = world_start(&w, "call", "{}"), other;
    engine_turn(w.engine);
    struct fail why = {0};
    struct start_opts opts = {.definition = {"t", "call", NULL}, .input = json_absent()};
    assert_false(engine_start(w.engine, &opts, &other, &why));
    assert_int_equal(why.kind, FAIL_BUSY);
    assert_non_null(strstr(why.message, "disk"));
    assert_int_equal(w.effects, 0);
    world_settle(&w);
    assert_int_equal(w.effects, 1);
    assert_true(engine_start(w.engine, &opts, &other, &why));
    assert_shown(&w, id.text, "status", "running");
    world_done(&w);
}

RUN(CASE(effect, is_released_only_after_its_commit),
    CASE(effect, that_is_idempotent_is_released_again_after_a_crash),
    CASE(effect, that_may_happen_once_is_unknown_after_a_crash),
    CASE(effect, that_a_person_has_tried_again_is_no_incident),
    CASE(effect, due_at_recovery_waits_for_its_mark_too),
    CASE(effect, is_tried_again_with_growing_pauses), CASE(effect, of_a_cancelled_task_is_dropped),
    CASE(effect, may_answer_at_once), CASE(effect, waits_out_a_full_disk))
