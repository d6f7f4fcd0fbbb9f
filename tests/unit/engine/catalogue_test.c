#include "world.h"

#include "engine/semver.h"

static struct definition *deploy(struct world *w, const char *text, bool replace, struct fail *why)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct definition *d =
        engine_deploy(w->engine, "f.yaml", text, strlen(text), replace, &diagnostics, why);
    diagnostics_done(&diagnostics);
    return d;
}

#define HEAD  "document: { dsl: 1.0.3, namespace: t, name: a, version: 1.0.0 }\n"
#define FIRST HEAD "do:\n  - nap: { wait: PT1H }\n  - x: { set: { v: 1 } }\n"
#define OTHER HEAD "do:\n  - other: { set: { v: 2 } }\n"

TEST(catalogue, takes_the_same_text_twice_and_another_only_by_force)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    struct fail why = {0};
    struct definition *d = deploy(&w, FIRST, false, &why);
    assert_non_null(d);
    assert_ptr_equal(deploy(&w, FIRST, false, &why), d);
    assert_null(deploy(&w, OTHER, false, &why));
    assert_int_equal(why.kind, FAIL_CONFLICT);
    assert_null(deploy(&w, "document: 3", false, &why));
    assert_int_equal(why.kind, FAIL_INVALID);
    world_done(&w);
}

// Expressions are compiled when they are first needed, but a slip is told before that.
TEST(catalogue, refuses_an_expression_that_does_not_compile)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    struct fail why = {0};
    assert_null(deploy(&w, HEAD "do:\n  - x: { set: { v: '${ .a | (. + }' } }\n", false, &why));
    assert_int_equal(why.kind, FAIL_INVALID);
    assert_null(deploy(&w, HEAD "do:\n  - x: { set: { v: '${ nosuch(.a) }' } }\n", false, &why));
    assert_int_equal(why.kind, FAIL_INVALID);
    world_done(&w);
}

TEST(catalogue, keeps_running_instances_on_their_text)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    struct fail why = {0};
    assert_non_null(deploy(&w, FIRST, false, &why));
    struct id id = world_start(&w, "a", "{}");
    world_settle(&w);
    assert_non_null(deploy(&w, OTHER, true, &why));
    world_settle(&w);
    world_crash(&w);
    struct id second = world_start(&w, "a", "{}");
    world_pass(&w, 3600000);
    assert_shown(&w, id.text, "output.v", "1");
    assert_shown(&w, second.text, "output.v", "2");
    json list = engine_definitions(w.engine);
    assert_int_equal(json_length(list), 1);
    json_free(list);
    world_done(&w);
}

TEST(catalogue, starts_the_latest_version)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    world_deploy_version(&w, "v", "1.9.0", "do:\n  - a: { set: { v: 19 } }\n");
    world_deploy_version(&w, "v", "1.10.0", "do:\n  - a: { set: { v: 110 } }\n");
    world_deploy_version(&w, "v", "2.0.0-beta", "do:\n  - a: { set: { v: 2 } }\n");
    struct id id = world_start(&w, "v", "{}");
    world_settle(&w);
    assert_shown(&w, id.text, "output.v", "2");
    world_deploy_version(&w, "v", "2.0.0", "do:\n  - a: { set: { v: 20 } }\n");
    world_crash(&w);
    world_deploy_version(&w, "v", "2.0.0", "do:\n  - a: { set: { v: 20 } }\n");
    id = world_start(&w, "v", "{}");
    world_settle(&w);
    assert_shown(&w, id.text, "output.v", "20");
    world_done(&w);
}

TEST(catalogue, compiles_nothing_that_is_not_used)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    for (int i = 0; i < 20; i++) {
        char name[20];
        snprintf(name, sizeof(name), "d%d", i);
        world_deploy(&w, name, "do:\n  - a: { set: { v: 1 } }\n");
    }
    world_settle(&w);
    world_crash(&w);
    json figures = engine_figures(w.engine);
    assert_int_equal(json_get_int(figures, "definitions", 0), 20);
    assert_int_equal(json_get_int(figures, "definitionsCompiled", -1), 0);
    json_free(figures);
    world_done(&w);
}

