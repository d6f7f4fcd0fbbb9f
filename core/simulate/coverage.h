// What the worlds of a run have met: for each word of the language how often it began, and how
// often each fault struck while it was open or just after it began. The caller owns the table;
// worlds add to it. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "json/json.h"

#define COVERAGE_WORDS_MAX 48

enum coverage_fault {
    COVERAGE_BEGUN, // no fault: it has begun
    COVERAGE_CRASH,
    COVERAGE_POWER, // SQLite's disk has lost something
    COVERAGE_DISK,  // refuses or holds
    COVERAGE_JUMP,  // of the clock
    COVERAGE_CONTROL,
    COVERAGE_VERSION, // another version is deployed
    COVERAGE_FAULTS
};

struct coverage {
    int64_t counts[COVERAGE_WORDS_MAX][COVERAGE_FAULTS];
};

// The set of a task's or a definition's words.
uint64_t coverage_words(json task);
void coverage_add(struct coverage *c, uint64_t words, enum coverage_fault fault);
// A line a word, on stdout; false if one has never begun.
bool coverage_print(const struct coverage *c);
