// listen: filters, strategies, correlation, foreach, and the matching of events.
#include "machine/play.h"

TEST(listen, takes_one_event_and_gives_a_list)
{
    UNUSED_STATE;
    play("do:\n"
         "- pay: {listen: {to: {one: {with: {type: org.example.paid}}}}}\n",
         "start\nstatus waiting\nwaits waits for an event 'org.example.paid' (task 'pay')\n"
         "ignored {\"id\": \"1\", \"source\": \"/s\", \"type\": \"org.example.other\"}\n"
         "event {\"id\": \"2\", \"source\": \"/s\", \"type\": \"org.example.paid\", \"data\": "
         "{\"n\": 1}}\n"
         "output [{\"n\": 1}]\n"
         "told started:w started:pay consumed:pay completed:pay completed:w\n");
}

TEST(listen, reads_data_envelope_or_raw)
{
    UNUSED_STATE;
    play("do:\n- l: {listen: {to: {one: {with: {type: a.b}}}, read: envelope}}\n",
         "start\nevent {\"id\": \"2\", \"source\": \"/s\", \"type\": \"a.b\", \"data\": 1}\n"
         "output [{\"id\": \"2\", \"source\": \"/s\", \"type\": \"a.b\", \"data\": 1}]\n");
    play("do:\n- l: {listen: {to: {one: {with: {type: a.b}}}, read: raw}}\n",
         "start\nevent {\"id\": \"2\", \"source\": \"/s\", \"type\": \"a.b\", \"data\": {\"n\": "
         "1}}\n"
         "output [\"{\\\"n\\\":1}\"]\n");
    play("do:\n- l: {listen: {to: {one: {with: {type: a.b}}}}}\n",
         "start\nevent {\"id\": \"2\", \"source\": \"/s\", \"type\": \"a.b\"}\noutput [null]\n");
}

TEST(listen, filters_by_data_attributes_and_patterns)
{
    UNUSED_STATE;
    play("do:\n"
         "- callDoctor:\n"
         "    listen:\n"
         "      to:\n"
         "        any:\n"
         "        - with: {type: org.example.temperature, data: '${ .temperature > 38 }'}\n"
         "        - with: {type: org.example.bpm, data: '${ .bpm < 60 or .bpm > 100 }'}\n",
         "start\n"
         "waits waits for one of the events 'org.example.temperature' or 'org.example.bpm' "
         "(task 'callDoctor')\n"
         "ignored {\"type\": \"org.example.temperature\", \"data\": {\"temperature\": 37}}\n"
         "event {\"type\": \"org.example.bpm\", \"data\": {\"bpm\": 120}}\n"
         "output [{\"bpm\": 120}]\n");
    play("do:\n- l: {listen: {to: {one: {with: {type: 'org\\.example\\.(a|b)', source: '/x'}}}}}\n",
         "start\nignored {\"type\": \"org.example.c\", \"source\": \"/x\"}\n"
         "ignored {\"type\": \"org.example.a\", \"source\": \"/y\"}\n"
         "event {\"type\": \"org.example.b\", \"source\": \"/x\"}\nstatus completed\n");
    play("do:\n- l: {listen: {to: {one: {with: {type: a.b, subject: '${ .who }'}}}}}\n",
         "start {\"who\": \".*\"}\nignored {\"type\": \"a.b\", \"subject\": \"x\"}\n"
         "event {\"type\": \"a.b\", \"subject\": \".*\"}\nstatus completed\n");
}

TEST(listen, waits_for_all_of_its_events)
{
    UNUSED_STATE;
    play("do:\n- l: {listen: {to: {all: [{with: {type: a}}, {with: {type: b}}]}}}\n",
         "start\nwaits waits for the events 'a' and 'b' (task 'l')\n"
         "event {\"type\": \"b\", \"data\": 2}\nignored {\"type\": \"b\", \"data\": 3}\n"
         "waits waits for an event 'a' (task 'l')\nevent {\"type\": \"a\", \"data\": 1}\n"
         "output [2, 1]\n");
}

TEST(listen, goes_on_until_a_condition)
{
    UNUSED_STATE;
    play("do:\n- l: {listen: {to: {any: [{with: {type: a}}], until: '( . | length ) >= 3'}}}\n",
         "start\nevent {\"type\": \"a\", \"data\": 1}\nevent {\"type\": \"a\", \"data\": 2}\n"
         "status waiting\nevent {\"type\": \"a\", \"data\": 3}\noutput [1, 2, 3]\n");
    play("do:\n- l: {listen: {to: {any: [], until: '( . | length ) > 1'}}}\n",
         "start\nwaits waits for an event of any type (task 'l')\n"
         "event {\"type\": \"x\", \"data\": 1}\nevent {\"type\": \"y\", \"data\": 2}\n"
         "output [1, 2]\n");
}

