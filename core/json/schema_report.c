#include "json/schema_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "json/diagnostic.h"

#define FINDINGS_MAX  1000
#define CHOICES_SHOWN 12
#define DECLARED_MAX  200
#define LOOK_DEPTH    12

void findings_done(struct findings *f)
{
    mem_free(f->items);
    f->items = NULL;
    f->count = f->capacity = 0;
}

static void write_pointer(const struct place *at, struct bytes *out)
{
    if (!at->up)
        return;
    write_pointer(at->up, out);
    if (!at->key) {
        bytes_printf(out, "/%zu", at->index);
        return;
    }
    bytes_add_char(out, '/');
    for (const char *p = at->key; *p; p++) {
        if (*p == '~' || *p == '/')
            bytes_add(out, *p == '~' ? "~0" : "~1");
        else
            bytes_add_char(out, *p);
    }
}

static const char *pointer_text(struct arena *arena, const struct place *at)
{
    struct bytes text;
    bytes_init(&text, 64 * 1024);
    write_pointer(at, &text);
    const char *kept = arena_string(arena, text.data);
    bytes_done(&text);
    return kept;
}

bool report_property(struct findings *f, const struct schema_node *n, const struct place *at,
                     const char *keyword, const char *property, const char *message)
{
    if (!f || f->count >= FINDINGS_MAX)
        return false;
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? f->capacity * 2 : 8;
        f->items = mem_resize(f->items, f->capacity * sizeof *f->items);
    }
    f->items[f->count++] = (struct finding){
        .node = n,
        .pointer = pointer_text(f->arena, at),
        .keyword = keyword,
        .message = arena_string(f->arena, message),
        .property = property ? arena_string(f->arena, property) : NULL,
        .depth = at->depth,
    };
    return false;
}

bool schema_report(struct findings *f, const struct schema_node *n, const struct place *at,
                   const char *keyword, const char *format, ...)
{
    char message[600];
    if (!f)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    message[utf8_valid_prefix(message, strlen(message))] = 0;
    return report_property(f, n, at, keyword, NULL, message);
}

// ---- types

static const char *kind_words(json v)
{
    static const char *const words[] = {"nothing", "null",   "true or false", "a number",
                                        "text",    "a list", "an object"};
    return words[json_kind(v)];
}

bool report_type(struct findings *f, const struct schema_node *n, const struct place *at,
                 unsigned wanted, json value)
{
    static const struct {
        unsigned bit;
        const char *words;
    } table[] = {
        {SCHEMA_KIND(JSON_STRING), "text"},     {SCHEMA_INTEGER, "a whole number"},
        {SCHEMA_KIND(JSON_NUMBER), "a number"}, {SCHEMA_KIND(JSON_BOOL), "true or false"},
        {SCHEMA_KIND(JSON_ARRAY), "a list"},    {SCHEMA_KIND(JSON_OBJECT), "an object"},
        {SCHEMA_KIND(JSON_NULL), "null"},
    };
    char list[200] = "";
    size_t left = 0;
    if (!f)
        return false;
    if (wanted & SCHEMA_KIND(JSON_NUMBER))
        wanted &= ~SCHEMA_INTEGER;
    for (size_t i = 0; i < 7; i++)
        left += (wanted & table[i].bit) != 0;
    for (size_t i = 0; i < 7; i++) {
        if (!(wanted & table[i].bit))
            continue;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s",
                 used == 0   ? ""
                 : left == 1 ? " or "
                             : ", ",
                 table[i].words);
        left--;
    }
    bool fraction = json_is_number(value) && (wanted & SCHEMA_INTEGER);
    return schema_report(f, n, at, "type", "must be %s, not %s", list,
                         fraction ? "a fraction" : kind_words(value));
}

// ---- choices

static void add_value(json v, struct bytes *out)
{
    size_t before = out->length;
    json_write(v, JSON_COMPACT, out);
    if (out->length - before <= 80)
        return;
    size_t keep = utf8_valid_prefix(out->data + before, 76);
    char start[80];
    memcpy(start, out->data + before, keep);
    out->length = before;
    out->data[before] = 0;
    bytes_append(out, start, keep);
    bytes_add(out, "...");
}

static const char *nearest_choice(json choices, json value)
{
    const char *names[DECLARED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < json_length(choices) && count < DECLARED_MAX; i++) {
        json choice = json_at(choices, i);
        if (json_is_string(choice))
            names[count++] = json_text(choice); // the list holds it
        json_free(choice);
    }
    return json_is_string(value) ? diagnostics_nearest(json_text(value), names, count) : NULL;
}

