// Reads a jq text without running it: that brackets, strings and comments close; that it calls
// nothing forbidden; which `$variables` it does not bind itself; where its own functions begin. jq
// would take `1) | (2` when it is put in brackets, and a comment could swallow what follows. What
// it finds lies in the caller's arena. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"

struct expression_scan {
    const char **variables; // free ones, each once, NULL-terminated
    size_t variable_count;
    size_t *bodies; // offsets just behind the ':' of each def
    size_t body_count;
    size_t *tokens; // where each token begins
    size_t token_count;
    bool uses_now;
    size_t mistake_at; // after a refusal: the offset it speaks of
};

CHECKED bool expression_scan(const char *text, size_t bytes, struct arena *arena,
                             struct expression_scan *out, struct fail *why);

// The offset of the `}` that closes an expression beginning at text (behind "${"); false if none.
bool expression_scan_end(const char *text, size_t bytes, size_t *end);

// "line 2, column 5" or "column 5" of an offset, for messages about an expression.
void expression_place(const char *text, size_t offset, char *out, size_t size);
