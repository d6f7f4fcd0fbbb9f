// Cancelling, suspending, going on after a fault, stale inputs, and damaged states.
#include "machine/play.h"

TEST(control, cancels_all_that_waits)
{
    UNUSED_STATE;
    play("do:\n"
         "- both: {timeout: {after: P1D}, fork: {branches: [{a: {call: ask}}, {b: {wait: "
         "PT1H}}]}}\n",
         "start\npending a\ncancel\nstatus cancelled\nwaits \nstale\n"
         "told started:w started:both started:a started:b cancelled:both cancelled:a cancelled:b "
         "cancelled:w\n"
         "states {\"/do/0/both/fork/branches/0/a\": \"cancelled\"}\n");
}

TEST(control, keeps_what_comes_while_suspended)
{
    UNUSED_STATE;
    play("do:\n"
         "- both: {fork: {branches: [{a: {call: ask}}, {b: {wait: PT1H}}, "
         "{c: {listen: {to: {one: {with: {type: e}}}}}}]}}\n"
         "- last: {call: tell}\n",
         "start\nsuspend\nstatus suspended\nadvance PT1H\nresult a 1\n"
         "event {\"type\": \"e\", \"data\": 5}\nstatus suspended\npending -\n"
         "waits is suspended; once resumed it waits for 3 things: for function 'ask' (task 'a'); "
         "until 2013-05-01T10:00:00+09:00 (task 'b'); for an event 'e' (task 'c')\n"
         "resume\npending last\nresult last 2\noutput 2\n");
    play("do:\n- l: {listen: {to: {all: [{with: {type: e}}, {with: {type: f}}]}}}\n",
         "start\nsuspend\nevent {\"type\": \"e\", \"data\": 1}\nignored {\"type\": \"e\"}\n"
         "event {\"type\": \"f\", \"data\": 2}\nresume\noutput [1, 2]\n");
    play("do:\n- a: {call: ask}\n", "start\nsuspend\nresult a 1\ncancel\nstatus cancelled\n");
    play("do:\n- a: {call: ask}\n", "start\nsuspend\nresume\nresult a 1\noutput 1\n");
}

TEST(control, goes_on_from_the_task_that_faulted)
{
    UNUSED_STATE;
    play("do:\n"
         "- first: {call: ask}\n"
         "- second: {call: ask, with: {n: '${ .n }'}}\n",
         "start\nresult first {\"n\": 1}\nfail second {\"status\": 500}\nstatus faulted\n"
         "states {\"/do/1/second\": \"faulted\", \"/do/0/first\": \"completed\"}\n"
         "retry\nstatus waiting\nrequest second {\"with\": {\"n\": 1}}\nresult second 2\noutput "
         "2\n");
    play("do:\n"
         "- all:\n"
         "    timeout: {after: P1D}\n"
         "    fork:\n"
         "      branches:\n"
         "      - a: {wait: PT2H}\n"
         "      - b: {call: ask}\n"
         "      - c: {call: ask}\n"
         "      - d: {listen: {to: {all: [{with: {type: x}}, {with: {type: y}}]}}}\n",
         "start 1\nadvance PT1H\nevent {\"type\": \"x\", \"data\": 8}\nfail b {\"status\": 500}\n"
         "status faulted\nretry\npending b,c\nadvance PT1H\nresult b 2\nresult c 3\n"
         "event {\"type\": \"y\", \"data\": 9}\noutput [1, 2, 3, [8, 9]]\n");
}

TEST(control, a_fork_that_faulted_at_its_start_starts_its_other_branches_later)
{
    UNUSED_STATE;
    play("use: {secrets: [gone]}\n"
         "do:\n"
         "- all: {fork: {branches: [{a: {call: ask}}, {b: {set: {v: '${ $secrets.gone }'}}}, "
         "{c: {call: ask}}]}}\n",
         "start\nstatus faulted\nerror {\"status\": 403}\nretry\nstatus faulted\n"
         "error {\"instance\": \"/do/0/all/fork/branches/1/b\"}\n");
}

TEST(control, a_timeout_of_the_workflow_can_be_retried)
{
    UNUSED_STATE;
    play("timeout: {after: PT1H}\ndo:\n- a: {call: ask}\n",
         "start\nadvance PT1H\nstatus faulted\nretry\npending a\nadvance PT59M\nresult a 1\n"
         "output 1\n");
}

TEST(control, refuses_what_does_not_fit)
{
    UNUSED_STATE;
    struct play p;
    struct fail why;
    play_init(&p, "do:\n- a: {wait: PT1H}\n", true);
    assert_false(play_step(&p, &(struct machine_input){.kind = INPUT_RESUME}, &why));
    assert_false(play_step(&p, &(struct machine_input){.kind = INPUT_RETRY}, &why));
    play_script(&p, "start\n");
    assert_false(play_step(&p, &(struct machine_input){.kind = INPUT_START}, &why));
    struct machine_input early = {.kind = INPUT_TIMER, .address = play_address(&p.pending[0])};
    assert_false(play_step(&p, &early, &why));
    assert_int_equal(why.kind, FAIL_CONFLICT);
    struct machine_input wrong = early;
    wrong.address.path = "/do/0/b";
    assert_false(play_step(&p, &wrong, &why));
    assert_string_equal(why.code, "settled");
    wrong = early;
    wrong.kind = INPUT_EVENT;
    assert_false(play_step(&p, &wrong, &why));
    assert_string_equal(why.code, "settled");
    play_script(&p, "advance PT1H\nstatus completed\n");
    assert_false(play_step(&p, &early, &why));
    assert_string_equal(why.code, "not_open");
    play_done(&p);
}