bool report_choice(struct findings *f, const struct schema_node *n, const struct place *at,
                   const char *keyword, json choices, json value)
{
    if (!f)
        return false;
    struct bytes text;
    bytes_init(&text, 64 * 1024 * 1024);
    size_t count = json_length(choices);
    bytes_add(&text, count == 1 ? "must be " : "must be one of ");
    for (size_t i = 0; i < count && i < CHOICES_SHOWN; i++) {
        json choice = json_at(choices, i);
        bytes_add(&text, i == 0 ? "" : ", ");
        add_value(choice, &text);
        json_free(choice);
    }
    bytes_add(&text, count > CHOICES_SHOWN ? ", ..., not " : ", not ");
    if (json_is_array(value) || json_is_object(value))
        bytes_add(&text, kind_words(value));
    else
        add_value(value, &text);
    const char *nearest = nearest_choice(choices, value);
    if (nearest)
        bytes_printf(&text, "; did you mean '%s'?", nearest);
    report_property(f, n, at, keyword, NULL, text.data);
    bytes_done(&text);
    return false;
}

// ---- what a schema knows of properties

static bool any_declares(const struct schema_nodes *nodes, const char *property, int depth)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (schema_declares(nodes->items[i], property, depth))
            return true;
    return false;
}

bool schema_declares(const struct schema_node *n, const char *property, int depth)
{
    if (!n || depth > LOOK_DEPTH)
        return false;
    return map_has(&n->properties, property) || schema_declares(n->ref, property, depth + 1) ||
           any_declares(&n->all_of, property, depth + 1) ||
           any_declares(&n->any_of, property, depth + 1) ||
           any_declares(&n->one_of, property, depth + 1) ||
           schema_declares(n->consequence, property, depth + 1) ||
           schema_declares(n->alternative, property, depth + 1);
}

static void list_declared(const struct schema_node *n, const char **names, size_t *count, int depth)
{
    struct map_entry *entry;
    if (!n || depth > LOOK_DEPTH)
        return;
    for (size_t i = 0; *count < DECLARED_MAX && map_next(&n->properties, &i, &entry);)
        names[(*count)++] = entry->key;
    list_declared(n->ref, names, count, depth + 1);
    for (size_t i = 0; i < n->all_of.count; i++)
        list_declared(n->all_of.items[i], names, count, depth + 1);
    for (size_t i = 0; i < n->any_of.count; i++)
        list_declared(n->any_of.items[i], names, count, depth + 1);
    for (size_t i = 0; i < n->one_of.count; i++)
        list_declared(n->one_of.items[i], names, count, depth + 1);
    list_declared(n->consequence, names, count, depth + 1);
    list_declared(n->alternative, names, count, depth + 1);
}

// A misspelt name is one mistake, not "unknown" and "missing".
static void drop_missing(struct findings *f, const char *pointer, const char *property)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].keyword, "required") == 0 && f->items[i].property &&
            strcmp(f->items[i].property, property) == 0 &&
            strcmp(f->items[i].pointer, pointer) == 0)
            f->items[i].dropped = true;
}

bool report_unknown(struct findings *f, const struct schema_node *n, const struct place *at,
                    const char *keyword, const char *property)
{
    const char *names[DECLARED_MAX];
    size_t count = 0;
    if (!f)
        return false;
    list_declared(n, names, &count, 0);
    const char *nearest = diagnostics_nearest(property, names, count);
    char message[400];
    snprintf(message, sizeof message,
             nearest ? "'%.100s' is not known here; did you mean '%.100s'?"
                     : "'%.100s' is not known here",
             property, nearest);
    message[utf8_valid_prefix(message, strlen(message))] = 0;
    report_property(f, n, at, keyword, property, message);
    if (nearest && f->count > 0)
        drop_missing(f, f->items[f->count - 1].pointer, nearest);
    return false;
}

void report_misspelt(struct findings *f, const struct schema_node *n, const struct place *at,
                     json value)
{
    const char *missing[DECLARED_MAX], *pointer = pointer_text(f->arena, at), *key;
    size_t count = 0;
    for (size_t i = 0; i < f->count && count < DECLARED_MAX; i++)
        if (strcmp(f->items[i].keyword, "required") == 0 && f->items[i].property &&
            !f->items[i].dropped && strcmp(f->items[i].pointer, pointer) == 0)
            missing[count++] = f->items[i].property;
    struct json_cursor cursor = JSON_CURSOR_START;
    json member;
    while (json_next(value, &cursor, &key, &member))
        if (!schema_declares(n, key, 0) && diagnostics_nearest(key, missing, count))
            report_unknown(f, n, at, "unevaluatedProperties", key);
}

// ---- what the schema says in words of its own

void report_must(struct findings *f, const struct schema_node *n, const struct place *at,
                 size_t from, json value)
{
    bool kind = true;
    for (size_t i = from; i < f->count; i++) {
        if (f->items[i].dropped)
            continue;
        if (f->items[i].depth > at->depth || f->items[i].property ||
            strcmp(f->items[i].keyword, "required") == 0)
            return;
        kind = kind && strcmp(f->items[i].keyword, "type") == 0;
    }
    struct bytes text;
    bytes_init(&text, 64 * 1024 * 1024);
    bytes_printf(&text, "must be %s", n->must);
    if (!json_is_object(value)) {
        bytes_add(&text, "; this is ");
        if (json_is_array(value))
            bytes_add(&text, kind_words(value));
        else
            add_value(value, &text);
    }
    f->count = from;
    report_property(f, n, at, kind ? "type" : "x-must", NULL, text.data);
    bytes_done(&text);
}
