// Compiling: each subschema becomes a node, found again by its JSON Pointer. References are
// resolved in rounds, since a reference may point at a place that no keyword leads to.
#include "json/schema.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/near.h"
#include "json/schema_node.h"

#define SCHEMA_NODES_MAX 50000

struct compiler {
    struct schema *made;
    struct schema_node **waiting; // with an unresolved reference
    size_t waiting_count, waiting_capacity;
    struct fail *why;
};

static struct schema_node *compile(struct compiler *c, json source, const char *pointer);

// ---- places

static const char *child_pointer(struct compiler *c, const char *parent, const char *key)
{
    struct bytes escaped;
    bytes_init(&escaped, 1024 * 1024);
    bytes_add(&escaped, parent);
    bytes_add_char(&escaped, '/');
    for (; *key; key++) {
        if (*key == '~')
            bytes_add(&escaped, "~0");
        else if (*key == '/')
            bytes_add(&escaped, "~1");
        else
            bytes_add_char(&escaped, *key);
    }
    const char *pointer = arena_string(&c->made->arena, escaped.data);
    bytes_done(&escaped);
    return pointer;
}

static const char *index_pointer(struct compiler *c, const char *parent, size_t i)
{
    return arena_printf(&c->made->arena, "%s/%zu", parent, i);
}

static bool wrong(struct compiler *c, const struct schema_node *n, const char *keyword,
                  const char *wanted)
{
    return fail(c->why, FAIL_INVALID, "the schema is wrong at %s: '%s' must be %s",
                *n->pointer ? n->pointer : "its top", keyword, wanted);
}

// ---- plain keywords

static bool read_bound(struct compiler *c, struct schema_node *n, json source, const char *keyword,
                       struct schema_bound *out)
{
    json v = json_get(source, keyword);
    bool good = json_is_absent(v) || json_is_number(v);
    if (json_is_number(v))
        *out = (struct schema_bound){true, json_double(v)};
    json_free(v);
    return good || wrong(c, n, keyword, "a number");
}

static bool read_size(struct compiler *c, struct schema_node *n, json source, const char *keyword,
                      size_t *out)
{
    json v = json_get(source, keyword);
    bool given = !json_is_absent(v), good = json_is_integer(v) && json_int(v) >= 0;
    if (good)
        *out = (size_t)json_int(v);
    json_free(v);
    return !given || good || wrong(c, n, keyword, "a whole number, not negative");
}

static bool read_numbers(struct compiler *c, struct schema_node *n, json source)
{
    bool good = read_bound(c, n, source, "minimum", &n->minimum) &&
                read_bound(c, n, source, "maximum", &n->maximum) &&
                read_bound(c, n, source, "exclusiveMinimum", &n->above) &&
                read_bound(c, n, source, "exclusiveMaximum", &n->below) &&
                read_bound(c, n, source, "multipleOf", &n->multiple_of);
    if (good && n->multiple_of.set && !(n->multiple_of.n > 0))
        return wrong(c, n, "multipleOf", "greater than 0");
    return good;
}

static bool read_sizes(struct compiler *c, struct schema_node *n, json source)
{
    return read_size(c, n, source, "minLength", &n->lengths.min) &&
           read_size(c, n, source, "maxLength", &n->lengths.max) &&
           read_size(c, n, source, "minItems", &n->items_count.min) &&
           read_size(c, n, source, "maxItems", &n->items_count.max) &&
           read_size(c, n, source, "minContains", &n->contains_count.min) &&
           read_size(c, n, source, "maxContains", &n->contains_count.max) &&
           read_size(c, n, source, "minProperties", &n->properties_count.min) &&
           read_size(c, n, source, "maxProperties", &n->properties_count.max);
}

static const char *const type_names[] = {"null",  "boolean", "number", "string",
                                         "array", "object",  "integer"};
#define TYPE_COUNT (sizeof(type_names) / sizeof(*type_names))

static unsigned type_bit(json name)
{
    if (!json_is_string(name))
        return 0;
    for (unsigned i = 0; i < TYPE_COUNT; i++)
        if (strcmp(json_text(name), type_names[i]) == 0)
            return i + 1 == TYPE_COUNT ? SCHEMA_INTEGER : SCHEMA_KIND(JSON_NULL + i);
    return 0;
}

