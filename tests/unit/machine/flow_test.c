// do, set, switch, for, if, then, and the flow of data; the conformance kit's cases among them.
#include "machine/play.h"

TEST(flow, runs_a_list_in_order)
{
    UNUSED_STATE;
    play("do:\n"
         "- compositeExample:\n"
         "    do:\n"
         "    - setRed: {set: {colors: '${ .colors + [\"red\"] }'}}\n"
         "    - setGreen: {set: {colors: '${ .colors + [\"green\"] }'}}\n"
         "    - setBlue: {set: {colors: '${ .colors + [\"blue\"] }'}}\n",
         "start\n"
         "output {\"colors\": [\"red\", \"green\", \"blue\"]}\n"
         "status completed\n"
         "told started:w started:compositeExample started:setRed completed:setRed "
         "started:setGreen completed:setGreen started:setBlue completed:setBlue "
         "completed:compositeExample completed:w\n"
         "states {\"/do/0/compositeExample/do/1/setGreen\": \"completed\"}\n");
}

TEST(flow, jumps_where_then_says)
{
    UNUSED_STATE;
    play("do:\n"
         "- setRed: {set: {colors: '${ .colors + [\"red\"] }'}, then: setGreen}\n"
         "- setBlue: {set: {colors: '${ .colors + [\"blue\"] }'}, then: end}\n"
         "- setGreen: {set: {colors: '${ .colors + [\"green\"] }'}, then: setBlue}\n",
         "start\noutput {\"colors\": [\"red\", \"green\", \"blue\"]}\n");
}

TEST(flow, exit_leaves_its_list_and_end_the_workflow)
{
    UNUSED_STATE;
    play("do:\n"
         "- inner:\n"
         "    do:\n"
         "    - a: {set: {at: a}, then: exit}\n"
         "    - b: {set: {at: b}}\n"
         "- after: {set: {at: '${ .at + \"!\" }'}}\n"
         "- branches:\n"
         "    fork:\n"
         "      branches:\n"
         "      - one: {wait: PT1H}\n"
         "      - two: {do: [{last: {set: {at: '${ .at + \"?\" }'}, then: end}}]}\n"
         "- never: {set: {at: never}}\n",
         "start\noutput {\"at\": \"a!?\"}\n"
         "states {\"/do/2/branches/fork/branches/0/one\": \"cancelled\"}\n"
         "states {\"/do/2/branches\": \"completed\"}\n");
}

TEST(flow, skips_a_task_whose_if_is_false)
{
    UNUSED_STATE;
    play("do:\n"
         "- no: {if: .go, set: {seen: no}, then: end, export: {as: .}}\n"
         "- yes: {if: '${ .go == false }', set: '${ . + {seen: true} }'}\n",
         "start {\"go\": false}\n"
         "output {\"go\": false, \"seen\": true}\n"
         "told started:w skipped:no started:yes completed:yes completed:w\n"
         "states {\"/do/0/no\": \"skipped\"}\n");
}

static const char color_switch[] =
    "do:\n"
    "- switchColor:\n"
    "    switch:\n"
    "    - red: {when: '.color == \"red\"', then: setRed}\n"
    "    - anyOther: {then: setOther}\n"
    "    - blue: {when: '.color == \"blue\"', then: setBlue}\n"
    "- setRed: {set: {colors: '${ .colors + [\"red\"] }'}, then: end}\n"
    "- setBlue: {set: {colors: '${ .colors + [\"blue\"] }'}, then: end}\n"
    "- setOther: {set: {colors: '${ .colors + [ $input.color ] }'}}\n";

TEST(flow, switches_to_the_first_case_that_holds)
{
    UNUSED_STATE;
    play(color_switch, "start {\"color\": \"red\"}\noutput {\"colors\": [\"red\"]}\n");
    play(color_switch, "start {\"color\": \"blue\"}\noutput {\"colors\": [\"blue\"]}\n");
    play(color_switch, "start {\"color\": \"grey\"}\noutput {\"colors\": [\"grey\"]}\n");
    play("do:\n"
         "- pick: {switch: [{red: {when: '.color == \"red\"', then: setRed}}], then: end}\n"
         "- setRed: {set: {colors: [red]}}\n",
         "start {\"color\": \"grey\"}\noutput {\"color\": \"grey\"}\n");
}

