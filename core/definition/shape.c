#include "definition/shape.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "definition/language.h"

#define KEYS_MAX 64 // of one mapping, over all tables

typedef const struct shape_check check;

static void check_record(check *c, const struct shape *shape, const struct yaml_node *node);
static void check_task(check *c, const struct yaml_node *node);

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

static const char *expected(const struct shape *shape)
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
                    "expected %s, got %s%s", expected(shape),
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
                    "expected %s, got %s", expected(shape), node->text);
}

static bool enough(check *c, const struct shape *shape, const struct yaml_node *node)
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
                    "%s may not be empty%s%s", expected(shape),
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
                        expected(shape->item),
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
                        expected(shape->item));
        return;
    }
    shape_check(c, shape->item, entry->items[0]);
}

static void check_union(check *c, const struct shape *shape, const struct yaml_node *node)
{
    for (size_t i = 0; shape->alternatives[i] != NULL; i++) {
        if (takes(shape->alternatives[i], node)) {
            shape_check(c, shape->alternatives[i], node);
            return;
        }
    }
    must_not_reach();
}

// A missing value is told of at its key, where the author looks.
static void check_value(check *c, const struct shape *shape, const struct yaml_node *key,
                        const struct yaml_node *node)
{
    if (node->kind != YAML_NULL || takes(shape, node)) {
        shape_check(c, shape, node);
        return;
    }
    diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, key), "wrong-kind",
                    "'%s' is empty; expected %s", key->text, expected(shape));
}

void shape_check(check *c, const struct shape *shape, const struct yaml_node *node)
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
            check_record(c, &SHAPE_OF_DURATION_OBJECT, node);
        break;
    case SHAPE_OBJECT:
        (void)enough(c, shape, node);
        break;
    case SHAPE_RECORD:
        check_record(c, shape, node);
        break;
    case SHAPE_MAP:
        for (size_t i = 0; i < node->count; i++)
            check_value(c, shape->item, node->keys[i], node->items[i]);
        break;
    case SHAPE_LIST:
        if (enough(c, shape, node))
            for (size_t i = 0; i < node->count; i++)
                shape_check(c, shape->item, node->items[i]);
        break;
    case SHAPE_NAMED:
        if (enough(c, shape, node))
            for (size_t i = 0; i < node->count; i++)
                check_named(c, shape, node->items[i]);
        break;
    case SHAPE_TASK:
        check_task(c, node);
        break;
    case SHAPE_UNION:
        check_union(c, shape, node);
        break;
    }
}

// ── mappings with known keys ──

struct key_set {
    const struct shape_key *keys[KEYS_MAX];
    const char *names[KEYS_MAX];
    size_t count;
};

static void key_set_add(struct key_set *set, const struct shape_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        must(set->count < KEYS_MAX);
        set->keys[set->count] = &keys[i];
        set->names[set->count++] = keys[i].name;
    }
}

static const struct shape_key *key_set_find(const struct key_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->names[i], name) == 0)
            return set->keys[i];
    return NULL;
}

// `with` inside a missing `event`: the level between was forgotten, which is one mistake.
static const struct shape_key *forgotten_level(const struct key_set *set,
                                               const struct yaml_node *node, const char *key)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct shape *inner = set->keys[i]->shape;
        if (!set->keys[i]->required || inner->kind != SHAPE_RECORD ||
            yaml_key(node, set->names[i]) != NULL)
            continue;
        for (size_t k = 0; k < inner->key_count; k++)
            if (strcmp(inner->keys[k].name, key) == 0)
                return set->keys[i];
    }
    return NULL;
}

static const struct shape_key *first_missing(const struct key_set *set,
                                             const struct yaml_node *node)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->keys[i]->required && yaml_key(node, set->names[i]) == NULL)
            return set->keys[i];
    return NULL;
}

// An unknown key beside a missing one is most likely that one under a wrong name, so both are told
// of in one message.
static void unknown_key(check *c, const char *what, const struct key_set *set,
                        const struct yaml_node *node, const struct yaml_node *key)
{
    const struct shape_key *level = forgotten_level(set, node, key->text);
    const struct shape_key *missing = first_missing(set, node);
    const char *near = shape_nearest(key->text, set->names, set->count);
    struct diagnostic_place place = shape_place(c->document, key);
    if (level != NULL && near == NULL)
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, place, "unknown-key",
                        "'%s' belongs one level deeper, under '%s'", key->text, level->name);
    else if (missing != NULL && near == NULL)
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, place, "unknown-key",
                        "unknown key '%s' in %s, where '%s' is missing", key->text, what,
                        missing->name);
    else
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, place, "unknown-key",
                        "unknown key '%s' in %s", key->text, what);
    shape_suggest(c->diagnostics, key->text, set->names, set->count);
}

// A key that was meant to be `name` but is mistyped: its own message says so already.
static bool meant(const struct key_set *set, const struct yaml_node *node, const char *name)
{
    for (size_t i = 0; i < node->count; i++) {
        if (key_set_find(set, node->keys[i]->text) != NULL)
            continue;
        const char *near = shape_nearest(node->keys[i]->text, set->names, set->count);
        if (near != NULL && strcmp(near, name) == 0)
            return true;
    }
    return false;
}

static void check_missing(check *c, const char *what, const struct key_set *set,
                          const struct yaml_node *node)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->keys[i]->required && yaml_key(node, set->names[i]) == NULL &&
            !meant(set, node, set->names[i]))
            diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, node),
                            "missing-key", "'%s' is missing in %s", set->names[i], what);
    }
}

