// YAML 1.2 (JSON is YAML) as a tree whose every node knows its line and column, for diagnostics,
// and in the order of the text. Core schema: null, booleans, numbers, the rest text; no tags, no
// aliases that blow up (anchors are expanded with a limit); a doubled key is an error. The document
// owns all its nodes and text. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"
#include "json/diagnostic.h"
#include "json/json.h"

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_NUMBER, YAML_STRING, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    int line, column;         // from 1; where the node begins
    int end_line, end_column; // just past it
    bool quoted;              // a scalar in quotes or a block
    char *text;               // scalars: what they say, NUL-terminated
    size_t text_bytes;
    double number;
    bool truth;
    struct yaml_node **items; // sequences: items; mappings: values
    struct yaml_node **keys;  // mappings: string scalars
    size_t count;
    struct yaml_node *parent;
};

struct yaml_document {
    struct arena arena;
    char *file;   // name for messages
    char *source; // the whole text, for quoting lines
    size_t source_bytes;
    struct yaml_node *root;
};

// NULL if the text is not YAML or over the limits; the mistakes are in `diagnostics`.
struct yaml_document *yaml_parse(const char *file, const char *text, size_t bytes,
                                 struct diagnostics *diagnostics);
void yaml_document_free(struct yaml_document *document);
// libyaml calls an exported yaml_free of its own, which ours must not replace at link time.
#define yaml_free yaml_document_free

struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key); // NULL if absent
struct yaml_node *yaml_key(const struct yaml_node *mapping, const char *key); // the key's own node
json yaml_to_json(const struct yaml_node *node);
const char *yaml_kind_name(enum yaml_kind kind); // "a mapping", "text", … for messages
