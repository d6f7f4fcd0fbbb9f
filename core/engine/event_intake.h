// Accepting an event: checked, told from those already known, kept, and given to all who wait for
// it, in one batch. Costs one test a distinct filter of its type and one look-up each.
// Loop thread only.
#pragma once

#include "engine/engine.h"

CHECKED bool event_accept(struct engine *e, json event, struct event_receipt *receipt,
                          struct fail *why);
