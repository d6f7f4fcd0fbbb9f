// A long poll: the answer comes when the instance has ended and that is durable, or when the time
// is up, whichever is first. Loop thread only.
#pragma once

#include "api/resource.h"

// Replies 201 with {id, status, output?, error?, waitsFor?}.
void wait_for_end(struct api *a, struct request *r, const char *id, int64_t seconds);
