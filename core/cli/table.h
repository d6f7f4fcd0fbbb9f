// Aligned columns for people at a terminal; Hangul counts two columns. Any thread.
#pragma once

#include <stdio.h>

#include "json/json.h"

struct table_column {
    const char *title;
    const char *path; // in each row: "definition.name"
    size_t width_max; // longer text is cut with …; 0: no limit
};

// A value as people read it on one line, without control characters: a text, one of {ko, en},
// "club/vote:1.0.0" of a reference to a definition, "" of nothing, else JSON. The caller frees it.
char *table_text(json value);

// Rows: an array of objects. Prints nothing but a sentence when it is empty.
void table_print(FILE *out, json rows, const struct table_column *columns, size_t count,
                 const char *when_empty);
