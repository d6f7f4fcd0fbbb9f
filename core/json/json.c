#include "json/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "json/json_key.h"

#define INTEGER_MAX 9007199254740992.0 // 2^53

// What libjq asks itself at every step: the low bits of the first byte, without a call.
static jv_kind kind_of(json v)
{
    return (jv_kind)(v.kind_flags & 0xF);
}

enum json_kind json_kind(json v)
{
    switch (kind_of(v)) {
    case JV_KIND_INVALID:
        return JSON_ABSENT;
    case JV_KIND_NULL:
        return JSON_NULL;
    case JV_KIND_FALSE:
    case JV_KIND_TRUE:
        return JSON_BOOL;
    case JV_KIND_NUMBER:
        return JSON_NUMBER;
    case JV_KIND_STRING:
        return JSON_STRING;
    case JV_KIND_ARRAY:
        return JSON_ARRAY;
    case JV_KIND_OBJECT:
        return JSON_OBJECT;
    }
    must_not_reach();
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {"absent", "null",  "boolean", "number",
                                        "string", "array", "object"};
    must((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}

bool json_is_absent(json v)
{
    return kind_of(v) == JV_KIND_INVALID;
}

bool json_is_object(json v)
{
    return kind_of(v) == JV_KIND_OBJECT;
}

bool json_is_array(json v)
{
    return kind_of(v) == JV_KIND_ARRAY;
}

bool json_is_string(json v)
{
    return kind_of(v) == JV_KIND_STRING;
}

bool json_is_number(json v)
{
    return kind_of(v) == JV_KIND_NUMBER;
}

bool json_is_integer(json v)
{
    if (!json_is_number(v))
        return false;
    double n = jv_number_value(v);
    return n >= -INTEGER_MAX && n <= INTEGER_MAX && floor(n) == n;
}

bool json_is_null(json v)
{
    return kind_of(v) == JV_KIND_NULL;
}

bool json_is_true(json v)
{
    return kind_of(v) == JV_KIND_TRUE;
}

bool json_truthy(json v)
{
    jv_kind kind = kind_of(v);
    return kind != JV_KIND_INVALID && kind != JV_KIND_NULL && kind != JV_KIND_FALSE;
}

json json_absent(void)
{
    return jv_invalid();
}

json json_null(void)
{
    return jv_null();
}

json json_bool(bool b)
{
    return b ? jv_true() : jv_false();
}

json json_number(double n)
{
    return jv_number(n);
}

json json_integer(int64_t n)
{
    return jv_number((double)n);
}

json json_string(const char *s)
{
    must(s);
    return json_string_sized(s, strlen(s));
}

json json_string_sized(const char *s, size_t bytes)
{
    must(bytes < INT32_MAX / 4);
    return jv_string_sized(s, (int)bytes);
}

json json_printf(const char *format, ...)
{
    char small[256];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    must(length >= 0);
    if ((size_t)length < sizeof small) {
        va_end(again);
        return json_string_sized(small, (size_t)length);
    }
    char *large = mem_alloc((size_t)length + 1);
    vsnprintf(large, (size_t)length + 1, format, again);
    va_end(again);
    json v = json_string_sized(large, (size_t)length);
    mem_free(large);
    return v;
}

json json_array(void)
{
    return jv_array();
}

json json_object(void)
{
    return jv_object();
}

json json_ref(json v)
{
    return jv_copy(v);
}

// Most values hold no memory, and jv_free asks four times what they are before it knows.
void json_free(json v)
{
    jv_kind kind = kind_of(v);
    if (kind >= JV_KIND_NULL && kind <= JV_KIND_TRUE)
        return;
    jv_free(v);
}

void json_swap_take(json *place, json v)
{
    json old = *place;
    *place = v;
    jv_free(old);
}

struct pile {
    json *items;
    size_t count, capacity;
};

static void pile_put_take(struct pile *p, json v)
{
    if (!json_is_array(v) && !json_is_object(v)) {
        jv_free(v);
        return;
    }
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? p->capacity * 2 : 64;
        p->items = mem_resize(p->items, p->capacity * sizeof *p->items);
    }
    p->items[p->count++] = v;
}

// Holding the children while their parent goes turns the recursion of jv_free into a pile.
void json_free_deep(json v)
{
    struct pile pile = {0};
    pile_put_take(&pile, v);
    while (pile.count > 0) {
        json top = pile.items[--pile.count];
        if (json_is_array(top)) {
            for (int i = 0, n = jv_array_length(jv_copy(top)); i < n; i++)
                pile_put_take(&pile, jv_array_get(jv_copy(top), i));
        } else {
            for (int i = jv_object_iter(top); jv_object_iter_valid(top, i);
                 i = jv_object_iter_next(top, i))
                pile_put_take(&pile, jv_object_iter_value(top, i));
        }
        jv_free(top);
    }
    mem_free(pile.items);
}

double json_double(json v)
{
    must(json_is_number(v));
    return jv_number_value(v);
}

int64_t json_int(json v)
{
    must(json_is_integer(v));
    return (int64_t)jv_number_value(v);
}

const char *json_text(json v)
{
    must(json_is_string(v));
    return jv_string_value(v);
}

size_t json_text_bytes(json v)
{
    must(json_is_string(v));
    return (size_t)jv_string_length_bytes(jv_copy(v));
}

size_t json_length(json v)
{
    switch (json_kind(v)) {
    case JSON_ARRAY:
        return (size_t)jv_array_length(jv_copy(v));
    case JSON_OBJECT:
        return (size_t)jv_object_length(jv_copy(v));
    case JSON_STRING:
        return (size_t)jv_string_length_codepoints(jv_copy(v));
    case JSON_ABSENT:
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        return 0;
    }
    must_not_reach();
}

json json_get(json object, const char *key)
{
    if (!json_is_object(object))
        return jv_invalid();
    return jv_object_get(jv_copy(object), json_key(key));
}

json json_at(json array, size_t i)
{
    if (!json_is_array(array) || i >= json_length(array))
        return jv_invalid();
    return jv_array_get(jv_copy(array), (int)i);
}

// Decimal digits without a leading zero, as array indexes are written (RFC 6901 section 4).
static bool index_parse(const char *s, size_t length, size_t *out)
{
    if (length == 0 || length > 9 || (length > 1 && s[0] == '0'))
        return false;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        n = n * 10 + (size_t)(s[i] - '0');
    }
    *out = n;
    return true;
}