static bool wrong_type(struct compiler *c, const struct schema_node *n, json name, const char *at)
{
    if (!json_is_string(name))
        return wrong(c, n, "type",
                     "null, boolean, integer, number, string, array, object or a list of those");
    const char *near = near_word(json_text(name), type_names, TYPE_COUNT, NEAR_BY_LENGTH);
    if (near)
        return fail(c->why, FAIL_INVALID,
                    "the schema is wrong at %s/type%s: '%.60s' is no type; did you mean '%s'?",
                    n->pointer, at, json_text(name), near);
    return fail(c->why, FAIL_INVALID,
                "the schema is wrong at %s/type%s: '%.60s' is no type; take null, boolean, "
                "integer, number, string, array, object or a list of those",
                n->pointer, at, json_text(name));
}

static bool read_type_name(struct compiler *c, struct schema_node *n, json name, const char *at)
{
    unsigned bit = type_bit(name);
    n->types |= bit;
    return bit != 0 || wrong_type(c, n, name, at);
}

static bool read_type(struct compiler *c, struct schema_node *n, json source)
{
    json v = json_get(source, "type");
    size_t count = json_is_array(v) ? json_length(v) : 0;
    bool good = json_is_absent(v) || count > 0 || read_type_name(c, n, v, "");
    for (size_t i = 0; good && i < count; i++) {
        char at[24];
        snprintf(at, sizeof(at), "/%zu", i);
        json name = json_at(v, i);
        good = read_type_name(c, n, name, at);
        json_free(name);
    }
    json_free(v);
    return good;
}

static bool make_pattern(struct compiler *c, const struct schema_node *n, const char *text,
                         struct schema_pattern *out)
{
    out->text = arena_string(&c->made->arena, text);
    out->pattern = pattern_new(text, c->why);
    return out->pattern ||
           fail_within(c->why, "the schema is wrong at %s", *n->pointer ? n->pointer : "its top");
}

static bool read_text_keyword(struct compiler *c, struct schema_node *n, json source,
                              const char *keyword, const char **out)
{
    json v = json_get(source, keyword);
    bool good = json_is_absent(v) || json_is_string(v);
    if (json_is_string(v))
        *out = arena_string(&c->made->arena, json_text(v));
    json_free(v);
    return good || wrong(c, n, keyword, "text");
}

static bool read_values(struct compiler *c, struct schema_node *n, json source)
{
    const char *pattern = NULL;
    n->enumeration = json_get(source, "enum");
    n->constant = json_get(source, "const");
    if (!json_is_absent(n->enumeration) && !json_is_array(n->enumeration))
        return wrong(c, n, "enum", "a list");
    if (!read_text_keyword(c, n, source, "format", &n->format) ||
        !read_text_keyword(c, n, source, "x-must", &n->must) ||
        !read_text_keyword(c, n, source, "pattern", &pattern) ||
        !read_text_keyword(c, n, source, "$ref", &n->ref_text))
        return false;
    if (!n->ref_text && !read_text_keyword(c, n, source, "$dynamicRef", &n->ref_text))
        return false;
    json unique = json_get(source, "uniqueItems");
    n->unique = json_is_true(unique);
    bool good = json_is_absent(unique) || json_kind(unique) == JSON_BOOL;
    json_free(unique);
    if (!good)
        return wrong(c, n, "uniqueItems", "true or false");
    return !pattern || make_pattern(c, n, pattern, &n->pattern);
}

// ---- subschemas

static bool read_one(struct compiler *c, struct schema_node *n, json source, const char *keyword,
                     struct schema_node **out)
{
    json v = json_get(source, keyword);
    if (json_is_absent(v))
        return true;
    *out = compile(c, v, child_pointer(c, n->pointer, keyword));
    json_free(v);
    return *out != NULL;
}

static bool read_list(struct compiler *c, struct schema_node *n, json source, const char *keyword,
                      struct schema_nodes *out)
{
    json v = json_get(source, keyword);
    if (json_is_absent(v))
        return true;
    bool good = json_is_array(v) && json_length(v) > 0;
    if (!good)
        wrong(c, n, keyword, "a list of schemas");
    const char *pointer = child_pointer(c, n->pointer, keyword);
    size_t count = good ? json_length(v) : 0;
    out->items = arena_alloc(&c->made->arena, (count + 1) * sizeof *out->items);
    for (; good && out->count < count; out->count++) {
        json item = json_at(v, out->count);
        out->items[out->count] = compile(c, item, index_pointer(c, pointer, out->count));
        good = out->items[out->count] != NULL;
        json_free(item);
        if (!good)
            break;
    }
    json_free(v);
    return good;
}

