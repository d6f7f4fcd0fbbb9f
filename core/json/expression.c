#include "json/expression.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "json/expression_program.h"
#include "json/expression_scan.h"

// Constants and plain paths never enter jq: they are most of what people write.
enum form { FORM_CONSTANT, FORM_PATH, FORM_PROGRAM };

struct step {
    json key; // a string, or absent: then the index counts
    int index;
};

// jq's jumps are 16 bits wide, so a program is bounded; the bounds also keep what must be compiled
// for one evaluation small, and what is added later compiles alone.
#define CHUNK_EXPRESSIONS 128
#define CHUNK_BYTES       LIMIT_EXPRESSION_BYTES

struct chunk {
    struct chunk *next;
    struct program *program;
    struct program_entry *entries[CHUNK_EXPRESSIONS];
    size_t count, bytes;
    bool compiled;
};

struct expression {
    struct program_entry entry; // first, so that the program's entries are expressions
    struct expressions *set;
    enum form form;
    json constant;
    const char *root; // of a path: the variable's name, NULL for `.`
    struct step *steps;
    size_t step_count;
    struct chunk *chunk; // of what needs jq
    size_t index;        // in its program
};

struct expressions {
    struct arena arena;
    struct expression **items;
    size_t count, capacity;
    struct map by_text;
    struct chunk *chunks; // the newest first
    size_t mistake_at;    // of the last refusal
};

struct expressions *expressions_new(void)
{
    struct expressions *set = mem_new(struct expressions);
    arena_init(&set->arena);
    map_init(&set->by_text);
    return set;
}

void expressions_free(struct expressions *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++) {
        json_free(set->items[i]->constant);
        for (size_t j = 0; j < set->items[i]->step_count; j++)
            json_free(set->items[i]->steps[j].key);
    }
    for (struct chunk *chunk = set->chunks; chunk; chunk = chunk->next)
        program_free(chunk->program);
    map_done(&set->by_text);
    mem_free(set->items);
    arena_done(&set->arena);
    mem_free(set);
}

// ---- plain paths: `.`  `.a.b`  `."a b"`  `.a[0]`  `.["a"][-1]`  `$input.a`

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t word_length(const char *s)
{
    size_t n = 0;
    while (is_letter(s[n]) || (n > 0 && s[n] >= '0' && s[n] <= '9'))
        n++;
    return n;
}

// The text between two quotes, if it reads the same in JSON and jq.
static bool read_key(const char **at, json *key)
{
    struct fail why;
    const char *end = *at + 1;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (*end != '"' || !json_parse(*at, (size_t)(end + 1 - *at), key, &why))
        return false;
    *at = end + 1;
    return true;
}

static bool read_bracket(const char **at, struct step *step)
{
    const char *p = *at + 1;
    if (*p == '"') {
        if (!read_key(&p, &step->key))
            return false;
    } else {
        size_t digits = strspn(p + (*p == '-'), "0123456789");
        if (digits == 0 || digits > 6)
            return false;
        step->index = (int)strtol(p, NULL, 10);
        p += digits + (*p == '-');
    }
    *at = p + 1;
    return *p == ']';
}

// One step; `first` stands right behind the root dot, which has been read.
static bool read_step(const char **at, bool behind_dot, struct step *step)
{
    step->key = json_absent();
    if (!behind_dot && **at == '.') {
        (*at)++;
        if (**at == '[')
            return false; // `.a.[0]` is not jq 1.6
        behind_dot = true;
    } else if (**at == '[') {
        return read_bracket(at, step);
    }
    if (!behind_dot)
        return false;
    if (**at == '[')
        return read_bracket(at, step);
    if (**at == '"')
        return read_key(at, &step->key);
    size_t length = word_length(*at);
    step->key = length > 0 ? json_string_sized(*at, length) : json_absent();
    *at += length;
    return length > 0;
}

