#include "world.h"

static struct step_address address_of(const struct id *id)
{
    return (struct step_address){id->text, "/do/0/a", 0};
}

// The attempt that the machine gave the only wait.
static struct step_address only_step(struct world *w, const struct id *id)
{
    struct step_address a = address_of(id);
    a.attempt = strtoll(world_shown(w, id->text, "waits.0.attempt"), NULL, 10);
    return a;
}

static bool hand(struct world *w, const struct step_address *a, const char *answer,
                 struct fail *why)
{
    json payload = world_json(answer), reply = json_absent();
    bool accepted = engine_step_hand(w->engine, a, STEP_ANSWER, "i", payload, &reply, why);
    json_free(payload);
    json_free(reply);
    return accepted;
}

TEST(step, takes_answers_over_a_crash)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "ask", "do:\n  - a: { call: ask, with: {} }\n");
    struct id id = world_start(&w, "ask", "{}");
    world_settle(&w);
    struct step_address a = only_step(&w, &id);
    struct fail why = {0};
    assert_true(engine_step_is_open(w.engine, &a));
    assert_true(hand(&w, &a, "{\"say\": \"more\"}", &why));
    assert_true(hand(&w, &a, "{\"say\": \"more\"}", &why));
    world_settle(&w);
    world_crash(&w);
    assert_true(hand(&w, &a, "{\"say\": \"yes\"}", &why));
    assert_false(engine_step_is_open(w.engine, &a));
    assert_false(hand(&w, &a, "{\"say\": \"yes\"}", &why));
    assert_string_equal(why.code, "closed");
    world_settle(&w);
    assert_shown(&w, id.text, "output", "2");
    assert_true(engine_next_due_ms(w.engine) == INSTANT_NONE); // its timers went with it
    assert_int_equal(w.ended, 1);
    world_verify(&w);
    world_done(&w);
}

TEST(step, undoes_a_refused_answer_whole)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "ask", "do:\n  - a: { call: ask, with: {} }\n");
    struct id id = world_start(&w, "ask", "{}");
    world_settle(&w);
    struct step_address a = only_step(&w, &id);
    struct fail why = {0};
    assert_false(hand(&w, &a, "{\"say\": \"no\"}", &why));
    assert_int_equal(why.kind, FAIL_REFUSED);
    assert_string_equal(why.code, "not_now");
    world_settle(&w);
    assert_int_equal(w.effects, 0); // its mail was not sent
    world_pass(&w, 60000);
    assert_int_equal(w.handled, 2); // its timer did not ring
    assert_true(hand(&w, &a, "{\"say\": \"more\"}", &why));
    assert_int_equal(w.effects, 0);
    world_settle(&w);
    assert_int_equal(w.effects, 1);
    world_done(&w);
}

TEST(step, that_raises_on_an_answer_fails_its_task)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "ask", "do:\n  - a: { call: ask, with: {} }\n");
    struct id id = world_start(&w, "ask", "{}");
    world_settle(&w);
    struct step_address a = only_step(&w, &id);
    struct fail why = {0};
    size_t mark = store_mark(w.store); // as whoever keeps the answer has around it
    assert_false(hand(&w, &a, "{\"say\": \"raise\"}", &why));
    store_undo(w.store, mark);
    world_settle(&w);
    assert_shown(&w, id.text, "status", "faulted");
    assert_shown(&w, id.text, "error.title", "raised");
    assert_false(engine_step_is_open(w.engine, &a));
    world_done(&w);
}

TEST(step, is_woken_by_its_timer)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "alarm", "do:\n  - a: { call: alarm, with: {} }\n");
    struct id id = world_start(&w, "alarm", "{}");
    world_pass(&w, 59999);
    assert_shown(&w, id.text, "incident", "-");
    assert_int_equal(w.handled, 1);
    world_crash(&w);
    world_pass(&w, 1);
    assert_shown(&w, id.text, "output", "ring");
    world_done(&w);
}

