// Why something of the world's (input, network, disk) did not work: a kind for code, a stable code
// for people's programs, and a sentence that names the thing and the way out.
// The caller owns the struct, usually on its stack; nothing in it needs freeing. Any thread.
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#define CHECKED      __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

enum fail_kind {
    FAIL_NONE,
    FAIL_INVALID,   // the input is wrong and stays wrong
    FAIL_LIMIT,     // more, longer or deeper than allowed; the message names the limit
    FAIL_NOT_FOUND, // no such thing
    FAIL_CONFLICT,  // not in this state: already decided, already there, changed meanwhile
    FAIL_REFUSED,   // a rule of the house said no; `code` says which (closed, already_voted, …)
    FAIL_DENIED,    // this person may not
    FAIL_IO,        // disk or network; may work later
    FAIL_FULL,      // no room on the disk
    FAIL_CORRUPT,   // read back is not what was written
    FAIL_BUSY,      // try again later
    FAIL_TIMEOUT,
    FAIL_UNSUPPORTED,
};

struct fail {
    enum fail_kind kind;
    char code[40];     // e.g. "already_registered"; fail() sets it from the kind
    char message[600]; // lower case, no full stop
};

// Fills `why` and returns false, so that a function can `return fail(why, …)`.
bool fail(struct fail *why, enum fail_kind kind, const char *format, ...) PRINTF(3, 4);

// The same with a code of its own.
bool fail_code(struct fail *why, enum fail_kind kind, const char *code, const char *format, ...)
    PRINTF(4, 5);

// Puts "prefix: " before the message, to say where; returns false.
bool fail_within(struct fail *why, const char *format, ...) PRINTF(2, 3);

const char *fail_kind_name(enum fail_kind kind);
