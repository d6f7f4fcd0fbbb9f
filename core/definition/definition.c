#include "definition/definition.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "definition/build.h"
#include "definition/language.h"

const char *task_kind_name(enum task_kind kind)
{
    static const char *const NAMES[] = {
        [TASK_DO] = "do",         [TASK_SET] = "set",   [TASK_SWITCH] = "switch",
        [TASK_FOR] = "for",       [TASK_FORK] = "fork", [TASK_TRY] = "try",
        [TASK_RAISE] = "raise",   [TASK_WAIT] = "wait", [TASK_EMIT] = "emit",
        [TASK_LISTEN] = "listen", [TASK_CALL] = "call", [TASK_RUN] = "run",
    };
    static_assert(sizeof NAMES / sizeof *NAMES == TASK_RUN + 1, "a name for every word");
    must((size_t)kind < sizeof NAMES / sizeof *NAMES);
    return NAMES[kind];
}

static struct definition *definition_new(struct yaml_document *document, const struct zone *zone)
{
    struct definition *d = mem_new(struct definition);
    d->references = 1;
    arena_init(&d->arena);
    map_init(&d->task_by_reference);
    d->document = document;
    d->source = yaml_to_json(document->root);
    d->metadata = json_absent();
    d->zone = zone != NULL ? zone : zone_utc();
    d->expressions = expressions_new();
    d->owned = mem_new(struct definition_owned);
    return d;
}

static void definition_free(struct definition *d)
{
    for (size_t i = 0; i < d->task_count; i++) {
        json_free(d->tasks[i]->source);
        json_free(d->tasks[i]->metadata);
    }
    for (size_t i = 0; i < d->owned->template_count; i++)
        template_free(d->owned->templates[i]);
    for (size_t i = 0; i < d->owned->schema_count; i++)
        schema_free(d->owned->schemas[i]);
    mem_free(d->owned->templates);
    mem_free(d->owned->schemas);
    mem_free(d->owned);
    expressions_free(d->expressions);
    mem_free(d->tasks);
    mem_free(d->filters);
    map_done(&d->task_by_reference);
    json_free(d->metadata);
    json_free(d->source);
    arena_done(&d->arena);
    yaml_free(d->document);
    mem_free(d);
}

// What is costly or would only repeat a mistake is looked at when all else is right.
static void check_whole(struct builder *b)
{
    if (b->diagnostics->errors == b->errors_before)
        check_flow(b);
    if (b->diagnostics->errors == b->errors_before)
        check_unused(b);
    if (b->opts->thorough) {
        check_task_names(b);
        check_expressions(b);
    }
}

static struct definition *build(struct yaml_document *document, const struct definition_opts *opts,
                                struct diagnostics *diagnostics)
{
    size_t before = diagnostics->errors;
    if (document->root->kind != YAML_MAPPING) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, shape_place(document, document->root),
                        "wrong-kind", "a workflow is a mapping with 'document' and 'do', not %s",
                        yaml_kind_name(document->root->kind));
        yaml_free(document);
        return NULL;
    }
    shape_check(document, diagnostics, &LANGUAGE_WORKFLOW);
    struct definition *d = definition_new(document, opts->zone);
    struct builder b = {.d = d,
                        .document = document,
                        .diagnostics = diagnostics,
                        .opts = opts,
                        .errors_before = before};
    build_document(&b, document->root);
    check_whole(&b);
    if (diagnostics->errors == before)
        return d;
    definition_free(d);
    return NULL;
}

struct definition *definition_parse(const char *file, const char *text, size_t bytes,
                                    const struct definition_opts *opts,
                                    struct diagnostics *diagnostics)
{
    static const struct definition_opts PLAIN = {.functions = NULL};
    if (bytes > LIMIT_DEFINITION_BYTES) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, (struct diagnostic_place){.file = file},
                        "limit", "a workflow may have %d bytes at most, this has %zu",
                        LIMIT_DEFINITION_BYTES, bytes);
        return NULL;
    }
    struct yaml_document *document = yaml_parse(file, text, bytes, diagnostics);
    if (document == NULL)
        return NULL;
    struct definition *d = build(document, opts == NULL ? &PLAIN : opts, diagnostics);
    diagnostics_sort(diagnostics);
    return d;
}

struct definition *definition_ref(const struct definition *d)
{
    struct definition *counted = (struct definition *)d; // the count alone changes
    must(counted->references > 0);
    counted->references++;
    return counted;
}

void definition_unref(struct definition *d)
{
    if (d == NULL)
        return;
    must(d->references > 0);
    if (--d->references == 0)
        definition_free(d);
}

const struct task *definition_task(const struct definition *d, const char *reference)
{
    return map_get(&d->task_by_reference, reference);
}

const struct task *definition_task_named(const struct definition *d, const char *name)
{
    for (size_t i = 0; i < d->task_count; i++)
        if (strcmp(d->tasks[i]->name, name) == 0)
            return d->tasks[i];
    return NULL;
}