static void check_keys(check *c, const struct shape *shape, const struct key_set *set,
                       const struct yaml_node *node)
{
    const char *what = expected(shape);
    bool told = false; // of what is missing, by a key that stands in its place
    for (size_t i = 0; i < node->count; i++) {
        const struct shape_key *key = key_set_find(set, node->keys[i]->text);
        if (key != NULL) {
            check_value(c, key->shape, node->keys[i], node->items[i]);
        } else if (!shape->open) {
            unknown_key(c, what, set, node, node->keys[i]);
            told = told || shape_nearest(node->keys[i]->text, set->names, set->count) == NULL;
        }
    }
    if (!told)
        check_missing(c, what, set, node);
}

static bool is_one_of(const char *const *names, const char *name)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void none_of(check *c, const struct shape *shape, const struct key_set *set,
                    const struct yaml_node *node)
{
    char list[256] = "";
    for (size_t i = 0; shape->one_of[i] != NULL; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", shape->one_of[i]);
        if (meant(set, node, shape->one_of[i]))
            return;
    }
    for (size_t i = 0; i < node->count; i++)
        if (key_set_find(set, node->keys[i]->text) == NULL)
            return; // told of as unknown
    diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, node), "missing-key",
                    "%s needs one of: %s", expected(shape), list);
}

static void check_one_of(check *c, const struct shape *shape, const struct key_set *set,
                         const struct yaml_node *node)
{
    const struct yaml_node *first = NULL;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *key = node->keys[i];
        if (!is_one_of(shape->one_of, key->text))
            continue;
        if (first != NULL) {
            diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, key),
                            "exclusive-keys", "'%s' and '%s' exclude each other in %s; keep one",
                            first->text, key->text, expected(shape));
            return;
        }
        first = key;
    }
    if (first == NULL)
        none_of(c, shape, set, node);
}

static void check_record(check *c, const struct shape *shape, const struct yaml_node *node)
{
    struct key_set set = {.count = 0};
    key_set_add(&set, shape->keys, shape->key_count);
    if (!enough(c, shape, node))
        return;
    check_keys(c, shape, &set, node);
    if (shape->one_of != NULL)
        check_one_of(c, shape, &set, node);
}

// ── tasks ──

// The word of a task, or NULL after a message. `for` brings a `do` of its own.
static const struct language_word *find_word(check *c, const struct yaml_node *node)
{
    const struct language_word *found = NULL;
    const struct yaml_node *found_key = NULL;
    bool has_for = yaml_key(node, "for") != NULL;
    for (size_t k = 0; k < node->count; k++) {
        for (size_t i = 0; i < LANGUAGE_WORD_COUNT; i++) {
            const struct language_word *word = &LANGUAGE_WORDS[i];
            if (strcmp(word->word, node->keys[k]->text) != 0 || (has_for && word->kind == TASK_DO))
                continue;
            if (found != NULL) {
                diagnostics_add(c->diagnostics, SEVERITY_ERROR,
                                shape_place(c->document, node->keys[k]), "two-words",
                                "a task does one thing, but here are '%s' and '%s'; make two tasks",
                                found_key->text, word->word);
                return NULL;
            }
            found = word;
            found_key = node->keys[k];
        }
    }
    return found;
}

// No word: if a key looks like one mistyped, that is the mistake.
static void no_word(check *c, const struct yaml_node *node)
{
    struct key_set set = {.count = 0};
    key_set_add(&set, LANGUAGE_TASK_KEYS, LANGUAGE_TASK_KEY_COUNT);
    const char *words[KEYS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < LANGUAGE_WORD_COUNT; i++)
        words[count++] = LANGUAGE_WORDS[i].word;
    for (size_t k = 0; k < node->count; k++) {
        const struct yaml_node *key = node->keys[k];
        if (key_set_find(&set, key->text) != NULL || shape_nearest(key->text, words, count) == NULL)
            continue;
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, key),
                        "unknown-key", "unknown key '%s' in a task", key->text);
        shape_suggest(c->diagnostics, key->text, words, count);
        return;
    }
    diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, node), "no-word",
                    "this task has nothing to do; give it one of: call, do, emit, for, fork, "
                    "listen, raise, run, set, switch, try, wait");
}

static void check_task(check *c, const struct yaml_node *node)
{
    size_t before = c->diagnostics->errors;
    const struct language_word *word = find_word(c, node);
    if (word == NULL) {
        if (c->diagnostics->errors == before)
            no_word(c, node);
        return;
    }
    char what[64];
    snprintf(what, sizeof what, "a '%s' task", word->word);
    struct key_set set = {.count = 0};
    key_set_add(&set, word->keys, word->key_count);
    key_set_add(&set, LANGUAGE_TASK_KEYS, LANGUAGE_TASK_KEY_COUNT);
    const struct shape shape = {.kind = SHAPE_RECORD, .what = what};
    check_keys(c, &shape, &set, node);
    if (word->kind != TASK_CALL)
        return;
    const struct yaml_node *call = yaml_get(node, "call"), *with = yaml_get(node, "with");
    if (call == NULL || call->kind != YAML_STRING)
        return;
    const struct language_protocol *protocol = language_protocol(call->text);
    if (protocol == NULL)
        return;
    if (with != NULL && with->kind == YAML_MAPPING)
        shape_check(c, protocol->with, with);
    else if (with == NULL && !meant(&set, node, "with"))
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, call),
                        "missing-key", "'with' is missing; call: %s needs its arguments",
                        call->text);
}
