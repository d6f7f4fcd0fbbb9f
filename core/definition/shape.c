#include "definition/shape.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "definition/language.h"

typedef struct shape_check check;

static void check_node(check *c, const struct shape *shape, const struct yaml_node *node);

struct diagnostic_place shape_place(const struct yaml_document *document,
                                    const struct yaml_node *node)
{
    int end = node->end_line == node->line ? node->end_column : 0;
    return (struct diagnostic_place){.file = document->file,
                                     .source = document->source,
                                     .line = node->line,
                                     .column = node->column,
                                     .end_column = end};
}

bool shape_is_expression(const struct yaml_node *node)
{
    if (node->kind != YAML_STRING)
        return false;
    const char *s = node->text;
    while (*s == ' ' || *s == '\n' || *s == '\t')
        s++;
    if (strncmp(s, "${", 2) != 0)
        return false;
    size_t length = strlen(s);
    while (length > 0 && strchr(" \n\t", s[length - 1]) != NULL)
        length--;
    return length > 2 && s[length - 1] == '}';
}

const char *shape_nearest(const char *word, const char *const *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(word, candidates[i]) == 0)
            return candidates[i];
    return diagnostics_nearest(word, candidates, count);
}

void shape_suggest(struct diagnostics *d, const char *word, const char *const *candidates,
                   size_t count)
{
    const char *near = shape_nearest(word, candidates, count);
    if (near != NULL && d->count > 0 && !d->truncated)
        d->items[d->count - 1].suggestion = arena_printf(&d->arena, "did you mean '%s'?", near);
}

// ── what a shape is called in a message ──

const char *shape_expected(const struct shape *shape)
{
    if (shape->what != NULL)
        return shape->what;
    switch (shape->kind) {
    case SHAPE_ANY:
        return "a value";
    case SHAPE_TEXT:
        return "text";
    case SHAPE_INTEGER:
        return "a whole number";
    case SHAPE_BOOL:
        return "true or false";
    case SHAPE_FALSE:
        return "false";
    case SHAPE_OBJECT:
    case SHAPE_RECORD:
    case SHAPE_MAP:
        return "a mapping";
    case SHAPE_LIST:
        return "a list";
    case SHAPE_NAMED:
        return "a list of named entries";
    case SHAPE_DURATION:
        return "a duration";
    case SHAPE_TASK:
        return "a task";
    case SHAPE_UNION:
        return "another kind of value";
    }
    must_not_reach();
}

static const char *advice(const struct shape *shape, const struct yaml_node *node)
{
    bool list = shape->kind == SHAPE_NAMED || shape->kind == SHAPE_LIST;
    if (list && node->kind == YAML_MAPPING)
        return "; begin each entry with '- '";
    if (shape->kind == SHAPE_TEXT && (node->kind == YAML_NUMBER || node->kind == YAML_BOOL))
        return "; put it in quotes";
    if (node->kind == YAML_STRING && node->quoted && shape->kind == SHAPE_INTEGER)
        return "; leave out the quotes";
    return "";
}

static void wrong_kind(check *c, const struct shape *shape, const struct yaml_node *node)
{
    diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, node), "wrong-kind",
                    "expected %s, got %s%s", shape_expected(shape),
                    node->kind == YAML_NULL ? "nothing" : yaml_kind_name(node->kind),
                    advice(shape, node));
}

static bool takes(const struct shape *shape, const struct yaml_node *node)
{
    if (shape->expression && shape_is_expression(node))
        return true;
    switch (shape->kind) {
    case SHAPE_ANY:
        return true;
    case SHAPE_TEXT:
        return node->kind == YAML_STRING;
    case SHAPE_INTEGER:
        return node->kind == YAML_NUMBER;
    case SHAPE_BOOL:
        return node->kind == YAML_BOOL;
    case SHAPE_FALSE:
        return node->kind == YAML_BOOL && !node->truth;
    case SHAPE_OBJECT:
    case SHAPE_RECORD:
    case SHAPE_MAP:
    case SHAPE_TASK:
        return node->kind == YAML_MAPPING;
    case SHAPE_LIST:
    case SHAPE_NAMED:
        return node->kind == YAML_SEQUENCE;
    case SHAPE_DURATION:
        return node->kind == YAML_STRING || node->kind == YAML_MAPPING;
    case SHAPE_UNION:
        for (size_t i = 0; shape->alternatives[i] != NULL; i++)
            if (takes(shape->alternatives[i], node))
                return true;
        return false;
    }
    must_not_reach();
}

// ── scalars and lists ──

static void check_text(check *c, const struct shape *shape, const struct yaml_node *node)
{
    if (shape->choices == NULL)
        return;
    size_t count = 0;
    for (; shape->choices[count] != NULL; count++)
        if (strcmp(shape->choices[count], node->text) == 0)
            return;
    char list[512] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", shape->choices[i]);
    }
    diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, node), "unknown-value",
                    "'%s' is not one of %s", node->text, list);
    shape_suggest(c->diagnostics, node->text, shape->choices, count);
}

