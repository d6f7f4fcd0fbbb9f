#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/yaml.h"

static struct yaml_document *parse(const char *text, struct diagnostics *d)
{
    diagnostics_init(d);
    return yaml_parse("a.yaml", text, strlen(text), d);
}

static void assert_reads(const char *text, const char *wanted)
{
    struct diagnostics d;
    struct yaml_document *document = parse(text, &d);
    if (!document)
        fail_msg("%s: %s", text, d.items[0].message);
    json v = yaml_to_json(document->root);
    char *dump = json_dump(v);
    assert_string_equal(dump, wanted);
    mem_free(dump);
    json_free(v);
    yaml_free(document);
    diagnostics_done(&d);
}

static void assert_refused(const char *text, const char *code, int line, int column,
                           const char *part)
{
    struct diagnostics d;
    assert_null(parse(text, &d));
    if (d.count != 1 || strcmp(d.items[0].code, code) != 0 || d.items[0].line != line ||
        d.items[0].column != column || !strstr(d.items[0].message, part)) {
        struct bytes out;
        bytes_init(&out, 10000);
        diagnostics_write_text(&d, false, &out);
        print_error("for: %s\n%s", text, out.data);
        bytes_done(&out);
        fail_msg("wanted %s at %d:%d with '%s'", code, line, column, part);
    }
    diagnostics_done(&d);
}

TEST(yaml, resolves_plain_scalars_by_the_core_schema)
{
    UNUSED_STATE;
    assert_reads("[yes, no, on, off, Yes, y]", "[\"yes\",\"no\",\"on\",\"off\",\"Yes\",\"y\"]");
    assert_reads("[true, False, TRUE, tRUE]", "[true,false,true,\"tRUE\"]");
    assert_reads("[null, ~, Null, nULL]", "[null,null,null,\"nULL\"]");
    assert_reads("[1, -1, +3, 0o17, 0xFF, 0o8, 0b1]", "[1,-1,3,15,255,\"0o8\",\"0b1\"]");
    assert_reads("[1.5, .5, 1., 1e3, -1E-2, '.', 1.2.3, 1_000, 1:30]",
                 "[1.5,0.5,1,1000,-0.01,\".\",\"1.2.3\",\"1_000\",\"1:30\"]");
    assert_reads("[2013-05-24, 2013-05-24T13:40:00+09:00, P1D, 1/2]",
                 "[\"2013-05-24\",\"2013-05-24T13:40:00+09:00\",\"P1D\",\"1/2\"]");
    assert_reads("['1', \"true\", 'null']", "[\"1\",\"true\",\"null\"]");
}

TEST(yaml, reads_blocks_flows_and_json)
{
    UNUSED_STATE;
    assert_reads("a:\n  - |\n    one\n    two\n  - >-\n    folded\n    text\n",
                 "{\"a\":[\"one\\ntwo\\n\",\"folded text\"]}");
    assert_reads("{\"a\": {\"나\": [1, 2.5, \"\\u0041\"]}}", "{\"a\":{\"나\":[1,2.5,\"A\"]}}");
    assert_reads("1: x\ntrue: y\n", "{\"1\":\"x\",\"true\":\"y\"}");
    assert_reads("\xEF\xBB\xBF"
                 "a: 1\n",
                 "{\"a\":1}");
    assert_reads("a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}");
}

TEST(yaml, expands_anchors)
{
    UNUSED_STATE;
    assert_reads("base: &b { x: [1] }\nuse: *b\nagain: [*b]\n",
                 "{\"again\":[{\"x\":[1]}],\"base\":{\"x\":[1]},\"use\":{\"x\":[1]}}");
}

TEST(yaml, knows_where_each_node_stands)
{
    UNUSED_STATE;
    struct diagnostics d;
    struct yaml_document *document = parse("제목: 가나다\nlist:\n  - \"quoted\"\n  - {k: v}\n", &d);
    assert_non_null(document);
    const struct yaml_node *title = yaml_get(document->root, "제목");
    assert_int_equal(title->line, 1);
    assert_int_equal(title->column, 5);
    assert_int_equal(title->end_column, 8);
    const struct yaml_node *list = yaml_get(document->root, "list");
    assert_int_equal(yaml_key(document->root, "list")->line, 2);
    assert_true(list->items[0]->quoted);
    assert_int_equal(list->items[1]->line, 4);
    assert_int_equal(list->items[1]->column, 5);
    assert_ptr_equal(list->items[1]->parent, list);
    assert_null(yaml_get(document->root, "none"));
    assert_null(yaml_get(list, "none"));
    yaml_free(document);
    diagnostics_done(&d);
}

