// What the tests of this room share: parsing a text, and a small catalogue of functions. One
// thread.
#pragma once

#include <string.h>

#include "base/must.h"
#include "definition/definition.h"

#define SUPPORT_HEAD "document: { dsl: 1.0.3, namespace: club, name: sample, version: 1.0.0 }\n"

// Two functions as plugins would offer them: `vote` 1.2.0 and `notify` 1.0.0.
struct support_functions {
    struct function_signature vote, notify;
    struct function_catalogue catalogue;
};

static inline const struct function_signature *support_find(void *context, const char *name,
                                                            const char *version)
{
    struct support_functions *f = context;
    const struct function_signature *all[] = {&f->vote, &f->notify};
    for (size_t i = 0; i < 2; i++)
        if (strcmp(all[i]->name, name) == 0 &&
            (version == NULL || strcmp(all[i]->version, version) == 0))
            return all[i];
    return NULL;
}

static inline const char *const *support_names(void *context)
{
    static const char *const NAMES[] = {"vote", "notify", NULL};
    (void)context;
    return NAMES;
}

static inline json support_json(const char *text)
{
    struct fail why;
    json out;
    must(json_parse(text, strlen(text), &out, &why));
    return out;
}

static inline void support_signature(struct function_signature *s, const char *schema)
{
    struct fail why;
    s->input_schema = support_json(schema);
    s->input = schema_compile(s->input_schema, &why);
    must(s->input != NULL);
}

static inline void support_functions_init(struct support_functions *f)
{
    *f = (struct support_functions){
        .vote = {.name = "vote", .version = "1.2.0", .summary = "People decide by ballots"},
        .notify = {.name = "notify", .version = "1.0.0", .summary = "Sends a mail"},
        .catalogue = {.find = support_find, .names = support_names, .context = f}};
    support_signature(
        &f->vote,
        "{\"type\":\"object\",\"required\":[\"question\",\"closes\"],\"additionalProperties\":"
        "false,"
        "\"properties\":{\"question\":{\"type\":\"string\"},\"closes\":{\"type\":\"string\"},"
        "\"base\":{\"enum\":[\"present\",\"cast\",\"entitled\"]},"
        "\"quorum\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":"
        "{\"of\":{\"type\":\"string\"},\"moreThan\":{\"type\":\"string\"}}},"
        "\"remind\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}");
    support_signature(
        &f->notify, "{\"type\":\"object\",\"properties\":{\"template\":"
                    "{\"x-mail-template\":[\"name\",\"email\"]},\"to\":{\"items\":{\"properties\":{"
                    "\"roster\":{\"x-task\":true}}}}}}");
}

static inline void support_functions_done(struct support_functions *f)
{
    schema_free((struct schema *)f->vote.input);
    schema_free((struct schema *)f->notify.input);
    json_free(f->vote.input_schema);
    json_free(f->notify.input_schema);
}

struct support_parsed {
    struct definition *definition;
    struct diagnostics diagnostics;
};

static inline void support_parse(struct support_parsed *p, const char *text)
{
    diagnostics_init(&p->diagnostics);
    p->definition = definition_parse("test.yaml", text, strlen(text),
                                     &(struct definition_opts){.thorough = true}, &p->diagnostics);
}

static inline const char *support_message(const struct support_parsed *p)
{
    return p->diagnostics.count == 0 ? "" : p->diagnostics.items[0].message;
}

static inline void support_done(struct support_parsed *p)
{
    definition_unref(p->definition);
    diagnostics_done(&p->diagnostics);
}
