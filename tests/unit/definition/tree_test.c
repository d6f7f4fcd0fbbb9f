#include "definition/definition.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "support.h"
#include "test.h"

static const char NESTED[] = SUPPORT_HEAD "do:\n"
                                          "  - t:\n"
                                          "      try:\n"
                                          "        - getPet: { set: { a: 1 } }\n"
                                          "      catch:\n"
                                          "        as: err\n"
                                          "        when: $err.status == 503\n"
                                          "        do:\n"
                                          "          - h: { set: { b: '${ $err.detail }' } }\n"
                                          "        then: f\n"
                                          "  - f:\n"
                                          "      fork:\n"
                                          "        branches:\n"
                                          "          - b: { wait: PT1S }\n"
                                          "  - loop:\n"
                                          "      for: { each: x, in: .xs }\n"
                                          "      do:\n"
                                          "        - mark: { set: { c: '${ $x + $index }' } }\n"
                                          "  - l:\n"
                                          "      listen: { to: { any: [] } }\n"
                                          "      foreach:\n"
                                          "        do:\n"
                                          "          - z: { set: { d: '${ $item }' } }\n";

TEST(tree, names_each_task_by_its_json_pointer)
{
    UNUSED_STATE;
    static const char *const REFERENCES[] = {
        "/do/0/t", "/do/0/t/try/0/getPet",      "/do/0/t/catch/do/0/h",
        "/do/1/f", "/do/1/f/fork/branches/0/b", "/do/2/loop",
        "/do/3/l", "/do/3/l/foreach/do/0/z",    "/do/2/loop/do/0/mark",
    };
    struct support_parsed p;
    support_parse(&p, NESTED);
    assert_string_equal(support_message(&p), "");
    for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; i++) {
        const struct task *t = definition_task(p.definition, REFERENCES[i]);
        assert_non_null(t);
        assert_string_equal(t->reference, REFERENCES[i]);
        assert_ptr_equal(p.definition->tasks[t->index], t);
        assert_ptr_equal(t->siblings->items[t->place], t);
    }
    assert_null(definition_task(p.definition, "/do/9/none"));
    support_done(&p);
}

TEST(tree, knows_parents_and_the_source_of_each_task)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(&p, NESTED);
    const struct task *h = definition_task(p.definition, "/do/0/t/catch/do/0/h");
    assert_string_equal(h->parent->name, "t");
    json detail = json_path(h->source, "set.b");
    assert_string_equal(json_text(detail), "${ $err.detail }");
    json_free(detail);
    const struct task *t = h->parent;
    assert_true(t->attempt.has_handler);
    assert_true(t->attempt.has_then);
    assert_string_equal(t->attempt.then.target->name, "f");
    assert_string_equal(t->attempt.as, "err");
    assert_null(t->parent);
    support_done(&p);
}

TEST(tree, resolves_targets_to_tasks_of_the_same_list)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(&p, SUPPORT_HEAD "do:\n"
                                   "  - a: { set: { x: 1 }, then: c }\n"
                                   "  - b: { set: { x: 1 }, then: exit }\n"
                                   "  - c:\n"
                                   "      switch:\n"
                                   "        - one: { when: .x == 1, then: b }\n"
                                   "        - rest: { then: end }\n");
    assert_non_null(p.definition);
    const struct task_list *list = &p.definition->body;
    assert_int_equal(list->items[0]->then.kind, FLOW_TASK);
    assert_ptr_equal(list->items[0]->then.target, list->items[2]);
    assert_int_equal(list->items[1]->then.kind, FLOW_EXIT);
    assert_ptr_equal(list->items[2]->choose.cases[0].then.target, list->items[1]);
    assert_null(list->items[2]->choose.cases[1].when);
    assert_int_equal(list->items[2]->choose.cases[1].then.kind, FLOW_END);
    assert_int_equal(list->items[2]->then.kind, FLOW_CONTINUE);
    support_done(&p);
}

