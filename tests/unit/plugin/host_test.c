#include <stdio.h>
#include <string.h>

#include "plugin/plugin.h"
#include "test.h"

#define FIXTURES DURE_SOURCE_DIR "/tests/unit/plugin/fixtures"

struct counts {
    int passed, failed;
};

static void count_line(void *context, bool passed, const char *name, const char *detail)
{
    struct counts *counts = context;
    counts->passed += passed;
    counts->failed += !passed;
    if (!passed)
        print_error("not ok %s: %s\n", name, detail);
}

static struct plugins *load(const char *folder, struct diagnostics *diagnostics)
{
    struct fail why = {0};
    struct plugin_limits limits = {.memory_bytes = 8 * 1024 * 1024, .cpu_ms = 300};
    struct plugins *p = plugins_new(&limits);
    bool good = plugins_load(p, folder, diagnostics, &why);
    if (!good || diagnostics->count > 0)
        print_error("%s %s\n", why.message,
                    diagnostics->count > 0 ? diagnostics->items[0].message : "");
    assert_true(good);
    return p;
}

TEST(host, plays_the_tests_of_a_plugin)
{
    UNUSED_STATE;
    struct fail why = {0};
    struct counts counts = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct plugins *p = load(FIXTURES "/good", &diagnostics);
    assert_int_equal(diagnostics.count, 0);
    bool good = plugins_test(p, FIXTURES "/good/kit/kit_test.lua", count_line, &counts, &why);
    if (!good)
        print_error("%s\n", why.message);
    assert_true(good);
    assert_int_equal(counts.failed, 0);
    assert_true(counts.passed >= 9);
    plugins_free(p);
    diagnostics_done(&diagnostics);
}

TEST(host, lists_what_it_offers)
{
    UNUSED_STATE;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct plugins *p = load(FIXTURES "/good", &diagnostics);
    json list = plugins_list(p), name = json_path(list, "0.functions.0.name");
    assert_string_equal(json_text(name), "bad");
    const struct function_catalogue *c = &plugins_host(p)->catalogue;
    assert_non_null(c->find(c->context, "greet", "1.0.0"));
    assert_false(c->find(c->context, "greet", NULL)->waits);
    assert_null(c->find(c->context, "greet", "2.0.0"));
    assert_null(c->find(c->context, "nobody", NULL));
    json_free(name);
    json_free(list);
    plugins_free(p);
    diagnostics_done(&diagnostics);
}

RUN(CASE(host, plays_the_tests_of_a_plugin), CASE(host, lists_what_it_offers))