TEST(flow, loops_over_a_list)
{
    UNUSED_STATE;
    play("do:\n"
         "- loopColors:\n"
         "    for: {each: color, in: .colors}\n"
         "    do:\n"
         "    - mark:\n"
         "        set:\n"
         "          processed: '${ { colors: (.processed.colors + [ $color ]), "
         "indexes: (.processed.indexes + [ $index ])} }'\n",
         "start {\"colors\": [\"red\", \"green\", \"blue\"]}\n"
         "output {\"processed\": {\"colors\": [\"red\", \"green\", \"blue\"], "
         "\"indexes\": [0, 1, 2]}}\n");
    play("do:\n- l: {for: {in: .none}, do: [{s: {set: {a: 1}}}]}\n",
         "start {\"a\": 0}\noutput {\"a\": 0}\n");
    play("do:\n- l: {for: {in: .a}, do: [{s: {set: {a: 1}}}]}\n",
         "start {\"a\": 0}\nstatus faulted\nerror {\"status\": 400, \"instance\": \"/do/0/l\"}\n");
}

TEST(flow, loops_while_and_waits_inside)
{
    UNUSED_STATE;
    play("do:\n"
         "- l:\n"
         "    for: {each: n, in: '${ [range(100)] }', at: i}\n"
         "    while: '${ .sum < 6 and $n < 50 }'\n"
         "    do:\n"
         "    - pause: {wait: PT1M}\n"
         "    - add: {set: {sum: '${ .sum + $n }'}}\n",
         "start {\"sum\": 0}\n"
         "waits waits until 2013-05-01T09:01:00+09:00 (task 'pause')\n"
         "advance PT3M\nstatus waiting\nadvance PT1M\noutput {\"sum\": 6}\n");
}

TEST(flow, nests_loop_variables)
{
    UNUSED_STATE;
    play("do:\n"
         "- outer:\n"
         "    for: {each: a, in: .a}\n"
         "    do:\n"
         "    - inner:\n"
         "        for: {each: b, in: '${ $workflow.input.b }', at: j}\n"
         "        do: [{add: {set: {out: '${ .out + [\"\\($a)\\($b)\\($index)\\($j)\"] }'}}}]\n",
         "start {\"a\": [\"x\", \"y\"], \"b\": [1, 2]}\n"
         "output {\"out\": [\"x100\", \"x201\", \"y110\", \"y211\"]}\n");
}

TEST(flow, stops_a_circle_that_never_waits)
{
    UNUSED_STATE;
    play("do:\n- a: {set: {n: 1}}\n- b: {try: [{c: {set: {n: 2}}}], catch: {}, then: a}\n",
         "start\nstatus faulted\nerror {\"title\": \"Endless Loop\", \"status\": 500}\n");
}

TEST(flow, stops_a_value_that_grows_without_end)
{
    UNUSED_STATE;
    play("do:\n"
         "- pause: {wait: PT1S}\n"
         "- grow: {set: {s: '${ .s + .s }'}, then: pause}\n",
         "start {\"s\": \"0123456789\"}\nadvance PT1H\nstatus faulted\n"
         "error {\"detail\": \"the value is larger than 8388608 bytes\"}\n");
}

TEST(flow, stops_a_value_that_nests_without_end)
{
    UNUSED_STATE;
    play("do:\n- deeper: {set: {s: '${ . }'}, then: deeper}\n",
         "start\nstatus faulted\nerror {\"detail\": \"the value is nested more than 64 deep\"}\n");
    play("do:\n- deeper: {fork: {branches: [{w: {wait: PT1S}}]}, then: deeper}\n",
         "start\nadvance PT1H\nstatus faulted\n"
         "error {\"detail\": \"the value is nested more than 64 deep\"}\n");
}

TEST(flow, a_long_loop_is_no_circle)
{
    UNUSED_STATE;
    play("do:\n- l: {for: {in: '${ [range(60000)] }'}, do: [{s: {set: {n: $item}}}]}\n",
         "start\nstatus completed\n");
}

TEST(flow, a_circle_that_waits_goes_on)
{
    UNUSED_STATE;
    play("do:\n"
         "- pause: {wait: {seconds: 1}}\n"
         "- add: {set: {n: '${ .n + 1 }'}}\n"
         "- more: {switch: [{go: {when: .n < 5, then: pause}}]}\n",
         "start {\"n\": 0}\nadvance PT4S\nstatus waiting\nadvance PT1S\noutput {\"n\": 5}\n");
}

