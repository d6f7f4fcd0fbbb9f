#include "definition/shape.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "definition/language.h"

#define KEYS_MAX 64 // of one mapping, over all tables

typedef struct shape_check check;

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

// ── keys that are unknown ──

static bool has_key(const struct shape *shape, const char *name)
{
    for (size_t i = 0; shape->kind == SHAPE_RECORD && i < shape->key_count; i++)
        if (strcmp(shape->keys[i].name, name) == 0)
            return true;
    return false;
}

// `with` inside a missing `event`: the level between was forgotten, which is one mistake.
static const struct shape_key *forgotten_level(const struct key_set *set,
                                               const struct yaml_node *node, const char *key)
{
    for (size_t i = 0; i < set->count; i++)
        if (yaml_key(node, set->names[i]) == NULL && has_key(set->keys[i]->shape, key))
            return set->keys[i];
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

// The key that was meant: rather one that is not there yet than one that is.
static const char *near_key(const struct key_set *set, const struct yaml_node *node,
                            const char *word)
{
    const char *absent[KEYS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        if (yaml_key(node, set->names[i]) == NULL)
            absent[count++] = set->names[i];
    const char *near = shape_nearest(word, absent, count);
    return near != NULL ? near : shape_nearest(word, set->names, set->count);
}

static void remember_unknown(check *c, const char *name)
{
    if (c->unknown_count == SHAPE_SLIPS_MAX || c->diagnostics->truncated)
        return;
    c->unknown[c->unknown_count].name = name;
    c->unknown[c->unknown_count++].message = c->diagnostics->count - 1;
}

// An unknown key beside a missing one is most likely that one under a wrong name, so both are told
// of in one message.
static void unknown_key(check *c, const char *what, const struct key_set *set,
                        const struct yaml_node *node, const struct yaml_node *key)
{
    const struct shape_key *level = forgotten_level(set, node, key->text);
    const struct shape_key *missing = first_missing(set, node);
    const char *near = near_key(set, node, key->text);
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
    if (near != NULL)
        shape_suggest(c->diagnostics, near, &near, 1);
    remember_unknown(c, key->text);
}

// Keys that follow an empty one to which they belong, or that stand in a row where a level or
// something else is missing, are one slip of indentation: the first message says it.
static bool is_same_slip(const struct shape *shape, const struct key_set *set,
                         const struct yaml_node *node, size_t i)
{
    const char *name = node->keys[i]->text;
    size_t first = i;
    while (first > 0 && key_set_find(set, node->keys[first - 1]->text) == NULL)
        first--;
    const struct shape_key *before =
        first == 0 ? NULL : key_set_find(set, node->keys[first - 1]->text);
    if (before != NULL && node->items[first - 1]->kind == YAML_NULL && has_key(before->shape, name))
        return true;
    if (near_key(set, node, name) != NULL)
        return false;
    for (size_t k = first > 0 ? first - 1 : 0; k < i; k++)
        if (node->items[k]->kind == YAML_NULL)
            return true;
    while (first < i && near_key(set, node, node->keys[first]->text) != NULL)
        first++;
    return first < i && (first_missing(set, node) != NULL || shape->one_of != NULL ||
                         forgotten_level(set, node, name) != NULL);
}

// ── keys that are missing ──

// A key that was meant to be `name` but is mistyped: its own message says so already.
static bool meant(const struct key_set *set, const struct yaml_node *node, const char *name)
{
    for (size_t i = 0; i < node->count; i++) {
        if (key_set_find(set, node->keys[i]->text) != NULL)
            continue;
        const char *near = near_key(set, node, node->keys[i]->text);
        if (near != NULL && strcmp(near, name) == 0)
            return true;
    }
    return false;
}

static void check_missing(check *c, const char *what, const struct key_set *set,
                          const struct yaml_node *node)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!set->keys[i]->required || yaml_key(node, set->names[i]) != NULL ||
            meant(set, node, set->names[i]) || c->missing_count == SHAPE_SLIPS_MAX)
            continue;
        struct shape_missing *m = &c->missing[c->missing_count++];
        m->name = set->names[i];
        m->node = node;
        snprintf(m->what, sizeof m->what, "%s", what);
    }
}

// Told last: a key that is missing here and unknown there stands at the wrong depth, and that is
// one mistake, told where the key stands.
void shape_tell_missing(check *c)
{
    for (size_t i = 0; i < c->missing_count; i++) {
        const struct shape_missing *m = &c->missing[i];
        const struct shape_unknown *stray = NULL;
        for (size_t k = 0; k < c->unknown_count; k++)
            if (strcmp(c->unknown[k].name, m->name) == 0)
                stray = &c->unknown[k];
        if (stray == NULL) {
            diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, m->node),
                            "missing-key", "'%s' is missing in %s", m->name, m->what);
            continue;
        }
        struct diagnostic *d = &c->diagnostics->items[stray->message];
        if (d->suggestion == NULL)
            d->suggestion =
                arena_printf(&c->diagnostics->arena, "'%s' is missing in %s: check the indentation",
                             m->name, m->what);
    }
}

static void check_keys(check *c, const struct shape *shape, const struct key_set *set,
                       const struct yaml_node *node)
{
    const char *what = shape_expected(shape);
    bool told = false; // of what is missing, by a key that stands in its place
    for (size_t i = 0; i < node->count; i++) {
        const struct shape_key *key = key_set_find(set, node->keys[i]->text);
        if (key != NULL) {
            shape_check_value(c, key->shape, node->keys[i], node->items[i]);
        } else if (!shape->open) {
            if (!is_same_slip(shape, set, node, i))
                unknown_key(c, what, set, node, node->keys[i]);
            told = told || near_key(set, node, node->keys[i]->text) == NULL;
        }
    }
    if (!told)
        check_missing(c, what, set, node);
}

// ── keys of which there is one ──

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
                    "%s needs one of: %s", shape_expected(shape), list);
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
                            first->text, key->text, shape_expected(shape));
            return;
        }
        first = key;
    }
    if (first == NULL)
        none_of(c, shape, set, node);
}

void shape_check_record(check *c, const struct shape *shape, const struct yaml_node *node)
{
    struct key_set set = {.count = 0};
    key_set_add(&set, shape->keys, shape->key_count);
    if (!shape_enough(c, shape, node))
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

void shape_check_task(check *c, const struct yaml_node *node)
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
        shape_check_value(c, protocol->with, yaml_key(node, "with"), with);
    else if (with == NULL && !meant(&set, node, "with"))
        diagnostics_add(c->diagnostics, SEVERITY_ERROR, shape_place(c->document, call),
                        "missing-key", "'with' is missing; call: %s needs its arguments",
                        call->text);
}
