#include "plugin/schema_tables.h"

#include <stdbool.h>
#include <string.h>

static const char *const list_keywords[] = {"required", "enum",        "allOf", "anyOf",
                                            "oneOf",    "prefixItems", "type",  "examples"};
static const char *const name_keywords[] = {"properties", "patternProperties", "$defs",
                                            "dependentSchemas"};

static bool is_empty_object(json value)
{
    return json_is_object(value) && json_length(value) == 0;
}

static bool is_one_of(const char *key, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(key, words[i]) == 0)
            return true;
    return false;
}
#define IS_ONE_OF(key, words) is_one_of(key, words, sizeof(words) / sizeof *(words))

// In `names` the keys are names that people chose, not keywords.
static json convert(json raw, bool names)
{
    json out;
    if (json_is_array(raw)) {
        out = json_array();
        for (size_t i = 0; i < json_length(raw); i++) {
            json item = json_at(raw, i);
            json_append_take(&out, convert(item, false));
            json_free(item);
        }
        return out;
    }
    if (!json_is_object(raw))
        return json_ref(raw);
    out = json_object();
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    json member;
    while (json_next(raw, &cursor, &key, &member)) {
        bool list = !names && is_empty_object(member) && IS_ONE_OF(key, list_keywords);
        json_set_take(&out, key,
                      list ? json_array()
                           : convert(member, !names && IS_ONE_OF(key, name_keywords)));
    }
    return out;
}

json schema_of_tables(json raw)
{
    return convert(raw, false);
}

static bool wants_list_only(json schema)
{
    return strcmp(json_get_text(schema, "type", ""), "array") == 0;
}

static json object_by_schema(json schema, json value)
{
    json out = json_ref(value), properties = json_get(schema, "properties");
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    json member_schema;
    while (json_is_object(properties) && json_next(properties, &cursor, &key, &member_schema)) {
        json member = json_get(value, key);
        if (!json_is_absent(member))
            json_set_take(&out, key, value_by_schema(member_schema, member));
        json_free(member);
    }
    json_free(properties);
    return out;
}

json value_by_schema(json schema, json value)
{
    if (wants_list_only(schema) && is_empty_object(value))
        return json_array();
    if (json_is_object(value))
        return object_by_schema(schema, value);
    if (!json_is_array(value))
        return json_ref(value);
    json items = json_get(schema, "items");
    json out = json_ref(value);
    if (json_is_object(items) && (json_has(items, "properties") || wants_list_only(items))) {
        json_swap_take(&out, json_array());
        for (size_t i = 0; i < json_length(value); i++) {
            json item = json_at(value, i);
            json_append_take(&out, value_by_schema(items, item));
            json_free(item);
        }
    }
    json_free(items);
    return out;
}
