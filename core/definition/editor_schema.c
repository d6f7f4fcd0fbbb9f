#include "definition/definition.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "definition/language.h"

// The tables of the language as JSON Schema. Written so that an editor completes well and one slip
// gives few complaints: a task is one object with all keys, and what goes with which word is said
// by conditions, not by a choice among twelve whole shapes.

#define EXPRESSION_PATTERN "^\\s*\\$\\{[\\s\\S]*\\}\\s*$"

struct editor {
    json definitions; // by name
    const struct function_catalogue *functions;
};

static json of_shape(struct editor *e, const struct shape *shape);

static json typed(const char *type)
{
    json out = json_object();
    json_set_text(&out, "type", type);
    return out;
}

static json reference(const char *name)
{
    json out = json_object();
    json_set_take(&out, "$ref", json_printf("#/$defs/%s", name));
    return out;
}

static json texts(const char *const *items)
{
    json out = json_array();
    for (size_t i = 0; items[i] != NULL; i++)
        json_append_take(&out, json_string(items[i]));
    return out;
}

static json expression(void)
{
    json out = typed("string");
    json_set_text(&out, "pattern", EXPRESSION_PATTERN);
    return out;
}

static json either(json a, json b)
{
    json list = json_array(), out = json_object();
    json_append_take(&list, a);
    json_append_take(&list, b);
    json_set_take(&out, "anyOf", list);
    return out;
}

static json required(const char *name)
{
    json list = json_array(), out = json_object();
    json_append_take(&list, json_string(name));
    json_set_take(&out, "required", list);
    return out;
}

// A key's schema with its help; beside "$ref" a description stands well since 2019-09.
static json of_key(struct editor *e, const struct shape_key *key)
{
    json out = of_shape(e, key->shape);
    json_set_text(&out, "description", key->help);
    return out;
}

static void add_keys(struct editor *e, json *properties, const struct shape_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!json_has(*properties, keys[i].name))
            json_set_take(properties, keys[i].name, of_key(e, &keys[i]));
}

static json of_record(struct editor *e, const struct shape *shape)
{
    json out = typed("object"), properties = json_object(), needed = json_array();
    add_keys(e, &properties, shape->keys, shape->key_count);
    for (size_t i = 0; i < shape->key_count; i++)
        if (shape->keys[i].required)
            json_append_take(&needed, json_string(shape->keys[i].name));
    json_set_take(&out, "properties", properties);
    if (json_length(needed) > 0)
        json_set(&out, "required", needed);
    json_free(needed);
    if (!shape->open)
        json_set_bool(&out, "additionalProperties", false);
    if (shape->count_min > 0)
        json_set_int(&out, "minProperties", (int64_t)shape->count_min);
    if (shape->one_of == NULL)
        return out;
    json choices = json_array();
    for (size_t i = 0; shape->one_of[i] != NULL; i++)
        json_append_take(&choices, required(shape->one_of[i]));
    json_set_take(&out, "oneOf", choices);
    return out;
}

static json of_list(struct editor *e, const struct shape *shape)
{
    json out = typed("array"), item = of_shape(e, shape->item);
    if (shape->kind == SHAPE_NAMED) {
        json named = typed("object");
        json_set_int(&named, "minProperties", 1);
        json_set_int(&named, "maxProperties", 1);
        json_set_take(&named, "additionalProperties", item);
        item = named;
    }
    json_set_take(&out, "items", item);
    if (shape->count_min > 0)
        json_set_int(&out, "minItems", (int64_t)shape->count_min);
    return out;
}

static json of_duration(struct editor *e)
{
    json text = typed("string");
    json_set_text(&text, "pattern", "^(P[0-9YMWDTHS.,]+$|[\\s\\S]*\\$\\{)");
    json_set_text(&text, "description", "ISO 8601, as PT1H30M or P1D, or an expression");
    return either(text, of_record(e, &SHAPE_OF_DURATION_OBJECT));
}

// ── tasks ──

