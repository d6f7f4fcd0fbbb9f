#include "world.h"

TEST(turn, runs_functions_in_one_commit)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "twice",
                 "do:\n"
                 "  - a: { call: double, with: { n: '${ .n }' } }\n"
                 "  - b: { call: double, with: { n: '${ .n }' } }\n");
    world_settle(&w);
    uint64_t before = store_figures(w.store).commits;
    struct id id = world_start(&w, "twice", "{\"n\": 3}");
    world_settle(&w);
    assert_shown(&w, id.text, "status", "completed");
    assert_shown(&w, id.text, "output.n", "12");
    assert_int_equal(store_figures(w.store).commits, before + 1);
    world_crash(&w);
    assert_shown(&w, id.text, "output.n", "12");
    world_verify(&w);
    world_done(&w);
}

TEST(turn, refuses_input_that_does_not_fit)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "strict",
                 "input: { schema: { format: json, document: { type: object, required: [n] } } }\n"
                 "do:\n  - a: { set: { x: 1 } }\n");
    struct id id;
    struct fail why = {0};
    struct start_opts opts = {.definition = {"t", "strict", NULL}, .input = json_absent()};
    assert_false(engine_start(w.engine, &opts, &id, &why));
    assert_int_equal(why.kind, FAIL_INVALID);
    assert_non_null(strstr(why.message, "'n'"));
    opts.definition.name = "nobody";
    assert_false(engine_start(w.engine, &opts, &id, &why));
    assert_int_equal(why.kind, FAIL_NOT_FOUND);
    world_done(&w);
}

TEST(turn, ends_when_steps_are_slow)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "twice", "do:\n  - a: { call: double, with: { n: '${ .n }' } }\n");
    world_settle(&w);
    w.handler_ms = 60;
    for (int i = 0; i < 10; i++)
        (void)world_start(&w, "twice", "{\"n\": 3}");
    uint64_t before = store_figures(w.store).commits;
    assert_true(engine_turn(w.engine)); // there is more
    assert_int_equal(w.handled, 2);     // 60 ms was not yet long, 120 ms were
    engine_poll(w.engine);
    assert_int_equal(store_figures(w.store).commits, before + 1); // and it is durable
    world_settle(&w);
    assert_int_equal(w.handled, 10);
    world_verify(&w);
    world_done(&w);
}

// What is taken while the engine is behind would only wait longer, and in memory.
TEST(turn, refuses_new_work_while_it_is_behind)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "twice", "do:\n  - a: { call: double, with: { n: '${ .n }' } }\n");
    world_deploy(&w, "asks", "do:\n  - a: { call: ask, with: {} }\n");
    struct id asks = world_start(&w, "asks", "{}");
    world_settle(&w);
    for (int i = 0; i < 60; i++)
        (void)world_start(&w, "twice", "{\"n\": 3}");
    w.handler_ms = 60;
    struct id id;
    struct fail why = {0};
    struct start_opts opts = {.definition = {"t", "twice", NULL}, .input = json_absent()};
    json event = json_object();
    json_set_text(&event, "specversion", "1.0");
    json_set_text(&event, "id", "1");
    json_set_text(&event, "source", "/a");
    json_set_text(&event, "type", "t");
    struct event_receipt receipt;
    bool refused = false, heard = false; // an operator is always heard
    while (engine_turn(w.engine)) {
        engine_poll(w.engine);
        why = (struct fail){0};
        if (engine_start(w.engine, &opts, &id, &why))
            continue;
        refused = true;
        assert_int_equal(why.kind, FAIL_BUSY);
        assert_string_equal(why.code, "overloaded");
        assert_false(engine_event(w.engine, event, &receipt, &why));
        heard = heard || engine_control(w.engine, asks.text, CONTROL_CANCEL, "enough", &why);
    }
    assert_true(refused && heard);
    w.handler_ms = 0;
    world_settle(&w);
    assert_shown(&w, asks.text, "status", "cancelled");
    assert_true(engine_start(w.engine, &opts, &id, &why)); // it has caught up
    assert_true(engine_event(w.engine, event, &receipt, &why));
    json_free(event);
    world_settle(&w);
    world_verify(&w);
    world_done(&w);
}

TEST(turn, waits_never_early)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "sleep", "do:\n  - nap: { wait: PT1H }\n  - up: { set: { up: true } }\n");
    struct id id = world_start(&w, "sleep", "{}");
    world_pass(&w, 3599999);
    assert_shown(&w, id.text, "status", "waiting");
    assert_non_null(strstr(world_shown(&w, id.text, "waitsFor"), "nap"));
    world_crash(&w);
    world_pass(&w, 0);
    assert_shown(&w, id.text, "status", "waiting");
    world_pass(&w, 1);
    assert_shown(&w, id.text, "status", "completed");
    assert_shown(&w, id.text, "output", "{\"up\":true}");
    assert_true(engine_next_due_ms(w.engine) == INSTANT_NONE);
    world_verify(&w);
    world_done(&w);
}

