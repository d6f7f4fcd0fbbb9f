// A compiled schema from the inside: schema.c makes it, schema_check.c walks it. Immutable once
// made. The schema owns its nodes. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"
#include "json/json.h"
#include "json/pattern.h"
#include "json/schema.h"

// `type` as a set of kinds; integer is a number of a kind of its own.
#define SCHEMA_INTEGER (1u << 8)
#define SCHEMA_KIND(k) (1u << (k))

struct schema_nodes {
    struct schema_node **items;
    size_t count;
};

struct schema_pattern {
    const char *text;
    struct pattern *pattern;
    struct schema_node *node;
};

struct schema_bound { // a number that may be there
    bool set;
    double n;
};

struct schema_sizes { // least and most of something
    size_t min, max;
};

struct schema_node {
    const char *pointer; // in the schema document
    bool never;          // the schema `false`
    unsigned types;      // 0: any
    json enumeration, constant;
    struct schema_bound minimum, maximum, above, below, multiple_of;
    struct schema_sizes lengths, items_count, contains_count, properties_count;
    bool unique;
    struct schema_pattern pattern;
    const char *format, *must; // must: `x-must`, how a person says what is wanted

    struct schema_nodes prefix;
    struct schema_node *items, *contains, *unevaluated_items;

    struct map properties;
    struct schema_pattern *patterns;
    size_t pattern_count;
    struct schema_node *additional, *names, *unevaluated_properties;
    const char **required;
    size_t required_count;
    json dependent_required; // object of arrays, or absent
    struct map dependent_schemas;

    struct schema_nodes all_of, any_of, one_of;
    struct schema_node *not_one, *condition, *consequence, *alternative;
    const char *ref_text;
    struct schema_node *ref;
};

struct schema {
    struct arena arena;
    json document;
    struct map nodes;   // by pointer
    struct map anchors; // URI without fragment "#" name -> pointer
    struct map ids;     // absolute id -> pointer
    struct schema_node *root;
};
