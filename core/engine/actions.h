// Does what a machine step asks of the world, in its order: waits become rows of the current batch,
// calls begin, events go out. Loop thread only.
#pragma once

#include "engine/live.h"

void actions_do(struct engine *e, struct live *l, const struct transition *t);
// The instance has ended in this turn: nothing of it waits any more, and who waits for it hears.
void actions_ended(struct engine *e, struct live *l);
