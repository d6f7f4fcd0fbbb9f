#include "world.h"

#include "engine/live.h"

static const char order[] = "do:\n"
                            "  - pay:\n"
                            "      listen:\n"
                            "        to:\n"
                            "          one:\n"
                            "            with: { type: paid }\n"
                            "            correlate:\n"
                            "              order: { from: '${ .data.order }', expect: '${ "
                            "$workflow.input.order }' }\n";

TEST(event, finds_the_one_that_waits)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "order", order);
    struct id a = world_start(&w, "order", "{\"order\": 1}");
    struct id b = world_start(&w, "order", "{\"order\": 2}");
    world_settle(&w);
    assert_non_null(strstr(world_shown(&w, a.text, "waitsFor"), "paid"));
    assert_int_equal(world_event(&w, "paid", "e0", "{\"order\": 3}").matches, 0);
    assert_int_equal(world_event(&w, "other", "e1", "{\"order\": 2}").matches, 0);
    assert_int_equal(world_event(&w, "paid", "e2", "{\"order\": 2}").matches, 1);
    world_settle(&w);
    assert_shown(&w, a.text, "status", "waiting");
    assert_shown(&w, b.text, "output", "[{\"order\":2}]");
    world_crash(&w);
    struct event_receipt again = world_event(&w, "paid", "e2", "{\"order\": 1}");
    assert_true(again.duplicate);
    assert_int_equal(again.matches, 0);
    world_settle(&w);
    assert_shown(&w, a.text, "status", "waiting");
    world_verify(&w);
    world_done(&w);
}

TEST(event, under_one_key_fits_by_kind_and_by_what_is_evaluated)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "order",
                 "do:\n  - pay: { listen: { to: { one: { with: { type: paid, subject: '${ "
                 "$workflow.input.s }' }, correlate: { order: { from: '${ .data.order }', "
                 "expect: '${ $workflow.input.order }' } } } } } }\n");
    struct id number = world_start(&w, "order", "{\"order\": 1, \"s\": \"x\"}");
    struct id nothing = world_start(&w, "order", "{\"order\": null, \"s\": \"x\"}");
    struct id other = world_start(&w, "order", "{\"order\": 1, \"s\": \"y\"}");
    world_settle(&w);
    json event = json_object(), data = json_object();
    struct event_receipt receipt;
    struct fail why = {0};
    const struct {
        const char *id, *data;
        size_t matches;
    } cases[] = {{"text", "{\"order\": \"1\"}", 0},
                 {"null", "{\"order\": null}", 0},
                 {"one", "{\"order\": 1.0}", 1}};
    json_set_text(&event, "specversion", "1.0");
    json_set_text(&event, "source", "/test");
    json_set_text(&event, "type", "paid");
    json_set_text(&event, "subject", "x");
    for (size_t i = 0; i < 3; i++) {
        json_free(data);
        assert_true(json_parse(cases[i].data, strlen(cases[i].data), &data, &why));
        json_set_text(&event, "id", cases[i].id);
        json_set(&event, "data", data);
        assert_true(engine_event(w.engine, event, &receipt, &why));
        assert_int_equal(receipt.matches, cases[i].matches);
        world_settle(&w);
    }
    json_free(event);
    json_free(data);
    assert_shown(&w, number.text, "status", "completed");
    assert_shown(&w, nothing.text, "status", "waiting");
    assert_shown(&w, other.text, "status", "waiting");
    world_done(&w);
}

TEST(event, is_not_lost_when_it_comes_before_its_listen)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    char *text = mem_printf("do:\n  - nap: { wait: PT1H }\n%s", order + strlen("do:\n"));
    world_deploy(&w, "late", text);
    mem_free(text);
    world_event(&w, "paid", "before", "{\"order\": 1}"); // before the instance: not for it
    struct id id = world_start(&w, "late", "{\"order\": 1}");
    world_settle(&w);
    world_event(&w, "paid", "other", "{\"order\": 2}");
    world_event(&w, "paid", "early", "{\"order\": 1, \"n\": 5}");
    world_settle(&w);
    world_crash(&w);
    world_pass(&w, 3600 * 1000);
    assert_shown(&w, id.text, "output", "[{\"n\":5,\"order\":1}]");
    world_done(&w);
}

