#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/mem.h"
#include "json/expression.h"

#define NOW_MS 1367366400123 // 2013-05-01T00:00:00.123Z

static json variable(const struct scope *scope, const char *name)
{
    (void)scope;
    if (strcmp(name, "input") == 0)
        return json_integer(7);
    if (strcmp(name, "context") == 0) {
        json v = json_object();
        json_set_text(&v, "name", "두레");
        return v;
    }
    if (strcmp(name, "item") == 0)
        return json_string("it");
    return json_absent();
}

static const struct scope scope = {variable, NOW_MS};

static json value(const char *text)
{
    json v;
    struct fail why;
    if (!json_parse(text, strlen(text), &v, &why))
        fail_msg("%s: %s", text, why.message);
    return v;
}

struct world {
    struct expressions *set;
    json input;
};

static int set_up(void **state)
{
    struct world *w = mem_new(struct world);
    w->set = expressions_new();
    w->input = value("{\"a\":{\"b\":[1,2,{\"c\":\"깊\"}]},\"x y\":5,\"list\":[3,1,2],"
                     "\"text\":\"가나다 라\",\"no\":null}");
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    expressions_free(w->set);
    json_free(w->input);
    mem_free(w);
    return 0;
}

static struct expression *add(struct world *w, const char *text)
{
    struct fail why;
    struct expression *e = expressions_add(w->set, text, strlen(text), &why);
    if (!e)
        fail_msg("%s: %s", text, why.message);
    return e;
}

struct wanted {
    const char *text, *result;
};

// All are added before the first is evaluated: one program.
static void assert_all(struct world *w, const struct wanted *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(w, table[i].text);
    for (size_t i = 0; i < count; i++) {
        struct fail why;
        json out;
        struct expression *e = add(w, table[i].text);
        if (!expression_evaluate(e, w->input, &scope, &out, &why))
            fail_msg("%s: %s", table[i].text, why.message);
        char *dump = json_dump(out);
        if (strcmp(dump, table[i].result) != 0)
            fail_msg("%s gives %s, not %s", table[i].text, dump, table[i].result);
        mem_free(dump);
        json_free(out);
    }
}
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void assert_not_added(struct world *w, const char *text, const char *part)
{
    struct fail why = {0};
    if (expressions_add(w->set, text, strlen(text), &why))
        fail_msg("'%s' was accepted", text);
    if (!strstr(why.message, part))
        fail_msg("'%s': '%s' lacks '%s'", text, why.message, part);
}

static void assert_fails(struct world *w, const char *text, enum fail_kind kind, const char *part)
{
    struct fail why = {0};
    json out;
    struct expression *e = add(w, text);
    if (expression_evaluate(e, w->input, &scope, &out, &why))
        fail_msg("'%s' was evaluated", text);
    assert_true(json_is_absent(out));
    if (!strstr(why.message, part) || why.kind != kind)
        fail_msg("'%s': '%s' (%s) lacks '%s'", text, why.message, why.code, part);
}

TEST(expression, answers_literals_and_paths_without_jq)
{
    static const struct wanted table[] = {
        {".", "{\"a\":{\"b\":[1,2,{\"c\":\"깊\"}]},\"list\":[3,1,2],\"no\":null,"
              "\"text\":\"가나다 라\",\"x y\":5}"},
        {".a.b[2].c", "\"깊\""},
        {".\"x y\"", "5"},
        {".[\"x y\"]", "5"},
        {" .a[\"b\"][-1].c ", "\"깊\""},
        {".a.b[9]", "null"},
        {".a.b[-9]", "null"},
        {".none.deeper", "null"},
        {"$context.name", "\"두레\""},
        {"$context[\"name\"]", "\"두레\""},
        {"$input", "7"},
        {"\"가\\n\"", "\"가\\n\""},
        {"[1,{\"a\":null}]", "[1,{\"a\":null}]"},
        {"-1.5", "-1.5"},
        {"true", "true"},
    };
    assert_all(*state_, table, COUNT(table));
}

