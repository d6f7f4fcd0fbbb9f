// What the stream has said lately, so that a reader who comes back with Last-Event-ID gets what it
// missed. An event's id is LIFE.NUMBER: the life is drawn when the ring begins, so that an id of an
// earlier process is never taken for one of this. Bounded by count and bytes; the oldest goes
// first. The ring owns copies of what it is given. Loop thread only.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#define RECENT_EVENTS_MAX  2048
#define RECENT_BYTES_MAX   (512 * 1024)
#define RECENT_ID_SIZE     48
#define RECENT_FRAME_BYTES 128 // of one event beside its text, at most

struct recent_event {
    char *instance, *text;
    size_t bytes;
};

struct recent {
    char life[17];
    struct recent_event *events; // a ring; NULL until recent_begin
    uint64_t last;               // the number of the newest; 0: none yet
    size_t count, bytes;
};

void recent_begin(struct recent *r); // once; more does nothing
void recent_done(struct recent *r);

// Keeps an event as the newest.
void recent_add(struct recent *r, const char *instance, const char *text);
// The id of the newest event, or the one before the first.
void recent_id(const struct recent *r, uint64_t number, char out[RECENT_ID_SIZE]);
// The number of the event with this id, if all after it are still here.
CHECKED bool recent_find(const struct recent *r, const char *id, uint64_t *number);
// An event that is still here.
const struct recent_event *recent_at(const struct recent *r, uint64_t number);
