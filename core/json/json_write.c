// The writer of json.h: canonical text (sorted keys, shortest numbers), several times faster than
// libjq's own.
#include "json/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

#define WRITE_DEPTH_MAX 1000 // readers refuse long before
#define FEW_KEYS        24   // objects up to this size are sorted on the stack

struct writer {
    struct bytes *out;
    bool pretty;
    int depth;
};

struct member {
    const char *key;
    size_t key_bytes;
    json value;
};

static void write_value(struct writer *w, json v);

void json_write(json v, enum json_style style, struct bytes *out)
{
    struct writer w = {out, style == JSON_PRETTY, 0};
    write_value(&w, v);
}

char *json_dump(json v)
{
    struct bytes out;
    bytes_init(&out, SIZE_MAX / 4);
    json_write(v, JSON_COMPACT, &out);
    char *text = bytes_take(&out, NULL);
    bytes_done(&out);
    return text;
}

// What stands between two quotes: runs that need no escape are copied whole.
void json_write_text(const char *s, size_t bytes, struct bytes *out)
{
    static const char hex[] = "0123456789abcdef";
    bytes_add_char(out, '"');
    size_t run = 0;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        bytes_append(out, s + run, i - run);
        run = i + 1;
        const char *short_form = c == '"'    ? "\\\""
                                 : c == '\\' ? "\\\\"
                                 : c == '\n' ? "\\n"
                                 : c == '\t' ? "\\t"
                                 : c == '\r' ? "\\r"
                                 : c == '\b' ? "\\b"
                                 : c == '\f' ? "\\f"
                                             : NULL;
        if (short_form)
            bytes_append(out, short_form, 2);
        else
            bytes_append(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
    }
    bytes_append(out, s + run, bytes - run);
    bytes_add_char(out, '"');
}

// JSON has no word for what is not a number or has no end: jq writes null and the largest double.
void json_write_number(double n, struct bytes *out)
{
    if (isnan(n)) {
        bytes_add(out, "null");
        return;
    }
    if (isinf(n))
        n = n > 0 ? DBL_MAX : -DBL_MAX;
    if (floor(n) == n && fabs(n) <= 9007199254740992.0) {
        bytes_add_int(out, (int64_t)n);
        return;
    }
    char text[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, n);
        if (strtod(text, NULL) == n)
            break;
    }
    bytes_add(out, text);
}

static void new_line(struct writer *w)
{
    if (!w->pretty)
        return;
    bytes_add_char(w->out, '\n');
    for (int i = 0; i < w->depth; i++)
        bytes_append(w->out, "  ", 2);
}

static void write_array(struct writer *w, json v)
{
    int count = jv_array_length(jv_copy(v));
    bytes_add_char(w->out, '[');
    w->depth++;
    for (int i = 0; i < count; i++) {
        if (i > 0)
            bytes_add_char(w->out, ',');
        new_line(w);
        json item = jv_array_get(jv_copy(v), i);
        write_value(w, item);
        json_free(item);
    }
    w->depth--;
    if (count > 0)
        new_line(w);
    bytes_add_char(w->out, ']');
}

static int by_key(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    size_t shorter = x->key_bytes < y->key_bytes ? x->key_bytes : y->key_bytes;
    int order = memcmp(x->key, y->key, shorter);
    if (order != 0)
        return order;
    return (x->key_bytes > y->key_bytes) - (x->key_bytes < y->key_bytes);
}

static void sort_members(struct member *members, size_t count)
{
    if (count > FEW_KEYS) {
        qsort(members, count, sizeof *members, by_key);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct member m = members[i];
        size_t j = i;
        for (; j > 0 && by_key(&members[j - 1], &m) > 0; j--)
            members[j] = members[j - 1];
        members[j] = m;
    }
}

