// try, catch, retry, raise and timeouts.
#include "machine/play.h"

#define COMMUNICATION "https://open-workflow-specification.org/dsl/errors/types/communication"
#define CALL_PET                                                                                   \
    "    - getPet: {call: http, with: {method: get, "                                              \
    "endpoint: {uri: 'https://pets.example.org/{petName}'}}}\n"

TEST(try, raises_what_the_author_wrote)
{
    UNUSED_STATE;
    play("do:\n"
         "- raiseError:\n"
         "    raise:\n"
         "      error: {status: 400, title: Compliance Error,\n"
         "        type: https://open-workflow-specification.org/errors/types/compliance}\n",
         "start\nstatus faulted\n"
         "error {\"status\": 400, \"title\": \"Compliance Error\", \"instance\": "
         "\"/do/0/raiseError\", "
         "\"type\": \"https://open-workflow-specification.org/errors/types/compliance\"}\n"
         "states {\"/do/0/raiseError\": \"faulted\"}\n");
    play("use: {errors: {broken: {type: https://x.example.org/broken, status: 503, "
         "detail: '${ \"pump \\(.n)\" }'}}}\n"
         "do:\n- r: {raise: {error: broken}}\n",
         "start {\"n\": 7}\nerror {\"detail\": \"pump 7\", \"status\": 503}\n");
}

static const char catch_pet[] =
    "do:\n"
    "- tryGetPet:\n"
    "    try:\n" CALL_PET "    catch:\n"
    "      errors: {with: {type: " COMMUNICATION ", status: 404}}\n"
    "      as: err\n"
    "      do: [{setError: {set: {error: '${ $err }', in: '${ . }'}}}]\n";

TEST(try, catches_by_type_and_status)
{
    UNUSED_STATE;
    play(catch_pet,
         "start {\"petName\": \"Milou\"}\n"
         "request getPet {\"kind\": \"http\", \"with\": {\"endpoint\": {\"uri\": "
         "\"https://pets.example.org/Milou\"}, \"method\": \"get\"}}\n"
         "status running\n"
         "fail getPet {\"type\": "
         "\"https://serverlessworkflow.io/spec/1.0.0/errors/communication\", \"status\": 404}\n"
         "output {\"error\": {\"type\": "
         "\"https://serverlessworkflow.io/spec/1.0.0/errors/communication\", \"status\": 404, "
         "\"title\": \"Communication Error\", \"instance\": "
         "\"/do/0/tryGetPet/try/0/getPet\"}, \"in\": {\"petName\": \"Milou\"}}\nstale\n");
    play(catch_pet, "start {\"petName\": \"Milou\"}\n"
                    "fail getPet {\"type\": \"communication\", \"status\": 503}\n"
                    "status faulted\nerror {\"status\": 503}\n");
    play(catch_pet, "start\nfail getPet \"boom\"\nerror {\"status\": 500, \"detail\": \"boom\", "
                    "\"type\": \"https://serverlessworkflow.io/spec/1.0.0/errors/runtime\"}\n");
}

TEST(try, asks_when_and_except_when)
{
    UNUSED_STATE;
    static const char yaml[] =
        "do:\n"
        "- t:\n"
        "    try: [{r: {raise: {error: {type: 'https://x.example.org/e', status: '${ .s }'}}}}]\n"
        "    catch: {when: '$error.status >= 500', exceptWhen: '$error.status == 503', "
        "do: [{c: {set: {caught: true}}}]}\n";
    play(yaml, "start {\"s\": 500}\noutput {\"caught\": true}\n");
    play(yaml, "start {\"s\": 503}\nstatus faulted\n");
    play(yaml, "start {\"s\": 404}\nstatus faulted\n");
}

TEST(try, without_a_handler_goes_on_with_its_input)
{
    UNUSED_STATE;
    play("do:\n"
         "- t: {try: [{a: {set: {n: 2}}}, {r: {raise: {error: {type: 'https://x.example.org/e', "
         "status: 500}}}}], catch: {}}\n"
         "- u: {set: {n: '${ .n + 1 }'}}\n",
         "start {\"n\": 1}\noutput {\"n\": 2}\n");
}