TEST(turn, faults_and_is_retried)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "bad", "do:\n  - a: { call: double, with: { n: '${ .n }' } }\n");
    struct id id = world_start(&w, "bad", "{\"n\": \"x\"}");
    world_settle(&w);
    assert_shown(&w, id.text, "status", "faulted");
    assert_shown(&w, id.text, "error.status", "400");
    struct fail why = {0};
    assert_false(engine_control(w.engine, id.text, CONTROL_RESUME, NULL, &why));
    assert_int_equal(why.kind, FAIL_CONFLICT);
    assert_true(engine_control(w.engine, id.text, CONTROL_RETRY, NULL, &why));
    world_settle(&w);
    assert_shown(&w, id.text, "status", "faulted");
    world_done(&w);
}

TEST(turn, retries_in_virtual_time)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "again",
                 "do:\n"
                 "  - t:\n"
                 "      try: [ { a: { call: double, with: { n: x } } } ]\n"
                 "      catch:\n"
                 "        errors: { with: { status: 400 } }\n"
                 "        retry: { delay: PT1S, backoff: { exponential: {} }, limit: { attempt: { "
                 "count: 3 } } }\n"
                 "        do: [ { gave: { set: { up: true } } } ]\n");
    struct id id = world_start(&w, "again", "{}");
    world_pass(&w, 0);
    assert_shown(&w, id.text, "status", "waiting");
    world_pass(&w, 3600 * 1000);
    assert_shown(&w, id.text, "output", "{\"up\":true}");
    assert_int_equal(w.handled, 4);
    world_done(&w);
}

TEST(turn, pauses_and_keeps_what_comes)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "sleep", "do:\n  - nap: { wait: PT1H }\n");
    struct id id = world_start(&w, "sleep", "{}");
    world_settle(&w);
    struct fail why = {0};
    assert_true(engine_control(w.engine, id.text, CONTROL_PAUSE, "because", &why));
    world_pass(&w, 7200 * 1000);
    assert_shown(&w, id.text, "status", "suspended");
    world_crash(&w);
    assert_shown(&w, id.text, "status", "suspended");
    assert_true(engine_control(w.engine, id.text, CONTROL_RESUME, NULL, &why));
    world_settle(&w);
    assert_shown(&w, id.text, "status", "completed");
    assert_false(engine_control(w.engine, id.text, CONTROL_CANCEL, NULL, &why));
    world_done(&w);
}

TEST(turn, cancels_with_all_that_waits)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "sleep", "do:\n  - nap: { wait: P1D }\n");
    struct id id = world_start(&w, "sleep", "{}");
    world_settle(&w);
    struct fail why = {0};
    assert_true(engine_control(w.engine, id.text, CONTROL_CANCEL, "enough", &why));
    world_settle(&w);
    assert_shown(&w, id.text, "status", "cancelled");
    world_pass(&w, INT64_C(2) * 86400000);
    assert_true(engine_next_due_ms(w.engine) == INSTANT_NONE);
    world_done(&w);
}

TEST(turn, runs_children_and_cancels_them)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "child",
                 "do:\n  - nap: { wait: PT1H }\n"
                 "  - a: { call: double, with: { n: '${ $workflow.input.n }' } }\n");
    world_deploy(&w, "parent",
                 "do:\n  - sub: { run: { workflow: { namespace: t, name: child, version: 1.0.0, "
                 "input: { n: 4 } } } }\n");
    struct id done = world_start(&w, "parent", "{}"), gone = world_start(&w, "parent", "{}");
    world_settle(&w);
    assert_shown(&w, done.text, "incident", "-");
    struct fail why = {0};
    assert_true(engine_control(w.engine, gone.text, CONTROL_CANCEL, NULL, &why));
    world_crash(&w);
    assert_true(engine_control(w.engine, gone.text, CONTROL_CANCEL, NULL, &why));
    world_pass(&w, 3600 * 1000);
    assert_shown(&w, done.text, "output", "{\"n\":8}");
    struct list_opts opts = {.status = "cancelled"};
    json cancelled = engine_list(w.engine, &opts, &why);
    assert_int_equal(json_length(cancelled), 2); // the parent and its child
    json_free(cancelled);
    world_done(&w);
}

static void on_ended(void *context, const char *id)
{
    (void)id;
    ++*(int *)context;
}

static void on_committed(void *context)
{
    ++*(int *)context;
}