static const struct wanted jq_works[] = {
    {".list | sort", "[1,2,3]"},
    {".list[]", "3"},
    {"empty", "null"},
    {".a.b[2].c == \"깊\" and ($input > 6)", "true"},
    {"[.list[] | select(. > 1)]", "[3,2]"},
    {"{a, \"k\": $input, (\"x\"+\"y\"): 1, now: 2, if: 3, input: 4} | [.k, .xy, .now, .if, "
     ".input]",
     "[7,1,2,3,4]"},
    {"{$input, $item}", "{\"input\":7,\"item\":\"it\"}"},
    {"\"이름: \\($context.name) \\(\"\\(1+1)\")\"", "\"이름: 두레 2\""},
    {".list | length # 1) | (2", "3"},
    {"def f(x; $y): x + $y; f(.list[0]; 10)", "13"},
    {"def f: def g: 3; g; f", "3"},
    {"def fact: if . <= 1 then 1 else . * (. - 1 | fact) end; 5 | fact", "120"},
    {"reduce .list[] as $n (0; . + $n)", "6"},
    {"[foreach ([.list] | .[]) as [$a] (0; . + 1; $a)]", "[3]"},
    {". as {a: {b: [$p, $q]}, $text} | [$p, $q, $text]", "[1,2,\"가나다 라\"]"},
    {"[[1,2]] | .[] as [$a] ?// $a | [$a]", "[1]"},
    {"try error(\"x\") catch .", "\"x\""},
    {"[.list[] as $n | $n * $input]", "[21,7,14]"},
    {".no // \"else\"", "\"else\""},
    {"[.[]?] | length", "5"},
    {"label $out | foreach .list[] as $i (0; .+$i; if . > 3 then ., break $out else empty end)",
     "4"},
    {"now", "1367366400.123"},
    {"now | todate", "\"2013-05-01T00:00:00Z\""},
    {"[$item, $item]", "[\"it\",\"it\"]"},
    {"@base64 \"\\(.text)\"", "\"6rCA64KY64ukIOudvA==\""},
    {"if .no then 1 elif .list then 2 else 3 end", "2"},
    {".a.b |= map(1)", "{\"a\":{\"b\":[1,1,1]},\"list\":[3,1,2],\"no\":null,"
                       "\"text\":\"가나다 라\",\"x y\":5}"},
    {".list | .[0] += 1", "[4,1,2]"},
    {".list | first", "3"},
    {"[limit(3; repeat(1))]", "[1,1,1]"},
    {"[range(3)], 5", "[0,1,2]"},
    {"[range(0, 1; 3, 4)]", "[0,1,2,0,1,2,3,1,2,1,2,3]"},
    {"[1 | while(. < 5; . + 2)]", "[1,3]"},
    {"1 | until(. > 99; . * 2)", "128"},
    {"[[1, [2]] | recurse(.[]?)] | length", "4"},
    {"[paths] | length", "13"},
    {"[[1,2],[3,4]] | [combinations] | length", "4"},
    {"\"aXbX\" | gsub(\"(?<l>x)\"; \"<\\(.l)>\"; \"i\")", "\"a<X>b<X>\""},
    {"\"가나가\" | sub(\"가\"; \"다\")", "\"다나가\""},
    {".text | .[:index(\" \")]", "\"가나다\""},
    {"\"aaa\" | indices(\"aa\")", "[0,1]"},
    {"\"가나가\" | rindex(\"가\")", "2"},
    {"[1,2,1] | indices(1)", "[0,2]"},
    {"\"ab\" * 2", "\"abab\""},
    {"{\"a\": {\"b\": 1}} * {\"a\": {\"c\": 2}}", "{\"a\":{\"b\":1,\"c\":2}}"},
    {"[1,2,3] | (.[] | select(. > 1)) |= empty", "[1]"},
    {"{a: [{b: 1}, {b: 2}]} | .a[].b |= . + 1", "{\"a\":[{\"b\":2},{\"b\":3}]}"},
    {"{a: [{b: 1}, {b: 2}]} | .a[].c = 0", "{\"a\":[{\"b\":1,\"c\":0},{\"b\":2,\"c\":0}]}"},
    {"[1,2,3] | (.[0,0,1]) |= . * 10", "[100,20,3]"},
    {"[[1,[2]],3] | .. |= (numbers |= . + 1)", "[[2,[3]],4]"},
    {"[1,2,3,4] | .[1:3] |= map(. * 2)", "[1,4,6,4]"},
    {"{a: {b: 1, c: 2}, d: 3} | (.a[], .d) |= empty", "{\"a\":{}}"},
    {"{} | .a.b[1] = 5", "{\"a\":{\"b\":[null,5]}}"},
    {"{} | (.a, .b) = (1, 2)", "{\"a\":1,\"b\":1}"},
    {"[range(5000)] | [.[] | {n: .}] | .[].n |= . + 1 | .[4999].n", "5000"},
    {"[(1,2) * (10,20)]", "[10,20,20,40]"},
    {"0 | strftime(\"%Y\")", "\"1970\""},
    {"\"2013-05-24T13:40:00Z\" | fromdate", "1369402800"},
};

