// Starting an instance within the current batch. Loop thread only.
#pragma once

#include "engine/live.h"

CHECKED bool start_instance(struct engine *e, const struct start_opts *opts, struct id *id,
                            struct fail *why);
