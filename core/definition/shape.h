// The form of a piece of YAML, as data: which keys a mapping has, what each holds, which must be
// there. The DSL is written down once in such tables (language*.c); unknown keys, wrong kinds and
// missing keys are found here, one message a mistake, and the editor's JSON Schema comes from the
// same tables. What a value means (a duration, a target, jq) is not looked at here.
// Shapes are constant and shared. Any thread; a check writes to its diagnostics only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "json/diagnostic.h"
#include "json/yaml.h"

enum shape_kind {
    SHAPE_ANY,
    SHAPE_TEXT,
    SHAPE_INTEGER,
    SHAPE_BOOL,
    SHAPE_FALSE,    // the word false and nothing else
    SHAPE_OBJECT,   // a mapping with any keys
    SHAPE_RECORD,   // a mapping with the keys of the table
    SHAPE_MAP,      // names to `item`
    SHAPE_LIST,     // of `item`
    SHAPE_NAMED,    // a list of mappings of one key each: name to `item`
    SHAPE_DURATION, // ISO 8601 text, an object of days…milliseconds, or an expression
    SHAPE_TASK,
    SHAPE_UNION, // the first of `alternatives` that takes this kind of node
};

struct shape_key {
    const char *name;
    const struct shape *shape;
    bool required;
    const char *help; // one sentence for editors
};

struct shape {
    enum shape_kind kind;
    const char *name; // of its definition in the editor's schema; NULL: written in place
    const char *what; // as messages say it: "a retry policy"
    const struct shape_key *keys;
    size_t key_count;
    const struct shape *item;
    const struct shape *const *alternatives; // NULL-terminated
    const char *const *choices;              // of a text; NULL-terminated
    const char *const *one_of;               // exactly one of these keys; NULL-terminated
    size_t count_min;                        // items or keys at least
    bool open;                               // a record that takes other keys too
    bool expression;                         // also a text that is `${ … }`
};

#define SHAPE_KEYS(table) .keys = (table), .key_count = sizeof(table) / sizeof *(table)

void shape_check(const struct yaml_document *document, struct diagnostics *diagnostics,
                 const struct shape *shape);

// "did you mean" that also sees a difference in case only.
void shape_suggest(struct diagnostics *d, const char *word, const char *const *candidates,
                   size_t count);
const char *shape_nearest(const char *word, const char *const *candidates, size_t count);

struct diagnostic_place shape_place(const struct yaml_document *document,
                                    const struct yaml_node *node);
bool shape_is_expression(const struct yaml_node *node); // a text that is `${ … }` whole

// ── between shape.c and shape_record.c: one check in hand ──

#define SHAPE_SLIPS_MAX 64

struct shape_check {
    const struct yaml_document *document;
    struct diagnostics *diagnostics;
    struct shape_unknown {
        const char *name;
        size_t message; // in diagnostics
    } unknown[SHAPE_SLIPS_MAX];
    size_t unknown_count;
    struct shape_missing {
        const char *name;
        const struct yaml_node *node;
        char what[96];
    } missing[SHAPE_SLIPS_MAX];
    size_t missing_count;
};

const char *shape_expected(const struct shape *shape); // as messages call it
// As many items or keys as the shape asks for, or a message.
bool shape_enough(struct shape_check *c, const struct shape *shape, const struct yaml_node *node);
void shape_check_value(struct shape_check *c, const struct shape *shape,
                       const struct yaml_node *key, const struct yaml_node *node);
void shape_check_record(struct shape_check *c, const struct shape *shape,
                        const struct yaml_node *node);
void shape_check_task(struct shape_check *c, const struct yaml_node *node);
void shape_tell_missing(struct shape_check *c);