TEST(listen, goes_on_until_other_events)
{
    UNUSED_STATE;
    play("do:\n"
         "- l: {listen: {to: {any: [{with: {type: a}}], "
         "until: {all: [{with: {type: x}}, {with: {type: y}}]}}}}\n",
         "start\nevent {\"type\": \"a\", \"data\": 1}\nevent {\"type\": \"x\"}\n"
         "ignored {\"type\": \"x\"}\nevent {\"type\": \"a\", \"data\": 2}\n"
         "event {\"type\": \"y\"}\noutput [1, 2]\n");
    play("do:\n"
         "- l: {listen: {to: {any: [{with: {type: a}}], until: {one: {with: {type: x}}}}}}\n",
         "start\nevent {\"type\": \"x\"}\noutput []\n");
}

TEST(listen, listens_for_ever_until_its_timeout)
{
    UNUSED_STATE;
    play("do:\n"
         "- t:\n"
         "    try:\n"
         "    - l: {timeout: {after: PT1H}, listen: {to: {any: [{with: {type: a}}], "
         "until: '${ false }'}}, foreach: {item: e, do: [{c: {set: {n: '${ $e }'}, "
         "export: {as: '${ $context + [.n] }'}}}]}}\n"
         "    catch: {do: [{h: {set: '${ $context }'}}]}\n",
         "start []\nevent {\"type\": \"a\", \"data\": 1}\nevent {\"type\": \"a\", \"data\": 2}\n"
         "advance PT1H\noutput [1, 2]\n");
}

TEST(listen, correlates_by_what_it_expects)
{
    UNUSED_STATE;
    play("do:\n"
         "- pay: {listen: {to: {one: {with: {type: paid}, correlate: {order: "
         "{from: .data.order, expect: '${ .order }'}}}}}}\n",
         "start {\"order\": 17}\nwaits waits for an event 'paid' where order = 17 (task 'pay')\n"
         "ignored {\"type\": \"paid\", \"data\": {\"order\": 18}}\n"
         "ignored {\"type\": \"paid\", \"data\": {}}\n"
         "event {\"type\": \"paid\", \"data\": {\"order\": 17}}\noutput [{\"order\": 17}]\n");
}

TEST(listen, the_first_value_binds_the_others)
{
    UNUSED_STATE;
    play("do:\n"
         "- l:\n"
         "    listen:\n"
         "      to:\n"
         "        all:\n"
         "        - {with: {type: t}, correlate: {room: {from: .roomid}}}\n"
         "        - {with: {type: h}, correlate: {room: {from: .roomid}}}\n",
         "start\nevent {\"type\": \"t\", \"roomid\": \"1\", \"data\": 20}\n"
         "waits waits for an event 'h' where room = \"1\" (task 'l')\n"
         "ignored {\"type\": \"h\", \"roomid\": \"2\", \"data\": 40}\n"
         "event {\"type\": \"h\", \"roomid\": \"1\", \"data\": 50}\noutput [20, 50]\n"
         "told started:w started:l correlation-started:w consumed:l consumed:l "
         "correlation-completed:w completed:l completed:w\n");
}

static const char each[] =
    "do:\n"
    "- l:\n"
    "    listen: {to: {any: [{with: {type: a}}], until: '( . | length ) >= 3'}}\n"
    "    foreach:\n"
    "      item: e\n"
    "      at: i\n"
    "      do:\n"
    "      - ask: {call: ask, with: {n: '${ $e.n }', i: '${ $i }'}}\n"
    "      - more: {set: {got: '${ . }', n: '${ $e.n }'}}\n"
    "      output: {as: '${ \"\\(.n):\\(.got)\" }'}\n"
    "      export: {as: '${ $context + [$output] }'}\n";

TEST(listen, goes_through_a_queue_one_by_one)
{
    UNUSED_STATE;
    play(each,
         "start []\nevent {\"type\": \"a\", \"data\": {\"n\": 1}}\n"
         "request ask {\"with\": {\"n\": 1, \"i\": 0}}\n"
         "event {\"type\": \"a\", \"data\": {\"n\": 2}}\npending ask\n"
         "waits waits for 2 things: for an event 'a' (task 'l'); for function 'ask' (task 'ask')\n"
         "result ask \"x\"\npending ask\nrequest ask {\"with\": {\"n\": 2, \"i\": 1}}\n"
         "event {\"type\": \"a\", \"data\": {\"n\": 3}}\n"
         "waits waits for function 'ask' (task 'ask')\n"
         "ignored {\"type\": \"a\", \"data\": {\"n\": 4}}\n"
         "result ask \"y\"\nrequest ask {\"with\": {\"n\": 3, \"i\": 2}}\nresult ask \"z\"\n"
         "output [\"1:x\", \"2:y\", \"3:z\"]\ncontext [\"1:x\", \"2:y\", \"3:z\"]\n");
}