TEST(yaml, refuses_what_is_doubtful)
{
    UNUSED_STATE;
    assert_refused("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, 1, "on line 1 and on line 3");
    assert_refused("a: &x 1\nb:\n  <<: *x\n", "yaml-merge", 3, 3, "write the keys out");
    assert_refused("a: !!str 1\n", "yaml-tag", 1, 4, "quotes");
    assert_refused("a: &x [ *x ]\n", "yaml-alias", 1, 9, "inside its own anchor");
    assert_refused("a: *none\n", "yaml-alias", 1, 4, "no anchor");
    assert_refused("? [1]\n: 2\n", "yaml-key", 1, 3, "plain text");
    assert_refused("a: 1\n---\nb: 2\n", "yaml-documents", 2, 1, "one file holds one");
    assert_refused("", "yaml-empty", 1, 1, "empty");
    assert_refused("# only\n", "yaml-empty", 2, 1, "empty");
    assert_refused("a: 9007199254740993000\n", "yaml-number", 1, 4, "in quotes");
    assert_refused("a: 0xFFFFFFFFFFFFFFFFFF\n", "yaml-number", 1, 4, "in quotes");
    assert_refused("a: 1e999\n", "yaml-number", 1, 4, "in quotes");
    assert_refused("a: -.inf\n", "yaml-number", 1, 4, "infinity");
    assert_refused("a: \"x\\0y\"\n", "yaml-zero", 1, 4, "zero character");
}

TEST(yaml, says_readably_what_is_broken)
{
    UNUSED_STATE;
    assert_refused("a:\n\t- x\n", "yaml-syntax", 2, 1, "indent with spaces");
    assert_refused("a: b: c\n", "yaml-syntax", 1, 5, "in the middle of a text");
    assert_refused("a: [1, 2\nb: 3\n", "yaml-syntax", 2, 2, "']'");
    assert_refused("a: \"open\n", "yaml-syntax", 2, 1, "ends inside a quoted text");
    assert_refused("가: 1\n\x01: 2\n", "yaml-syntax", 2, 1, "control characters");
    assert_refused("[1, , 2]\n", "yaml-syntax", 1, 5, "a value was expected");
    assert_refused("a: @x\n", "yaml-syntax", 1, 4, "in quotes");
    assert_refused("가나: \"\xff\"\n", "yaml-encoding", 1, 6, "UTF-8");
    assert_refused("\xff\xfe"
                   "a",
                   "yaml-encoding", 1, 1, "UTF-8");
}

TEST(yaml, bounds_depth_and_aliases)
{
    UNUSED_STATE;
    char *deep = mem_zero(1, 200001);
    memset(deep, '[', 200000);
    assert_refused(deep, "yaml-limit", 1, 65, "64 deep");
    mem_free(deep);
    // Each line holds ten times the one before: a billion values in ten lines.
    char bomb[2000] = "a0: &a0 [x]\n";
    for (int i = 1; i < 10; i++) {
        size_t at = strlen(bomb);
        snprintf(bomb + at, sizeof bomb - at,
                 "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    struct diagnostics d;
    assert_null(parse(bomb, &d));
    assert_string_equal(d.items[0].code, "yaml-limit");
    diagnostics_done(&d);
}

TEST(yaml, warns_of_a_lost_leading_zero)
{
    UNUSED_STATE;
    struct diagnostics d;
    struct yaml_document *document = parse("phone: 01012345678\n", &d);
    assert_non_null(document);
    assert_int_equal(d.errors, 0);
    assert_int_equal(d.warnings, 1);
    assert_string_equal(d.items[0].code, "leading-zero");
    yaml_free(document);
    diagnostics_done(&d);
}

// Editors of Windows put a mark before UTF-8; it is no part of the text, nor of its columns.
TEST(yaml, reads_past_the_byte_order_mark)
{
    UNUSED_STATE;
    assert_reads("\xEF\xBB\xBF"
                 "a: 1\nb: 2\n",
                 "{\"a\":1,\"b\":2}");
    assert_reads("\xEF\xBB\xBF{\"a\": 1}", "{\"a\":1}");
}

RUN(CASE(yaml, resolves_plain_scalars_by_the_core_schema), CASE(yaml, reads_blocks_flows_and_json),
    CASE(yaml, expands_anchors), CASE(yaml, knows_where_each_node_stands),
    CASE(yaml, refuses_what_is_doubtful), CASE(yaml, says_readably_what_is_broken),
    CASE(yaml, bounds_depth_and_aliases), CASE(yaml, warns_of_a_lost_leading_zero),
    CASE(yaml, reads_past_the_byte_order_mark))
