#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/schema.h"
#include "json/yaml.h"

// Schemas and values are written in YAML, since that is what authors do.
static json value(const char *text)
{
    struct diagnostics d;
    diagnostics_init(&d);
    struct yaml_document *document = yaml_parse("s.yaml", text, strlen(text), &d);
    if (!document)
        fail_msg("%s: %s", text, d.items[0].message);
    json v = yaml_to_json(document->root);
    yaml_document_free(document);
    diagnostics_done(&d);
    return v;
}

static struct schema *compile(const char *text)
{
    struct fail why;
    json document = value(text);
    struct schema *s = schema_compile(document, &why);
    json_free(document);
    if (!s)
        fail_msg("%s: %s", text, why.message);
    return s;
}

static void gather(void *context, const struct schema_violation *v)
{
    bytes_printf(context, "%s: %s\n", v->pointer, v->message);
}

static void assert_says(const char *schema, const char *instance, const char *wanted)
{
    struct schema *s = compile(schema);
    struct bytes said;
    bytes_init(&said, 10000);
    json v = value(instance);
    bool fits = schema_check(s, v, gather, &said);
    if (strcmp(said.data, wanted) != 0 || fits != (*wanted == 0))
        fail_msg("%s against %s says\n%snot\n%s", instance, schema, said.data, wanted);
    bytes_done(&said);
    json_free(v);
    schema_free(s);
}

static void assert_fits(const char *schema, const char *instance)
{
    assert_says(schema, instance, "");
}

static void assert_misfits(const char *schema, const char *instance)
{
    struct schema *s = compile(schema);
    struct bytes said;
    bytes_init(&said, 10000);
    json v = value(instance);
    if (schema_check(s, v, gather, &said) || said.length == 0)
        fail_msg("%s fits %s", instance, schema);
    bytes_done(&said);
    json_free(v);
    schema_free(s);
}

static void assert_no_schema(const char *text, const char *part)
{
    struct fail why = {0};
    json document = value(text);
    assert_null(schema_compile(document, &why));
    if (!strstr(why.message, part))
        fail_msg("%s: '%s' lacks '%s'", text, why.message, part);
    json_free(document);
}

TEST(schema, says_what_was_wanted)
{
    UNUSED_STATE;
    assert_says("{type: string}", "5", ": must be text, not a number\n");
    assert_says("{type: integer}", "1.5", ": must be a whole number, not a fraction\n");
    assert_says("{type: [string, integer, 'null']}", "[]",
                ": must be text, a whole number or null, not a list\n");
    assert_says("{properties: {n: {minimum: 3}}}", "{n: 2.5}", "/n: must be at least 3\n");
    assert_says("{multipleOf: 0.01}", "0.125", ": must be a multiple of 0.01\n");
    assert_says("{minLength: 1}", "''", ": must not be empty\n");
    assert_says("{maxLength: 2}", "가나다", ": must have at most 2 characters, has 3\n");
    assert_says("{minItems: 1}", "[]", ": must have at least 1 item, has 0\n");
    assert_says("{enum: [yes, no, 3]}", "maybe",
                ": must be one of \"yes\", \"no\", 3, not \"maybe\"\n");
    assert_says("{enum: [announce, decide]}", "anounce",
                ": must be one of \"announce\", \"decide\", not \"anounce\"; did you mean "
                "'announce'?\n");
    assert_says("{const: {a: 1}}", "2", ": must be {\"a\":1}, not 2\n");
    assert_says("{pattern: '^\\d{3}$'}", "'12'", ": must match the pattern ^\\d{3}$\n");
    assert_says("{format: date}", "2013-02-29", ": must be a date (2013-05-24)\n");
    assert_says("{uniqueItems: true}", "[1, a, 1]", ": must not hold the same item twice\n");
    assert_says("{not: {type: string}}", "x", ": is of a form that is not allowed here\n");
    assert_says("false", "1", ": must not be here\n");
    assert_says("{properties: {'a/b~': {items: {type: string}}}}", "{'a/b~': [x, 1]}",
                "/a~1b~0/1: must be text, not a number\n");
    assert_says("{propertyNames: {maxLength: 2}}", "{abc: 1}",
                ": the key 'abc' must have at most 2 characters, has 3\n");
    assert_says("{dependentRequired: {a: [b]}}", "{a: 1}", ": 'b' is missing; 'a' needs it\n");
}

