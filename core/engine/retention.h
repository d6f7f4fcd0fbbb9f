// What has had its time goes: events that are older than the engine keeps them and that no instance
// can consume any more, with the rows that say who consumed them. A slice at a turn, a pass an
// hour, in the engine's own time; the first look comes an hour after the start.
//
//   resting ──(an old event is there)──> asking: the least event that an instance may still see
//      ^                                    │
//      └──(nothing old is left)── deleting <┘
//
// The engine owns it. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"

#define RETENTION_DAYS 30 // unless said otherwise

struct engine;

enum retention_state { RETENTION_RESTING, RETENTION_ASKING, RETENTION_DELETING };

struct retention {
    enum retention_state state;
    int64_t keep_ms; // INT64_MAX: for ever
    int64_t next_ms; // no slice before
    int64_t bound;   // events before it are nobody's; in the making while asking
    char after[64];  // the instance asked last
};

void retention_init(struct retention *r, int keep_days,
                    int64_t now_ms); // 0: as usual; < 0: for ever
void retention_turn(struct engine *e);
