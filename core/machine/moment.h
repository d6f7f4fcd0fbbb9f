// When something is due: durations of the definition, constant or computed, added on its zone's
// calendar. One thread at a time.
#pragma once

#include "machine/run.h"

// False with a problem if it is no duration, or longer than LIMIT_WAIT_DAYS.
bool moment_after(const struct run *r, const struct frame *f, const struct duration_source *source,
                  int64_t from_ms, int64_t *due_ms, json *problem);
// {iso8601, epoch: {seconds, milliseconds}}, the DSL's dateTimeDescriptor.
json moment_descriptor(int64_t ms);