TEST(listen, holds_no_more_than_it_needs)
{
    UNUSED_STATE;
    struct play p;
    play_init(
        &p,
        "do:\n"
        "- l:\n"
        "    listen: {to: {any: [{with: {type: a}}], until: '${ false }'}}\n"
        "    foreach: {do: [{ask: {call: ask, with: {n: '${ $item }', i: '${ $index }'}}}]}\n",
        true);
    play_script(&p, "start\n");
    for (int n = 0; n < 50; n++)
        play_script(&p, "event {\"type\": \"a\", \"data\": 7}\n");
    for (int n = 0; n < 49; n++)
        play_script(&p, "result ask {\"n\": 1}\n");
    play_script(&p, "request ask {\"with\": {\"n\": 7, \"i\": 49}}\nresult ask 1\npending -\n");
    json state = instance_encode(p.instance);
    char *text = json_dump(state);
    assert_true(strlen(text) < 300);
    mem_free(text);
    json_free(state);
    play_done(&p);
}

TEST(listen, one_by_one_for_a_closed_set)
{
    UNUSED_STATE;
    play("do:\n"
         "- l:\n"
         "    listen: {to: {all: [{with: {type: a}}, {with: {type: b}}]}}\n"
         "    foreach: {do: [{w: {wait: PT1H}}, {s: {set: {at: '${ $index }', v: '${ $item "
         "}'}}}]}\n",
         "start\nevent {\"type\": \"b\", \"data\": 2}\nevent {\"type\": \"a\", \"data\": 1}\n"
         "advance PT1H\nstatus waiting\nadvance PT1H\n"
         "output [{\"at\": 0, \"v\": 2}, {\"at\": 1, \"v\": 1}]\n");
    play("do:\n"
         "- l:\n"
         "    listen: {to: {one: {with: {type: a}}}}\n"
         "    foreach: {output: {as: '${ . + 1 }'}}\n",
         "start\nevent {\"type\": \"a\", \"data\": 1}\noutput [2]\n");
}

TEST(listen, gives_one_key_for_what_is_expected_and_what_comes)
{
    UNUSED_STATE;
    struct definition *d = play_parse(
        "do:\n"
        "- l: {listen: {to: {one: {with: {type: a}, correlate: {x: {from: .data.x, expect: '1'}, "
        "y: {from: .data.y, expect: b}, z: {from: .data.z}}}}}}\n");
    json event = play_json("{\"type\": \"a\", \"data\": {\"x\": \"1\", \"y\": \"b\", \"z\": 3}}");
    json expected = play_json("{\"y\": \"b\", \"x\": \"1\"}"), values;
    struct fail why;
    struct bytes a, b;
    bytes_init(&a, 100);
    bytes_init(&b, 100);
    assert_true(event_fits(d->filters[0], event, 0, &values, &why));
    event_correlation_key(d->filters[0], values, &a);
    event_correlation_key(d->filters[0], expected, &b);
    assert_string_equal(a.data, b.data);
    assert_string_equal(a.data, "[\"1\",\"b\"]");
    assert_true(event_fits_subscription(json_absent(), expected, event, values, &why));
    bytes_done(&a);
    bytes_done(&b);
    json_free(values);
    json_free(event);
    json_free(expected);
    definition_unref(d);
}

RUN(CASE(listen, takes_one_event_and_gives_a_list), CASE(listen, reads_data_envelope_or_raw),
    CASE(listen, filters_by_data_attributes_and_patterns),
    CASE(listen, waits_for_all_of_its_events), CASE(listen, goes_on_until_a_condition),
    CASE(listen, goes_on_until_other_events), CASE(listen, listens_for_ever_until_its_timeout),
    CASE(listen, correlates_by_what_it_expects), CASE(listen, the_first_value_binds_the_others),
    CASE(listen, goes_through_a_queue_one_by_one), CASE(listen, holds_no_more_than_it_needs),
    CASE(listen, one_by_one_for_a_closed_set),
    CASE(listen, gives_one_key_for_what_is_expected_and_what_comes))