static json child_take(json v, const char *name, size_t length)
{
    json child = jv_invalid();
    size_t index;
    if (json_is_object(v))
        child = jv_object_get(jv_copy(v), json_key_sized(name, length));
    else if (json_is_array(v) && index_parse(name, length, &index))
        child = json_at(v, index);
    jv_free(v);
    return child;
}

json json_path(json v, const char *path)
{
    json at = jv_copy(v);
    while (*path) {
        size_t length = strcspn(path, ".");
        at = child_take(at, path, length);
        path += length;
        if (*path == '.')
            path++;
    }
    return at;
}

// One reference token with ~0 and ~1 undone; false if the tilde stands alone.
static bool token_unescape(const char *token, size_t length, char *out, size_t *out_length)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        char c = token[i];
        if (c == '~') {
            if (i + 1 >= length || (token[i + 1] != '0' && token[i + 1] != '1'))
                return false;
            c = token[++i] == '0' ? '~' : '/';
        }
        out[n++] = c;
    }
    *out_length = n;
    return true;
}

json json_pointer(json v, const char *pointer, struct fail *why)
{
    if (*pointer && *pointer != '/') {
        fail(why, FAIL_INVALID, "the JSON Pointer '%.100s' must be empty or begin with '/'",
             pointer);
        return jv_invalid();
    }
    char *name = mem_alloc(strlen(pointer) + 1);
    json at = jv_copy(v);
    for (const char *p = pointer; *p;) {
        size_t length = strcspn(p + 1, "/"), name_length;
        if (!token_unescape(p + 1, length, name, &name_length)) {
            fail(why, FAIL_INVALID, "the JSON Pointer '%.100s' has a '~' that is not ~0 or ~1",
                 pointer);
            json_swap_take(&at, jv_invalid());
            goto done;
        }
        at = child_take(at, name, name_length);
        p += 1 + length;
    }
    if (json_is_absent(at))
        fail(why, FAIL_NOT_FOUND, "there is nothing at '%.200s'", pointer);
done:
    mem_free(name);
    return at;
}