TEST(event, is_taken_once_by_an_instance_that_listens_again)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "twice",
                 "do:\n  - a: { listen: { to: { one: { with: { type: x } } } } }\n"
                 "  - b: { listen: { to: { one: { with: { type: x } } } } }\n");
    struct id id = world_start(&w, "twice", "{}");
    world_settle(&w);
    world_event(&w, "x", "1", "1");
    world_settle(&w);
    assert_shown(&w, id.text, "status", "waiting");
    assert_shown(&w, id.text, "tasks./do/0/a", "completed");
    world_event(&w, "x", "2", "2");
    world_settle(&w);
    assert_shown(&w, id.text, "output", "[2]");
    world_done(&w);
}

TEST(event, gathers_all_and_any_until)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(
        &w, "all",
        "do:\n  - a: { listen: { to: { all: [ { with: { type: x } }, { with: { type: y } } "
        "] } } }\n");
    world_deploy(&w, "any",
                 "do:\n  - a: { listen: { to: { any: [ { with: { type: x } } ], until: '${ length "
                 "== 2 }' } } }\n");
    struct id all = world_start(&w, "all", "{}"), any = world_start(&w, "any", "{}");
    world_settle(&w);
    world_event(&w, "x", "1", "1");
    world_event(&w, "x", "2", "2");
    world_settle(&w);
    assert_shown(&w, all.text, "status", "waiting");
    assert_shown(&w, any.text, "output", "[1,2]");
    world_event(&w, "y", "3", "3");
    world_settle(&w);
    assert_shown(&w, all.text, "status", "completed");
    world_done(&w);
}

TEST(event, that_fits_two_filters_of_a_listen_counts_once)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "any",
                 "do:\n  - a: { listen: { to: { any: [ { with: { type: x } }, { with: { type: x, "
                 "source: /test } } ], until: '${ length == 2 }' } } }\n");
    struct id any = world_start(&w, "any", "{}");
    world_settle(&w);
    world_event(&w, "x", "1", "1");
    world_settle(&w);
    assert_shown(&w, any.text, "status", "waiting");
    world_event(&w, "x", "2", "2");
    world_settle(&w);
    assert_shown(&w, any.text, "output", "[1,2]");
    world_done(&w);
}

TEST(event, goes_from_one_workflow_to_another)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "says",
                 "do:\n  - a: { emit: { event: { with: { type: hello, source: /says, "
                 "data: { n: 1 } } } } }\n");
    world_deploy(&w, "hears",
                 "do:\n  - a: { listen: { to: { one: { with: { type: hello } } } } }\n");
    struct id hears = world_start(&w, "hears", "{}");
    world_settle(&w);
    engine_add_executor(w.engine, &w.sink);
    world_start(&w, "says", "{}");
    world_settle(&w);
    assert_shown(&w, hears.text, "output", "[{\"n\":1}]");
    assert_int_equal(w.effects, 1);
    assert_string_equal(w.kinds[0], "sink");
    world_done_effect(&w, 0, EFFECT_DONE, "null");
    world_settle(&w);
    assert_int_equal(engine_effects_running(w.engine), 0);
    world_done(&w);
}

static void refuse(struct world *w, const char *event, const char *word)
{
    json v = world_json(event);
    struct event_receipt receipt;
    struct fail why = {0};
    assert_false(engine_event(w->engine, v, &receipt, &why));
    if (!strstr(why.message, word))
        fail_msg("'%s' does not name '%s'", why.message, word);
    json_free(v);
}

TEST(event, is_refused_when_it_is_no_cloudevent)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    refuse(&w, "[]", "object");
    refuse(&w, "{}", "specversion");
    refuse(&w, "{\"specversion\":\"1.0\",\"id\":\"\"}", "'id'");
    refuse(&w, "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":3}", "'source'");
    refuse(&w, "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/\"}", "'type'");
    refuse(&w,
           "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/\",\"type\":\"t\",\"time\":\"x\"}",
           "'time'");
    refuse(&w, "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/\",\"type\":\"t\",\"x\":[1]}",
           "'x'");
    world_settle(&w);
    world_done(&w);
}

TEST(event, why_names_the_reason)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "order", order);
    struct id a = world_start(&w, "order", "{\"order\": 1}");
    struct id b = world_start(&w, "order", "{\"order\": 2}");
    world_settle(&w);
    world_event(&w, "paid", "e", "{\"order\": 2}");
    world_settle(&w);
    struct fail why = {0};
    json answers = engine_why(w.engine, "/test", "e", &why);
    assert_int_equal(json_length(answers), 2);
    json first = json_at(answers, 0), second = json_at(answers, 1);
    assert_string_equal(json_get_text(first, "instance", ""), b.text);
    assert_true(json_get_bool(first, "matched", false));
    assert_string_equal(json_get_text(second, "instance", ""), a.text);
    assert_false(json_get_bool(second, "matched", true));
    assert_non_null(strstr(json_get_text(second, "reason", ""), "order"));
    json_free(first);
    json_free(second);
    json_free(answers);
    answers = engine_why(w.engine, "/test", "nothing", &why);
    assert_true(json_is_absent(answers));
    answers = engine_why(w.engine, NULL, "nothing", &why);
    assert_true(json_is_absent(answers));
    assert_non_null(strstr(why.message, "from whatever source"));
    json_free(answers);
    world_done(&w);
}

