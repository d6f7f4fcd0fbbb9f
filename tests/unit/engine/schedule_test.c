#include "world.h"

static size_t count(struct world *w, const char *name, const char *status)
{
    struct fail why = {0};
    struct list_opts opts = {.namespace = "t", .name = name, .status = status};
    json list = engine_list(w->engine, &opts, &why);
    size_t n = json_length(list);
    json_free(list);
    return n;
}

// The id of the newest instance.
static const char *newest(struct world *w, const char *name)
{
    static char id[ID_LENGTH + 1];
    struct fail why = {0};
    struct list_opts opts = {.namespace = "t", .name = name, .limit = 1};
    json list = engine_list(w->engine, &opts, &why), first = json_at(list, 0);
    snprintf(id, sizeof(id), "%s", json_get_text(first, "id", ""));
    json_free(first);
    json_free(list);
    return id;
}

#define BODY "do:\n  - a: { set: { x: 1 } }\n"

TEST(schedule, every_runs_at_each_interval)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "tick", "schedule: { every: PT10M }\n" BODY);
    world_pass(&w, 599999);
    assert_int_equal(count(&w, "tick", NULL), 0);
    world_pass(&w, 1);
    assert_int_equal(count(&w, "tick", "completed"), 1);
    world_crash(&w);
    world_pass(&w, 3 * 600000);
    assert_int_equal(count(&w, "tick", NULL), 4);
    // Down for an hour: once for all that was missed, then in step again.
    w.port.now_ms += 3600000 + 1000;
    world_settle(&w);
    assert_int_equal(count(&w, "tick", NULL), 5);
    world_pass(&w, 599000);
    assert_int_equal(count(&w, "tick", NULL), 6);
    world_done(&w);
}

TEST(schedule, cron_runs_in_the_zone_of_its_document)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w); // 09:00 in Seoul
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct fail why = {0};
    const char *text =
        "document: { dsl: 1.0.3, namespace: t, name: daily, version: 1.0.0, metadata: "
        "{ dure: { zone: Asia/Seoul } } }\n"
        "schedule: { cron: '30 9 * * *' }\n" BODY;
    assert_non_null(
        engine_deploy(w.engine, "daily", text, strlen(text), false, &diagnostics, &why));
    diagnostics_done(&diagnostics);
    world_pass(&w, 30 * 60000 - 1);
    assert_int_equal(count(&w, "daily", NULL), 0);
    world_pass(&w, 1);
    assert_int_equal(count(&w, "daily", NULL), 1);
    world_pass(&w, INT64_C(3) * 86400000);
    assert_int_equal(count(&w, "daily", NULL), 4);
    world_done(&w);
}

TEST(schedule, rrule_runs_in_the_zone_of_its_document)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w); // Wednesday, 1 May
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct fail why = {0};
    const char *text = "document: { dsl: 1.0.3, namespace: t, name: fridays, version: 1.0.0, "
                       "metadata: { dure: { zone: Asia/Seoul, schedule: { rrule: "
                       "'FREQ=MONTHLY;BYDAY=3FR' } } } }\n" BODY;
    assert_non_null(
        engine_deploy(w.engine, "fridays", text, strlen(text), false, &diagnostics, &why));
    diagnostics_done(&diagnostics);
    world_pass(&w, INT64_C(16) * 86400000 - 1);
    assert_int_equal(count(&w, "fridays", NULL), 0);
    world_pass(&w, 1); // 17 May
    assert_int_equal(count(&w, "fridays", NULL), 1);
    world_pass(&w, INT64_C(35) * 86400000); // 21 June
    assert_int_equal(count(&w, "fridays", NULL), 2);
    world_done(&w);
}

TEST(schedule, that_cannot_start_is_counted)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "needs",
                 "input: { schema: { format: json, document: { type: object, required: [n] } } }\n"
                 "schedule: { every: PT1M }\n" BODY);
    world_pass(&w, 120000);
    json figures = engine_figures(w.engine);
    assert_int_equal(json_get_int(figures, "scheduledStartsRefused", 0), 2);
    json_free(figures);
    world_done(&w);
}

TEST(schedule, after_counts_from_the_end)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "rest", "schedule: { after: PT1H }\ndo:\n  - nap: { wait: PT2H }\n");
    world_pass(&w, 3600000);
    assert_int_equal(count(&w, "rest", "waiting"), 1);
    world_pass(&w, 2 * 3600000 + 3599999);
    assert_int_equal(count(&w, "rest", NULL), 1);
    world_pass(&w, 1);
    assert_int_equal(count(&w, "rest", NULL), 2);
    world_done(&w);
}

TEST(schedule, on_one_starts_with_the_event)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(
        &w, "on",
        "schedule: { on: { one: { with: { type: x } } } }\ndo:\n  - a: { set: '${ . }' }\n");
    world_settle(&w);
    assert_int_equal(world_event(&w, "y", "0", "0").starts, 0);
    assert_int_equal(world_event(&w, "x", "1", "{\"n\": 7}").starts, 1);
    world_settle(&w);
    assert_shown(&w, newest(&w, "on"), "output", "[{\"n\":7}]");
    world_crash(&w);
    assert_int_equal(world_event(&w, "x", "1", "{\"n\": 7}").starts, 0);
    assert_int_equal(world_event(&w, "x", "2", "{\"n\": 8}").starts, 1);
    world_settle(&w);
    assert_int_equal(count(&w, "on", "completed"), 2);
    world_done(&w);
}

TEST(schedule, on_all_gathers_by_correlation_over_a_crash)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy(&w, "pair",
                 "schedule:\n"
                 "  on:\n"
                 "    all:\n"
                 "      - { with: { type: x }, correlate: { k: { from: '${ .data.k }' } } }\n"
                 "      - { with: { type: y }, correlate: { k: { from: '${ .data.k }' } } }\n"
                 "do:\n  - a: { set: '${ . }' }\n");
    world_event(&w, "x", "1", "{\"k\": 1}");
    world_event(&w, "y", "2", "{\"k\": 2}");
    world_settle(&w);
    assert_int_equal(count(&w, "pair", NULL), 0);
    world_crash(&w);
    assert_int_equal(world_event(&w, "y", "3", "{\"k\": 1}").starts, 1);
    world_settle(&w);
    assert_shown(&w, newest(&w, "pair"), "output", "[{\"k\":1},{\"k\":1}]");
    world_done(&w);
}

TEST(schedule, is_that_of_the_latest_version)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy_version(&w, "v", "1.9.0", "schedule: { every: PT1M }\n" BODY);
    world_deploy_version(&w, "v", "1.10.0", "schedule: { every: PT1H }\n" BODY);
    world_deploy_version(&w, "v", "1.2.0", "schedule: { every: PT1S }\n" BODY);
    world_pass(&w, 3600000);
    assert_int_equal(count(&w, "v", NULL), 1);
    assert_shown(&w, newest(&w, "v"), "definition.version", "1.10.0");
    world_deploy_version(&w, "v", "2.0.0", BODY);
    world_pass(&w, 7200000);
    assert_int_equal(count(&w, "v", NULL), 1);
    world_done(&w);
}

RUN(CASE(schedule, every_runs_at_each_interval),
    CASE(schedule, cron_runs_in_the_zone_of_its_document),
    CASE(schedule, rrule_runs_in_the_zone_of_its_document),
    CASE(schedule, that_cannot_start_is_counted), CASE(schedule, after_counts_from_the_end),
    CASE(schedule, on_one_starts_with_the_event),
    CASE(schedule, on_all_gathers_by_correlation_over_a_crash),
    CASE(schedule, is_that_of_the_latest_version))