TEST(step, gets_the_result_of_its_effect)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "fetch", "do:\n  - a: { call: fetch, with: { u: 1 } }\n");
    struct id id = world_start(&w, "fetch", "{}");
    world_settle(&w);
    assert_int_equal(w.effects, 1);
    assert_shown(&w, id.text, "status", "running");
    world_done_effect(&w, 0, EFFECT_DONE, "{\"ok\":true}");
    world_settle(&w);
    assert_shown(&w, id.text, "output", "{\"ok\":true}");
    world_done(&w);
}

TEST(step, is_stopped_with_its_instance)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "ask", "do:\n  - a: { call: ask, with: {} }\n");
    struct id id = world_start(&w, "ask", "{}");
    world_settle(&w);
    struct step_address a = only_step(&w, &id);
    struct fail why = {0};
    assert_true(engine_control(w.engine, id.text, CONTROL_CANCEL, NULL, &why));
    world_settle(&w);
    assert_int_equal(w.handled, 2); // start and stop
    assert_int_equal(w.ended, 1);
    assert_false(engine_step_is_open(w.engine, &a));
    world_done(&w);
}

TEST(step, that_nothing_can_wake_is_an_incident)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "silent", "do:\n  - stuck: { call: stuck, with: {} }\n");
    struct id id = world_start(&w, "silent", "{}");
    world_settle(&w);
    assert_non_null(strstr(world_shown(&w, id.text, "incident"), "'stuck'"));
    json incidents = engine_incidents(w.engine, 10);
    assert_int_equal(json_length(incidents), 1);
    json_free(incidents);
    world_crash(&w);
    assert_non_null(strstr(world_shown(&w, id.text, "incident"), "'stuck'"));
    struct fail why = {0};
    json history = engine_history(w.engine, id.text, 0, 10, &why);
    char *text = json_dump(history);
    assert_non_null(strstr(text, "\"incident\""));
    mem_free(text);
    json_free(history);
    assert_true(engine_control(w.engine, id.text, CONTROL_RETRY, NULL, &why));
    world_settle(&w);
    assert_shown(&w, id.text, "status", "faulted");
    assert_shown(&w, id.text, "incident", "-");
    world_done(&w);
}

TEST(step, moves_its_timers_even_when_they_have_fired)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "nap", "do:\n  - n: { wait: PT1S }\n  - a: { call: busy, with: {} }\n");
    world_deploy(&w, "hears",
                 "do:\n  - a: { listen: { to: { one: { with: { type: said } } } } }\n");
    struct id heard = world_start(&w, "hears", "{}"), id = world_start(&w, "nap", "{}");
    world_settle(&w);
    world_event(&w, "early", "1", "1"); // before the step listens
    world_pass(&w, 1000);
    assert_non_null(strstr(world_shown(&w, id.text, "waitsFor"), "says /do/1/a"));
    struct step_address a = {id.text, "/do/1/a",
                             strtoll(world_shown(&w, id.text, "waits.0.attempt"), NULL, 10)};
    struct fail why = {0};
    assert_false(hand(&w, &a, "{\"type\": \"undone\"}", &why)); // it breaks: refused alone
    assert_string_equal(why.code, "broken");
    world_pass(&w, 4999);
    assert_shown(&w, id.text, "status", "waiting");
    assert_shown(&w, heard.text, "status", "completed");
    world_pass(&w, 1);
    assert_shown(&w, id.text, "output", "second at 6000");
    json history = engine_history(w.engine, id.text, 0, 100, &why);
    char *text = json_dump(history);
    assert_non_null(strstr(text, "\"noted\""));
    assert_non_null(strstr(text, "\"early\""));
    assert_null(strstr(text, "\"undone\""));
    mem_free(text);
    json_free(history);
    world_done(&w);
}

RUN(CASE(step, moves_its_timers_even_when_they_have_fired), CASE(step, takes_answers_over_a_crash),
    CASE(step, undoes_a_refused_answer_whole), CASE(step, that_raises_on_an_answer_fails_its_task),
    CASE(step, is_woken_by_its_timer), CASE(step, gets_the_result_of_its_effect),
    CASE(step, is_stopped_with_its_instance), CASE(step, that_nothing_can_wake_is_an_incident))
