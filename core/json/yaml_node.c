// Reading a tree that yaml.c has made.
#include "json/yaml.h"

#include <stdint.h>
#include <string.h>

#include "base/must.h"

static size_t find(const struct yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->kind != YAML_MAPPING)
        return SIZE_MAX;
    for (size_t i = 0; i < mapping->count; i++)
        if (strcmp(mapping->keys[i]->text, key) == 0)
            return i;
    return SIZE_MAX;
}

struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
    size_t i = find(mapping, key);
    return i == SIZE_MAX ? NULL : mapping->items[i];
}

struct yaml_node *yaml_key(const struct yaml_node *mapping, const char *key)
{
    size_t i = find(mapping, key);
    return i == SIZE_MAX ? NULL : mapping->keys[i];
}

json yaml_to_json(const struct yaml_node *node)
{
    json v;
    switch (node->kind) {
    case YAML_NULL:
        return json_null();
    case YAML_BOOL:
        return json_bool(node->truth);
    case YAML_NUMBER:
        return json_number(node->number);
    case YAML_STRING:
        return json_string_sized(node->text, node->text_bytes);
    case YAML_SEQUENCE:
        v = json_array();
        for (size_t i = 0; i < node->count; i++)
            json_append_take(&v, yaml_to_json(node->items[i]));
        return v;
    case YAML_MAPPING:
        v = json_object();
        for (size_t i = 0; i < node->count; i++)
            json_set_take(&v, node->keys[i]->text, yaml_to_json(node->items[i]));
        return v;
    }
    must_not_reach();
}

const char *yaml_kind_name(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_NULL:
        return "nothing";
    case YAML_BOOL:
        return "true or false";
    case YAML_NUMBER:
        return "a number";
    case YAML_STRING:
        return "text";
    case YAML_SEQUENCE:
        return "a list";
    case YAML_MAPPING:
        return "a mapping";
    }
    must_not_reach();
}