TEST(turn, tells_the_world_only_after_the_commit)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    w.listens = true;
    world_deploy(&w, "one", "do:\n  - a: { set: { x: 1 } }\n");
    world_settle(&w);
    world_crash(&w);
    memory_disk_faults(w.disk)->hold = 1;
    int ended = 0, committed = 0;
    struct id id = world_start(&w, "one", "{}");
    engine_when_ended(w.engine, id.text, on_ended, &ended);
    engine_after_commit(w.engine, on_committed, &committed);
    for (int i = 0; i < 5; i++) {
        engine_turn(w.engine);
        engine_poll(w.engine);
    }
    assert_int_equal(ended + committed, 0);
    assert_string_equal(w.told, "");
    memory_disk_faults(w.disk)->hold = 0;
    world_settle(&w);
    assert_int_equal(ended, 1);
    assert_int_equal(committed, 1);
    assert_non_null(strstr(w.told, "workflow.completed"));
    engine_when_ended(w.engine, id.text, on_ended, &ended); // it has: at once
    assert_int_equal(ended, 2);
    world_done(&w);
}

TEST(turn, keeps_large_payloads_once)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "large", "do:\n  - nap: { wait: PT1H }\n  - nap2: { wait: PT1H }\n");
    char *input = mem_alloc(100000);
    memset(input, 'x', 100000);
    memcpy(input, "{\"text\":\"", 9);
    memcpy(input + 99997, "\"}", 3);
    struct id id = world_start(&w, "large", input);
    world_pass(&w, 3600 * 1000);
    world_crash(&w);
    world_pass(&w, 3600 * 1000);
    assert_shown(&w, id.text, "status", "completed");
    struct fail why = {0};
    json shown = engine_show(w.engine, id.text, &why);
    json text = json_path(shown, "output.text");
    assert_int_equal(json_text_bytes(text), 99988);
    json_free(text);
    json_free(shown);
    mem_free(input);
    world_done(&w);
}

TEST(turn, tells_data_that_looks_like_a_reference_from_one)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "nap", "do:\n  - n: { wait: PT1S }\n");
    struct id id = world_start(&w, "nap", "{\"$payload\": \"00\"}");
    world_settle(&w);
    world_crash(&w);
    world_pass(&w, 1000);
    assert_shown(&w, id.text, "output", "{\"$payload\":\"00\"}");
    world_done(&w);
}

TEST(turn, makes_the_same_world_from_the_same_seed)
{
    UNUSED_STATE;
    struct id ids[2];
    uint64_t secrets[2];
    for (int i = 0; i < 2; i++) {
        struct world w;
        world_init(&w);
        world_deploy(&w, "nap", "do:\n  - n: { wait: PT1S }\n");
        world_settle(&w);
        world_crash(&w);
        world_start(&w, "nap", "{}");
        ids[i] = world_start(&w, "nap", "{}");
        w.port.port.secret(w.port.port.context, &secrets[i], sizeof(secrets[i]));
        world_done(&w);
    }
    assert_string_equal(ids[0].text, ids[1].text);
    assert_true(secrets[0] == secrets[1]);
    const struct port *real = port_system();
    assert_true(real->now_ms(real->context) <= real->now_ms(real->context));
    assert_true(real->seed != 0);
}

TEST(turn, ends_a_loop_that_never_waits)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "endless", "do:\n  - a: { call: double, with: { n: 1 }, then: a }\n");
    struct id id = world_start(&w, "endless", "{}");
    world_settle(&w);
    assert_shown(&w, id.text, "status", "faulted");
    assert_shown(&w, id.text, "error.title", "endless loop");
    world_done(&w);
}

TEST(turn, gives_each_instance_its_share)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    w.turn_inputs = 300;
    world_crash(&w);
    world_deploy(&w, "long",
                 "do:\n  - f: { for: { each: n, in: '${ [range(2000)] }' }, do: [ { d: { call: "
                 "double, with: { n: '${ $n }' } } } ] }\n");
    world_deploy(&w, "short", "do:\n  - a: { set: { x: 1 } }\n");
    struct id slow = world_start(&w, "long", "{}"), quick = world_start(&w, "short", "{}");
    engine_turn(w.engine);
    assert_shown(&w, quick.text, "status", "completed");
    assert_shown(&w, slow.text, "endedAt", "-");
    world_settle(&w);
    assert_shown(&w, slow.text, "status", "completed");
    world_done(&w);
}

RUN(CASE(turn, tells_data_that_looks_like_a_reference_from_one),
    CASE(turn, makes_the_same_world_from_the_same_seed), CASE(turn, ends_a_loop_that_never_waits),
    CASE(turn, gives_each_instance_its_share), CASE(turn, runs_functions_in_one_commit),
    CASE(turn, ends_when_steps_are_slow), CASE(turn, refuses_new_work_while_it_is_behind),
    CASE(turn, refuses_input_that_does_not_fit), CASE(turn, waits_never_early),
    CASE(turn, faults_and_is_retried), CASE(turn, retries_in_virtual_time),
    CASE(turn, pauses_and_keeps_what_comes), CASE(turn, cancels_with_all_that_waits),
    CASE(turn, runs_children_and_cancels_them), CASE(turn, tells_the_world_only_after_the_commit),
    CASE(turn, keeps_large_payloads_once))
