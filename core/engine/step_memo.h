// What the rows of open steps say, read: a vote's state is taken up by one ballot after the other,
// and each would parse what the one before it wrote. A value is kept beside the very text it stands
// for and given out only for that text, so that an undone batch or a crash can leave nothing wrong
// here. Bounded; the engine embeds it. Loop thread only.
#pragma once

#include <stddef.h>

#include "engine/function_host.h"
#include "store/store.h"
#include "json/json.h"

#define STEP_MEMO_PLACES 128

struct step_memo {
    struct step_memo_place {
        char *text; // NULL: free
        size_t bytes;
        json value;
    } places[STEP_MEMO_PLACES];
};

void step_memo_done(struct step_memo *memo);
// Column STEP_INPUT or STEP_STATE of a step's row as JSON; what does not read back is null.
json step_memo_read(struct step_memo *memo, const struct step_address *step, const struct row *row,
                    int column);
void step_memo_keep(struct step_memo *memo, const struct step_address *step, int column,
                    const char *text, size_t bytes, json value);
