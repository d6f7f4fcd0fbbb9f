// Lua's patterns with a budget: the same meaning as the manual's section 6.4.1, on bytes, but each
// attempt to match one item costs a step, so that a pattern which backtracks without end is told so
// instead of holding the loop. Everything borrowed; nothing to free. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_CAPTURES_MAX 32

struct pattern_capture {
    const char *start;
    ptrdiff_t length; // or one of the two below
};
#define CAPTURE_OPEN     (-1)
#define CAPTURE_POSITION (-2) // `()`: the place itself

struct pattern_run {
    const char *subject, *subject_end;
    const char *pattern, *pattern_end; // without the anchor
    bool anchored;                     // it began with ^
    uint64_t steps_left;
    const char *error; // malformed, or the budget is spent; set once, the run is over
    int depth;
    int level; // captures begun
    struct pattern_capture captures[PATTERN_CAPTURES_MAX];
};

// Steps: a million, and fifty a byte of the subject.
void pattern_begin(struct pattern_run *r, const char *subject, size_t subject_bytes,
                   const char *pattern, size_t pattern_bytes);
// The end of a match that begins exactly at `from`, or NULL (r->error says if that is a mistake).
const char *pattern_match_at(struct pattern_run *r, const char *from);
// The first match at or after `from`; NULL if there is none. *start is where it begins.
const char *pattern_search(struct pattern_run *r, const char *from, const char **start);
bool pattern_is_plain(const char *pattern, size_t bytes); // no character with a meaning of its own
