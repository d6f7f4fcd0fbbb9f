#include "definition/definition.h"

#include <stdio.h>
#include <string.h>

#include "support.h"
#include "test.h"

struct fixture {
    struct support_functions functions;
    json document;
    struct schema *schema;
};

static void fixture_init(struct fixture *f)
{
    struct fail why;
    support_functions_init(&f->functions);
    f->document = definition_editor_schema(&f->functions.catalogue);
    f->schema = schema_compile(f->document, &why);
    assert_non_null(f->schema);
}

static void fixture_done(struct fixture *f)
{
    schema_free(f->schema);
    json_free(f->document);
    support_functions_done(&f->functions);
}

static bool fits(const struct fixture *f, const char *text)
{
    struct diagnostics diagnostics;
    struct fail why;
    diagnostics_init(&diagnostics);
    struct yaml_document *document = yaml_parse("x.yaml", text, strlen(text), &diagnostics);
    assert_non_null(document);
    json value = yaml_to_json(document->root);
    bool good = schema_require(f->schema, value, &why);
    json_free(value);
    yaml_free(document);
    diagnostics_done(&diagnostics);
    return good;
}

TEST(editor_schema, takes_good_workflows)
{
    UNUSED_STATE;
    struct fixture f;
    fixture_init(&f);
    assert_true(fits(&f, SUPPORT_HEAD "do:\n"
                                      "  - a: { set: { x: 1 }, then: end }\n"
                                      "  - b:\n"
                                      "      for: { in: .xs }\n"
                                      "      do: [ c: { wait: { hours: 1 } } ]\n"));
    assert_true(
        fits(&f, SUPPORT_HEAD
             "do:\n"
             "  - a: { call: vote, with: { question: x, closes: '${ .c }', quorum: '${ .q }' } }\n"
             "  - b: { call: own, with: { anything: 1 } }\n"));
    fixture_done(&f);
}

TEST(editor_schema, refuses_what_check_refuses)
{
    UNUSED_STATE;
    static const char *const WRONG[] = {
        "do:\n  - a: { set: { x: 1 }, thn: end }\n",
        "do:\n  - a: { set: { x: 1 }, wait: PT1H }\n",
        "do:\n  - a: { then: end }\n",
        "do:\n  - a: { wait: 5 minutes }\n",
        "do:\n  - a: { for: { in: .x } }\n",
        "do:\n  - a: { call: vote, with: { questoin: x, closes: y } }\n",
        "do:\n  - a: { call: vote }\n",
        "do:\n  - a: { call: http, with: { method: get } }\n",
        "do: { a: { set: { x: 1 } } }\n",
        "doo: []\n",
    };
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s", SUPPORT_HEAD, WRONG[i]);
        if (fits(&f, text))
            fail_msg("the schema takes:\n%s", WRONG[i]);
    }
    fixture_done(&f);
}

TEST(editor_schema, names_functions_for_completion)
{
    UNUSED_STATE;
    struct fixture f;
    fixture_init(&f);
    json names = json_path(f.document, "$defs.functionName.anyOf.0.enum");
    json vote = json_string("vote");
    bool found = false;
    for (size_t i = 0; i < json_length(names); i++) {
        json name = json_at(names, i);
        found = found || json_equal(name, vote);
        json_free(name);
    }
    assert_true(found);
    json_free(vote);
    json_free(names);
    fixture_done(&f);
}

RUN(CASE(editor_schema, takes_good_workflows), CASE(editor_schema, refuses_what_check_refuses),
    CASE(editor_schema, names_functions_for_completion))