TEST(schema, says_in_words_of_its_own_what_was_wanted)
{
    UNUSED_STATE;
    const char *share = "{x-must: a share, anyOf: [{type: string, pattern: '^1/2$'}, "
                        "{type: integer, minimum: 1}]}";
    assert_says(share, "half", ": must be a share; this is \"half\"\n");
    assert_says(share, "0.5", ": must be a share; this is 0.5\n");
    assert_says(share, "[]", ": must be a share; this is a list\n");
    assert_fits(share, "1/2");
    const char *one = "{x-must: a or b, type: object, additionalProperties: false, properties: "
                      "{a: {type: string}, b: {}}, oneOf: [{required: [a]}, {required: [b]}]}";
    assert_says(one, "{a: x, b: y}", ": must be a or b\n");
    assert_says(one, "5", ": must be a or b; this is 5\n");
    // What is wrong below, unknown or missing says more.
    assert_says(one, "{a: 5}", "/a: must be text, not a number\n");
    assert_says(one, "{a: x, c: 1}", ": 'c' is not known here\n");
    assert_says(one, "{}", ": one of 'a', 'b' is missing\n");
}

TEST(schema, counts_one_mistake_once)
{
    UNUSED_STATE;
    const char *closed = "{type: object, required: [motion, closes], additionalProperties: false, "
                         "properties: {motion: {type: string, minLength: 3}, closes: {}}}";
    assert_says(closed, "{motion: 5, closes: 1}", "/motion: must be text, not a number\n");
    assert_says(closed, "{motion: abc}", ": 'closes' is missing\n");
    assert_says(closed, "{motion: abc, cloess: 1}",
                ": 'cloess' is not known here; did you mean 'closes'?\n");
    assert_says(closed, "{motion: abc, closes: 1, zebra: 2}", ": 'zebra' is not known here\n");
    assert_says("{allOf: [{required: [a]}, {required: [a]}]}", "{}", ": 'a' is missing\n");
    assert_says("{required: [closes], unevaluatedProperties: false, properties: {closes: {}}}",
                "{cloess: 1}", ": 'cloess' is not known here; did you mean 'closes'?\n");
}

TEST(schema, reports_the_nearest_branch_of_a_union)
{
    UNUSED_STATE;
    const char *tasks =
        "{oneOf: [{$ref: '#/$defs/call'}, {$ref: '#/$defs/wait'}, {$ref: '#/$defs/set'}], $defs: {"
        "call: {type: object, required: [call], unevaluatedProperties: false,"
        "  properties: {call: {enum: [http, grpc]}, with: {type: object}}},"
        "wait: {type: object, required: [wait], unevaluatedProperties: false,"
        "  properties: {wait: {oneOf: [{type: string, format: duration}, {type: object}]}}},"
        "set: {type: object, required: [set], unevaluatedProperties: false,"
        "  properties: {set: {type: object}}}}}";
    assert_fits(tasks, "{call: http, with: {}}");
    assert_says(tasks, "{call: htp}",
                "/call: must be one of \"http\", \"grpc\", not \"htp\"; did you mean 'http'?\n");
    assert_says(tasks, "{call: http, wiht: {}}",
                ": 'wiht' is not known here; did you mean 'with'?\n");
    assert_says(tasks, "{wait: soon}", "/wait: must be an ISO 8601 duration (P1DT2H)\n");
    assert_says(tasks, "{wait: 5}", "/wait: must be text or an object, not a number\n");
    assert_says(tasks, "{set: 1}", "/set: must be an object, not a number\n");
    assert_says(tasks, "{}", ": one of 'call', 'wait', 'set' is missing\n");
    assert_says(tasks, "{cal: http}", ": 'cal' is not known here; did you mean 'call'?\n");
    assert_says("{oneOf: [{oneOf: [{required: [a], properties: {a: {const: 1}}},"
                " {required: [a], properties: {a: {const: 2}}}]}, {required: [b]}]}",
                "{}", ": one of 'a', 'b' is missing\n");
    assert_says(tasks, "text", ": must be an object, not text\n");
    assert_says("{anyOf: [{enum: [end, exit]}, {const: continue}]}", "ext",
                ": must be one of \"end\", \"exit\", \"continue\", not \"ext\"; did you mean "
                "'exit'?\n");
    assert_says("{oneOf: [{type: number}, {minimum: 3}]}", "5",
                ": fits more than one of the alternatives, but may fit only one\n");
}

