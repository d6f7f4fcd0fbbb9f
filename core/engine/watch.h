// What is said to the world after a commit and never before: callbacks, lifecycle entries, ends of
// instances, effects to release. Notes gather with the batch they belong to and are read out, in
// their order, when it is durable. Loop thread only.
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "engine/engine.h"

struct commit_notes {
    struct engine *engine;
    struct list notes;
    struct list node; // among those in flight
};

struct watch {
    struct commit_notes *current;
    struct list in_flight; // of commit_notes, oldest first
    struct list listeners;
    size_t listener_count;
    struct map ended; // id -> waiters
};

void watch_init(struct engine *e);
void watch_done(struct engine *e); // drops all notes unsaid

void watch_happened(struct engine *e, const char *instance, int64_t at_ms,
                    const struct bytes *entries);
void watch_ended(struct engine *e, const char *instance);
void watch_release(struct engine *e, const char *instance, const char *path, int64_t attempt,
                   const char *name);
bool watch_has_notes(const struct engine *e);
// Seals the store's batch with the notes gathered. False if there was nothing to seal or say.
bool watch_seal(struct engine *e);