bool json_has(json object, const char *key)
{
    return json_is_object(object) && jv_object_has(jv_copy(object), json_key(key));
}

const char *json_get_text(json object, const char *key, const char *otherwise)
{
    json v = json_get(object, key);
    const char *text = json_is_string(v) ? jv_string_value(v) : otherwise;
    jv_free(v); // the object still holds it
    return text;
}

int64_t json_get_int(json object, const char *key, int64_t otherwise)
{
    json v = json_get(object, key);
    int64_t n = json_is_integer(v) ? json_int(v) : otherwise;
    jv_free(v);
    return n;
}

bool json_get_bool(json object, const char *key, bool otherwise)
{
    json v = json_get(object, key);
    bool b = json_kind(v) == JSON_BOOL ? json_is_true(v) : otherwise;
    jv_free(v);
    return b;
}

void json_set_take(json *object, const char *key, json value)
{
    must(json_is_object(*object));
    must(!json_is_absent(value));
    *object = jv_object_set(*object, json_key(key), value);
}

void json_set(json *object, const char *key, json value)
{
    json_set_take(object, key, jv_copy(value));
}

void json_set_text(json *object, const char *key, const char *value)
{
    json_set_take(object, key, value ? json_string(value) : jv_null());
}

void json_set_int(json *object, const char *key, int64_t value)
{
    json_set_take(object, key, json_integer(value));
}

void json_set_bool(json *object, const char *key, bool value)
{
    json_set_take(object, key, json_bool(value));
}

void json_remove(json *object, const char *key)
{
    must(json_is_object(*object));
    if (json_has(*object, key))
        *object = jv_object_delete(*object, json_key(key));
}

void json_append_take(json *array, json value)
{
    must(json_is_array(*array));
    must(!json_is_absent(value));
    *array = jv_array_append(*array, value);
}

void json_append(json *array, json value)
{
    json_append_take(array, jv_copy(value));
}

void json_put_take(json *array, size_t i, json value)
{
    must(json_is_array(*array));
    must(!json_is_absent(value));
    must(i < INT32_MAX / 64);
    *array = jv_array_set(*array, (int)i, value);
}

void json_merge(json *object, json other)
{
    must(json_is_object(*object));
    must(json_is_object(other));
    *object = jv_object_merge(*object, jv_copy(other));
}

bool json_equal(json a, json b)
{
    return jv_equal(jv_copy(a), jv_copy(b));
}

int json_compare(json a, json b)
{
    return jv_cmp(jv_copy(a), jv_copy(b));
}

bool json_contains(json whole, json part)
{
    if (!json_is_object(part) || !json_is_object(whole))
        return json_equal(whole, part);
    bool contained = true;
    for (int i = jv_object_iter(part); contained && jv_object_iter_valid(part, i);
         i = jv_object_iter_next(part, i)) {
        json wanted = jv_object_iter_value(part, i);
        json there = jv_object_get(jv_copy(whole), jv_object_iter_key(part, i));
        contained = !json_is_absent(there) && json_contains(there, wanted);
        jv_free(wanted);
        jv_free(there);
    }
    return contained;
}

bool json_depth_within(json v, int depth_max)
{
    if (!json_is_array(v) && !json_is_object(v))
        return true;
    if (depth_max <= 0)
        return false;
    bool within = true;
    if (json_is_array(v)) {
        for (int i = 0, n = jv_array_length(jv_copy(v)); within && i < n; i++) {
            json item = jv_array_get(jv_copy(v), i);
            within = json_depth_within(item, depth_max - 1);
            jv_free(item);
        }
        return within;
    }
    for (int i = jv_object_iter(v); within && jv_object_iter_valid(v, i);
         i = jv_object_iter_next(v, i)) {
        json item = jv_object_iter_value(v, i);
        within = json_depth_within(item, depth_max - 1);
        jv_free(item);
    }
    return within;
}