static bool word_in(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

// `for` brings its own `do`, so `do` alone is the word only without it.
static json word_test(const struct language_word *word)
{
    json out = required(word->word);
    if (word->kind == TASK_DO)
        json_set_take(&out, "not", required("for"));
    return out;
}

static bool word_has_key(const struct language_word *word, const char *name)
{
    for (size_t i = 0; i < word->key_count; i++)
        if (strcmp(word->keys[i].name, name) == 0)
            return true;
    return false;
}

// If the word is there, then also its other keys, and none of another word's.
static json word_condition(const struct language_word *word)
{
    json refused = json_object(), then = json_object(), out = json_object(), needed = json_array();
    for (size_t i = 0; i < word->key_count; i++)
        if (word->keys[i].required)
            json_append_take(&needed, json_string(word->keys[i].name));
    for (size_t i = 0; i < LANGUAGE_WORD_COUNT; i++)
        for (size_t k = 0; k < LANGUAGE_WORDS[i].key_count; k++)
            if (!word_has_key(word, LANGUAGE_WORDS[i].keys[k].name))
                json_set_bool(&refused, LANGUAGE_WORDS[i].keys[k].name, false);
    json_set_take(&then, "properties", refused);
    json_set_take(&then, "required", needed);
    json_set_take(&out, "if", word_test(word));
    json_set_take(&out, "then", then);
    return out;
}

static json word_choice(const struct language_word *word)
{
    json out = word_test(word);
    json_set_text(&out, "description", word->help);
    return out;
}

static json call_condition(const char *name, json with, bool needs_with)
{
    json call = json_object(), properties = json_object(), test = required("call");
    json then = json_object(), arguments = json_object(), out = json_object();
    json_set_text(&call, "const", name);
    json_set_take(&properties, "call", call);
    json_set_take(&test, "properties", properties);
    json_set_take(&arguments, "with", with);
    json_set_take(&then, "properties", arguments);
    if (needs_with) {
        json list = json_array();
        json_append_take(&list, json_string("with"));
        json_set_take(&then, "required", list);
    }
    json_set_take(&out, "if", test);
    json_set_take(&out, "then", then);
    return out;
}

// ── a plugin's schema, where any value may also be an expression ──

static json loosen(json schema, bool whole);

static json loosen_each(json members, bool named)
{
    json out = named ? json_object() : json_array(), value;
    const char *key;
    if (!named) {
        for (size_t i = 0; i < json_length(members); i++) {
            json item = json_at(members, i);
            json_append_take(&out, loosen(item, false));
            json_free(item);
        }
        return out;
    }
    struct json_cursor cursor = JSON_CURSOR_START;
    while (json_next(members, &cursor, &key, &value))
        json_set_take(&out, key, loosen(value, true));
    return out;
}

static json loosen(json schema, bool whole)
{
    static const char *const LISTS[] = {"anyOf", "oneOf", "allOf", "prefixItems"};
    if (!json_is_object(schema))
        return json_ref(schema);
    json out = json_ref(schema);
    json properties = json_get(schema, "properties"), items = json_get(schema, "items");
    json others = json_get(schema, "additionalProperties");
    if (json_is_object(properties))
        json_set_take(&out, "properties", loosen_each(properties, true));
    if (json_is_object(items))
        json_set_take(&out, "items", loosen(items, true));
    if (json_is_object(others))
        json_set_take(&out, "additionalProperties", loosen(others, true));
    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++) {
        json list = json_get(schema, LISTS[i]);
        if (json_is_array(list))
            json_set_take(&out, LISTS[i], loosen_each(list, false));
        json_free(list);
    }
    json_free(properties);
    json_free(items);
    json_free(others);
    if (!whole)
        return out;
    json described = json_get(schema, "description");
    json wrapped = either(out, expression());
    if (!json_is_absent(described))
        json_set(&wrapped, "description", described);
    json_free(described);
    return wrapped;
}

static void add_function(struct editor *e, const struct function_signature *f, json *conditions)
{
    if (!json_is_object(f->input_schema))
        return;
    char *name = mem_printf("with-%s", f->name);
    json with = loosen(f->input_schema, false), needed = json_get(f->input_schema, "required");
    // References inside a plugin's schema start at its own root.
    json_set_take(&with, "$id", json_printf("dure:%s", name));
    if (f->summary != NULL)
        json_set_text(&with, "description", f->summary);
    json_set_take(&e->definitions, name, with);
    json by_id = json_object();
    json_set_take(&by_id, "$ref", json_printf("dure:%s", name));
    json_append_take(conditions, call_condition(f->name, by_id, json_length(needed) > 0));
    json_free(needed);
    mem_free(name);
}

// The names first, for completion; any other text may be one of `use.functions`.
static json function_name(struct editor *e)
{
    const char *const *names =
        e->functions == NULL ? NULL : e->functions->names(e->functions->context);
    json known = json_array(), choice = json_object();
    for (size_t i = 0; i < LANGUAGE_PROTOCOL_COUNT; i++)
        json_append_take(&known, json_string(LANGUAGE_PROTOCOLS[i].name));
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        json_append_take(&known, json_string(names[i]));
    json_set_take(&choice, "enum", known);
    json own = typed("string");
    json_set_text(&own, "description", "One of 'use.functions', or NAME:VERSION@CATALOG");
    return either(choice, own);
}