TEST(tree, takes_parts_from_use_by_name)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(
        &p, SUPPORT_HEAD
        "use:\n"
        "  timeouts: { short: { after: { hours: 1, minutes: 30 } } }\n"
        "  errors: { late: { type: https://example.org/late, status: 408, title: Late } }\n"
        "  retries:\n"
        "    gentle:\n"
        "      when: $err.status == 503\n"
        "      delay: PT10S\n"
        "      backoff: { exponential: { factor: 3, maxDelay: PT1H } }\n"
        "      limit: { attempt: { count: 5, duration: PT1M }, duration: P1D }\n"
        "      jitter: { from: PT0S, to: PT2S }\n"
        "  functions: { shout: { set: { text: '${ .text }' } } }\n"
        "  secrets: [ key ]\n"
        "  authentications: { post: { bearer: { use: key } } }\n"
        "timeout: short\n"
        "do:\n"
        "  - a:\n"
        "      try:\n"
        "        - b: { call: shout, with: { text: hello }, timeout: short }\n"
        "        - c: { raise: { error: late } }\n"
        "      catch: { as: err, retry: gentle }\n"
        "  - d:\n"
        "      call: http\n"
        "      with:\n"
        "        method: get\n"
        "        endpoint: { uri: https://example.org, authentication: { use: post } }\n");
    assert_string_equal(support_message(&p), "");
    const struct definition *d = p.definition;
    int64_t ms;
    struct fail why;
    assert_true(duration_ms(&d->timeout.duration, &ms, &why));
    assert_int_equal(ms, 5400000);
    const struct task *a = d->body.items[0], *b = a->attempt.body.items[0];
    assert_true(b->timeout.constant);
    assert_string_equal(b->call.local->reference, "/use/functions/shout");
    assert_int_equal(b->call.local->kind, TASK_SET);
    assert_non_null(a->attempt.body.items[1]->raise->title);
    const struct retry_policy *retry = a->attempt.retry;
    assert_int_equal(retry->backoff, BACKOFF_EXPONENTIAL);
    assert_true(retry->backoff_factor == 3);
    assert_int_equal(retry->attempt_count, 5);
    assert_true(retry->jitter && retry->backoff_max.given && retry->total_duration.given);
    const struct task *http = d->body.items[1];
    assert_int_equal(http->call.kind, CALL_HTTP);
    assert_non_null(http->call.authentication);
    assert_int_equal(d->secret_count, 1);
    support_done(&p);
}

static int64_t evaluated_keys(const struct template *t)
{
    struct fail why;
    struct scope scope = {.now_ms = 0};
    json out;
    assert_true(template_evaluate(t, json_null(), &scope, &out, &why));
    int64_t keys = (int64_t)json_length(out);
    json_free(out);
    return keys;
}

TEST(tree, parts_a_condition_on_the_data_from_the_attributes_of_a_filter)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(&p, SUPPORT_HEAD
                  "do:\n"
                  "  - a:\n"
                  "      listen:\n"
                  "        to:\n"
                  "          all:\n"
                  "            - with: { type: org.example.a, data: '${ .n > 3 }' }\n"
                  "              correlate: { order: { from: .data.id, expect: '${ .id }' } }\n"
                  "            - with: { type: org.example.b.*, data: { n: 3 } }\n"
                  "        read: envelope\n");
    assert_string_equal(support_message(&p), "");
    const struct event_strategy *to = &p.definition->body.items[0]->listen.to;
    assert_int_equal(to->mode, EVENTS_ALL);
    assert_int_equal(to->count, 2);
    assert_string_equal(to->filters[0]->type, "org.example.a");
    assert_string_equal(expression_text(to->filters[0]->data), ".n > 3");
    assert_int_equal(evaluated_keys(to->filters[0]->with), 1);
    assert_string_equal(to->filters[0]->correlations[0].name, "order");
    assert_non_null(to->filters[0]->correlations[0].expect);
    assert_null(to->filters[1]->type);
    assert_null(to->filters[1]->data);
    assert_int_equal(evaluated_keys(to->filters[1]->with), 2);
    assert_int_equal(to->filters[1]->id, 1);
    assert_ptr_equal(p.definition->filters[1], to->filters[1]);
    assert_int_equal(p.definition->body.items[0]->listen.read, READ_ENVELOPE);
    support_done(&p);
}

TEST(tree, knows_the_forms_of_until)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(&p, SUPPORT_HEAD
                  "do:\n"
                  "  - a: { listen: { to: { any: [], until: '( . | length ) > 3' } } }\n"
                  "  - b: { listen: { to: { any: [], until: { one: { with: { type: x } } } } } }\n"
                  "  - c:\n"
                  "      listen: { to: { any: [], until: '${ false }' } }\n"
                  "      timeout: { after: PT1H }\n");
    assert_string_equal(support_message(&p), "");
    struct task **items = p.definition->body.items;
    assert_non_null(items[0]->listen.to.until);
    assert_int_equal(items[1]->listen.to.until_events->count, 1);
    assert_true(items[2]->listen.to.until_never);
    assert_null(items[2]->listen.to.until);
    support_done(&p);
}