TEST(expression, evaluates_jq)
{
    assert_all(*state_, jq_works, COUNT(jq_works));
}

TEST(expression, refuses_what_does_not_close)
{
    static const struct {
        const char *text, *part;
    } table[] = {
        {"", "empty"},
        {"  # only", "empty"},
        {"1) | (2", "')' closes nothing (column 2 of the expression)"},
        {"(1", "'(' is not closed by ')' (column 1"},
        {"[1, {a: 2]", "'{' is not closed by '}' (column 5"},
        {".a\n| [.b", "line 2, column 3"},
        {"\"abc", "a text in quotes is not closed"},
        {"\"a\\(1\"", "not closed"},
        {"(1 # )", "'(' is not closed"},
        {"if . then 1", "'if' is not closed by 'end'"},
        {"1 end", "outside of an 'if'"},
        {"def f: 1", "'def' is not closed by ';'"},
        {"def", "the name of a function"},
        {"(def f: 1) | 2", "'def' is not closed"},
        {"1 as x | 2", "behind 'as'"},
        {"$ | 1", "wants the name"},
        {"1; 2", "';' belongs"},
        {"\"\\(1;2)\"", "';' belongs"},
        {"}", "closes nothing"},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        assert_not_added(*state_, table[i].text, table[i].part);
}

TEST(expression, refuses_what_reads_the_world)
{
    static const char *const texts[] = {
        "env",
        "$ENV",
        "$ ENV.PATH",
        "input",
        "[inputs]",
        "debug",
        "stderr",
        "halt",
        "1 | halt_error",
        "input_filename",
        "$__loc__",
        "$__prog_args",
        "$__k",
        "__tick",
        "_modify(.;1)",
        "modulemeta",
        "localtime",
        "{a: env}",
        "\"\\(env)\"",
        "[input_line_number]",
        "include \"x\"; 1",
        "import \"x\" as y; 1",
        "a::b",
        "get_search_list",
        "builtins",
        "def input: 1; input",
        "def f(debug): debug; 1",
        ". as {(env): $x} | $x",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_not_added(*state_, texts[i], "");
}

TEST(expression, knows_the_variables_that_it_does_not_bind)
{
    struct world *w = *state_;
    static const struct {
        const char *text, *names;
    } table[] = {
        {"$a + $b + $a", "a b "},
        {"1 as $x | $x + $y", "y "},
        {"(1 as $x | $x) + $x", "x "},
        {"reduce .[] as $x (0; . + $x) | $x", "x "},
        {"reduce .[] as $x ($i; . + $x)", "i "},
        {"foreach .[] as [$x, {k: $y, $z}] (0; $x; $y + $z)", ""},
        {"def f($p): $p + $q; f($p)", "q p "},
        {"def f: 1 as $v | $v; $v", "v "},
        {". as {a: $x, (\"k\" + $k): $y} | $x + $y", "k "},
        {". as [$x] ?// {$y} | $x, $y", ""},
        {"{a: (1 as $x | $x), b: $x}", "x "},
        {"if (1 as $x | $x) then $x else 2 as $y | $y end", "x "},
        {"\"\\($s) $t\"", "s "},
        {"label $l | break $l", ""},
        {"{$v}", "v "},
        {"f($a; 1 as $b | $b; $b)", "a b "},
        {". # $c\n", ""},
        {"\"$q\"", ""},
        {"$p.a.b", "p "},
        {". as $x | [$x] | map(. as $y | $y + $x)", ""},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct expression *e = add(w, table[i].text);
        char names[100] = "";
        for (const char *const *name = expression_variables(e); *name; name++) {
            strcat(names, *name);
            strcat(names, " ");
        }
        if (strcmp(names, table[i].names) != 0)
            fail_msg("%s: '%s', not '%s'", table[i].text, names, table[i].names);
    }
}

TEST(expression, ends_what_would_not_end)
{
    static const char *const texts[] = {
        "[range(1e9)] | length",
        "last(range(0; infinite))",
        "last(range(0; 1e9; 1))",
        "[repeat(1)]",
        "[1 | recurse(. + 1)]",
        "[1 | recurse(. + 1; true)]",
        "1 | until(false; .)",
        "last(1 | while(true; .))",
        "def f: f; f",
        "def f: try error(\"x\") catch f; f",
        "try repeat(1) catch 5 | last(repeat(1))",
        "def f: 1, f; last(f)",
        "last([range(100)] | [., ., ., .] | combinations)",
        "try [range(1e9)] catch 1",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_fails(*state_, texts[i], FAIL_LIMIT, "100000 rounds");
}

// What no loop of its own counts: cross products of data, and texts that double. A slow machine may
// find the second long before it is large.
TEST(expression, ends_what_computes_long_or_large)
{
    assert_fails(*state_,
                 "try ([range(3000)] as $a | [$a[] | $a[] | $a[] | 0 | select(. > 1)]) catch 1",
                 FAIL_LIMIT, "the expression runs too long: more than 2 s");
    assert_fails(*state_, "reduce range(60) as $i (\"xx\"; . + .) | length", FAIL_LIMIT,
                 "the expression ");
    static const struct wanted still[] = {{"[.list[] | . + 1] | length", "3"}};
    assert_all(*state_, still, COUNT(still));
}

TEST(expression, bounds_what_patterns_search)
{
    static const struct wanted table[] = {
        {"[range(9000)] | tojson | [splits(\",\")] | length", "9000"},
        {"\"a, b,c\" | [splits(\", *\")]", "[\"a\",\"b\",\"c\"]"},
        {"\"가나-다\" | split(\"-\"; null)", "[\"가나\",\"다\"]"},
        {"\"aXbxc\" | split(\"x\"; \"i\")", "[\"a\",\"b\",\"c\"]"},
        {"\"ab12\" | [scan(\"[a-z]\")]", "[\"a\",\"b\"]"},
        {"\"ab12\" | [scan(\"([a-z])([0-9])\")]", "[[\"b\",\"1\"]]"},
        {"\"ab12\" | capture(\"(?<n>[0-9]+)\")", "{\"n\":\"12\"}"},
        {"\"AB\" | test([\"ab\", \"i\"])", "true"},
        {"\"AB\" | [match(\"a\", \"b\"; \"i\") | .offset]", "[0,1]"},
        {"\"x\" * 100000 | test(\"y\")", "false"},
    };
    assert_all(*state_, table, COUNT(table));
    assert_fails(*state_, "\"x\" * 65537 | gsub(\"x\"; \"y\")", FAIL_INVALID, "65536");
    assert_fails(*state_, "\"x\" * 65537 | [splits(\"x\")]", FAIL_INVALID, "65536");
    assert_fails(*state_, "\"x\" * 1048577 | test(\"y\")", FAIL_INVALID, "1048576");
    assert_fails(*state_, "1 | test(\"y\")", FAIL_INVALID, "match");
    assert_fails(*state_, "\"x\" | test(1)", FAIL_INVALID, "not a string or array");
}

TEST(expression, survives_what_ends_libjq)
{
    assert_fails(*state_, ".list[1e9] = 1", FAIL_INVALID, "1000000 at most");
    assert_fails(*state_, ".list | .[1e9] |= 1", FAIL_INVALID, "1000000 at most");
    assert_fails(*state_, "setpath([1e9]; 1)", FAIL_INVALID, "1000000 at most");
    assert_fails(*state_, "1e18 | todate", FAIL_INVALID, "years 1 to 9999");
    assert_fails(*state_, "nan | gmtime", FAIL_INVALID, "years 1 to 9999");
    assert_fails(*state_, "-1e18 | strftime(\"%Y\")", FAIL_INVALID, "years 1 to 9999");
    assert_fails(*state_, "[1114112] | implode", FAIL_INVALID, "code points");
    assert_fails(*state_, "[\"a\"] | implode", FAIL_INVALID, "code points");
    assert_fails(*state_, "\"x\" * 5e7", FAIL_INVALID, "too long");
    assert_fails(*state_, "[1] | combinations(1e9)", FAIL_INVALID, "64 at most");
    assert_fails(*state_, "reduce range(99999) as $i (null; [.])", FAIL_LIMIT, "64 deep");
    static const struct wanted table[] = {
        {"\"abc\" | indices(\"\")", "[]"},
        {"\"ab\" | gsub(\"\"; \"-\")", "\"-a-b\""},
        {"\"ab\" | gsub(\"^\"; \"-\")", "\"-ab\""},
        {"reduce range(50000) as $i (null; [.]) | 1", "1"},
    };
    assert_all(*state_, table, COUNT(table));
}

TEST(expression, says_readably_what_fails)
{
    assert_fails(*state_, ".list.x", FAIL_INVALID, "cannot index array with \"x\"");
    assert_fails(*state_, ".a[0]", FAIL_INVALID, "cannot index object with number");
    assert_fails(*state_, "(.list).x", FAIL_INVALID, "cannot index array with");
    assert_fails(*state_, "error(\"내 말\")", FAIL_INVALID, "내 말");
    assert_fails(*state_, "error({a: 1})", FAIL_INVALID, "{\"a\":1}");
    assert_fails(*state_, "\"a\" | test(\"(\")", FAIL_INVALID, "regex failure");
    assert_fails(*state_, "$nobody", FAIL_INVALID, "there is no variable $nobody here");
    assert_fails(*state_, "1 + $nobody", FAIL_INVALID, "there is no variable $nobody here");
}

TEST(expression, marks_the_bad_ones_and_runs_the_good_ones)
{
    struct world *w = *state_;
    static const struct {
        const char *text, *part;
    } table[] = {
        {".a +", "ends where something should follow"},
        {".가", "'가' cannot stand here (column 2"},
        {".a | | .b", "'|' cannot stand here (column 6"},
        {".list | lenght",
         "there is no function 'lenght' (column 9 of the expression); did you mean 'length'?"},
        {"adopted",
         "there is no function 'adopted' (column 1 of the expression); a field is written "
         ".adopted"},
        {"[\n.a,\n  nosuch(1; 2)]", "'nosuch' with 2 arguments (line 3, column 3"},
        {".a = = 1", "'=' cannot stand here (column 6"},
        {"1 ` 2", "'`' cannot stand here (column 3"},
        {"{a b}", "'b' cannot stand here (column 4"},
        {"1/0", "Division by zero"},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        add(w, table[i].text);
    struct expression *good = add(w, ".list | add");
    for (size_t i = 0; i < COUNT(table); i++) {
        struct fail why = {0};
        assert_false(expression_check(add(w, table[i].text), &why));
        if (!strstr(why.message, table[i].part))
            fail_msg("%s: '%s' lacks '%s'", table[i].text, why.message, table[i].part);
    }
    struct expression *which;
    struct fail why;
    json out;
    assert_false(expressions_compile(w->set, &which, &why));
    assert_string_equal(expression_text(which), ".a +");
    assert_true(expression_evaluate(good, w->input, &scope, &out, &why));
    assert_int_equal(json_int(out), 6);
}

TEST(expression, takes_more_after_it_has_compiled)
{
    static const struct wanted first[] = {{".list | add", "6"}}, more[] = {{"$input + 1", "8"}};
    assert_all(*state_, first, 1);
    assert_all(*state_, more, 1);
    assert_ptr_equal(add(*state_, ".list | add"), add(*state_, ".list | add"));
}

TEST(expression, holds_more_than_one_program_can)
{
    struct world *w = *state_;
    struct fail why;
    json out;
    char text[100];
    for (int i = 0; i < 400; i++) {
        snprintf(text, sizeof text, "[%d, (.list | length)] | add", i);
        add(w, text);
    }
    for (int i = 0; i < 400; i += 57) {
        snprintf(text, sizeof text, "[%d, (.list | length)] | add", i);
        assert_true(expression_evaluate(add(w, text), w->input, &scope, &out, &why));
        assert_int_equal(json_int(out), i + 3);
    }
    // The longest expression, and one that compiles to the most that its bytes can.
    char *longest = mem_alloc(LIMIT_EXPRESSION_BYTES + 1);
    for (size_t i = 0; i + 1 < LIMIT_EXPRESSION_BYTES; i += 2)
        memcpy(longest + i, ".a", 2);
    memcpy(longest + LIMIT_EXPRESSION_BYTES - 4, "|.a", 4);
    assert_true(expression_evaluate(add(w, longest), w->input, &scope, &out, &why) ||
                why.message[0]);
    json_free(out);
    mem_free(longest);
}

TEST(expression, leaves_the_callers_value_unshared)
{
    struct world *w = *state_;
    struct expression *e = add(w, ".list | length");
    struct fail why;
    json out;
    assert_true(expression_evaluate(e, w->input, &scope, &out, &why));
    assert_int_equal(jv_get_refcnt(w->input), 1);
}

TEST(expression, limits_its_length_and_nesting)
{
    struct world *w = *state_;
    char *text = mem_alloc(LIMIT_EXPRESSION_BYTES + 2);
    memset(text, '.', LIMIT_EXPRESSION_BYTES + 1);
    text[LIMIT_EXPRESSION_BYTES + 1] = 0;
    assert_not_added(w, text, "16384 bytes");
    memset(text, '(', 1000);
    text[1000] = 0;
    assert_not_added(w, text, "120 deep");
    mem_free(text);
    assert_not_added(w, "\"\xff\"", "UTF-8");
    struct fail why;
    assert_null(expressions_add(w->set, "1\0002", 3, &why));
}

static int64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

// Printed for people, not asserted.
TEST(expression, costs_little)
{
    struct world *w = *state_;
    char text[100];
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, ".a.b[0] == %d and ($context.name | length) > 1", i);
        add(w, text);
    }
    struct expression *plain = add(w, ".a.b[2].c"), *jq = add(w, ".a.b[0] + $input > 7");
    struct expression *update = add(w, ".list |= map(. + 1)");
    struct fail why;
    int64_t start = clock_ns();
    assert_true(expressions_compile(w->set, NULL, &why));
    print_message("compile 203 expressions: %.1f ms\n", (double)(clock_ns() - start) / 1e6);
    struct expression *each[] = {plain, jq, update};
    const char *names[] = {"plain path", "comparison", "update of a list"};
    for (size_t k = 0; k < 3; k++) {
        start = clock_ns();
        for (int i = 0; i < 20000; i++) {
            json out;
            assert_true(expression_evaluate(each[k], w->input, &scope, &out, &why));
            json_free(out);
        }
        print_message("%s: %.2f us\n", names[k], (double)(clock_ns() - start) / 20000e3);
    }
}

#define WITH_WORLD(behaviour)                                                                      \
    cmocka_unit_test_setup_teardown(expression_##behaviour, set_up, tear_down)

RUN(WITH_WORLD(answers_literals_and_paths_without_jq), WITH_WORLD(evaluates_jq),
    WITH_WORLD(refuses_what_does_not_close), WITH_WORLD(refuses_what_reads_the_world),
    WITH_WORLD(knows_the_variables_that_it_does_not_bind), WITH_WORLD(ends_what_would_not_end),
    WITH_WORLD(ends_what_computes_long_or_large), WITH_WORLD(bounds_what_patterns_search),
    WITH_WORLD(survives_what_ends_libjq), WITH_WORLD(says_readably_what_fails),
    WITH_WORLD(marks_the_bad_ones_and_runs_the_good_ones),
    WITH_WORLD(takes_more_after_it_has_compiled), WITH_WORLD(holds_more_than_one_program_can),
    WITH_WORLD(leaves_the_callers_value_unshared), WITH_WORLD(limits_its_length_and_nesting),
    WITH_WORLD(costs_little))
