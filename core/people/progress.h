// How far a step is with what it asks people. Loop thread only.
#pragma once

#include <stdint.h>

#include "engine/function_host.h"
#include "people/people.h"

// How many items of a step are open, were asked in all and were answered, how many answers came,
// how many items are for everybody: one record a step, so that asking is cheap however many items
// there are. Unreadable counts end the process, as the engine's own reads do.
struct item_counts {
    int64_t open, asked, answered, answers, public;
};
struct item_counts item_counts(struct people *p, const struct step_address *step);