// The members, sorted, in `few` or, of a larger object, in memory that the caller frees and that
// has room for one more. Their number is not asked for first: to libjq that is a walk like this
// one. Keys and values stay in the object, so references to them can be given back at once.
static struct member *list_members(json v, struct member few[FEW_KEYS], size_t *members_count)
{
    size_t count = 0;
    struct member *members = few;
    for (int i = jv_object_iter(v); jv_object_iter_valid(v, i); i = jv_object_iter_next(v, i)) {
        if (count == FEW_KEYS) {
            members = mem_alloc((json_length(v) + 1) * sizeof(struct member));
            memcpy(members, few, FEW_KEYS * sizeof(struct member));
        }
        json key = jv_object_iter_key(v, i), value = jv_object_iter_value(v, i);
        const char *text = jv_string_value(key);
        size_t bytes = (size_t)jv_string_length_bytes(key); // gives the key back
        members[count++] = (struct member){text, bytes, value};
        json_free(value);
    }
    sort_members(members, count);
    *members_count = count;
    return members;
}

static void write_members(struct writer *w, const struct member *members, size_t count)
{
    bytes_add_char(w->out, '{');
    w->depth++;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            bytes_add_char(w->out, ',');
        new_line(w);
        json_write_text(members[i].key, members[i].key_bytes, w->out);
        bytes_append(w->out, ": ", w->pretty ? 2 : 1);
        write_value(w, members[i].value);
    }
    w->depth--;
    if (count > 0)
        new_line(w);
    bytes_add_char(w->out, '}');
}

static void write_object(struct writer *w, json v)
{
    struct member few[FEW_KEYS];
    size_t count;
    struct member *members = list_members(v, few, &count);
    write_members(w, members, count);
    if (members != few)
        mem_free(members);
}

static void write_value(struct writer *w, json v)
{
    must(w->depth < WRITE_DEPTH_MAX);
    switch (json_kind(v)) {
    case JSON_ABSENT:
    case JSON_NULL:
        bytes_add(w->out, "null");
        return;
    case JSON_BOOL:
        bytes_add(w->out, json_is_true(v) ? "true" : "false");
        return;
    case JSON_NUMBER:
        json_write_number(jv_number_value(v), w->out);
        return;
    case JSON_STRING:
        json_write_text(jv_string_value(v), json_text_bytes(v), w->out);
        return;
    case JSON_ARRAY:
        write_array(w, v);
        return;
    case JSON_OBJECT:
        write_object(w, v);
        return;
    }
}

void json_write_with(json object, const char *key, const char *text, struct bytes *out)
{
    struct writer w = {out, false, 0};
    struct member few[FEW_KEYS + 1], one = {key, strlen(key), json_string(text)};
    size_t count = 0;
    struct member *members = json_is_object(object) ? list_members(object, few, &count) : few;
    size_t at = 0;
    while (at < count && by_key(&members[at], &one) < 0)
        at++;
    if (at == count || by_key(&members[at], &one) > 0)
        memmove(&members[at + 1], &members[at], (count++ - at) * sizeof *members);
    members[at] = one;
    write_members(&w, members, count);
    if (members != few)
        mem_free(members);
    json_free(one.value);
}

static size_t estimate(json v, int depth)
{
    size_t sum = 2;
    if (json_is_string(v))
        return json_text_bytes(v) + 2;
    if (depth > WRITE_DEPTH_MAX || (!json_is_array(v) && !json_is_object(v)))
        return 6;
    if (json_is_array(v)) {
        for (int i = 0, n = jv_array_length(jv_copy(v)); i < n; i++) {
            json item = jv_array_get(jv_copy(v), i);
            sum += estimate(item, depth + 1) + 1;
            jv_free(item);
        }
        return sum;
    }
    for (int i = jv_object_iter(v); jv_object_iter_valid(v, i); i = jv_object_iter_next(v, i)) {
        json key = jv_object_iter_key(v, i), value = jv_object_iter_value(v, i);
        sum += json_text_bytes(key) + 4 + estimate(value, depth + 1);
        jv_free(key);
        jv_free(value);
    }
    return sum;
}

size_t json_size_estimate(json v)
{
    return estimate(v, 0);
}
