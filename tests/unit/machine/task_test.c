// fork, wait, emit, call, run, and what an instance says it waits for.
#include "machine/play.h"

TEST(task, fork_gives_all_outputs_in_the_order_of_branches)
{
    UNUSED_STATE;
    play("do:\n"
         "- all:\n"
         "    fork:\n"
         "      branches:\n"
         "      - a: {do: [{w: {wait: PT2H}}, {s: {set: {n: 1}, export: {as: '${ $context + [1] "
         "}'}}}]}\n"
         "      - b: {set: {n: '${ .n + 1 }'}, export: {as: '${ [2] }'}}\n"
         "      - c: {do: [{w: {wait: PT1H}}, {s: {set: {n: 3}, export: {as: '${ $context + [3] "
         "}'}}}]}\n",
         "start {\"n\": 1}\nstatus waiting\n"
         "waits waits for 2 things: until 2013-05-01T11:00:00+09:00 (task 'w'); until "
         "2013-05-01T10:00:00+09:00 (task 'w')\n"
         "advance P1D\noutput [{\"n\": 1}, {\"n\": 2}, {\"n\": 3}]\ncontext [2, 3, 1]\n");
}

TEST(task, fork_lets_the_first_win)
{
    UNUSED_STATE;
    play("do:\n"
         "- race:\n"
         "    fork:\n"
         "      compete: true\n"
         "      branches:\n"
         "      - setRed: {set: {colors: '${ .colors + [\"red\"] }'}}\n"
         "      - setGreen: {set: {colors: '${ .colors + [\"green\"] }'}}\n",
         "start\noutput {\"colors\": [\"red\"]}\n");
    play("do:\n"
         "- race:\n"
         "    fork:\n"
         "      compete: true\n"
         "      branches:\n"
         "      - asked: {call: ask}\n"
         "      - late: {do: [{w: {wait: PT1H}}, {s: {set: {late: true}}}]}\n"
         "- next: {call: tell}\n",
         "start\npending asked\nadvance PT1H\npending next\nstale\nresult next 1\noutput 1\n"
         "states {\"/do/0/race/fork/branches/0/asked\": \"cancelled\"}\n");
}

TEST(task, waits_on_the_calendar_of_its_zone)
{
    UNUSED_STATE;
    play("do:\n- remind: {wait: {days: 2, hours: 3}}\n",
         "start {\"a\": 1}\nwaits waits until 2013-05-03T12:00:00+09:00 (task 'remind')\n"
         "advance P2DT2H59M59.999S\nstatus waiting\nadvance PT0.001S\noutput {\"a\": 1}\n");
    play("do:\n- none: {wait: PT0S}\n", "start\nstatus completed\n");
    play("do:\n- asked: {wait: '${ .for }'}\n",
         "start {\"for\": \"PT5S\"}\nadvance PT5S\nstatus completed\n");
    play("do:\n- asked: {wait: '${ .for }'}\n",
         "start {\"for\": \"soon\"}\nstatus faulted\nerror {\"status\": 400}\n");
    play("do:\n- asked: {wait: '${ .for }'}\n",
         "start {\"for\": \"P200Y\"}\nstatus faulted\nerror {\"status\": 400}\n");
}

TEST(task, emits_a_whole_event)
{
    UNUSED_STATE;
    play("do:\n"
         "- emitEvent:\n"
         "    emit:\n"
         "      event:\n"
         "        with:\n"
         "          source: https://fake-source.example.org\n"
         "          type: org.example.greeted.v1\n"
         "          data: {greetings: '${ \"Hello \\(.user)!\" }'}\n",
         "start {\"user\": \"John\"}\n"
         "emitted {\"id\": \"01J0000000000000000000TEST-2\", \"specversion\": \"1.0\", "
         "\"time\": \"2013-05-01T00:00:00Z\", \"source\": \"https://fake-source.example.org\"}\n"
         "output {\"id\": \"01J0000000000000000000TEST-2\", \"specversion\": \"1.0\", "
         "\"time\": \"2013-05-01T00:00:00Z\", \"source\": \"https://fake-source.example.org\", "
         "\"type\": \"org.example.greeted.v1\", \"data\": {\"greetings\": \"Hello John!\"}}\n");
    play("do:\n- e: {emit: {event: {with: {type: a.b}}}}\n",
         "start\nemitted {\"source\": \"/t/w/1.0.0\"}\n");
}

