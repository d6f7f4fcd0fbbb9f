#include "definition/build.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

const struct yaml_node *node_field(const struct yaml_node *mapping, const char *key)
{
    return node_mapping(mapping) == NULL ? NULL : yaml_get(mapping, key);
}

const char *node_text(const struct yaml_node *node)
{
    return node != NULL && node->kind == YAML_STRING ? node->text : NULL;
}

const struct yaml_node *node_mapping(const struct yaml_node *node)
{
    return node != NULL && node->kind == YAML_MAPPING ? node : NULL;
}

const struct yaml_node *node_sequence(const struct yaml_node *node)
{
    return node != NULL && node->kind == YAML_SEQUENCE ? node : NULL;
}

bool node_truth(const struct yaml_node *node, bool otherwise)
{
    return node != NULL && node->kind == YAML_BOOL ? node->truth : otherwise;
}

const struct yaml_node *node_without(struct builder *b, const struct yaml_node *mapping,
                                     const char *key)
{
    struct yaml_node *copy = arena_new(&b->d->arena, struct yaml_node);
    *copy = *mapping;
    copy->count = 0;
    copy->keys = arena_alloc(&b->d->arena, (mapping->count + 1) * sizeof *copy->keys);
    copy->items = arena_alloc(&b->d->arena, (mapping->count + 1) * sizeof *copy->items);
    for (size_t i = 0; i < mapping->count; i++) {
        if (strcmp(mapping->keys[i]->text, key) == 0)
            continue;
        copy->keys[copy->count] = mapping->keys[i];
        copy->items[copy->count++] = mapping->items[i];
    }
    return copy;
}

bool pointer_step(const char **pointer, char out[POINTER_STEP_MAX])
{
    if (**pointer != '/')
        return false;
    size_t n = 0;
    for (++*pointer; **pointer != '\0' && **pointer != '/'; ++*pointer) {
        char c = **pointer;
        if (c == '~' && ((*pointer)[1] == '0' || (*pointer)[1] == '1'))
            c = *++*pointer == '0' ? '~' : '/';
        if (n < POINTER_STEP_MAX - 1)
            out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

const struct yaml_node *node_at(const struct yaml_node *node, const char *pointer)
{
    char step[POINTER_STEP_MAX];
    while (node != NULL && pointer_step(&pointer, step)) {
        const struct yaml_node *next = node_field(node, step);
        if (next == NULL && node_sequence(node) != NULL) {
            size_t i = 0;
            for (const char *c = step; *c >= '0' && *c <= '9' && i < node->count; c++)
                i = i * 10 + (size_t)(*c - '0');
            next = i < node->count ? node->items[i] : NULL;
        }
        if (next == NULL)
            break;
        node = next;
    }
    return node;
}

void report(struct builder *b, enum severity severity, const struct yaml_node *node,
            const char *code, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    diagnostics_add(b->diagnostics, severity, shape_place(b->document, node), code, "%s", message);
}

// A definition is freed through these lists alone, so a builder may drop any pointer.
static void grow(void **items, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return;
    *capacity = *capacity == 0 ? 32 : *capacity * 2;
    *items = mem_resize(*items, *capacity * sizeof(void *));
}

void own_template(struct builder *b, struct template *t)
{
    struct definition_owned *o = b->d->owned;
    void *items = o->templates;
    grow(&items, o->template_count, &o->template_capacity);
    o->templates = items;
    o->templates[o->template_count++] = t;
}

void own_schema(struct builder *b, struct schema *s)
{
    struct definition_owned *o = b->d->owned;
    void *items = o->schemas;
    grow(&items, o->schema_count, &o->schema_capacity);
    o->schemas = items;
    o->schemas[o->schema_count++] = s;
}

struct component *use_find(const struct builder *b, enum use_kind kind, const char *name)
{
    const struct component_table *table = &b->use[kind];
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->items[i].name, name) == 0)
            return &table->items[i];
    return NULL;
}

static const struct {
    const char *code, *sentence;
} USE_UNKNOWN[USE_KINDS] = {
    [USE_AUTHENTICATIONS] = {"unknown-authentication",
                             "there is no authentication '%s' in 'use.authentications'"},
    [USE_CATALOGS] = {"unknown-catalog", "there is no catalog '%s' in 'use.catalogs'"},
    [USE_ERRORS] = {"unknown-error", "there is no error '%s' in 'use.errors'"},
    [USE_FUNCTIONS] = {"unknown-function", "there is no function '%s' in 'use.functions'"},
    [USE_RETRIES] = {"unknown-retry", "there is no retry policy '%s' in 'use.retries'"},
    [USE_SECRETS] = {"unknown-secret", "the secret '%s' is not listed in 'use.secrets'"},
    [USE_TIMEOUTS] = {"unknown-timeout", "there is no timeout '%s' in 'use.timeouts'"},
};

struct component *use_take(struct builder *b, enum use_kind kind, const struct yaml_node *name)
{
    const char *text = node_text(name);
    if (text == NULL)
        return NULL;
    struct component *found = use_find(b, kind, text);
    if (found != NULL) {
        found->used = true;
        return found;
    }
    if (b->use_in_doubt && b->use[kind].count == 0)
        return NULL;
    const char *sentence = USE_UNKNOWN[kind].sentence, *hole = strstr(sentence, "%s");
    report(b, SEVERITY_ERROR, name, USE_UNKNOWN[kind].code, "%.*s%s%s", (int)(hole - sentence),
           sentence, text, hole + 2);
    shape_suggest(b->diagnostics, text, b->use[kind].names, b->use[kind].count);
    return NULL;
}
