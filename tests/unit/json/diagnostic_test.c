#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "json/diagnostic.h"

static const char source[] = "do:\n\t투표: { then: anounce }\n  - x\n";

static struct diagnostic_place place(int line, int column, int end_column)
{
    return (struct diagnostic_place){"v.yaml", source, line, column, end_column};
}

static void assert_text(const struct diagnostics *d, const char *wanted)
{
    struct bytes out;
    bytes_init(&out, 100000);
    diagnostics_write_text(d, false, &out);
    assert_string_equal(out.data, wanted);
    bytes_done(&out);
}

TEST(diagnostic, points_under_wide_letters_and_tabs)
{
    UNUSED_STATE;
    struct diagnostics d;
    diagnostics_init(&d);
    diagnostics_add(&d, SEVERITY_ERROR, place(2, 14, 21), "unknown-task", "no task '%s'",
                    "anounce");
    const char *const names[] = {"decide", "announce", "route"};
    diagnostics_suggest(&d, "anounce", names, 3);
    assert_text(&d, "v.yaml:2:14: error: no task 'anounce'\n"
                    "    2 | \t투표: { then: anounce }\n"
                    "      | \t              ^~~~~~~\n"
                    "        did you mean 'announce'?\n");
    diagnostics_done(&d);
}

TEST(diagnostic, copes_without_source_line_or_file)
{
    UNUSED_STATE;
    struct diagnostics d;
    diagnostics_init(&d);
    diagnostics_add(&d, SEVERITY_WARNING, place(99, 5, 0), "w", "far");
    diagnostics_add(&d, SEVERITY_HINT, (struct diagnostic_place){.file = "f"}, "h", "whole");
    diagnostics_add(&d, SEVERITY_ERROR, (struct diagnostic_place){0}, "e", "bare");
    diagnostics_add(&d, SEVERITY_ERROR, place(3, 90, 95), "e", "past the end");
    assert_text(&d, "v.yaml:99:5: warning: far\n"
                    "f: hint: whole\n"
                    "error: bare\n"
                    "v.yaml:3:90: error: past the end\n"
                    "    3 | ...\n"
                    "      |    ^\n");
    diagnostics_done(&d);
}

TEST(diagnostic, cuts_a_long_line_around_the_caret)
{
    UNUSED_STATE;
    char line[1001];
    memset(line, 'a', 1000);
    line[1000] = 0;
    line[499] = '!';
    struct diagnostics d;
    diagnostics_init(&d);
    diagnostics_add(&d, SEVERITY_ERROR, (struct diagnostic_place){"l", line, 1, 500, 501}, "c",
                    "here");
    struct bytes out;
    bytes_init(&out, 100000);
    diagnostics_write_text(&d, false, &out);
    const char *quoted = strchr(out.data, '\n') + 1;
    const char *caret_line = strchr(quoted, '\n') + 1;
    assert_true(strlen(out.data) < 400);
    assert_int_equal(strchr(quoted, '!') - quoted, strchr(caret_line, '^') - caret_line);
    bytes_done(&out);
    diagnostics_done(&d);
}

TEST(diagnostic, suggests_what_a_person_would)
{
    UNUSED_STATE;
    const char *const names[] = {"announce", "decide", "의결", "wait", "with", "raise"};
    assert_string_equal(diagnostics_nearest("anounce", names, 6), "announce");
    assert_string_equal(diagnostics_nearest("Decide", names, 6), "decide");
    assert_string_equal(diagnostics_nearest("dceide", names, 6), "decide");
    // 의결 in decomposed form is the same word.
    assert_string_equal(diagnostics_nearest("\u110b\u1174\u1100\u1167\u11af", names, 6), "의결");
    assert_null(diagnostics_nearest("zebra", names, 6));
    assert_null(diagnostics_nearest("x", names, 6));
    assert_null(diagnostics_nearest("", names, 6));
    assert_null(diagnostics_nearest("announce", NULL, 0));
}

TEST(diagnostic, sorts_by_place_and_keeps_equal_ones_in_order)
{
    UNUSED_STATE;
    struct diagnostics d;
    diagnostics_init(&d);
    diagnostics_add(&d, SEVERITY_ERROR, place(3, 1, 0), "c", "third");
    diagnostics_add(&d, SEVERITY_ERROR, place(1, 2, 0), "a", "first");
    diagnostics_add(&d, SEVERITY_ERROR, place(1, 2, 0), "b", "second");
    diagnostics_sort(&d);
    assert_string_equal(d.items[0].message, "first");
    assert_string_equal(d.items[1].message, "second");
    assert_string_equal(d.items[2].message, "third");
    diagnostics_done(&d);
}

TEST(diagnostic, stops_at_the_limit_but_goes_on_counting)
{
    UNUSED_STATE;
    struct diagnostics d;
    diagnostics_init(&d);
    for (int i = 0; i < LIMIT_DIAGNOSTICS + 5; i++)
        diagnostics_add(&d, SEVERITY_ERROR, place(1, 1, 0), "a", "%d", i);
    assert_int_equal(d.count, LIMIT_DIAGNOSTICS);
    assert_int_equal(d.errors, LIMIT_DIAGNOSTICS + 5);
    assert_true(d.truncated);
    diagnostics_done(&d);
}

TEST(diagnostic, speaks_json_and_sarif)
{
    UNUSED_STATE;
    struct diagnostics d;
    diagnostics_init(&d);
    diagnostics_add(&d, SEVERITY_HINT, place(2, 3, 5), "late", "soon");
    json plain = diagnostics_to_json(&d);
    char *dump = json_dump(plain);
    assert_string_equal(dump, "{\"diagnostics\":[{\"code\":\"late\",\"column\":3,\"endColumn\":5,"
                              "\"file\":\"v.yaml\",\"line\":2,\"message\":\"soon\","
                              "\"severity\":\"hint\"}],\"errors\":0,\"truncated\":false,"
                              "\"warnings\":0}");
    mem_free(dump);
    json_free(plain);
    json sarif = diagnostics_to_sarif(&d);
    json result = json_path(sarif, "runs.0.results.0");
    assert_string_equal(json_get_text(result, "level", ""), "note");
    json column = json_path(result, "locations.0.physicalLocation.region.startColumn");
    assert_int_equal(json_int(column), 3);
    json_free(result);
    json_free(sarif);
    diagnostics_done(&d);
}

RUN(CASE(diagnostic, points_under_wide_letters_and_tabs),
    CASE(diagnostic, copes_without_source_line_or_file),
    CASE(diagnostic, cuts_a_long_line_around_the_caret),
    CASE(diagnostic, suggests_what_a_person_would),
    CASE(diagnostic, sorts_by_place_and_keeps_equal_ones_in_order),
    CASE(diagnostic, stops_at_the_limit_but_goes_on_counting),
    CASE(diagnostic, speaks_json_and_sarif))