TEST(task, calls_a_function_and_takes_its_result)
{
    UNUSED_STATE;
    play("do:\n"
         "- decide: {call: 'vote:1.2.0@default', with: {q: '${ .motion }'}, output: {as: "
         ".outcome}}\n",
         "start {\"motion\": \"m\"}\nstatus waiting\n"
         "waits waits for function 'vote' (task 'decide')\n"
         "request decide {\"kind\": \"function\", \"name\": \"vote\", \"version\": \"1.2.0\", "
         "\"with\": {\"q\": \"m\"}}\n"
         "result decide {\"outcome\": \"adopted\"}\noutput \"adopted\"\nstale\n");
}

TEST(task, runs_a_local_function_in_its_place)
{
    UNUSED_STATE;
    play("use:\n"
         "  functions:\n"
         "    greet: {set: {hello: '${ .who }'}}\n"
         "    ask: {call: asker, with: {to: '${ .who }'}}\n"
         "do:\n"
         "- a: {call: greet, with: {who: '${ .name }'}}\n"
         "- b: {call: ask, with: {who: '${ .hello }'}}\n",
         "start {\"name\": \"x\"}\n"
         "request ask {\"with\": {\"to\": \"x\"}}\nresult ask [1]\noutput [1]\n");
}

TEST(task, expands_uris_from_the_input)
{
    UNUSED_STATE;
    play("do:\n"
         "- get: {call: http, with: {method: get, "
         "endpoint: 'https://x.example.org/{a}/{b}?q={c}{none}', query: {n: 1}}}\n",
         "start {\"a\": \"동구/1\", \"b\": 7, \"c\": true}\n"
         "request get {\"with\": {\"endpoint\": {\"uri\": "
         "\"https://x.example.org/%EB%8F%99%EA%B5%AC%2F1/7?q=true\"}, \"query\": {\"n\": 1}}}\n"
         "result get 1\nstatus completed\n");
    play("do:\n- get: {call: http, with: {method: get, endpoint: 'https://x.example.org/{a}'}}\n",
         "start {\"a\": [1]}\nstatus faulted\n"
         "error {\"type\": \"https://serverlessworkflow.io/spec/1.0.0/errors/expression\"}\n");
    play("do:\n- get: {call: http, with: {method: get, endpoint: {uri: '${ .u }'}}}\n",
         "start {\"u\": \"https://x.example.org/{u}\"}\n"
         "request get {\"with\": {\"endpoint\": {\"uri\": \"https://x.example.org/{u}\"}}}\n");
}

TEST(task, resolves_authentication)
{
    UNUSED_STATE;
    play("use: {authentications: {mine: {basic: {username: u, password: '${ .p }'}}}}\n"
         "do:\n"
         "- get:\n"
         "    call: http\n"
         "    with: {method: get, endpoint: {uri: 'https://x.example.org/', "
         "authentication: {use: mine}}, headers: {a: '${ $authorization.parameter }'}}\n",
         "start {\"p\": \"secret\"}\n"
         "request get {\"authentication\": {\"basic\": {\"username\": \"u\", \"password\": "
         "\"secret\"}}, \"with\": {\"headers\": {\"a\": \"dTpzZWNyZXQ=\"}}}\n");
}

TEST(task, runs_another_workflow)
{
    UNUSED_STATE;
    play("do:\n"
         "- child: {run: {workflow: {namespace: other, name: stuff, version: 0.1.0, "
         "input: {foo: '${ .bar }'}}}}\n",
         "start {\"bar\": 1}\nwaits waits for workflow 'other/stuff' (task 'child')\n"
         "request child {\"namespace\": \"other\", \"name\": \"stuff\", \"version\": \"0.1.0\", "
         "\"input\": {\"foo\": 1}}\nresult child 5\noutput 5\n");
    play("do:\n"
         "- child: {run: {workflow: {namespace: other, name: stuff, version: 0.1.0}, await: "
         "false}}\n",
         "start {\"bar\": 1}\npending -\noutput {\"bar\": 1}\n");
}

RUN(CASE(task, fork_gives_all_outputs_in_the_order_of_branches),
    CASE(task, fork_lets_the_first_win), CASE(task, waits_on_the_calendar_of_its_zone),
    CASE(task, emits_a_whole_event), CASE(task, calls_a_function_and_takes_its_result),
    CASE(task, runs_a_local_function_in_its_place), CASE(task, expands_uris_from_the_input),
    CASE(task, resolves_authentication), CASE(task, runs_another_workflow))
