// Timers: rows ordered by their due time. Memory knows only the earliest, and within a turn even
// that only as a bound: a timer dropped or undone leaves it too early, never too late. Equal
// instants fire in the order of their address, or replay would differ. Loop thread only.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"

struct row;

// An instance with an inbox left over at a seal has a row here, far beyond every real instant, by
// which recovery finds it.
#define TIMERS_INBOX_DUE_MS INT64_C(8000000000000000)

void timers_put(struct engine *e, const char *instance, const char *path, int64_t attempt,
                const char *name, int64_t due_ms, const char *owner);
void timers_drop(struct engine *e, const char *instance, const char *path, int64_t attempt,
                 const char *name);
void timers_drop_all(struct engine *e, const char *instance, const char *path, int64_t attempt);
void timers_drop_instance(struct engine *e, const char *instance);
void timers_changed(struct engine *e); // some may have been undone
// At the end of a turn: makes the bound exact again.
void timers_settle(struct engine *e);
bool timers_has(struct engine *e, const char *instance, const char *path, int64_t attempt,
                const char *name);
bool timers_any(struct engine *e, const char *instance, const char *path, int64_t attempt);
// Fires what is due, at most `most`; true if more is due.
bool timers_fire(struct engine *e, size_t most);
void timers_recover(struct engine *e);
void timers_done(struct engine *e);
