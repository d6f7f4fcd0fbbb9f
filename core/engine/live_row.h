// A live instance as its row, and back. The state is what the machine encodes, with "$inbox" beside
// it where something is yet to be taken; payloads above LIMIT_PAYLOAD_INLINE lie in rows of their
// own, by content hash. Loop thread only.
#pragma once

#include "engine/live.h"

struct row;

void live_row_put(struct engine *e, struct live *l, const char *waits_for);
struct live *live_row_read(struct engine *e, const struct row *row); // has its own memory