static bool read_path(struct expression *e, const char *at)
{
    struct step steps[32];
    size_t count = 0;
    bool good = true, root = *at == '.';
    if (*at == '$') {
        size_t length = word_length(++at);
        good = length > 0;
        e->root = arena_string_sized(&e->set->arena, at, length);
        at += length;
    } else if (root) {
        at++;
    } else {
        return false;
    }
    while (good && *at && !strchr(" \t\r\n", *at)) {
        if (count == sizeof steps / sizeof steps[0]) {
            good = false;
            break;
        }
        good = read_step(&at, root && count == 0, &steps[count]);
        count++;
    }
    if (good && at[strspn(at, " \t\r\n")] == 0) {
        e->steps = arena_alloc(&e->set->arena, (count + 1) * sizeof *e->steps);
        memcpy(e->steps, steps, count * sizeof *e->steps);
        e->step_count = count;
        return true;
    }
    for (size_t i = 0; i < count; i++)
        json_free(steps[i].key);
    return false;
}

static bool fail_to_index(json v, const struct step *step, struct fail *why)
{
    const char *kind = json_kind_name(json_kind(v));
    if (json_is_absent(step->key))
        return fail(why, FAIL_INVALID, "cannot index %s with number", kind);
    return fail(why, FAIL_INVALID, "cannot index %s with \"%.100s\"", kind, json_text(step->key));
}

static bool follow_take(json v, const struct expression *e, json *out, struct fail *why)
{
    for (size_t i = 0; i < e->step_count; i++) {
        const struct step *step = &e->steps[i];
        bool by_key = !json_is_absent(step->key);
        json child = jv_invalid();
        if (by_key && json_is_object(v)) {
            child = jv_object_get(jv_copy(v), jv_copy(step->key));
        } else if (!by_key && json_is_array(v)) {
            int64_t index = step->index < 0 ? (int64_t)json_length(v) + step->index : step->index;
            child = index < 0 ? jv_invalid() : json_at(v, (size_t)index);
        } else if (!json_is_null(v)) {
            fail_to_index(v, step, why);
            json_free(v);
            return false;
        }
        json_free(v);
        v = json_is_absent(child) ? json_null() : child;
    }
    *out = v;
    return true;
}

// ---- adding

static void choose_form(struct expression *e)
{
    struct fail why;
    const char *text = e->entry.text + strspn(e->entry.text, " \t\r\n");
    if (json_parse(text, strlen(text), &e->constant, &why))
        e->form = FORM_CONSTANT;
    else if (read_path(e, text))
        e->form = FORM_PATH;
    else
        e->form = FORM_PROGRAM;
}

static void put_in_chunk(struct expressions *set, struct expression *e)
{
    struct chunk *chunk = set->chunks;
    if (!chunk || chunk->compiled || chunk->count == CHUNK_EXPRESSIONS ||
        chunk->bytes + e->entry.bytes > CHUNK_BYTES) {
        chunk = arena_new(&set->arena, struct chunk);
        chunk->program = program_new(EXPRESSION_ROUNDS_MAX);
        chunk->next = set->chunks;
        set->chunks = chunk;
    }
    e->chunk = chunk;
    e->index = chunk->count;
    chunk->entries[chunk->count++] = &e->entry;
    chunk->bytes += e->entry.bytes;
}

static void keep(struct expressions *set, struct expression *e)
{
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 32;
        set->items = mem_resize(set->items, set->capacity * sizeof *set->items);
    }
    set->items[set->count++] = e;
    map_put(&set->by_text, e->entry.text, e);
    if (e->form == FORM_PROGRAM)
        put_in_chunk(set, e);
}

static bool check_size(const struct expressions *set, const char *text, size_t bytes,
                       struct fail *why)
{
    if (bytes > LIMIT_EXPRESSION_BYTES)
        return fail(why, FAIL_LIMIT, "an expression may have %d bytes at most",
                    LIMIT_EXPRESSION_BYTES);
    if (set->count >= LIMIT_EXPRESSIONS)
        return fail(why, FAIL_LIMIT, "there may be %d expressions at most", LIMIT_EXPRESSIONS);
    if (!utf8_is_valid(text, bytes))
        return fail(why, FAIL_INVALID, "the expression is not valid UTF-8");
    if (memchr(text, 0, bytes))
        return fail(why, FAIL_INVALID, "the zero character may not stand in an expression");
    return true;
}

