// JSON Schema 2020-12: compiled once, checked often. `$ref` resolves inside the document only.
// A violation names the place in the value (JSON Pointer), the place in the schema and says in a
// sentence what was wanted; one mistake gives one violation (a union reports its nearest branch).
// A compiled schema is immutable. One thread at a time.
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "json/json.h"

struct schema;

struct schema *schema_compile(json document, struct fail *why); // NULL and why if it is no schema
void schema_free(struct schema *s);

struct schema_violation {
    const char *pointer;  // in the value; borrowed for the call
    const char *keyword;  // "required"
    const char *message;  // "'closes' is missing"
    const char *property; // for required/additionalProperties: which; else NULL
};
typedef void schema_violated(void *context, const struct schema_violation *violation);

// True if the value fits; else `violated` was called at least once.
bool schema_check(const struct schema *s, json value, schema_violated *violated, void *context);
// The same; the first violation goes into why as "pointer: message".
CHECKED bool schema_require(const struct schema *s, json value, struct fail *why);