TEST(flow, filters_input_and_output)
{
    UNUSED_STATE;
    play("do:\n- s: {input: {from: .user.claims.subject}, set: {playerId: '${ . }'}}\n",
         "start {\"user\": {\"claims\": {\"subject\": \"6A\"}}}\noutput {\"playerId\": \"6A\"}\n");
    play("input: {from: .a}\n"
         "do:\n"
         "- s:\n"
         "    input: {from: '${ {x: ., raw: $task.input} }'}\n"
         "    set: {y: '${ $input.x + 1 }', raw: '${ .raw }'}\n"
         "    output: {as: '${ {y: .y, in: $input, name: $task.name, raw: $task.output.raw} }'}\n"
         "    export: {as: '${ {was: $context, out: $output.y} }'}\n"
         "output: {as: '${ {y, in, name, raw, context: $context, id: $workflow.id} }'}\n",
         "start {\"a\": 1}\n"
         "output {\"y\": 2, \"in\": {\"x\": 1, \"raw\": 1}, \"name\": \"s\", \"raw\": 1, "
         "\"context\": {\"was\": 1, \"out\": 2}, \"id\": \"01J0000000000000000000TEST\"}\n"
         "context {\"was\": 1, \"out\": 2}\n");
}

TEST(flow, checks_schemas)
{
    UNUSED_STATE;
    play("input: {schema: {format: json, document: {type: object, required: [a]}}}\n"
         "do:\n- s: {set: {b: 1}}\n",
         "start {}\nstatus faulted\n"
         "error {\"type\": \"https://serverlessworkflow.io/spec/1.0.0/errors/validation\", "
         "\"status\": 400, \"instance\": \"/\"}\n");
    play("do:\n"
         "- s: {set: {b: 1}, output: {schema: {document: {type: object, required: [c]}}}}\n",
         "start\nstatus faulted\nerror {\"instance\": \"/do/0/s\"}\n");
    play(
        "do:\n"
        "- t:\n"
        "    try: [{s: {set: {b: 1}, export: {as: '${ 1 }', schema: {document: {type: "
        "object}}}}}]\n"
        "    catch: {errors: {with: {type: http://open-workflow-specification.org/dsl/errors/types/"
        "validation}}, do: [{h: {set: {caught: '${ $error.status }'}}}]}\n",
        "start\noutput {\"caught\": 400}\n");
}

TEST(flow, an_expression_that_fails_is_an_error)
{
    UNUSED_STATE;
    play("do:\n- s: {set: {b: '${ .a | error(\"no\") }'}}\n",
         "start\nstatus faulted\n"
         "error {\"type\": \"https://serverlessworkflow.io/spec/1.0.0/errors/expression\", "
         "\"status\": 400, \"instance\": \"/do/0/s\"}\n"
         "told started:w started:s faulted:s faulted:w\n");
}

TEST(flow, gives_secrets_where_they_are_declared)
{
    UNUSED_STATE;
    play("use: {secrets: [token]}\ndo:\n- s: {set: {t: '${ $secrets.token }'}}\n",
         "start\noutput {\"t\": \"s3cret\"}\n");
    play("use: {secrets: [token, other]}\ndo:\n- s: {set: {t: '${ $secrets.other }'}}\n",
         "start\nstatus faulted\nerror {\"status\": 403, "
         "\"type\": \"https://serverlessworkflow.io/spec/1.0.0/errors/authorization\"}\n");
}

RUN(CASE(flow, runs_a_list_in_order), CASE(flow, jumps_where_then_says),
    CASE(flow, exit_leaves_its_list_and_end_the_workflow),
    CASE(flow, skips_a_task_whose_if_is_false), CASE(flow, switches_to_the_first_case_that_holds),
    CASE(flow, loops_over_a_list), CASE(flow, loops_while_and_waits_inside),
    CASE(flow, nests_loop_variables), CASE(flow, stops_a_circle_that_never_waits),
    CASE(flow, stops_a_value_that_grows_without_end),
    CASE(flow, stops_a_value_that_nests_without_end), CASE(flow, a_long_loop_is_no_circle),
    CASE(flow, a_circle_that_waits_goes_on), CASE(flow, filters_input_and_output),
    CASE(flow, checks_schemas), CASE(flow, an_expression_that_fails_is_an_error),
    CASE(flow, gives_secrets_where_they_are_declared))
