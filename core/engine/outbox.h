// Effects: decided in a step, in the store with it, released when that commit is durable, and
// answered once.
//
//    ready ──commit──> running ──done, failed──> (gone, its owner was told)
//      ^                  │ later: a timer          running at a crash, class once ──> unknown
//      └──────────────────┘
//
// Class "idempotent" is released again after a crash; the row stays ready while it runs. Class
// "once" is marked running in a commit of its own before it is released, so that what is ready
// after a crash is known not to have happened. Loop thread only.
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "engine/live.h"

#define OUTBOX_RUNNING_MAX  256                             // of one kind; the rest queue
#define OUTBOX_RETRY_MS     1000                            // the first pause, doubled each time
#define OUTBOX_PAUSE_MAX_MS (15 * 60 * 1000)                // the longest
#define OUTBOX_PATIENCE_MS  (INT64_C(2) * 24 * 3600 * 1000) // then it has failed

struct outbox {
    struct map kinds;   // kind -> struct outbox_kind
    struct map running; // key -> struct outbox_effect
};

struct outbox_ask {
    const char *instance, *path, *name, *kind, *class, *owner; // owner: "machine", "step", "none"
    int64_t attempt;
    json request;
    int64_t due_ms; // 0: at once, by outbox_note_release; else its timer releases it
};

void outbox_init(struct outbox *o);
void outbox_done(struct engine *e);
void outbox_recover(struct engine *e);
bool outbox_has_kind(const struct engine *e, const char *kind);

void outbox_put(struct engine *e, const struct outbox_ask *ask);
void outbox_note_release(struct engine *e, const struct outbox_ask *ask);
// After the commit: begins it, or marks it running first.
void outbox_release(struct engine *e, const char *instance, const char *path, int64_t attempt,
                    const char *name);
void outbox_retry_due(struct engine *e, const char *timer_path, int64_t attempt, const char *name);
// Those whose result somebody at the address waits for are no longer wanted.
void outbox_drop(struct engine *e, const char *instance, const char *path, int64_t attempt);
// One of any step or call of the instance, whose answer is awaited.
bool outbox_any_of(struct engine *e, const char *instance);
// One that will still come back with an answer.
bool outbox_any_unknown(struct engine *e, const char *instance, const char *path, int64_t attempt);
bool outbox_any(struct engine *e, const char *instance, const char *path, int64_t attempt);