TEST(try, goes_where_catch_then_says)
{
    UNUSED_STATE;
    play("do:\n"
         "- t:\n"
         "    try: [{r: {raise: {error: {type: 'https://x.example.org/e', status: 500}}}}]\n"
         "    catch: {do: [{h: {set: {n: 5}}}], then: last}\n"
         "- middle: {set: {n: 0}}\n"
         "- last: {set: {n: '${ .n + 1 }'}}\n",
         "start\noutput {\"n\": 6}\n");
}

TEST(try, the_outer_catches_what_the_inner_does_not)
{
    UNUSED_STATE;
    play("do:\n"
         "- outer:\n"
         "    try:\n"
         "    - inner:\n"
         "        try: [{r: {raise: {error: {type: 'https://x.example.org/e', status: 500}}}}]\n"
         "        catch: {errors: {with: {status: 404}}}\n"
         "    catch:\n"
         "      do: [{h: {set: {by: outer, where: '${ $error.instance }'}}}]\n",
         "start\noutput {\"by\": \"outer\", \"where\": \"/do/0/outer/try/0/inner/try/0/r\"}\n"
         "told started:w started:outer started:inner started:r faulted:r faulted:inner started:h "
         "completed:h completed:outer completed:w\n");
}

TEST(try, an_error_of_the_handler_is_not_its_own_to_catch)
{
    UNUSED_STATE;
    play(
        "do:\n"
        "- t:\n"
        "    try: [{r: {raise: {error: {type: 'https://x.example.org/e', status: 500}}}}]\n"
        "    catch: {do: [{h: {raise: {error: {type: 'https://x.example.org/f', status: "
        "501}}}}]}\n",
        "start\nstatus faulted\nerror {\"status\": 501, \"instance\": \"/do/0/t/catch/do/0/h\"}\n");
}

static const char retried[] =
    "do:\n"
    "- t:\n"
    "    try:\n" CALL_PET "    catch:\n"
    "      errors: {with: {status: 503}}\n"
    "      retry: {delay: PT3S, backoff: {exponential: {}}, limit: {attempt: {count: 3}}}\n"
    "      do: [{h: {set: {gave: up}}}]\n";

TEST(try, retries_with_exponential_delays)
{
    UNUSED_STATE;
    play(retried, "start\nfail getPet {\"status\": 503}\n"
                  "waits waits until 2013-05-01T09:00:03+09:00 to try again (task 't')\n"
                  "status waiting\npending -\nadvance PT2.999S\npending -\n"
                  "advance PT0.001S\npending getPet\nfail getPet {\"status\": 503}\n"
                  "advance PT5.999S\npending -\nadvance PT0.001S\nfail getPet {\"status\": 503}\n"
                  "advance PT11.999S\npending -\nadvance PT0.001S\npending getPet\n"
                  "fail getPet {\"status\": 503}\noutput {\"gave\": \"up\"}\n");
    play(retried, "start\nfail getPet {\"status\": 503}\nadvance PT3S\nresult getPet {\"n\": 1}\n"
                  "output {\"n\": 1}\n"
                  "told started:w started:t started:getPet faulted:getPet retried:t "
                  "started:getPet completed:getPet completed:t completed:w\n");
    play(retried, "start\nfail getPet {\"status\": 404}\nstatus faulted\n");
}

TEST(try, retried_in_vain_without_a_handler_it_faults)
{
    UNUSED_STATE;
    play("do:\n"
         "- t:\n"
         "    try: [{r: {raise: {error: {type: 'https://x.example.org/e', status: 500}}}}]\n"
         "    catch: {retry: {limit: {attempt: {count: 2}}}}\n",
         "start\nstatus faulted\nerror {\"status\": 500}\n"
         "told started:w started:t started:r faulted:r retried:t started:r faulted:r retried:t "
         "started:r faulted:r faulted:t faulted:w\n");
}

