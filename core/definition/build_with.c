#include "definition/build.h"

#include <stdio.h>
#include <string.h>

// The arguments of a plugin's function against its schema, as far as they are constant: a value
// with an expression inside is unknown until the task runs, so nothing is said about it, nor about
// what depends on it. What is missing is missing all the same.

#define DYNAMIC_MAX    256
#define CANDIDATES_MAX 128

struct probe {
    struct builder *b;
    const struct function_signature *signature;
    const struct yaml_node *call, *with;
    const char *dynamic[DYNAMIC_MAX]; // pointers of values that are not constant
    size_t dynamic_count;
    bool dynamic_overflow;
};

static const char *token(struct probe *p, const char *base, const char *name)
{
    char escaped[512];
    size_t n = 0;
    for (const char *c = name; *c != '\0' && n < sizeof escaped - 3; c++) {
        if (*c == '~' || *c == '/') {
            escaped[n++] = '~';
            escaped[n++] = *c == '~' ? '0' : '1';
        } else {
            escaped[n++] = *c;
        }
    }
    escaped[n] = '\0';
    return arena_printf(&p->b->d->arena, "%s/%s", base, escaped);
}

static json constant_part(struct probe *p, const struct yaml_node *node, const char *pointer)
{
    char index[32];
    if (node->kind == YAML_STRING && strstr(node->text, "${") != NULL) {
        p->dynamic_overflow = p->dynamic_overflow || p->dynamic_count == DYNAMIC_MAX;
        if (!p->dynamic_overflow)
            p->dynamic[p->dynamic_count++] = pointer;
        return json_null();
    }
    if (node->kind == YAML_MAPPING) {
        json out = json_object();
        for (size_t i = 0; i < node->count; i++) {
            const char *key = node->keys[i]->text;
            json_set_take(&out, key, constant_part(p, node->items[i], token(p, pointer, key)));
        }
        return out;
    }
    if (node->kind == YAML_SEQUENCE) {
        json out = json_array();
        for (size_t i = 0; i < node->count; i++) {
            snprintf(index, sizeof index, "%zu", i);
            json_append_take(&out, constant_part(p, node->items[i], token(p, pointer, index)));
        }
        return out;
    }
    return yaml_to_json(node);
}

static bool is_at_or_below(const char *pointer, const char *base)
{
    size_t length = strlen(base);
    return strncmp(pointer, base, length) == 0 &&
           (pointer[length] == '\0' || pointer[length] == '/');
}

// Keywords that look at which keys there are, or at the kind, hold whatever the values below are.
static bool is_of_form(const char *keyword)
{
    static const char *const FORM[] = {"required", "additionalProperties", "unevaluatedProperties",
                                       "propertyNames", "type"};
    for (size_t i = 0; i < sizeof FORM / sizeof *FORM; i++)
        if (strcmp(FORM[i], keyword) == 0)
            return true;
    return false;
}

static bool is_unknown(const struct probe *p, const struct schema_violation *v)
{
    if (p->dynamic_overflow)
        return true;
    for (size_t i = 0; i < p->dynamic_count; i++) {
        if (is_at_or_below(v->pointer, p->dynamic[i]))
            return true;
        if (is_at_or_below(p->dynamic[i], v->pointer) && !is_of_form(v->keyword))
            return true;
    }
    return false;
}

// Names that the schema knows at a pointer, as far as plain `properties` and `items` lead there.
// The texts live as long as the returned schema does.
static json schema_at(const struct probe *p, const char *pointer)
{
    json schema = json_ref(p->signature->input_schema);
    char step[POINTER_STEP_MAX];
    while (pointer_step(&pointer, step)) {
        json properties = json_get(schema, "properties");
        json next = json_get(properties, step);
        if (json_is_absent(next))
            json_swap_take(&next, json_get(schema, "items"));
        json_free(properties);
        json_swap_take(&schema, next);
    }
    return schema;
}

static size_t candidates(json properties, const char *out[CANDIDATES_MAX], struct arena *arena)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json value;
    size_t count = 0;
    while (json_is_object(properties) && json_next(properties, &cursor, &key, &value))
        if (count < CANDIDATES_MAX)
            out[count++] = arena_string(arena, key);
    return count;
}

// 'question' is missing because 'questoin' stands there, which has a message of its own.
static bool is_mistyped(const struct yaml_node *node, const char *property, const char **names,
                        size_t count)
{
    for (size_t i = 0; node_mapping(node) != NULL && i < node->count; i++) {
        const char *key = node->keys[i]->text, *near = shape_nearest(key, names, count);
        if (near != NULL && strcmp(near, property) == 0 && strcmp(key, property) != 0) {
            bool known = false;
            for (size_t k = 0; k < count; k++)
                known = known || strcmp(names[k], key) == 0;
            if (!known)
                return true;
        }
    }
    return false;
}

static void violated(void *context, const struct schema_violation *v)
{
    struct probe *p = context;
    if (is_unknown(p, v))
        return;
    const char *names[CANDIDATES_MAX];
    json schema = schema_at(p, v->pointer);
    json properties = json_get(schema, "properties");
    size_t count = candidates(properties, names, &p->b->d->arena);
    json_free(properties);
    json_free(schema);
    const struct yaml_node *node = node_at(p->with, v->pointer);
    bool missing = strcmp(v->keyword, "required") == 0;
    if (missing && v->property != NULL && is_mistyped(node, v->property, names, count))
        return;
    const struct yaml_node *key = NULL;
    if (v->property != NULL && !missing && node_mapping(node) != NULL)
        key = yaml_key(node, v->property);
    if (node == NULL || (missing && v->pointer[0] == '\0'))
        node = p->call;
    const char *where = v->pointer[0] == '/' ? v->pointer + 1 : "";
    if (key != NULL)
        report(p->b, SEVERITY_ERROR, key, "bad-argument", "the function '%s' knows no '%s'%s%s%s",
               p->signature->name, v->property, *where == '\0' ? "" : " in '", where,
               *where == '\0' ? "" : "'");
    else
        report(p->b, SEVERITY_ERROR, node, "bad-argument", "%s of '%s': %s",
               *where == '\0' ? "the arguments" : where, p->signature->name, v->message);
    if (key != NULL)
        shape_suggest(p->b->diagnostics, v->property, names, count);
}

void check_with(struct builder *b, const struct function_signature *signature,
                const struct yaml_node *call, const struct yaml_node *with)
{
    if (signature->input == NULL || (with != NULL && with->kind != YAML_MAPPING))
        return;
    struct probe p = {.b = b, .signature = signature, .call = call, .with = with};
    json value = with == NULL ? json_object() : constant_part(&p, with, "");
    (void)schema_check(signature->input, value, violated, &p);
    json_free(value);
    check_mail_use(b, signature, with);
}