static void check_integer(check *c, const struct shape *shape, const struct yaml_node *node)
{
    if (node->number >= -9007199254740992.0 && node->number <= 9007199254740992.0 &&
        node->number == (double)(long long)node->number)
        return;
    diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, node), "wrong-kind",
                    "expected %s, got %s", shape_expected(shape), node->text);
}

bool shape_enough(check *c, const struct shape *shape, const struct yaml_node *node)
{
    if (node->count >= shape->count_min)
        return true;
    char list[256] = "";
    for (size_t i = 0; i < shape->key_count; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? ": " : ", ",
                 shape->keys[i].name);
    }
    diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, node), "empty",
                    "%s may not be empty%s%s", shape_expected(shape),
                    shape->key_count > 0 ? "; it takes" : "", list);
    return false;
}

// An entry is `- name: value`. The commonest slip is to indent the value too little, which turns
// its keys into more names.
static void check_named(check *c, const struct shape *shape, const struct yaml_node *entry)
{
    if (entry->kind != YAML_MAPPING || entry->count == 0) {
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, entry),
                        "wrong-kind", "expected a name with %s, as in '- name: …', got %s",
                        shape_expected(shape->item),
                        entry->kind == YAML_NULL      ? "nothing"
                        : entry->kind == YAML_MAPPING ? "an empty mapping"
                                                      : yaml_kind_name(entry->kind));
        return;
    }
    if (entry->count > 1) {
        const char *way = entry->items[0]->kind == YAML_NULL ? "indent what belongs to it deeper"
                                                             : "begin the next one with '- '";
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, entry->keys[1]),
                        "two-names",
                        "an entry of this list has one name, but beside '%s' stands '%s'; %s",
                        entry->keys[0]->text, entry->keys[1]->text, way);
        return;
    }
    if (entry->items[0]->kind == YAML_NULL) {
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, entry->keys[0]),
                        "wrong-kind", "'%s' is empty; expected %s", entry->keys[0]->text,
                        shape_expected(shape->item));
        return;
    }
    check_node(c, shape->item, entry->items[0]);
}

static void check_union(check *c, const struct shape *shape, const struct yaml_node *node)
{
    for (size_t i = 0; shape->alternatives[i] != NULL; i++) {
        if (takes(shape->alternatives[i], node)) {
            check_node(c, shape->alternatives[i], node);
            return;
        }
    }
    must_not_reach();
}

// A missing value is told of at its key, where the author looks.
void shape_check_value(check *c, const struct shape *shape, const struct yaml_node *key,
                       const struct yaml_node *node)
{
    if (node->kind != YAML_NULL || takes(shape, node)) {
        check_node(c, shape, node);
        return;
    }
    diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, key), "wrong-kind",
                    "'%s' is empty; expected %s", key->text, shape_expected(shape));
}

static void check_node(check *c, const struct shape *shape, const struct yaml_node *node)
{
    if (!takes(shape, node)) {
        wrong_kind(c, shape, node);
        return;
    }
    if (shape->expression && shape_is_expression(node))
        return;
    switch (shape->kind) {
    case SHAPE_ANY:
    case SHAPE_BOOL:
    case SHAPE_FALSE:
        break;
    case SHAPE_TEXT:
        check_text(c, shape, node);
        break;
    case SHAPE_INTEGER:
        check_integer(c, shape, node);
        break;
    case SHAPE_DURATION:
        if (node->kind == YAML_MAPPING)
            shape_check_record(c, &SHAPE_OF_DURATION_OBJECT, node);
        break;
    case SHAPE_OBJECT:
        (void)shape_enough(c, shape, node);
        break;
    case SHAPE_RECORD:
        shape_check_record(c, shape, node);
        break;
    case SHAPE_MAP:
        for (size_t i = 0; i < node->count; i++)
            shape_check_value(c, shape->item, node->keys[i], node->items[i]);
        break;
    case SHAPE_LIST:
        if (shape_enough(c, shape, node))
            for (size_t i = 0; i < node->count; i++)
                check_node(c, shape->item, node->items[i]);
        break;
    case SHAPE_NAMED:
        if (shape_enough(c, shape, node))
            for (size_t i = 0; i < node->count; i++)
                check_named(c, shape, node->items[i]);
        break;
    case SHAPE_TASK:
        shape_check_task(c, node);
        break;
    case SHAPE_UNION:
        check_union(c, shape, node);
        break;
    }
}

void shape_check(const struct yaml_document *document, struct diagnostics *diagnostics,
                 const struct shape *shape)
{
    struct shape_check c = {.document = document, .diagnostics = diagnostics};
    check_node(&c, shape, document->root);
    shape_tell_missing(&c);
}
