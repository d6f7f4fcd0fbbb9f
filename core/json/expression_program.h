// One jq program for many expressions: a function of [k, input, variable…] that answers the k-th
// expression. Entries and what they point to belong to the caller and outlive the program.
// One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"
#include "json/expression_scan.h"
#include "json/json.h"

struct program_entry {
    const char *text; // the author's, NUL-terminated
    size_t bytes;
    struct expression_scan scan;
    const char *broken; // why it does not compile, or NULL; set by program_compile
    size_t broken_at;   // the offset of the mistake in text; SIZE_MAX if not known
    size_t first_line;  // of its text in the program
};

struct program;

struct program *program_new(size_t rounds_max);
void program_free(struct program *p);

// Never fails as a whole: entries that do not compile are marked broken (the sentence lies in
// `arena`) and left out.
void program_compile(struct program *p, struct program_entry **entries, size_t count,
                     struct arena *arena);

// The first result of entry `arguments[0]`; no result is null.
CHECKED bool program_run_take(struct program *p, json arguments, json *out, struct fail *why);
