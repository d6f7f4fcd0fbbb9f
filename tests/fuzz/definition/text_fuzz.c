// Texts as definitions: a text is either a definition or has a message at a line of it; what is
// accepted can be drawn, both ways. Expressions are scanned, not compiled: a compilation costs
// libjq 30 ms (json/text_fuzz compiles some).
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "definition/definition.h"

#define TEXT_MAX    6000
#define PICTURE_MAX (64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct function_signature *find(void *context, const char *name, const char *version)
{
    (void)context, (void)version;
    static struct function_signature known = {.name = "known", .version = "1.0.0", .waits = true};
    known.input_schema = json_absent();
    return strcmp(name, "known") == 0 ? &known : NULL;
}

static const char *const *names(void *context)
{
    (void)context;
    static const char *const all[] = {"known", NULL};
    return all;
}

static void draw(const struct definition *d)
{
    struct bytes out;
    bytes_init(&out, PICTURE_MAX);
    graph_dot(d, json_absent(), &out);
    must(out.length > 0);
    bytes_clear(&out);
    graph_mermaid(d, &out);
    must(out.length > 0);
    bytes_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    static const struct function_catalogue catalogue = {.find = find, .names = names};
    struct definition_opts opts = {.functions = &catalogue};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct definition *d =
        definition_parse("f.yaml", (const char *)data, size, &opts, &diagnostics);
    must(d || diagnostics.errors > 0);
    must(!d || diagnostics.errors == 0);
    for (size_t i = 0; i < diagnostics.count; i++)
        must(diagnostics.items[i].line >= 0 && diagnostics.items[i].message[0]);
    if (d)
        draw(d);
    struct bytes said;
    bytes_init(&said, PICTURE_MAX);
    diagnostics_write_text(&diagnostics, false, &said);
    bytes_done(&said);
    definition_unref(d);
    diagnostics_done(&diagnostics);
    return 0;
}