static bool read_map(struct compiler *c, struct schema_node *n, json source, const char *keyword,
                     struct map *out)
{
    json v = json_get(source, keyword), value;
    bool good =
        json_is_absent(v) || json_is_object(v) || wrong(c, n, keyword, "an object of schemas");
    const char *pointer = child_pointer(c, n->pointer, keyword), *key;
    struct json_cursor cursor = JSON_CURSOR_START;
    while (good && json_next(v, &cursor, &key, &value)) {
        if (json_is_array(value) && strcmp(keyword, "dependencies") == 0)
            continue; // draft-07: a list there means dependentRequired
        struct schema_node *node = compile(c, value, child_pointer(c, pointer, key));
        good = node != NULL;
        if (good)
            map_put(out, key, node);
    }
    json_cursor_done(&cursor);
    json_free(v);
    return good;
}

static bool read_patterns(struct compiler *c, struct schema_node *n, json source)
{
    json v = json_get(source, "patternProperties"), value;
    bool good = json_is_absent(v) || json_is_object(v) ||
                wrong(c, n, "patternProperties", "an object of schemas");
    const char *pointer = child_pointer(c, n->pointer, "patternProperties"), *key;
    struct json_cursor cursor = JSON_CURSOR_START;
    n->patterns = arena_alloc(&c->made->arena, (json_length(v) + 1) * sizeof *n->patterns);
    while (good && json_next(v, &cursor, &key, &value)) {
        struct schema_pattern *p = &n->patterns[n->pattern_count];
        good = make_pattern(c, n, key, p);
        n->pattern_count += good;
        if (good)
            p->node = compile(c, value, child_pointer(c, pointer, key));
        good = good && p->node;
    }
    json_cursor_done(&cursor);
    json_free(v);
    return good;
}

// `items: […]` and `additionalItems` are how draft-07 writes prefixItems and items.
static bool read_items(struct compiler *c, struct schema_node *n, json source)
{
    json items = json_get(source, "items");
    bool old = json_is_array(items);
    json_free(items);
    if (old)
        return read_list(c, n, source, "items", &n->prefix) &&
               read_one(c, n, source, "additionalItems", &n->items);
    return read_list(c, n, source, "prefixItems", &n->prefix) &&
           read_one(c, n, source, "items", &n->items);
}

static bool is_text_list(json v)
{
    bool good = json_is_array(v);
    for (size_t i = 0; good && i < json_length(v); i++) {
        json item = json_at(v, i);
        good = json_is_string(item);
        json_free(item);
    }
    return good;
}

static bool read_required(struct compiler *c, struct schema_node *n, json source)
{
    json v = json_get(source, "required");
    bool good = json_is_absent(v) || is_text_list(v);
    if (good && json_is_array(v)) {
        n->required = arena_alloc(&c->made->arena, (json_length(v) + 1) * sizeof *n->required);
        for (; n->required_count < json_length(v); n->required_count++) {
            json name = json_at(v, n->required_count);
            n->required[n->required_count] = arena_string(&c->made->arena, json_text(name));
            json_free(name);
        }
    }
    json_free(v);
    return good || wrong(c, n, "required", "a list of property names");
}

static bool read_dependent(struct compiler *c, struct schema_node *n, json source,
                           const char *keyword)
{
    json v = json_get(source, keyword), value;
    bool old = strcmp(keyword, "dependencies") == 0;
    bool good = json_is_absent(v) || json_is_object(v) || wrong(c, n, keyword, "an object");
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    while (good && json_next(v, &cursor, &key, &value)) {
        if (old && !json_is_array(value))
            continue;
        good = is_text_list(value) || wrong(c, n, keyword, "an object of lists of property names");
        if (good && json_is_absent(n->dependent_required))
            n->dependent_required = json_object();
        if (good)
            json_set(&n->dependent_required, key, value);
    }
    json_cursor_done(&cursor);
    json_free(v);
    return good;
}

static bool read_object_keywords(struct compiler *c, struct schema_node *n, json source)
{
    return read_map(c, n, source, "properties", &n->properties) && read_patterns(c, n, source) &&
           read_one(c, n, source, "additionalProperties", &n->additional) &&
           read_one(c, n, source, "propertyNames", &n->names) &&
           read_one(c, n, source, "unevaluatedProperties", &n->unevaluated_properties) &&
           read_required(c, n, source) && read_dependent(c, n, source, "dependentRequired") &&
           read_dependent(c, n, source, "dependencies") &&
           read_map(c, n, source, "dependentSchemas", &n->dependent_schemas) &&
           read_map(c, n, source, "dependencies", &n->dependent_schemas);
}

