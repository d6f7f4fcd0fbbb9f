// Walking through the members of an object: in order of their keys, or in none.
#include "json/json.h"

#include <string.h>

// A reference to each key, so that the object may change on the way.
static void list_keys(struct json_cursor *cursor, json object)
{
    cursor->count = 0;
    for (int i = jv_object_iter(object); jv_object_iter_valid(object, i);
         i = jv_object_iter_next(object, i)) {
        json key = jv_object_iter_key(object, i);
        size_t at = cursor->count;
        if (at == JSON_CURSOR_FEW) {
            jv_free(key);
            json_cursor_done(cursor);
            cursor->many = jv_keys(jv_copy(object));
            cursor->count = json_length(cursor->many);
            cursor->is_many = true;
            return;
        }
        for (; at > 0 && strcmp(jv_string_value(cursor->few[at - 1]), jv_string_value(key)) > 0;
             at--)
            cursor->few[at] = cursor->few[at - 1];
        cursor->few[at] = key;
        cursor->count++;
    }
}

bool json_next(json object, struct json_cursor *cursor, const char **key, json *value)
{
    if (!json_is_object(object))
        return false;
    if (!cursor->started) {
        list_keys(cursor, object);
        cursor->started = true;
        cursor->i = 0;
    }
    if (cursor->i >= cursor->count) {
        json_cursor_done(cursor);
        return false;
    }
    size_t i = cursor->i++;
    json name = cursor->is_many ? jv_array_get(jv_copy(cursor->many), (int)i) : cursor->few[i];
    *value = jv_object_get(jv_copy(object), jv_copy(name));
    *key = jv_string_value(name);
    // Both live on in the cursor and in the object: what is borrowed needs no reference of ours.
    if (cursor->is_many)
        jv_free(name);
    json_free(*value);
    return true;
}

void json_cursor_done(struct json_cursor *cursor)
{
    if (cursor->is_many)
        jv_free(cursor->many);
    for (size_t i = 0; !cursor->is_many && i < cursor->count; i++)
        jv_free(cursor->few[i]);
    cursor->count = 0;
    cursor->started = cursor->is_many = false;
}

bool json_any(json object, int *at, const char **key, json *value)
{
    if (!json_is_object(object))
        return false;
    *at = *at == 0 ? jv_object_iter(object) : jv_object_iter_next(object, *at - 1);
    if (!jv_object_iter_valid(object, *at))
        return false;
    json name = jv_object_iter_key(object, *at);
    *value = jv_object_iter_value(object, *at);
    *key = jv_string_value(name);
    jv_free(name); // borrowed from the object, both
    json_free(*value);
    ++*at;
    return true;
}
