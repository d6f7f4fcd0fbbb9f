// What a case knows of persons goes once it has been over for as long as its definition keeps it
// (`metadata.dure.retention`; a workflow that another started and that says nothing itself follows
// that one). History, chain and numbers stay.
//
//   resting ──(an hour)──> looking: at instances by id ──(one is due)──> emptying: its state first
//      ^                     ^  │                                          │ (then a slice at a
//      time) └────(no more)────────│──┘                                          │
//                            └──(nothing left: it is in the history)───────┘
//
// Its first slice empties the state and marks the instance EXPIRY_UNDER_WAY, so that nobody retries
// it half removed and a crash is gone on after: each slice can be repeated. An effect that has not
// ended keeps its case as it is. Of an instance that cannot be read nobody knows, so it stays.
// The engine owns it. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "calendar/duration.h"
#include "store/row.h"
#include "json/json.h"

#define EXPIRY_NONE      INT64_MIN // of live.removed_ms
#define EXPIRY_UNDER_WAY 0
#define EXPIRY_KEY       "$removed" // in the instance's row, beside the machine's members
#define EXPIRY_SENTENCE                                                                            \
    "the case has been over for as long as it is kept, and its data was removed; start a new one"

struct engine;
struct live;

struct expiry {
    enum expiry_state { EXPIRY_RESTING, EXPIRY_LOOKING, EXPIRY_EMPTYING } state;
    int64_t next_ms;         // no slice before
    char id[ID_LENGTH + 1];  // looked at last; or in hand
    struct row after;        // its personal payload blanked last
    bool payloads_are_blank; // of the one in hand
};

void expiry_init(struct expiry *x, int64_t now_ms);
void expiry_done(struct expiry *x);
void expiry_turn(struct engine *e);
// What a lifecycle entry says besides, as history may have it: of a case that is kept for a time,
// data is a personal payload, since history stays. The caller frees it.
json expiry_told(struct engine *e, struct live *l, json more);
int64_t expiry_removed_ms(const struct row *instance);
// keptUntil of what has ended and is kept for a time, personalDataRemovedAt of what was emptied.
void expiry_show(struct engine *e, const struct live *l, json *out);