static void send_from(struct world *w, const char *source)
{
    json event = json_object();
    struct event_receipt receipt;
    struct fail why = {0};
    json_set_text(&event, "specversion", "1.0");
    json_set_text(&event, "id", "e");
    json_set_text(&event, "source", source);
    json_set_text(&event, "type", "paid");
    bool taken = engine_event(w->engine, event, &receipt, &why);
    assert_true(taken);
    json_free(event);
    world_settle(w);
}

TEST(event, why_without_a_source_looks_at_all)
{
    UNUSED_STATE;
    static const char *const sources[] = {"/a", "/a/b", "/", "/가"};
    struct world w;
    struct fail why = {0};
    world_init(&w);
    world_deploy(&w, "order", order);
    world_start(&w, "order", "{\"order\": 1}");
    world_settle(&w);
    for (size_t i = 0; i < 4; i++)
        send_from(&w, sources[i]);
    json answers = engine_why(w.engine, NULL, "e", &why);
    assert_int_equal(json_length(answers), 4);
    for (size_t i = 0; i < 4; i++) {
        bool told = false;
        for (size_t k = 0; k < 4; k++) {
            json answer = json_at(answers, k);
            told = told || strcmp(json_get_text(answer, "source", ""), sources[i]) == 0;
            json_free(answer);
        }
        assert_true(told);
    }
    json_free(answers);
    world_done(&w);
}

TEST(event, reaches_steps_by_equal_attributes)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "hear",
                 "do:\n  - a: { call: hear, with: { with: { data.who: '${ .who }' } } }\n");
    struct id a = world_start(&w, "hear", "{\"who\": \"a\"}");
    struct id b = world_start(&w, "hear", "{\"who\": \"b\"}");
    world_settle(&w);
    assert_shown(&w, a.text, "incident", "-");
    assert_int_equal(world_event(&w, "heard", "1", "{\"who\": \"b\"}").matches, 1);
    world_settle(&w);
    assert_shown(&w, b.text, "output", "{\"who\":\"b\"}");
    assert_shown(&w, a.text, "status", "waiting");
    world_done(&w);
}

TEST(event, is_kept_for_a_paused_instance_up_to_a_bound)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "any",
                 "do:\n  - a: { listen: { to: { any: [ { with: { type: x } } ], until: '${ length "
                 "== 3 }' } } }\n");
    struct id id = world_start(&w, "any", "{}");
    world_settle(&w);
    struct fail why = {0};
    assert_true(engine_control(w.engine, id.text, CONTROL_PAUSE, NULL, &why));
    world_settle(&w);
    char name[20];
    for (int i = 0; i < LIVE_INBOX_MAX + 5; i++) {
        snprintf(name, sizeof(name), "%d", i);
        world_event(&w, "x", name, name);
    }
    world_settle(&w);
    world_crash(&w);
    json history = engine_history(w.engine, id.text, 0, 100, &why);
    char *text = json_dump(history);
    assert_non_null(strstr(text, "event-dropped"));
    mem_free(text);
    json_free(history);
    assert_true(engine_control(w.engine, id.text, CONTROL_RESUME, NULL, &why));
    world_settle(&w);
    assert_shown(&w, id.text, "output", "[0,1,2]");
    world_done(&w);
}

RUN(CASE(event, is_kept_for_a_paused_instance_up_to_a_bound), CASE(event, finds_the_one_that_waits),
    CASE(event, under_one_key_fits_by_kind_and_by_what_is_evaluated),
    CASE(event, is_not_lost_when_it_comes_before_its_listen),
    CASE(event, is_taken_once_by_an_instance_that_listens_again),
    CASE(event, gathers_all_and_any_until),
    CASE(event, that_fits_two_filters_of_a_listen_counts_once),
    CASE(event, goes_from_one_workflow_to_another),
    CASE(event, is_refused_when_it_is_no_cloudevent), CASE(event, why_names_the_reason),
    CASE(event, why_without_a_source_looks_at_all), CASE(event, reaches_steps_by_equal_attributes))
