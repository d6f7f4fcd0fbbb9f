// The engine: instances, their inbox, timers, events and effects over a store, in turns. It knows
// the clock and randomness only through a port, effects only through executors, functions only
// through a host; so it runs the same on the loop, in virtual time and in simulation.
//
//   operations ──> current batch + inbox ──engine_turn──> machine steps ──> seal ──(durable)──>
//   answers, effects
//
// An operation (deploy, start, event, control) applies at once to the current batch, or refuses and
// changes nothing. What the caller may tell the world it says in engine_after_commit. engine_turn
// steps everything that has gathered and seals one batch; what gathers meanwhile is the next one. A
// commit that fails keeps everything held back. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "calendar/instant.h"
#include "definition/definition.h"
#include "engine/function_host.h"
#include "engine/port.h"
#include "machine/machine.h"
#include "store/store.h"

struct engine;

// How an effect ended. The engine copies what it keeps.
struct effect_result {
    enum effect_outcome {
        EFFECT_DONE,      // value: the output
        EFFECT_FAILED,    // value: problem details; final
        EFFECT_TRY_LATER, // value: problem details; the engine tries again with back-off by its
                          // class
        EFFECT_UNKNOWN,   // nobody knows whether it happened (at most once): a person says
    } outcome;
    json value;
};

// An effect the engine has released. Valid until its result is given.
struct effect {
    const char
        *key; // instance + path + attempt + name, in one text: for Idempotency-Key and Message-ID
    const char *instance, *path, *name;
    int64_t attempt;
    const char *kind;  // "http", "mail", "sink", …: picks the executor
    const char *class; // "idempotent" or "once"
    json request;
    int64_t tries; // before this one
};

// The seam of effects. `begin` must sooner or later lead to exactly one engine_effect_done for the
// key (also at once).
struct executor {
    const char *kind;
    void (*begin)(struct executor *x, struct engine *engine, const struct effect *effect);
    void (*cancel)(struct executor *x,
                   const char *key); // its result is no longer wanted; may be NULL
    void *context;
};

struct engine_opts {
    struct store *store;         // borrowed
    const struct port *port;     // borrowed
    struct function_host *host;  // borrowed; NULL: no functions
    json secrets;                // {name: value}; borrowed
    const struct zone *zone;     // of workflows that name none; NULL: UTC
    void (*wake)(void *context); // there is work for engine_turn; loop thread; may be NULL
    void *context;
    size_t turn_inputs, seal_inputs; // 0: as usual; tests take small ones
    const char *last_words;          // what the process before said when it crashed; NULL: nothing
    int64_t last_words_ms;           // when; the same again is the same crash; 0: not known
    int keep_days; // how long settled events are kept; 0: RETENTION_DAYS, < 0: for ever
};
struct engine *engine_new(const struct engine_opts *opts);
void engine_free(struct engine *e);
void engine_add_executor(struct engine *e, struct executor *x); // borrowed
struct store *engine_store(const struct engine *e);
const struct port *engine_port(const struct engine *e);
int64_t engine_now_ms(const struct engine *e); // of this turn: the same for all that happens in it
struct random *engine_random(struct engine *e);
// What came at or before this instant has been kept for long enough; INT64_MIN: nothing ever.
int64_t engine_kept_since_ms(const struct engine *e);

// Reads the definitions, the near timers and what was in flight; marks effects of class "once" that
// were running as unknown. Before it nothing else is called.
CHECKED bool engine_recover(struct engine *e, struct fail *why);

// Steps all that gathered and all that is due, and seals. Returns true if there is more to do at
// once.
bool engine_turn(struct engine *e);
void engine_poll(
    struct engine *e); // takes the store's acknowledgements: answers and effects go out
// When the next timer or retry is due; INSTANT_NONE if nothing is.
int64_t engine_next_due_ms(const struct engine *e);
// For a loop that has nothing else to do: decodes ahead some of what is due soon; true if there is
// more of it. Changes nothing that can be seen.
bool engine_warm(struct engine *e);
// Nothing in the inbox, in flight in the store, or running as an effect: only time, events or
// people can go on.
bool engine_is_idle(const struct engine *e);
size_t engine_effects_running(const struct engine *e);

// An operation from outside begins: the clock is read, and trouble with the disk refuses it. For
// rooms that write rows outside a handler.
CHECKED bool engine_may_change(struct engine *e, struct fail *why);

// Calls `done` once everything written so far is durable (at once if it is).
void engine_after_commit(struct engine *e, void (*done)(void *context), void *context);

// ---- definitions
struct definition_ref {
    const char *namespace, *name,
        *version; // version NULL: the latest (by semantic version) deployed
};
struct definition_text {
    const char *file, *text;
    size_t bytes;
};
// Whether engine_deploy would take it; changes nothing, so that many files can be looked at before
// the first is taken.
CHECKED bool engine_deploy_check(struct engine *e, const struct definition_text *given,
                                 bool replace, struct diagnostics *diagnostics, struct fail *why);
