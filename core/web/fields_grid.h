// `x-grid` of an object's schema: lists of one enum that exclude each other, such as who is
// approved and who is rejected, as one row of choices for each value. {columns: [{name, label}],
// none, title}. Loop thread only.
#pragma once

#include "base/bytes.h"
#include "net/form.h"
#include "web/words.h"
#include "json/json.h"

// Whether the property is one of the grid's; the first of them is where the grid is written.
bool grid_has(json schema, const char *name, bool *first);
void grid_write(enum language language, json schema, json values, json violation,
                struct bytes *out);
// The list of one column as it was posted.
json grid_read(json schema, const char *name, const struct form *form);