TEST(try, bounds_retries_in_time_and_by_condition)
{
    UNUSED_STATE;
    play("do:\n"
         "- t:\n"
         "    try: [{r: {raise: {error: {type: 'https://x.example.org/e', status: 500}}}}]\n"
         "    catch: {retry: {delay: {seconds: 4}, backoff: {constant: {}}, limit: {duration: "
         "PT9S}}, "
         "do: [{h: {set: {gave: up}}}]}\n",
         "start\nadvance PT8S\noutput {\"gave\": \"up\"}\n");
    play("do:\n"
         "- t:\n"
         "    try: [{r: {raise: {error: {type: 'https://x.example.org/e', status: 500}}}}]\n"
         "    catch: {retry: {exceptWhen: '$error.status == 500', delay: PT1S}, "
         "do: [{h: {set: {gave: up}}}]}\n",
         "start\noutput {\"gave\": \"up\"}\n");
}

TEST(try, bounds_each_attempt)
{
    UNUSED_STATE;
    play("do:\n"
         "- t:\n"
         "    try:\n" CALL_PET "    catch:\n"
         "      retry: {delay: PT1S, limit: {attempt: {count: 1, duration: PT10S}}}\n"
         "      do: [{h: {set: {status: '${ $error.status }'}}}]\n",
         "start\nadvance PT10S\npending -\nadvance PT1S\npending getPet\nadvance PT9S\n"
         "pending getPet\nadvance PT1S\noutput {\"status\": 408}\n");
}

TEST(try, a_timeout_interrupts_and_can_be_caught)
{
    UNUSED_STATE;
    play("do:\n"
         "- t:\n"
         "    try:\n"
         "    - block: {timeout: {after: PT1H}, do: [{w: {wait: P1D}}, {x: {set: {n: 1}}}]}\n"
         "    catch: {errors: {with: {status: 408, "
         "type: https://serverlessworkflow.io/dsl/errors/types/timeout}}, "
         "do: [{h: {set: {late: '${ $error.instance }'}}}]}\n",
         "start\nadvance PT1H\noutput {\"late\": \"/do/0/t/try/0/block\"}\n"
         "told started:w started:t started:block started:w faulted:block cancelled:w started:h "
         "completed:h completed:t completed:w\n");
    play("timeout: {after: {minutes: 30}}\ndo:\n- w: {wait: PT1H}\n",
         "start\nadvance PT30M\nstatus faulted\nerror {\"status\": 408, \"instance\": \"/\"}\n");
    play("timeout: {after: {minutes: 30}}\ndo:\n- w: {wait: PT29M, timeout: {after: PT29M1S}}\n",
         "start\nadvance PT30M\nstatus completed\n");
}

TEST(try, a_fork_inside_is_cancelled_as_a_whole)
{
    UNUSED_STATE;
    play("do:\n"
         "- t:\n"
         "    try:\n"
         "    - both:\n"
         "        fork:\n"
         "          branches:\n"
         "          - slow: {wait: P1D}\n"
         "          - asks: {call: ask, with: {a: 1}}\n"
         "          - third: {call: ask}\n"
         "    catch: {do: [{h: {set: {ok: false}}}]}\n",
         "start\npending asks,third\nfail asks {\"status\": 500}\noutput {\"ok\": false}\n"
         "states {\"/do/0/t/try/0/both/fork/branches/0/slow\": \"cancelled\", "
         "\"/do/0/t/try/0/both/fork/branches/1/asks\": \"faulted\"}\n");
}

RUN(CASE(try, raises_what_the_author_wrote), CASE(try, catches_by_type_and_status),
    CASE(try, asks_when_and_except_when), CASE(try, without_a_handler_goes_on_with_its_input),
    CASE(try, goes_where_catch_then_says), CASE(try, the_outer_catches_what_the_inner_does_not),
    CASE(try, an_error_of_the_handler_is_not_its_own_to_catch),
    CASE(try, retries_with_exponential_delays),
    CASE(try, retried_in_vain_without_a_handler_it_faults),
    CASE(try, bounds_retries_in_time_and_by_condition), CASE(try, bounds_each_attempt),
    CASE(try, a_timeout_interrupts_and_can_be_caught),
    CASE(try, a_fork_inside_is_cancelled_as_a_whole))
