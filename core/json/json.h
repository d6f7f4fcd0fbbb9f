// JSON values: a thin skin over libjq's jv that borrows its arguments. Every function that returns
// a `json` returns a new reference which the caller frees with json_free; arguments stay the
// caller's, except in functions ending in _take, which eat the value they store. Values are
// immutable to everyone but their single holder; reference counts are not atomic, so a value
// belongs to one thread for life: threads exchange bytes. Numbers are doubles: integers are exact
// to 2^53, ids are text. Objects have no order; where order matters the data is an array, and
// json_write sorts keys. A borrowed value must not be changed in place: take a reference first.
#pragma once

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"

typedef jv json;

enum json_kind {
    JSON_ABSENT, // no value at all (a missing key); never inside another value
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

enum json_kind json_kind(json v);
const char *json_kind_name(enum json_kind kind); // "object", as JSON Schema says it
bool json_is_absent(json v);
bool json_is_object(json v);
bool json_is_array(json v);
bool json_is_string(json v);
bool json_is_number(json v);
bool json_is_integer(json v); // a number without a fraction, within 2^53
bool json_is_null(json v);    // null, not absent
bool json_is_true(json v);
bool json_truthy(json v); // as jq: all but false, null and absent

json json_absent(void);
json json_null(void);
json json_bool(bool b);
json json_number(double n);
json json_integer(int64_t n);
json json_string(const char *s);
json json_string_sized(const char *s, size_t bytes); // bytes must be valid UTF-8
json json_printf(const char *format, ...) PRINTF(1, 2);
json json_array(void);
json json_object(void);

json json_ref(json v);
void json_free(json v);
void json_swap_take(json *place, json v); // frees what was at *place and puts v there

double json_double(json v);
int64_t json_int(json v);      // must be an integer
const char *json_text(json v); // must be a string; borrowed from v
size_t json_text_bytes(json v);
size_t json_length(json v); // items of an array, keys of an object, code points of a string, else 0

json json_get(json object, const char *key); // absent if no object or no such key
json json_at(json array, size_t i);          // absent past the end
json json_path(json v, const char *path);    // "a.b.0.c"; absent where anything is missing
json json_pointer(json v, const char *pointer, struct fail *why); // RFC 6901; absent and why if bad
bool json_has(json object, const char *key);

// Convenience with a fallback; the text is borrowed from `object`'s member and lives as long as it.
const char *json_get_text(json object, const char *key, const char *otherwise);
int64_t json_get_int(json object, const char *key, int64_t otherwise);
bool json_get_bool(json object, const char *key, bool otherwise);

// These change *v in place (copying first if somebody else holds it).
void json_set_take(json *object, const char *key, json value);
void json_set(json *object, const char *key, json value);
void json_set_text(json *object, const char *key, const char *value); // NULL stores null
void json_set_int(json *object, const char *key, int64_t value);
void json_set_bool(json *object, const char *key, bool value);
void json_remove(json *object, const char *key);
void json_append_take(json *array, json value);
void json_append(json *array, json value);
void json_put_take(json *array, size_t i, json value);
void json_merge(json *object, json other); // shallow: keys of other win

// json_each(object, &cursor, &key, &value): sorted by key, so that walking is deterministic. key is
// borrowed until the next call, value borrowed from the object. Ends by itself or json_cursor_done.
#define JSON_CURSOR_FEW 16 // keys that need no memory of their own
struct json_cursor {
    json few[JSON_CURSOR_FEW], many;
    size_t i, count;
    bool started, is_many;
};
bool json_next(json object, struct json_cursor *cursor, const char **key, json *value);
void json_cursor_done(struct json_cursor *cursor); // only when leaving the loop early
#define JSON_CURSOR_START                                                                          \
    {                                                                                              \
        .count = 0                                                                                 \
    }

// The same in no order, for work whose result does not depend on it; *at begins as 0, and leaving
// early costs nothing. The object must not change on the way.
bool json_any(json object, int *at, const char **key, json *value);

bool json_equal(json a, json b);
int json_compare(json a, json b);          // jq's order
bool json_contains(json whole, json part); // part is a subset: objects by key, the rest equal

// Strict RFC 8259 in valid UTF-8: no doubled keys, no lone surrogates, no zero character (texts are
// C strings here), nothing after the value, at most LIMIT_DOCUMENT_DEPTH deep. Messages say line
// and column. json_parse_stored is for what Dure wrote itself: a state wraps payloads, so it may be
// deeper.
CHECKED bool json_parse(const char *text, size_t bytes, json *out, struct fail *why);
CHECKED bool json_parse_stored(const char *text, size_t bytes, json *out, struct fail *why);
enum json_style { JSON_COMPACT, JSON_PRETTY };
void json_write(json v, enum json_style style, struct bytes *out); // keys sorted: canonical
char *json_dump(json v);                                           // compact; mem_free
size_t json_size_estimate(json v); // bytes of its compact text, about
CHECKED bool json_depth_within(json v, int depth_max);
void json_free_deep(json v); // json_free without recursion, for values of any depth
// The object as json_set_text would make it; what is none counts as {}.
void json_write_with(json object, const char *key, const char *text, struct bytes *out);
void json_write_text(const char *s, size_t bytes, struct bytes *out); // in quotes, escaped
void json_write_number(double n, struct bytes *out); // the shortest text that reads back as n
