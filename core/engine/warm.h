// Ahead of a moment at which many wake, their instances are decoded while the loop has nothing else
// to do, a few at a time, so that at the moment they only have to step. It reads and changes
// nothing that anybody can see: what it has not come to is decoded when it wakes. The real loop
// alone calls it, so virtual time and simulation do without. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct engine;

#define WARM_AHEAD_MS 2000  // the loop is woken so long before what is due
#define WARM_FAR_MS   2500  // and so far ahead it looks
#define WARM_STEP_MS  250   // not again before so much more has come into sight
#define WARM_FEW      64    // at once, some milliseconds, so that a request need not wait
#define WARM_MAX      20000 // kept decoded beside those that are kept anyway

struct warm {
    struct row last; // the timer it came to, or no row
    int64_t to_ms;   // how far it looked
    bool unfinished;
    size_t kept; // of a moment that is still to come
};

void warm_done(struct warm *warm);
// How many instances at rest may stay in memory now.
size_t warm_clean_max(const struct engine *e);