struct expression *expressions_add(struct expressions *set, const char *text, size_t bytes,
                                   struct fail *why)
{
    struct expression_scan scan;
    set->mistake_at = 0;
    if (!check_size(set, text, bytes, why))
        return NULL;
    char *copy = arena_string_sized(&set->arena, text, bytes);
    struct expression *e = map_get(&set->by_text, copy);
    if (e)
        return e;
    if (!expression_scan(copy, bytes, &set->arena, &scan, why)) {
        set->mistake_at = scan.mistake_at;
        return NULL;
    }
    e = arena_new(&set->arena, struct expression);
    e->entry =
        (struct program_entry){.text = copy, .bytes = bytes, .scan = scan, .broken_at = SIZE_MAX};
    e->set = set;
    e->constant = json_absent();
    choose_form(e);
    keep(set, e);
    return e;
}

const char *const *expression_variables(const struct expression *e)
{
    return e->entry.scan.variables;
}

const char *expression_text(const struct expression *e)
{
    return e->entry.text;
}

bool expression_is_constant(const struct expression *e)
{
    return e->form == FORM_CONSTANT;
}

// ---- compiling

static void compile(struct expressions *set, struct chunk *chunk)
{
    if (chunk->compiled)
        return;
    program_compile(chunk->program, chunk->entries, chunk->count, &set->arena);
    chunk->compiled = true;
}

bool expression_check(struct expression *e, struct fail *why)
{
    if (e->form == FORM_PROGRAM)
        compile(e->set, e->chunk);
    if (e->entry.broken)
        return fail(why, FAIL_INVALID, "%s", e->entry.broken);
    return true;
}

bool expressions_compile(struct expressions *set, struct expression **which, struct fail *why)
{
    for (size_t i = 0; i < set->count; i++) {
        if (expression_check(set->items[i], why))
            continue;
        if (which)
            *which = set->items[i];
        return false;
    }
    return true;
}

size_t expressions_mistake(const struct expressions *set)
{
    return set->mistake_at;
}

size_t expression_mistake(const struct expression *e)
{
    return e->entry.broken_at == SIZE_MAX ? 0 : e->entry.broken_at;
}

// ---- evaluating

static bool get_variable(const struct scope *scope, const char *name, json *out, struct fail *why)
{
    *out = scope && scope->variable ? scope->variable(scope, name) : json_absent();
    if (json_is_absent(*out))
        return fail(why, FAIL_INVALID, "there is no variable $%.100s here", name);
    return true;
}

static bool run(struct expression *e, json input, const struct scope *scope, json *out,
                struct fail *why)
{
    if (!expression_check(e, why))
        return false;
    const struct expression_scan *scan = &e->entry.scan;
    json arguments = jv_array_sized((int)scan->variable_count + 3);
    arguments = jv_array_append(arguments, jv_number((double)e->index));
    arguments = jv_array_append(arguments, json_is_absent(input) ? jv_null() : jv_copy(input));
    for (size_t i = 0; i < scan->variable_count; i++) {
        json value;
        if (!get_variable(scope, scan->variables[i], &value, why)) {
            json_free(arguments);
            return false;
        }
        arguments = jv_array_append(arguments, value);
    }
    if (scan->uses_now)
        arguments =
            jv_array_append(arguments, jv_number(scope ? (double)scope->now_ms / 1000.0 : 0));
    if (!program_run_take(e->chunk->program, arguments, out, why))
        return false;
    if (json_depth_within(*out, LIMIT_DOCUMENT_DEPTH))
        return true;
    json_free_deep(*out);
    *out = json_absent();
    return fail(why, FAIL_LIMIT, "the result is nested more than %d deep", LIMIT_DOCUMENT_DEPTH);
}

bool expression_evaluate(struct expression *e, json input, const struct scope *scope, json *out,
                         struct fail *why)
{
    json root;
    *out = json_absent();
    switch (e->form) {
    case FORM_CONSTANT:
        *out = json_ref(e->constant);
        return true;
    case FORM_PATH:
        if (!e->root)
            root = json_is_absent(input) ? json_null() : json_ref(input);
        else if (!get_variable(scope, e->root, &root, why))
            return false;
        return follow_take(root, e, out, why);
    case FORM_PROGRAM:
        return run(e, input, scope, out, why);
    }
    must_not_reach();
}