TEST(control, refuses_damaged_states)
{
    UNUSED_STATE;
    static const char *const states[] = {
        "{}",
        "{\"v\": 2, \"s\": 1, \"V\": []}",
        "{\"v\": 1, \"s\": 9, \"V\": []}",
        "{\"v\": 1, \"s\": 1, \"n\": 1, \"r\": [\"/\", 1, 1, 0, 5, 0], \"V\": [1]}",
        "{\"v\": 1, \"s\": 1, \"n\": 1, \"r\": [\"/do/0/a\", 1, 1, 0, 0, 0], \"V\": [1]}",
        "{\"v\": 1, \"s\": 1, \"n\": 1, \"r\": [\"/\", 1, 7, 0, 0, 0], \"V\": [1]}",
        "{\"v\": 1, \"s\": 1, \"n\": 1, \"r\": [\"/\", 1, 1, 0, 0], \"V\": [1]}",
        "{\"v\": 1, \"s\": 1, \"n\": 2, \"r\": [\"/\", 1, 1, 0, 0, 0, [[\"/do/9/x\", 2, 2, 0, 0, "
        "0]]], "
        "\"V\": [1]}",
        "[]",
        "null",
    };
    struct definition *d = play_parse("do:\n- a: {wait: PT1H}\n");
    for (size_t n = 0; n < sizeof states / sizeof *states; n++) {
        json state = play_json(states[n]);
        struct fail why;
        assert_null(instance_decode("i", d, state, &why));
        assert_int_equal(why.kind, FAIL_CORRUPT);
        json_free(state);
    }
    definition_unref(d);
}

static bool is_read(struct definition *d, const char *text, size_t bytes)
{
    struct fail why = {0};
    struct instance *i =
        instance_read(&(struct state_source){"i", d, text, bytes, NULL, NULL}, &why);
    assert_true(i != NULL || why.kind == FAIL_CORRUPT);
    instance_free(i);
    return i != NULL;
}

// A task's name may hold what JSON escapes; members of others are passed over; nothing that is cut
// short or goes on behind its end is read.
TEST(control, reads_a_state_from_its_text_whole_or_not_at_all)
{
    UNUSED_STATE;
    struct play p;
    play_init(&p, "do:\n- 'say \"한글\"': {listen: {to: {one: {with: {type: t}}}}}\n", true);
    play_script(&p, "start {\"a\": [1, \"\\\"}\"]}\n");
    struct bytes text;
    bytes_init(&text, 10000);
    instance_write(p.instance, &text, NULL, NULL);
    assert_true(is_read(p.definition, text.data, text.length));
    for (size_t bytes = 0; bytes < text.length; bytes++)
        assert_false(is_read(p.definition, text.data, bytes));
    bytes_add_char(&text, '}');
    assert_false(is_read(p.definition, text.data, text.length));
    text.length -= 2;
    bytes_add(&text, ",\"$inbox\":[{\"r\":0}]}");
    assert_true(is_read(p.definition, text.data, text.length));
    text.length--;
    bytes_add(&text, ",\"s\":2}"); // twice
    assert_false(is_read(p.definition, text.data, text.length));
    bytes_done(&text);
    play_done(&p);
}

TEST(control, writes_a_shared_value_once)
{
    UNUSED_STATE;
    struct play p;
    play_init(&p, "do:\n- a: {do: [{b: {do: [{c: {do: [{d: {call: ask}}]}}]}}]}\n", true);
    play_script(&p,
                "start {\"long\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n");
    json state = instance_encode(p.instance);
    json values = json_get(state, "V");
    assert_int_equal(json_length(values), 1);
    json_free(values);
    json_free(state);
    play_done(&p);
}

TEST(control, a_loop_over_a_range_keeps_a_small_state)
{
    UNUSED_STATE;
    struct play p;
    play_init(&p, "do:\n- l: {for: {in: '${ [range(50000)] }'}, do: [{w: {call: ask}}]}\n", true);
    play_script(&p, "start\nresult w 1\nresult w 2\n");
    json state = instance_encode(p.instance);
    char *text = json_dump(state);
    assert_true(strlen(text) < 300);
    mem_free(text);
    json_free(state);
    play_done(&p);
}

TEST(control, types_of_errors_match_in_every_family)
{
    UNUSED_STATE;
    static const char *const same[] = {
        "https://serverlessworkflow.io/spec/1.0.0/errors/timeout",
        "http://serverlessworkflow.io/spec/1.0.0/errors/timeout",
        "https://serverlessworkflow.io/dsl/errors/types/timeout",
        "https://open-workflow-specification.org/spec/1.0.0/errors/timeout",
        "https://open-workflow-specification.org/dsl/errors/types/timeout",
        "https://open-workflow-specification.org/errors/types/timeout",
    };
    for (size_t n = 0; n < sizeof same / sizeof *same; n++)
        assert_true(problem_type_equal(same[0], same[n]));
    assert_false(problem_type_equal(same[0], "https://x.example.org/spec/1.0.0/errors/timeout"));
    assert_false(
        problem_type_equal(same[0], "https://serverlessworkflow.io/spec/1.0.0/errors/runtime"));
}

RUN(CASE(control, cancels_all_that_waits), CASE(control, keeps_what_comes_while_suspended),
    CASE(control, goes_on_from_the_task_that_faulted),
    CASE(control, a_fork_that_faulted_at_its_start_starts_its_other_branches_later),
    CASE(control, a_timeout_of_the_workflow_can_be_retried),
    CASE(control, refuses_what_does_not_fit), CASE(control, refuses_damaged_states),
    CASE(control, reads_a_state_from_its_text_whole_or_not_at_all),
    CASE(control, writes_a_shared_value_once),
    CASE(control, a_loop_over_a_range_keeps_a_small_state),
    CASE(control, types_of_errors_match_in_every_family))