static bool read_combining(struct compiler *c, struct schema_node *n, json source)
{
    return read_list(c, n, source, "allOf", &n->all_of) &&
           read_list(c, n, source, "anyOf", &n->any_of) &&
           read_list(c, n, source, "oneOf", &n->one_of) &&
           read_one(c, n, source, "not", &n->not_one) &&
           read_one(c, n, source, "if", &n->condition) &&
           read_one(c, n, source, "then", &n->consequence) &&
           read_one(c, n, source, "else", &n->alternative);
}

static bool read_keywords(struct compiler *c, struct schema_node *n, json source)
{
    return read_type(c, n, source) && read_numbers(c, n, source) && read_sizes(c, n, source) &&
           read_values(c, n, source) && read_items(c, n, source) &&
           read_one(c, n, source, "contains", &n->contains) &&
           read_one(c, n, source, "unevaluatedItems", &n->unevaluated_items) &&
           read_object_keywords(c, n, source) && read_combining(c, n, source);
}

static void wait_for_reference(struct compiler *c, struct schema_node *n)
{
    if (c->waiting_count == c->waiting_capacity) {
        c->waiting_capacity = c->waiting_capacity ? c->waiting_capacity * 2 : 16;
        c->waiting = mem_resize(c->waiting, c->waiting_capacity * sizeof(struct schema_node *));
    }
    c->waiting[c->waiting_count++] = n;
}

static struct schema_node *compile(struct compiler *c, json source, const char *pointer)
{
    struct schema_node *n = map_get(&c->made->nodes, pointer);
    if (n)
        return n;
    n = arena_new(&c->made->arena, struct schema_node);
    n->pointer = pointer;
    n->enumeration = n->constant = n->dependent_required = json_absent();
    n->lengths.max = n->items_count.max = SIZE_MAX;
    n->contains_count = (struct schema_sizes){1, SIZE_MAX};
    n->properties_count.max = SIZE_MAX;
    map_init(&n->properties);
    map_init(&n->dependent_schemas);
    map_put(&c->made->nodes, pointer, n);
    if (c->made->nodes.count > SCHEMA_NODES_MAX) {
        fail(c->why, FAIL_LIMIT, "a schema may have %d parts at most", SCHEMA_NODES_MAX);
        return NULL;
    }
    if (json_kind(source) == JSON_BOOL) {
        n->never = !json_is_true(source);
        return n;
    }
    if (!json_is_object(source)) {
        fail(c->why, FAIL_INVALID,
             "the schema is wrong at %s: a schema is an object, true or false",
             *pointer ? pointer : "its top");
        return NULL;
    }
    if (!read_keywords(c, n, source))
        return NULL;
    if (n->ref_text)
        wait_for_reference(c, n);
    return n;
}

// ---- references inside the document

// Where `$id` and `$anchor` stand: ids change what a bare "#" means below them.
static void gather_names(struct compiler *c, json v, const char *pointer, const char *base)
{
    if (json_is_array(v)) {
        for (size_t i = 0; i < json_length(v); i++) {
            json item = json_at(v, i);
            gather_names(c, item, index_pointer(c, pointer, i), base);
            json_free(item);
        }
        return;
    }
    if (!json_is_object(v))
        return;
    const char *id = json_get_text(v, "$id", NULL);
    if (id && *id && *id != '#') {
        size_t directory = strrchr(base, '/') ? (size_t)(strrchr(base, '/') - base) + 1 : 0;
        base = strstr(id, "://") || strncmp(id, "urn:", 4) == 0
                   ? arena_string_sized(&c->made->arena, id, strcspn(id, "#"))
                   : arena_printf(&c->made->arena, "%.*s%.*s", (int)directory, base,
                                  (int)strcspn(id, "#"), id);
        map_put(&c->made->ids, base, (void *)(uintptr_t)pointer);
    }
    const char *anchors[] = {json_get_text(v, "$anchor", NULL),
                             json_get_text(v, "$dynamicAnchor", NULL),
                             id && *id == '#' ? id + 1 : NULL};
    for (size_t i = 0; i < 3; i++)
        if (anchors[i])
            map_put(&c->made->anchors, arena_printf(&c->made->arena, "%s#%s", base, anchors[i]),
                    (void *)(uintptr_t)pointer);
    map_put(&c->made->ids, arena_printf(&c->made->arena, "@%s", pointer), (void *)(uintptr_t)base);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json value;
    while (json_next(v, &cursor, &key, &value))
        gather_names(c, value, child_pointer(c, pointer, key), base);
}