TEST(tree, reads_the_schedule_and_what_dure_adds)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(&p, "document:\n"
                      "  dsl: 1.0.0\n"
                      "  namespace: club\n"
                      "  name: sample\n"
                      "  version: 1.0.0-rc.1+build.5\n"
                      "  title: 표본\n"
                      "  metadata:\n"
                      "    dure:\n"
                      "      zone: Asia/Seoul\n"
                      "      calendar: [ 2013-05-17 ]\n"
                      "      retention: P5Y\n"
                      "      schedule: { rrule: FREQ=MONTHLY;BYDAY=3FR }\n"
                      "schedule:\n"
                      "  cron: 0 9 * * MON\n"
                      "  on: { one: { with: { type: org.example.go } } }\n"
                      "do:\n"
                      "  - a: { set: { x: 1 } }\n");
    assert_string_equal(support_message(&p), "");
    assert_string_equal(zone_name(p.definition->zone), "Asia/Seoul");
    assert_string_equal(p.definition->schedule.rrule, "FREQ=MONTHLY;BYDAY=3FR");
    assert_true(p.definition->schedule.has_cron);
    assert_int_equal(p.definition->schedule.on->count, 1);
    assert_null(p.definition->schedule.on->filters[0]->task);
    assert_string_equal(p.definition->title, "표본");
    support_done(&p);
}

TEST(tree, splits_the_name_of_a_function)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(&p, SUPPORT_HEAD "do:\n"
                                   "  - a: { call: 'vote:1.2.0@default' }\n"
                                   "  - b: { call: vote }\n");
    const struct task *a = p.definition->body.items[0], *b = p.definition->body.items[1];
    assert_string_equal(a->call.function, "vote");
    assert_string_equal(a->call.version, "1.2.0");
    assert_string_equal(a->call.catalog, "default");
    assert_string_equal(b->call.function, "vote");
    assert_null(b->call.version);
    support_done(&p);
}

TEST(tree, raises_an_error_that_is_a_value)
{
    UNUSED_STATE;
    struct support_parsed p;
    struct fail why;
    json out;
    support_parse(&p, SUPPORT_HEAD "do:\n"
                                   "  - a: { raise: { error: '${ .last } ' } }\n");
    assert_string_equal(support_message(&p), "");
    json input = support_json("{\"last\":{\"type\":\"x\",\"status\":503}}");
    const struct template *status = p.definition->body.items[0]->raise->status;
    assert_true(template_evaluate(status, input, &(struct scope){.now_ms = 0}, &out, &why));
    assert_int_equal(json_int(out), 503);
    json_free(out);
    json_free(input);
    support_done(&p);
}

TEST(tree, keeps_the_longest_reference_of_escaped_names)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(&p, SUPPORT_HEAD "do:\n"
                                   "  - a~b: { set: { x: 1 } }\n");
    assert_non_null(definition_task(p.definition, "/do/0/a~0b"));
    support_done(&p);
}

TEST(tree, is_counted)
{
    UNUSED_STATE;
    struct support_parsed p;
    support_parse(&p, NESTED);
    struct definition *second = definition_ref(p.definition);
    definition_unref(p.definition);
    assert_string_equal(second->name, "sample");
    support_done(&p);
}

TEST(tree, refuses_what_is_over_its_limits)
{
    UNUSED_STATE;
    struct support_parsed p;
    struct bytes text;
    bytes_init(&text, LIMIT_DEFINITION_BYTES * 2);
    bytes_add(&text, SUPPORT_HEAD "do:\n");
    for (int i = 0; i <= LIMIT_DEFINITION_TASKS; i++)
        bytes_printf(&text, "- t%d: {wait: PT1S}\n", i);
    support_parse(&p, text.data);
    assert_null(p.definition);
    assert_int_equal(p.diagnostics.count, 1);
    support_done(&p);
    bytes_done(&text);
}

RUN(CASE(tree, names_each_task_by_its_json_pointer),
    CASE(tree, knows_parents_and_the_source_of_each_task),
    CASE(tree, resolves_targets_to_tasks_of_the_same_list),
    CASE(tree, takes_parts_from_use_by_name),
    CASE(tree, parts_a_condition_on_the_data_from_the_attributes_of_a_filter),
    CASE(tree, knows_the_forms_of_until), CASE(tree, reads_the_schedule_and_what_dure_adds),
    CASE(tree, splits_the_name_of_a_function), CASE(tree, raises_an_error_that_is_a_value),
    CASE(tree, keeps_the_longest_reference_of_escaped_names), CASE(tree, is_counted),
    CASE(tree, refuses_what_is_over_its_limits))
