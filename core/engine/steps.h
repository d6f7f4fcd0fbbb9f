// Function steps: calls of plugin functions. A step that completes in its start handler leaves no
// row; one that waits has a row with its input and what its handlers saved. One handler runs at a
// time, within a mark of the store; what it asks of the engine in memory (events to emit, effects
// to release, notes) is kept aside and done only when the handler has succeeded.
// Loop thread only.
#pragma once

#include "base/list.h"
#include "engine/live.h"

struct handler { // the one that runs
    struct list asked;
    bool wrote_rows;
};

// Starts the call; its answer, if it has one at once, goes to the front of the inbox.
void step_begin(struct engine *e, struct live *l, const struct action *action);
// A timer, event or result for an open step, or its failure.
void step_take(struct engine *e, struct live *l, const struct inbox_entry *entry);
// What waits at the address is over: tells the handler, closes what the step has open.
void step_drop(struct engine *e, struct live *l, const char *path, int64_t attempt,
               const char *reason);
// All of an instance that has ended.
void steps_drop_all(struct engine *e, struct live *l, const char *reason);
// Something can still happen to it: a timer, a subscription, an effect or an open item.
bool step_has_wake_source(struct engine *e, const struct step_address *a);
