// A request target taken apart: path segments and query, decoded and checked. Everything lives in
// the arena given. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"
#include "net/form.h"

#define TARGET_BYTES_MAX    8192
#define TARGET_SEGMENTS_MAX 32

struct target {
    const char *path; // as sent, without query
    const char *query_text;
    const char *segments[TARGET_SEGMENTS_MAX]; // "/a/b" has 2, "/" has one empty one
    size_t count;
    struct form query;
    bool asterisk; // OPTIONS *
};

// Origin form "/a?b", absolute form "http://host/a?b", or "*".
CHECKED bool target_read(struct arena *arena, const char *text, struct target *out,
                         struct fail *why);