static json of_task(struct editor *e)
{
    json out = typed("object"), properties = json_object();
    json choices = json_array(), conditions = json_array();
    for (size_t i = 0; i < LANGUAGE_WORD_COUNT; i++) {
        const struct language_word *word = &LANGUAGE_WORDS[i];
        add_keys(e, &properties, word->keys, word->key_count);
        json_append_take(&choices, word_choice(word));
        json_append_take(&conditions, word_condition(word));
    }
    add_keys(e, &properties, LANGUAGE_TASK_KEYS, LANGUAGE_TASK_KEY_COUNT);
    for (size_t i = 0; i < LANGUAGE_PROTOCOL_COUNT; i++) {
        const struct language_protocol *p = &LANGUAGE_PROTOCOLS[i];
        json_append_take(&conditions, call_condition(p->name, of_shape(e, p->with), true));
    }
    const struct function_catalogue *f = e->functions;
    const char *const *names = f == NULL ? NULL : f->names(f->context);
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        const struct function_signature *s = f->find(f->context, names[i], NULL);
        if (s != NULL && !word_in(names, i, names[i]))
            add_function(e, s, &conditions);
    }
    json_set_take(&out, "properties", properties);
    json_set_bool(&out, "additionalProperties", false);
    json_set_take(&out, "oneOf", choices);
    json_set_take(&out, "allOf", conditions);
    return out;
}

// ── any shape ──

static json of_union(struct editor *e, const struct shape *shape)
{
    json list = json_array(), out = json_object();
    for (size_t i = 0; shape->alternatives[i] != NULL; i++)
        json_append_take(&list, of_shape(e, shape->alternatives[i]));
    json_set_take(&out, "anyOf", list);
    return out;
}

static json of_scalar(const struct shape *shape)
{
    json out = typed(shape->kind == SHAPE_TEXT      ? "string"
                     : shape->kind == SHAPE_INTEGER ? "integer"
                                                    : "boolean");
    if (shape->choices != NULL)
        json_set_take(&out, "enum", texts(shape->choices));
    if (shape->kind == SHAPE_FALSE)
        json_set_bool(&out, "const", false);
    return out;
}

static json written_out(struct editor *e, const struct shape *shape)
{
    json out;
    switch (shape->kind) {
    case SHAPE_ANY:
        return json_object();
    case SHAPE_TEXT:
        return shape->name != NULL && strcmp(shape->name, "functionName") == 0 ? function_name(e)
                                                                               : of_scalar(shape);
    case SHAPE_INTEGER:
    case SHAPE_BOOL:
    case SHAPE_FALSE:
        return of_scalar(shape);
    case SHAPE_OBJECT:
        return typed("object");
    case SHAPE_RECORD:
        return of_record(e, shape);
    case SHAPE_MAP:
        out = typed("object");
        json_set_take(&out, "additionalProperties", of_shape(e, shape->item));
        return out;
    case SHAPE_LIST:
    case SHAPE_NAMED:
        return of_list(e, shape);
    case SHAPE_DURATION:
        return of_duration(e);
    case SHAPE_TASK:
        return of_task(e);
    case SHAPE_UNION:
        return of_union(e, shape);
    }
    must_not_reach();
}

static json of_shape(struct editor *e, const struct shape *shape)
{
    if (shape->name == NULL) {
        json out = written_out(e, shape);
        return shape->expression ? either(out, expression()) : out;
    }
    if (!json_has(e->definitions, shape->name)) {
        // Present before it is written, since tasks hold tasks.
        json_set_take(&e->definitions, shape->name, json_object());
        json whole = written_out(e, shape);
        if (shape->expression)
            whole = either(whole, expression());
        json_set_take(&e->definitions, shape->name, whole);
    }
    return reference(shape->name);
}

json definition_editor_schema(const struct function_catalogue *functions)
{
    struct editor e = {.definitions = json_object(), .functions = functions};
    json out = written_out(&e, &LANGUAGE_WORKFLOW);
    json_set_text(&out, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_set_text(&out, "title", "Dure workflow");
    json_set_text(&out, "description",
                  "A workflow in the Open Workflow Specification DSL 1.0.x, with the functions of "
                  "the installed plugins");
    json_set_take(&out, "$defs", e.definitions);
    return out;
}
