// The seam of functions: who runs `call: NAME`. The engine opens a step for the call (TABLE_STEP)
// and hands it what happens to it, one handler at a time, inside the turn; everything one handler
// writes commits together, or is undone when it raises or refuses. The plugin room implements it
// with Lua. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "definition/definition.h"
#include "json/json.h"

struct engine;

// Which step: the call's wait.
struct step_address {
    const char *instance;
    const char *path;
    int64_t attempt;
};

enum step_event { STEP_START, STEP_ANSWER, STEP_TIMER, STEP_EVENT, STEP_RESULT, STEP_STOP };

struct step_call {
    enum step_event event;
    struct step_address address;
    const char *task;               // name of the task
    const char *function, *version; // version: as pinned at the start
    const struct definition *definition;
    json input; // the evaluated `with`
    json state; // what the handler saved; null at the start
    int64_t now_ms;
    const char *name; // TIMER: its name; RESULT: the effect's; EVENT: the subscription's
    json payload; // ANSWER: see people/item.h; EVENT: the event; RESULT: the output; STOP: {reason}
    bool failed;  // RESULT: payload is a problem
};

struct step_outcome {
    enum step_verdict {
        STEP_WAITS,   // goes on waiting; state was saved
        STEP_DONE,    // value: the output
        STEP_RAISED,  // value: problem details
        STEP_REFUSED, // an answer was refused: value {code, message}; all undone
        STEP_HELD,    // not now: value is the sentence of an incident; the instance is held, and
                      // after a person has resumed it the same call comes again
        STEP_BROKEN,  // the handler broke a rule of the house (killed, out of memory): value is a
                      // problem
    } verdict;
    json value; // owned by the outcome
    json state; // to save; absent: unchanged
    json reply; // ANSWER: what the answerer is told; absent: nothing special
};

struct function_host {
    struct function_catalogue catalogue;
    // Runs one handler. Writes go to the store's current batch; the engine has set a mark and
    // undoes on RAISED, REFUSED and BROKEN.
    void (*handle)(struct function_host *h, struct engine *e, const struct step_call *call,
                   struct step_outcome *out);
    // The step is over: close its work items and drop its records' caches.
    void (*ended)(struct function_host *h, struct engine *e, const struct step_address *address,
                  const char *reason);
    // Removes what rooms above the engine hold of persons in an ended case, a few rows a call; true
    // when nothing is left. It may begin anew at any time, since a crash forgets how far it was.
    // May be NULL.
    bool (*forget)(struct function_host *h, struct engine *e, const char *instance);
    // How many of its own wake sources (open work items) the step has, for "nothing waits in
    // silence".
    size_t (*wake_sources)(struct function_host *h, struct engine *e,
                           const struct step_address *address);
    // A sentence for `waitsFor` beside the machine's ("3 of 15 have answered"), or nothing.
    void (*waits_for)(struct function_host *h, struct engine *e, const struct step_address *address,
                      struct bytes *out);
};

// ---- what a handler may do through the engine, besides its records. All of it joins the current
// batch.
void engine_step_timer(struct engine *e, const struct step_address *a, const char *name,
                       int64_t due_ms);
void engine_step_timer_drop(struct engine *e, const struct step_address *a, const char *name);
void engine_step_subscribe(struct engine *e, const struct step_address *a, const char *name,
                           const char *type, json with); // attributes that must be equal
void engine_step_unsubscribe(struct engine *e, const struct step_address *a, const char *name);
// An effect released after the commit; `name` unique in the step. With `owner_waits` its result
// comes as STEP_RESULT.
void engine_step_effect(struct engine *e, const struct step_address *a, const char *name,
                        const char *kind, const char *class, json request, bool owner_waits);
// The same, released at an instant to come; nobody waits for its result.
void engine_step_effect_at(struct engine *e, const struct step_address *a, const char *name,
                           const char *kind, const char *class, json request, int64_t due_ms);
CHECKED bool engine_step_emit(struct engine *e, json event,
                              struct fail *why); // in this transaction
// Appends to the instance's history in this commit.
void engine_step_note(struct engine *e, const struct step_address *a, json entry);

// Hands something to an open step from outside a handler (answers): runs the handler and what
// follows from its verdict. Refusals come back with why->code and, in *reply, what to tell. After
// false a caller may undo its own mark around this; after true it must keep it.
CHECKED bool engine_step_hand(struct engine *e, const struct step_address *a, enum step_event event,
                              const char *name, json payload, json *reply, struct fail *why);
bool engine_step_is_open(struct engine *e, const struct step_address *a);
