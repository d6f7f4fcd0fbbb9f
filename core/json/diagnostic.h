// What is wrong with a text, one message a mistake: file:line:column, severity, a code, the
// sentence, and a "did you mean". Printed with the source line and a caret. Collected in the order
// of the text. The owner embeds it. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "json/json.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_HINT };

struct diagnostic {
    enum severity severity;
    const char *file;
    int line, column, end_column; // from 1; 0 where there is none
    const char *code;             // stable, kebab-case: "unknown-task"
    const char *message;          // lower case, no full stop
    const char *suggestion;       // "did you mean 'announce'?" or NULL
    const char *source_line;      // the line's text or NULL
};

struct diagnostics {
    struct arena arena;
    struct diagnostic *items;
    size_t count, capacity;
    size_t errors, warnings;
    bool truncated; // past LIMIT_DIAGNOSTICS
};

void diagnostics_init(struct diagnostics *d);
void diagnostics_done(struct diagnostics *d);

struct diagnostic_place {
    const char *file;
    const char *source; // whole text, or NULL
    int line, column, end_column;
};

void diagnostics_add(struct diagnostics *d, enum severity severity, struct diagnostic_place place,
                     const char *code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
// Adds "did you mean 'X'?" to the last one if a candidate is near `word` (Damerau–Levenshtein).
void diagnostics_suggest(struct diagnostics *d, const char *word, const char *const *candidates,
                         size_t count);
const char *diagnostics_nearest(const char *word, const char *const *candidates, size_t count);

void diagnostics_sort(struct diagnostics *d); // by file, line, column; stable
void diagnostics_write_text(const struct diagnostics *d, bool color, struct bytes *out);
json diagnostics_to_json(const struct diagnostics *d);
json diagnostics_to_sarif(const struct diagnostics *d);