// The same text again is no change; another text under the same version is a conflict unless
// `replace` (--dev). NULL and diagnostics if it has errors. The result is borrowed from the
// catalogue.
struct definition *engine_deploy(struct engine *e, const char *file, const char *text, size_t bytes,
                                 bool replace, struct diagnostics *diagnostics, struct fail *why);
struct definition *engine_definition(struct engine *e, const struct definition_ref *ref,
                                     struct fail *why);
json engine_definitions(
    struct engine *e); // [{namespace, name, version, title, deployed, schedule…}]

// ---- instances
struct start_opts {
    struct definition_ref definition;
    json input;                       // borrowed; absent: {}
    const char *title;                // NULL: the definition's
    const char *parent, *parent_wait; // of a child; NULL
};
// The id goes into *id. Input that does not fit the schema is refused here, before there is an
// instance.
CHECKED bool engine_start(struct engine *e, const struct start_opts *opts, struct id *id,
                          struct fail *why);
// RETRY: a faulted instance once more from the task that faulted; an open one whose incident is a
// step that nothing can wake: that step fails.
enum control { CONTROL_CANCEL, CONTROL_PAUSE, CONTROL_RESUME, CONTROL_RETRY };
CHECKED bool engine_control(struct engine *e, const char *id, enum control what, const char *reason,
                            struct fail *why);
// An open or faulted instance goes on by another version of its definition (NULL: the latest).
// Every task that has begun must stand at the same place there; else it is refused and nothing
// changes. An instance that is of the version already is no change.
CHECKED bool engine_migrate(struct engine *e, const char *id, const char *version,
                            struct fail *why);
// Adds an entry of somebody's own to the history of an instance: who had something done to it.
// Takes the entry, an object with `type`.
CHECKED bool engine_note(struct engine *e, const char *id, json entry_take, struct fail *why);
// Holds an instance that must not run (it was in hand when the engine crashed twice): paused, with
// the reason as its incident, until a person resumes it.
CHECKED bool engine_quarantine(struct engine *e, const char *id, const char *reason,
                               struct fail *why);
// As `dure show --json`: {id definition title status input output error waitsFor waits createdAt
// updatedAt endedAt incident parent tasks}. `waits` and `tasks` included. Absent and why if there
// is none.
json engine_show(struct engine *e, const char *id, struct fail *why);
// [{seq, at, hash, entries}], oldest first.
json engine_history(struct engine *e, const char *id, int64_t after_seq, size_t limit,
                    struct fail *why);
struct list_opts {
    const char *status, *namespace, *name; // NULL: any
    const char *after;                     // id: page on behind it
    size_t limit;                          // at most LIMIT_PAGE_ROWS
};
json engine_list(struct engine *e, const struct list_opts *opts, struct fail *why); // newest first
// Called once, after the commit, when the instance has ended (or at once if it has).
void engine_when_ended(struct engine *e, const char *id,
                       void (*ended)(void *context, const char *id), void *context);
void engine_forget_ended(struct engine *e, void *context);

// ---- events
struct event_receipt {
    bool duplicate;
    int64_t seq;
    size_t matches, starts;
};
// Whether it is a CloudEvent 1.0 that engine_event takes, so that a batch is taken whole or not.
CHECKED bool engine_event_check(json event, struct fail *why);
// A CloudEvent 1.0 as JSON. One transaction: the event, its matches, the new instances.
CHECKED bool engine_event(struct engine *e, json event, struct event_receipt *receipt,
                          struct fail *why);
// Whether an open instance waits for it now. Changes nothing.
bool engine_event_is_awaited(struct engine *e, json event);
// Why it matched or did not: [{source, instance|definition, task, filter, matched, reason}];
// without a source that event of each source that has this id.
json engine_why(struct engine *e, const char *source, const char *id, struct fail *why);

// ---- effects
void engine_effect_done(struct engine *e, const char *key, const struct effect_result *result);
// Instead of engine_effect_done: not before an instant of the executor's own choosing, which is
// kept in the store. `problem` absent: it was only asked to wait (a rate limit), which is no try.
void engine_effect_later(struct engine *e, const char *key, int64_t not_before_ms, json problem);
// A person's word on an effect whose outcome nobody knows: it has happened (done), it has failed,
// or it is to be tried again (later).
struct effect_address {
    const char *instance, *path;
    int64_t attempt;
    const char *name;
};
// [{path, attempt, name, kind}] of the effects of an instance whose outcome nobody knows.
json engine_effects_unknown(struct engine *e, const char *instance);
CHECKED bool engine_effect_settle(struct engine *e, const struct effect_address *a,
                                  const struct effect_result *result, struct fail *why);

// ---- what happens, for traces and streams: called after the commit, in order. entry as in
// transition.entries.
typedef void engine_happened(void *context, const char *instance, int64_t at_ms, json entry);
void engine_listen(struct engine *e, engine_happened *happened, void *context);
void engine_unlisten(struct engine *e, void *context);

json engine_figures(struct engine *e); // counters and gauges for /metrics and status
json engine_incidents(struct engine *e, size_t limit); // [{instance, incident, since}]