TEST(catalogue, holds_what_crashed_twice)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    struct fail why = {0};
    assert_non_null(deploy(&w, FIRST, false, &why));
    struct id id = world_start(&w, "a", "{}");
    world_settle(&w);
    char *words = mem_printf("must failed in hand: %s", id.text);
    w.last_words = words;
    world_crash(&w);
    world_settle(&w);
    assert_shown(&w, id.text, "status", "waiting");
    world_crash(&w);
    world_settle(&w);
    assert_shown(&w, id.text, "status", "suspended");
    assert_non_null(strstr(world_shown(&w, id.text, "incident"), "crash"));
    w.last_words = NULL;
    world_crash(&w);
    world_settle(&w);
    assert_non_null(strstr(world_shown(&w, id.text, "incident"), "crash"));
    assert_true(engine_control(w.engine, id.text, CONTROL_RESUME, NULL, &why));
    world_pass(&w, 3600000);
    assert_shown(&w, id.text, "output.v", "1");
    assert_shown(&w, id.text, "incident", "-");
    mem_free(words);
    world_done(&w);
}

// The first turn after a start is the most likely one to crash again.
TEST(catalogue, holds_what_crashed_twice_before_its_first_commit)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    struct fail why = {0};
    assert_non_null(deploy(&w, FIRST, false, &why));
    struct id id = world_start(&w, "a", "{}");
    world_settle(&w);
    w.last_words = id.text;
    world_crash(&w);
    world_crash(&w);
    world_settle(&w);
    assert_shown(&w, id.text, "status", "suspended");
    world_done(&w);
}

// A process that is killed before it could clear the words tells the same crash again.
TEST(catalogue, counts_a_crash_that_is_told_twice_once)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    struct fail why = {0};
    assert_non_null(deploy(&w, FIRST, false, &why));
    struct id id = world_start(&w, "a", "{}");
    world_settle(&w);
    w.last_words = id.text;
    w.last_words_ms = 1000;
    world_crash(&w);
    world_crash(&w);
    world_settle(&w);
    assert_shown(&w, id.text, "status", "waiting");
    w.last_words_ms = 2000;
    world_crash(&w);
    world_settle(&w);
    assert_shown(&w, id.text, "status", "suspended");
    world_done(&w);
}

// A host that has lost its functions: what needs them is kept, says so, and goes on when they are
// back.
static const struct function_signature *find_nothing(void *context, const char *name,
                                                     const char *version)
{
    (void)context;
    (void)name;
    (void)version;
    return NULL;
}

TEST(catalogue, keeps_what_it_cannot_read)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w);
    struct fail why = {0};
    assert_non_null(
        deploy(&w, HEAD "do:\n  - nap: { wait: PT1H }\n  - a: { call: double, with: { n: 4 } }\n",
               false, &why));
    struct id id = world_start(&w, "a", "{}");
    world_settle(&w);
    w.without_functions = find_nothing;
    world_crash(&w);
    world_pass(&w, 3600000);
    assert_shown(&w, id.text, "status", "waiting");
    assert_non_null(strstr(world_shown(&w, id.text, "incident"), "cannot be read"));
    assert_false(engine_control(w.engine, id.text, CONTROL_CANCEL, NULL, &why));
    w.without_functions = NULL;
    world_crash(&w);
    world_settle(&w);
    assert_shown(&w, id.text, "output.n", "8");
    assert_shown(&w, id.text, "incident", "-");
    world_verify(&w);
    world_done(&w);
}

TEST(catalogue, orders_versions)
{
    UNUSED_STATE;
    static const char *const ascending[] = {
        "latest",     "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
        "1.0.0",      "1.9.0",        "1.10.0",        "18446744073709551617.0.0"};
    size_t n = sizeof(ascending) / sizeof(*ascending);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            int order = semver_compare(ascending[i], ascending[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
    assert_int_equal(semver_compare("1.0.0+a", "1.0.0+b"), 0);
}

RUN(CASE(catalogue, takes_the_same_text_twice_and_another_only_by_force),
    CASE(catalogue, refuses_an_expression_that_does_not_compile),
    CASE(catalogue, keeps_running_instances_on_their_text),
    CASE(catalogue, starts_the_latest_version), CASE(catalogue, compiles_nothing_that_is_not_used),
    CASE(catalogue, holds_what_crashed_twice),
    CASE(catalogue, holds_what_crashed_twice_before_its_first_commit),
    CASE(catalogue, counts_a_crash_that_is_told_twice_once),
    CASE(catalogue, keeps_what_it_cannot_read), CASE(catalogue, orders_versions))
