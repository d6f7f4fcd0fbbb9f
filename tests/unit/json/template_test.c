#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/expression.h"

static json variable(const struct scope *scope, const char *name)
{
    (void)scope;
    return strcmp(name, "who") == 0 ? json_string("두레") : json_absent();
}

static const struct scope scope = {variable, 0};

struct world {
    struct expressions *set;
    struct diagnostics diagnostics;
    struct yaml_document *document;
    struct template *template;
};

static void make(struct world *w, const char *yaml, bool loose)
{
    w->set = expressions_new();
    diagnostics_init(&w->diagnostics);
    w->document = yaml_parse("t.yaml", yaml, strlen(yaml), &w->diagnostics);
    assert_non_null(w->document);
    w->template = template_compile(w->set, w->document, w->document->root, loose, &w->diagnostics);
}

static void unmake(struct world *w)
{
    template_free(w->template);
    yaml_document_free(w->document);
    expressions_free(w->set);
    diagnostics_done(&w->diagnostics);
}

static void assert_gives(const char *yaml, bool loose, const char *wanted)
{
    struct world w;
    struct fail why;
    json input = json_object(), out;
    json_set_int(&input, "n", 5);
    json_set_take(&input, "list", json_array());
    json_set_take(&input, "no", json_null());
    json_set_text(&input, "}", "brace");
    make(&w, yaml, loose);
    if (!w.template)
        fail_msg("%s: %s", yaml, w.diagnostics.items[0].message);
    if (!template_evaluate(w.template, input, &scope, &out, &why))
        fail_msg("%s: %s", yaml, why.message);
    char *dump = json_dump(out);
    if (strcmp(dump, wanted) != 0)
        fail_msg("%s gives %s, not %s", yaml, dump, wanted);
    mem_free(dump);
    json_free(out);
    json_free(input);
    unmake(&w);
}

TEST(template, keeps_the_type_of_a_whole_expression)
{
    UNUSED_STATE;
    assert_gives("a: ${ .n }\nb: [ \"  ${.list}  \", '${ $who }' ]\nc: \"${ {x: {y: .n}} }\"\n",
                 false, "{\"a\":5,\"b\":[[],\"두레\"],\"c\":{\"x\":{\"y\":5}}}");
    assert_gives("'${ .[\"}\"] }'", false, "\"brace\"");
    assert_gives("'${ \"}\\(\"}\")\" }'", false, "\"}}\"");
}

TEST(template, puts_values_into_text)
{
    UNUSED_STATE;
    assert_gives("'안녕 ${ $who }: ${.n}${.no} ${.list} ${ {a: \"}\"} }!'", false,
                 "\"안녕 두레: 5 [] {\\\"a\\\":\\\"}\\\"}!\"");
    assert_gives("'${ .n }${ .n }'", false, "\"55\"");
    assert_gives("costs $5 {x}", false, "\"costs $5 {x}\"");
}

TEST(template, takes_bare_expressions_where_they_are_allowed)
{
    UNUSED_STATE;
    assert_gives(".n > 4 and $who == \"두레\"", true, "true");
    assert_gives("${ .n > 4 }", true, "true");
    assert_gives(".n > 4", false, "\".n > 4\"");
    assert_gives("[ .n ]", true, "[\".n\"]");
}

TEST(template, folds_constants)
{
    UNUSED_STATE;
    struct world w;
    make(&w, "a: [1, {b: text}]\nc: ${ 5 }\n", false);
    assert_true(template_is_constant(w.template));
    unmake(&w);
    make(&w, "a: [1, {b: \"${ .n }\"}]\n", false);
    assert_false(template_is_constant(w.template));
    unmake(&w);
}

TEST(template, reports_every_mistake_at_its_place)
{
    UNUSED_STATE;
    struct world w;
    make(&w,
         "가: ${ .a | env }\nb:\n  - x ${ (.b } y\n  - |\n    first\n    ${ $ENV }\n  - ${ .c\n",
         false);
    assert_null(w.template);
    assert_int_equal(w.diagnostics.count, 4);
    assert_int_equal(w.diagnostics.items[0].line, 1);
    assert_int_equal(w.diagnostics.items[0].column, 12);
    assert_int_equal(w.diagnostics.items[1].line, 3);
    assert_int_equal(w.diagnostics.items[1].column, 10);
    assert_int_equal(w.diagnostics.items[2].line, 6);
    assert_int_equal(w.diagnostics.items[2].column, 8);
    assert_non_null(strstr(w.diagnostics.items[3].message, "not closed by '}'"));
    unmake(&w);
}

TEST(template, checks_what_jq_says_at_its_place)
{
    UNUSED_STATE;
    struct world w;
    make(&w, "a: ${ .x }\nb: \"${ .list | lenght }\"\nc: ${ .a . }\n", false);
    assert_non_null(w.template);
    assert_false(template_check(w.template, w.document, &w.diagnostics));
    assert_int_equal(w.diagnostics.count, 2);
    assert_int_equal(w.diagnostics.items[0].line, 2);
    assert_int_equal(w.diagnostics.items[0].column, 16);
    assert_int_equal(w.diagnostics.items[1].line, 3);
    unmake(&w);
}

TEST(template, compiles_from_json_too)
{
    UNUSED_STATE;
    struct expressions *set = expressions_new();
    struct fail why;
    json source, input = json_integer(3), out;
    const char text[] = "{\"a\":[\"${ . + 1 }\",\"n=${.}\"],\"b\":null}";
    assert_true(json_parse(text, strlen(text), &source, &why));
    struct template *t = template_compile_json(set, source, &why);
    assert_non_null(t);
    assert_true(template_evaluate(t, input, NULL, &out, &why));
    char *dump = json_dump(out);
    assert_string_equal(dump, "{\"a\":[4,\"n=3\"],\"b\":null}");
    mem_free(dump);
    json_free(out);
    json_free(source);
    template_free(t);
    source = json_string("${ env }");
    assert_null(template_compile_json(set, source, &why));
    assert_non_null(strstr(why.message, "'env' is not available"));
    json_free(source);
    expressions_free(set);
}

static void count_visits(void *context, struct expression *e, const struct yaml_node *node)
{
    assert_non_null(e);
    assert_non_null(node);
    ++*(int *)context;
}

TEST(template, visits_its_expressions)
{
    UNUSED_STATE;
    struct world w;
    int visits = 0;
    make(&w, "[\"${ .a }\", {b: \"x ${ .b } ${ .c }\"}, '${ 1 }']", false);
    template_visit(w.template, count_visits, &visits);
    assert_int_equal(visits, 3);
    unmake(&w);
}

RUN(CASE(template, keeps_the_type_of_a_whole_expression), CASE(template, puts_values_into_text),
    CASE(template, takes_bare_expressions_where_they_are_allowed), CASE(template, folds_constants),
    CASE(template, reports_every_mistake_at_its_place),
    CASE(template, checks_what_jq_says_at_its_place), CASE(template, compiles_from_json_too),
    CASE(template, visits_its_expressions))