TEST(schema, follows_references_inside_the_document)
{
    UNUSED_STATE;
    const char *tree = "{$ref: '#/$defs/node', $defs: {node: {type: object, required: [v],"
                       " properties: {v: {type: integer}, next: {$ref: '#/$defs/node'}}}}}";
    assert_fits(tree, "{v: 1, next: {v: 2}}");
    assert_says(tree, "{v: 1, next: {v: 2, next: {}}}", "/next/next: 'v' is missing\n");
    assert_misfits("{$ref: '#there', $defs: {x: {$anchor: there, type: string}}}", "1");
    assert_misfits("{definitions: {'a b': {type: string}}, $ref: '#/definitions/a%20b'}", "1");
    assert_misfits("{$id: 'https://example.org/a/root', $ref: other, $defs: {o: {$id: other, "
                   "$ref: '#/$defs/t', $defs: {t: {type: string}}}}}",
                   "1");
    assert_misfits("{properties: {a: {type: string}, b: {$ref: '#/properties/a'}}}", "{b: 1}");
}

TEST(schema, does_not_follow_a_circle_for_ever)
{
    UNUSED_STATE;
    assert_says("{$ref: '#'}", "1", ": the schema refers to itself without end here\n");
    assert_misfits("{$defs: {a: {allOf: [{$ref: '#/$defs/a'}, {$ref: '#/$defs/a'}]}},"
                   " $ref: '#/$defs/a'}",
                   "1");
    assert_misfits("{anyOf: [{$ref: '#'}, {$ref: '#'}, {$ref: '#'}]}", "1");
}

TEST(schema, keeps_book_of_what_was_evaluated)
{
    UNUSED_STATE;
    const char *s = "{allOf: [{properties: {a: true}}], anyOf: [{properties: {b: {type: string}},"
                    " required: [b]}, {properties: {c: true}, required: [c]}],"
                    " unevaluatedProperties: false}";
    assert_fits(s, "{a: 1, b: x}");
    assert_fits(s, "{a: 1, b: x, c: 1}");
    assert_says(s, "{a: 1, c: 1, b: 2}", ": 'b' is not known here\n");
    assert_fits("{if: {properties: {k: {const: 1}}, required: [k]}, then: {properties: {x: true}},"
                " unevaluatedProperties: false}",
                "{k: 1, x: 2}");
    assert_says("{prefixItems: [true], contains: {type: string}, unevaluatedItems: false}",
                "[1, a, 2]", ": item 3 is one more than is allowed here\n");
    assert_fits("{unevaluatedProperties: {type: string}, properties: {a: true}}", "{a: 1, b: x}");
}

TEST(schema, takes_true_and_false_for_schemas)
{
    UNUSED_STATE;
    assert_fits("true", "{a: [1, 2]}");
    assert_fits("{properties: {a: true}, items: true, not: false}", "{a: {b: long enough}}");
    assert_says("{properties: {a: false}}", "{a: 1}", "/a: must not be here\n");
}

TEST(schema, reads_draft_07_too)
{
    UNUSED_STATE;
    assert_says("{items: [{type: string}, {type: integer}], additionalItems: false}", "[a, 1, 2]",
                ": must have at most 2 items, has 3\n");
    assert_misfits("{dependencies: {a: [b]}}", "{a: 1}");
    assert_misfits("{dependencies: {a: {required: [c]}}}", "{a: 1}");
}

