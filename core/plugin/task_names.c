#include "plugin/task_names.h"

#define KEYWORD    "x-task"
#define DEPTH_MOST 16

static bool check_value(const struct definition *d, json schema, json value, int depth,
                        struct fail *why);

static bool check_members(const struct definition *d, json properties, json value, int depth,
                          struct fail *why)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json member;
    bool good = true;
    while (good && json_next(value, &cursor, &key, &member)) {
        json schema = json_get(properties, key);
        good = check_value(d, schema, member, depth, why);
        json_free(schema);
    }
    json_cursor_done(&cursor);
    return good;
}

static bool check_items(const struct definition *d, json items, json value, int depth,
                        struct fail *why)
{
    bool good = true;
    for (size_t i = 0; good && i < json_length(value); i++) {
        json item = json_at(value, i);
        good = check_value(d, items, item, depth, why);
        json_free(item);
    }
    return good;
}

// Along properties and items, as far as they lead: the way that definition/check_names.c goes.
static bool check_value(const struct definition *d, json schema, json value, int depth,
                        struct fail *why)
{
    if (!json_is_object(schema) || depth > DEPTH_MOST)
        return true;
    if (json_is_string(value) && json_get_bool(schema, KEYWORD, false) &&
        definition_task_named(d, json_text(value)) == NULL)
        return fail(why, FAIL_NOT_FOUND, "there is no task '%.100s' in this workflow",
                    json_text(value));
    json properties = json_get(schema, "properties"), items = json_get(schema, "items");
    bool good = true;
    if (json_is_object(value) && json_is_object(properties))
        good = check_members(d, properties, value, depth + 1, why);
    else if (json_is_array(value) && json_is_object(items))
        good = check_items(d, items, value, depth + 1, why);
    json_free(items);
    json_free(properties);
    return good;
}

bool task_names_check(const struct definition *d, json schema, json input, struct fail *why)
{
    return d == NULL || check_value(d, schema, input, 0, why);
}