static const char *percent_decoded(struct compiler *c, const char *s)
{
    char *out = arena_string(&c->made->arena, s), *to = out;
    for (; *s; s++) {
        unsigned byte;
        char hex[3] = {s[0] == '%' ? s[1] : 0, s[0] == '%' && s[1] ? s[2] : 0, 0};
        if (hex[0] && hex[1] && strspn(hex, "0123456789abcdefABCDEF") == 2) {
            byte = (unsigned)strtoul(hex, NULL, 16);
            *to++ = (char)byte;
            s += 2;
        } else {
            *to++ = *s;
        }
    }
    *to = 0;
    return out;
}

// The pointer that a reference means, or NULL.
static const char *pointer_of(struct compiler *c, const struct schema_node *n)
{
    const char *ref = n->ref_text, *hash = strchr(ref, '#');
    const char *base = map_get(&c->made->ids, arena_printf(&c->made->arena, "@%s", n->pointer));
    const char *resource = "", *fragment = hash ? percent_decoded(c, hash + 1) : "";
    size_t length = hash ? (size_t)(hash - ref) : strlen(ref);
    base = base ? base : "";
    if (length > 0) {
        const char *id = arena_string_sized(&c->made->arena, ref, length);
        size_t directory = strrchr(base, '/') ? (size_t)(strrchr(base, '/') - base) + 1 : 0;
        if (!map_has(&c->made->ids, id))
            id = arena_printf(&c->made->arena, "%.*s%s", (int)directory, base, id);
        resource = map_get(&c->made->ids, id);
        if (!resource)
            return NULL;
        base = id;
    } else if (map_has(&c->made->ids, base)) {
        resource = map_get(&c->made->ids, base);
    }
    if (*fragment && *fragment != '/')
        return map_get(&c->made->anchors, arena_printf(&c->made->arena, "%s#%s", base, fragment));
    return arena_printf(&c->made->arena, "%s%s", resource, fragment);
}

static bool resolve(struct compiler *c, struct schema_node *n)
{
    struct fail missing;
    const char *pointer = pointer_of(c, n);
    json target = pointer ? json_pointer(c->made->document, pointer, &missing) : json_absent();
    if (json_is_absent(target))
        return fail(c->why, FAIL_INVALID,
                    "the schema is wrong at %s: '$ref' to '%.150s' leads nowhere in this document; "
                    "what it needs must stand under '$defs'",
                    *n->pointer ? n->pointer : "its top", n->ref_text);
    n->ref = compile(c, target, pointer);
    json_free(target);
    return n->ref != NULL;
}

static bool compile_document(struct compiler *c)
{
    struct schema *s = c->made;
    if (!json_depth_within(s->document, 4 * LIMIT_DOCUMENT_DEPTH))
        return fail(c->why, FAIL_LIMIT, "the schema is nested too deep");
    gather_names(c, s->document, "", "");
    s->root = compile(c, s->document, arena_string(&s->arena, ""));
    bool good = s->root != NULL;
    for (size_t i = 0; good && i < c->waiting_count; i++)
        good = resolve(c, c->waiting[i]);
    return good;
}

struct schema *schema_compile(json document, struct fail *why)
{
    struct schema *s = mem_new(struct schema);
    arena_init(&s->arena);
    map_init(&s->nodes);
    map_init(&s->anchors);
    map_init(&s->ids);
    s->document = json_ref(document);
    struct compiler c = {.made = s, .why = why};
    bool good = compile_document(&c);
    mem_free(c.waiting);
    if (good)
        return s;
    schema_free(s);
    return NULL;
}

static void node_done(struct schema_node *n)
{
    json_free(n->enumeration);
    json_free(n->constant);
    json_free(n->dependent_required);
    pattern_free(n->pattern.pattern);
    for (size_t i = 0; i < n->pattern_count; i++)
        pattern_free(n->patterns[i].pattern);
    map_done(&n->properties);
    map_done(&n->dependent_schemas);
}

void schema_free(struct schema *s)
{
    if (!s)
        return;
    struct map_entry *entry;
    for (size_t i = 0; map_next(&s->nodes, &i, &entry);)
        node_done(entry->value);
    map_done(&s->nodes);
    map_done(&s->anchors);
    map_done(&s->ids);
    json_free(s->document);
    arena_done(&s->arena);
    mem_free(s);
}