TEST(schema, checks_formats)
{
    UNUSED_STATE;
    static const struct {
        const char *format, *good, *bad;
    } table[] = {
        {"date-time", "2013-05-24T13:40:00+09:00", "2013-05-24 13:40"},
        {"date", "2012-02-29", "2013-2-3"},
        {"time", "13:40:00Z", "25:00:00Z"},
        {"duration", "P1DT2H", "1 day"},
        {"email", "m01@example.org", "m01 example.org"},
        {"email", "가@example.org", "a..b@example.org"},
        {"hostname", "a-b.example.org", "-a.example.org"},
        {"ipv4", "192.0.2.1", "192.0.2.256"},
        {"ipv6", "2001:db8::1", "2001:db8::1::"},
        {"uri", "https://example.org/a?b#c", "/a"},
        {"uri", "urn:x:y", "https://example.org/a b"},
        {"uri-reference", "../a", "a\\\\b"},
        {"uri-template", "https://example.org/{id}", "/{id"},
        {"uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"},
        {"regex", "^a+$", "(a"},
        {"json-pointer", "/a~0b", "a"},
        {"moment", "2013-05-24T18:00", "tomorrow"},
        {"when", "P7D", "7 days"},
        {"zone", "Asia/Seoul", "Asia/Atlantis"},
        {"clock", "18:00", "24:00"},
        {"clock", "18:00:59", "18.00:59"},
        {"rrule", "FREQ=MONTHLY;BYDAY=3FR", "FREQ=SOMETIMES"},
        {"selector", "public", "everybody"},
        {"recipient", "m01@example.org", "m01"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char schema[80], text[120];
        snprintf(schema, sizeof schema, "{format: %s}", table[i].format);
        snprintf(text, sizeof text, "\"%s\"", table[i].good);
        assert_fits(schema, text);
        snprintf(text, sizeof text, "\"%s\"", table[i].bad);
        assert_misfits(schema, text);
        assert_fits(schema, "5");
    }
    assert_fits("{format: house-number}", "anything");
}

TEST(schema, matches_patterns_as_ecma_does)
{
    UNUSED_STATE;
    assert_fits("{pattern: '나'}", "가나다");
    assert_fits("{pattern: '^.{3}$'}", "가나다");
    assert_fits("{pattern: '\\u{1F600}|\\uAC00'}", "가");
    assert_misfits("{pattern: '^\\d$'}", "٣");
    assert_misfits("{pattern: '^a$'}", "\"a\\n\"");
    assert_misfits("{pattern: '^(a+)+$'}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
}

TEST(schema, refuses_what_is_no_schema)
{
    UNUSED_STATE;
    assert_no_schema("5", "wrong at its top: a schema is an object");
    assert_no_schema("{type: strin}", "'strin' is no type; did you mean 'string'?");
    assert_no_schema("{properties: {a: {minimum: x}}}", "wrong at /properties/a: 'minimum'");
    assert_no_schema("{minLength: -1}", "not negative");
    assert_no_schema("{multipleOf: 0}", "greater than 0");
    assert_no_schema("{pattern: '('}", "wrong at character");
    assert_no_schema("{required: a}", "a list of property names");
    assert_no_schema("{enum: 1}", "a list");
    assert_no_schema("{allOf: []}", "a list of schemas");
    assert_no_schema("{items: 3}", "wrong at /items");
    assert_no_schema("{$ref: '#/$defs/none'}", "leads nowhere in this document");
    assert_no_schema("{$ref: 'https://example.org/other'}", "leads nowhere in this document");
    assert_no_schema("{$ref: '#/$defs/x', $defs: {x: 1}}", "a schema is an object");
    assert_no_schema("{patternProperties: {'[': {}}}", "the pattern '['");
}

TEST(schema, requires_with_pointer_and_message)
{
    UNUSED_STATE;
    struct schema *s = compile("{properties: {a: {type: string}}}");
    struct fail why;
    json v = value("{a: 1}");
    assert_false(schema_require(s, v, &why));
    assert_string_equal(why.message, "/a: must be text, not a number");
    assert_int_equal(why.kind, FAIL_INVALID);
    json_free(v);
    schema_free(s);
}

RUN(CASE(schema, says_what_was_wanted), CASE(schema, says_in_words_of_its_own_what_was_wanted),
    CASE(schema, counts_one_mistake_once), CASE(schema, reports_the_nearest_branch_of_a_union),
    CASE(schema, follows_references_inside_the_document),
    CASE(schema, does_not_follow_a_circle_for_ever), CASE(schema, keeps_book_of_what_was_evaluated),
    CASE(schema, takes_true_and_false_for_schemas), CASE(schema, reads_draft_07_too),
    CASE(schema, checks_formats), CASE(schema, matches_patterns_as_ecma_does),
    CASE(schema, refuses_what_is_no_schema), CASE(schema, requires_with_pointer_and_message))
