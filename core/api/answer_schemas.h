// What good answers hold, for OpenAPI: JSON Schemas by name, and which resource answers with which.
// Constant. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct answer_schema {
    const char *name, *schema;
};
extern const struct answer_schema answer_schemas[];
extern const size_t answer_schema_count;

// The schema of a resource's good answers; *page: a page {items, next} of it. NULL: any object.
struct resource;
const char *answer_schema_of(const struct resource *resource, bool *page);
