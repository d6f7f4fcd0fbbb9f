// Nothing waits in silence: an open instance says in a sentence what it waits for, and has
// something that can wake it. If it has not, that is an incident, found in the commit that makes
// it, not weeks later. Loop thread only.
#pragma once

#include "engine/live.h"

void incident_sentence(struct engine *e, const struct live *l, struct bytes *out);
void incident_check(struct engine *e, struct live *l);
// A person's way out: steps that nothing can wake fail, so that the workflow's own handling of
// errors, or a retry, goes on from there. Returns how many there were.
size_t incident_fail_dead(struct engine *e, struct live *l);
