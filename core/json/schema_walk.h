// One step of checking: a value against a node, with the books of the walk. Shared by
// schema_check.c and schema_union.c. Lives on the stack of the walk. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "json/schema_node.h"
#include "json/schema_report.h"

struct check {
    size_t steps;
    int depth;
    bool exhausted;
};

struct seen { // by the order in which libjq walks
    bool *flags;
    size_t count;
};

struct task { // one value against one node
    struct check *check;
    const struct schema_node *n;
    json value;
    const struct place *at;
    struct seen *seen;
    struct findings *f; // NULL: stop at the first misfit
};

bool schema_fits(const struct task *parent, const struct schema_node *n, json value,
                 const struct place *at, struct seen *seen, struct findings *f);
