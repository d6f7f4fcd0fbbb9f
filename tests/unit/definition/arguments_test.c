#include "definition/definition.h"

#include <stdio.h>
#include <string.h>

#include "support.h"
#include "test.h"

// The messages for `call: form` with these arguments, under a schema full of choices.
static const char SCHEMA[] =
    "{\"type\":\"object\",\"required\":[\"to\",\"title\"],\"properties\":{"
    "\"to\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"object\",\"required\":[\"group\"],"
    "\"properties\":{\"group\":{\"type\":\"string\"}},\"additionalProperties\":false}]},"
    "\"title\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"object\","
    "\"additionalProperties\":{\"type\":\"string\"}}]},"
    "\"capacity\":{\"type\":\"integer\",\"minimum\":1},"
    "\"items\":{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true,"
    "\"items\":{\"type\":\"object\",\"required\":[\"id\"],\"properties\":"
    "{\"id\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"}}}},"
    "\"take\":{\"enum\":[\"all\",\"first\"]}},"
    "\"if\":{\"properties\":{\"take\":{\"const\":\"first\"}},\"required\":[\"take\"]},"
    "\"then\":{\"properties\":{\"capacity\":{\"const\":1}}}}";

static const struct function_signature *find(void *context, const char *name, const char *version)
{
    (void)version;
    return strcmp(name, "form") == 0 ? context : NULL;
}

static const char *const *names(void *context)
{
    static const char *const NAMES[] = {"form", NULL};
    (void)context;
    return NAMES;
}

static void messages(const char *with, struct bytes *out)
{
    char text[1024];
    struct function_signature form = {.name = "form", .version = "1.0.0"};
    struct diagnostics diagnostics;
    support_signature(&form, SCHEMA);
    const struct function_catalogue catalogue = {find, names, &form};
    diagnostics_init(&diagnostics);
    snprintf(text, sizeof text, "%sdo:\n  - a: { call: form, with: %s }\n", SUPPORT_HEAD, with);
    definition_unref(definition_parse("t.yaml", text, strlen(text),
                                      &(struct definition_opts){.functions = &catalogue},
                                      &diagnostics));
    for (size_t i = 0; i < diagnostics.count; i++)
        bytes_printf(out, "%s\n", diagnostics.items[i].message);
    diagnostics_done(&diagnostics);
    schema_free((struct schema *)form.input);
    json_free(form.input_schema);
}

static void assert_messages(const char *with, const char *wanted)
{
    struct bytes out;
    bytes_init(&out, 1 << 16);
    messages(with, &out);
    assert_string_equal(out.data, wanted);
    bytes_done(&out);
}

TEST(arguments, that_are_computed_are_not_judged)
{
    UNUSED_STATE;
    assert_messages("{ to: '${ .to }', title: '${ .title }' }", "");
    assert_messages("{ to: { group: '${ .g }' }, title: { ko: '${ .t }' } }", "");
    assert_messages("{ to: x, title: 'about ${ .t }', capacity: '${ .n }' }", "");
    assert_messages("{ to: x, title: t, items: '${ .items }' }", "");
    assert_messages("{ to: x, title: t, items: [ { id: '${ .a }' }, { id: '${ .b }' } ] }", "");
    assert_messages("{ to: x, title: t, take: '${ .take }', capacity: 5 }", "");
    assert_messages("{ to: x, title: t, take: first, capacity: '${ .n }' }", "");
}

TEST(arguments, that_are_constant_are_judged_beside_computed_ones)
{
    UNUSED_STATE;
    assert_messages("{ to: '${ .to }' }", "the arguments of 'form': 'title' is missing\n");
    assert_messages("{ to: x, title: t, items: [ { n: '${ .a }' } ] }",
                    "items/0 of 'form': 'id' is missing\n");
    assert_messages("{ to: x, title: '${ .t }', capacity: 0 }",
                    "capacity of 'form': must be at least 1\n");
}

TEST(arguments, of_a_good_call_pass)
{
    UNUSED_STATE;
    assert_messages("{ to: { group: members }, title: { ko: 등록, en: Registration }, items: [ { "
                    "id: a, n: 1 } ] }",
                    "");
}

RUN(CASE(arguments, that_are_computed_are_not_judged),
    CASE(arguments, that_are_constant_are_judged_beside_computed_ones),
    CASE(arguments, of_a_good_call_pass))
