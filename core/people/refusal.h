// What was refused stands in the history of its instance: {type: "refused", task, path, code,
// count} and, as a personal payload, by whom; never what was sent. Of one item (or person) and code
// the first three stand there, then each time their number has doubled, so that a flood grows it by
// the logarithm of what it sends. A link that leads to no item has no instance and no history: the
// log counts those. Loop thread only.
#pragma once

#include "engine/function_host.h"
#include "people/people.h"

struct refusal {
    struct step_address step;
    const char *task;
    const char *item;   // id; NULL: the task asks this person nothing
    const char *person; // or NULL
    const char *code;
};
void refusal_note(struct people *p, const struct refusal *refusal);
void refusals_forget(struct people *p); // the counts; for people_free
