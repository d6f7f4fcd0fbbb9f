// Definitions that come into a simulated world: some at its beginning, and now and then a new
// version of one while instances of the old run.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "simulate/world.h"

static void say_refused(struct simulation *s, const struct diagnostics *diagnostics,
                        const struct fail *why)
{
    struct bytes said;
    bytes_init(&said, 4000);
    diagnostics_write_text(diagnostics, false, &said);
    simulate_violated(s, "generator", "%s\n%s", why->message, said.data);
    bytes_done(&said);
}

static bool deploy(struct simulation *s, const char *text)
{
    struct diagnostics diagnostics;
    struct fail why = {0};
    diagnostics_init(&diagnostics);
    simulate_trace(s, "definition %s", text);
    bool good = engine_deploy(s->engine, "simulated", text, strlen(text), false, &diagnostics,
                              &why) != NULL;
    if (!good && why.kind != FAIL_BUSY)
        say_refused(s, &diagnostics, &why);
    diagnostics_done(&diagnostics);
    return good;
}

static void define(struct simulation *s, int level, int version)
{
    struct simulate_source *source = &s->sources[s->source_count];
    source->level = level;
    source->version = version;
    source->json = simulate_definition_new(s, level, version);
    char *text = json_dump(source->json);
    if (deploy(s, text)) {
        s->source_count++;
        simulate_told_definition(s, level, version);
    } else {
        json_free(source->json); // the disk is behind
    }
    mem_free(text);
}

void simulate_define(struct simulation *s)
{
    s->definitions = 1 + (int)random_below(&s->definitions_random, SIMULATE_DEFINITIONS);
    for (int level = 0; level < s->definitions && simulate_is_good(s); level++)
        define(s, level, 0);
}

void simulate_define_again(struct simulation *s)
{
    int level = (int)simulate_below(s, (uint64_t)s->definitions), version = 0;
    if (s->source_count == SIMULATE_SOURCES)
        return;
    simulate_heard_fault(s, COVERAGE_VERSION);
    for (size_t i = 0; i < s->source_count; i++)
        if (s->sources[i].level == level && s->sources[i].version >= version)
            version = s->sources[i].version + 1;
    define(s, level, version);
}

void simulate_define_done(struct simulation *s)
{
    for (size_t i = 0; i < s->source_count; i++)
        json_free(s->sources[i].json);
}

json simulate_task_at(struct simulation *s, json definition, const char *reference)
{
    struct fail why = {0};
    char name[16], version[16];
    for (size_t i = 0; i < s->source_count; i++) {
        const struct simulate_source *source = &s->sources[i];
        snprintf(name, sizeof name, "w%d", source->level);
        snprintf(version, sizeof version, "1.%d.0", source->version);
        if (strcmp(json_get_text(definition, "name", ""), name) == 0 &&
            strcmp(json_get_text(definition, "version", ""), version) == 0)
            return json_pointer(source->json, reference, &why);
    }
    return json_absent();
}
