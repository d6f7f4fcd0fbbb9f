// Answers to a call of the machine that are there at once: they go to the front of the inbox and
// are taken in the same turn. Loop thread only.
#pragma once

#include "engine/live.h"

// The value is taken: an output, or a problem if `failed`.
void answer_call(struct live *l, struct wait_address address, json value_take, bool failed);
void answer_problem(struct live *l, struct wait_address address, const char *type, int status,
                    const char *title, const char *detail);
