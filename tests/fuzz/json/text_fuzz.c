// Bytes of the world through everything in json that reads text: what is accepted is written and
// read back the same, a schema checks itself, a refusal always says why. jq runs for few texts
// only, because each program costs milliseconds to compile.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "json/expression.h"
#include "json/schema.h"

#define TEXT_MAX 2000
#define OUT_MAX  (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json variable(const struct scope *scope, const char *name)
{
    (void)scope;
    return json_string(name);
}

static const struct scope scope = {variable, 0};

static void try_schema(json document)
{
    struct fail why = {0};
    struct schema *s = schema_compile(document, &why);
    must(s || why.message[0]);
    if (s && !schema_require(s, document, &why))
        must(why.message[0]);
    schema_free(s);
}

static void try_json(const char *text, size_t length)
{
    struct fail why = {0};
    json v, again;
    if (!json_parse(text, length, &v, &why)) {
        must(why.message[0]);
        return;
    }
    char *dump = json_dump(v);
    must(json_parse(dump, strlen(dump), &again, &why));
    must(json_equal(v, again));
    try_schema(v);
    mem_free(dump);
    json_free(again);
    json_free(v);
}

static void run(struct expression *e)
{
    struct fail why = {0};
    json out;
    if (expression_evaluate(e, json_null(), &scope, &out, &why))
        json_free(out);
    else
        must(why.message[0]);
}

static void try_expression(const char *text, size_t length, bool runs)
{
    struct fail why = {0};
    struct expressions *set = expressions_new();
    struct expression *e = expressions_add(set, text, length, &why);
    must(e || why.message[0]);
    if (e && runs)
        run(e);
    expressions_free(set);
}

static void try_template(const struct yaml_document *document, struct diagnostics *d, bool runs)
{
    struct expressions *set = expressions_new();
    size_t errors = d->errors;
    struct template *t = template_compile(set, document, document->root, false, d);
    must(t || d->errors > errors);
    if (t && runs) {
        struct fail why = {0};
        json out;
        (void)template_check(t, document, d);
        if (template_evaluate(t, json_null(), &scope, &out, &why))
            json_free(out);
    }
    template_free(t);
    expressions_free(set);
}

static void try_yaml(const char *text, size_t length, bool runs)
{
    struct diagnostics d;
    struct bytes out;
    diagnostics_init(&d);
    bytes_init(&out, OUT_MAX);
    struct yaml_document *document = yaml_parse("text", text, length, &d);
    must(document || d.errors > 0);
    if (document) {
        json v = yaml_to_json(document->root);
        try_schema(v);
        json_free(v);
        try_template(document, &d, runs);
    }
    diagnostics_sort(&d);
    diagnostics_write_text(&d, true, &out);
    json_free(diagnostics_to_sarif(&d));
    yaml_document_free(document);
    bytes_done(&out);
    diagnostics_done(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];
    size_t length = size < TEXT_MAX ? size : TEXT_MAX;
    if (length > 0)
        memcpy(text, data, length);
    text[length] = 0;
    bool runs = length > 0 && data[length - 1] % 32 == 0;
    try_json(text, length);
    try_yaml(text, length, runs);
    try_expression(text, length, runs);
    return 0;
}
