// What schema_check finds, and the sentences for it. The list owns its texts. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "json/schema_node.h"

struct place { // a place in the value, on the stack of whoever walks
    const struct place *up;
    const char *key; // NULL: the index counts
    size_t index;
    size_t depth;
};

struct finding {
    const struct schema_node *node;
    const char *pointer, *keyword, *message, *property;
    size_t depth;
    bool dropped;
};

struct findings {
    struct arena *arena;
    struct finding *items;
    size_t count, capacity;
};

// All take NULL for `f` and then do nothing; all return false, so that a check can return them.
bool schema_report(struct findings *f, const struct schema_node *n, const struct place *at,
                   const char *keyword, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
bool report_property(struct findings *f, const struct schema_node *n, const struct place *at,
                     const char *keyword, const char *property, const char *message);
bool report_type(struct findings *f, const struct schema_node *n, const struct place *at,
                 unsigned wanted, json value);
bool report_choice(struct findings *f, const struct schema_node *n, const struct place *at,
                   const char *keyword, json choices, json value);
// An unknown property: with "did you mean", and instead of the complaint that the other is missing.
bool report_unknown(struct findings *f, const struct schema_node *n, const struct place *at,
                    const char *keyword, const char *property);
// Instead of what was found since `from` about the value itself: "must be MUST; this is VALUE".
// What is wrong below it, or missing from it, is said better by itself.
void report_must(struct findings *f, const struct schema_node *n, const struct place *at,
                 size_t from, json value);
// After other mistakes: properties that look like one of those that are missing.
void report_misspelt(struct findings *f, const struct schema_node *n, const struct place *at,
                     json value);

bool schema_declares(const struct schema_node *n, const char *property, int depth);
void findings_done(struct findings *f); // the arena stays
