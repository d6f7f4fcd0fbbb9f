// The pure interpreter: (definition, instance, input, now) -> transition. It does no I/O, reads no
// clock and no randomness but what it is given; the same inputs give the same bytes. One input is
// taken at a time; the machine goes on until every branch waits or the instance ends, and says what
// the world has to do in a transition.
//
//   input ──> machine_step ──> instance changed in place + transition { actions, entries }
//
// Actions are done by the engine in their order: what only changes the store at once, effects after
// the commit. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/random.h"
#include "machine/instance.h"

// A wait is addressed by instance + path + attempt (+ name: "" for the task's own, "timeout",
// "retry").
struct wait_address {
    const char *path;
    int64_t attempt;
    const char *name;
};

enum machine_input_kind {
    INPUT_START,  // value: the workflow's raw input
    INPUT_RESULT, // of a call or child at `address`: value is its output, or an error if `failed`
    INPUT_TIMER,  // the timer at `address` is due
    INPUT_EVENT,  // value: the event; `filter`: which filter of the listen at `address` it fits
    INPUT_CANCEL, // value: {reason} or absent
    INPUT_SUSPEND,
    INPUT_RESUME,
    INPUT_RETRY, // a faulted instance: once more from the task that faulted
};

struct machine_input {
    enum machine_input_kind kind;
    struct wait_address address;
    json value; // borrowed
    bool failed;
    int filter;
    json correlation; // INPUT_EVENT: {name: value} extracted, borrowed
};

enum action_kind {
    ACTION_TIMER,       // arm: due_ms
    ACTION_SUBSCRIBE,   // filter, correlation: expected values by name; `with` evaluated
    ACTION_UNSUBSCRIBE, // the one at address + filter
    ACTION_CALL,        // call the function or service: request
    ACTION_CHILD, // start a workflow: request {namespace, name, version, input}; a result comes if
                  // `await`
    ACTION_EMIT,  // publish the event: request
    ACTION_DROP,  // everything that waits at path + attempt is over: timers, subscriptions, call,
                  // child
};

struct action {
    enum action_kind kind;
    struct wait_address address;
    const struct task *task;
    int64_t due_ms;
    const struct event_filter *filter;
    json correlation; // owned by the transition
    json with;        // evaluated attributes of the filter
    json request;
    bool await;
    const char *reason; // ACTION_DROP: "cancelled", "timeout", "completed"
};

// An entry of the history and the lifecycle, see README.md. The texts live as long as the
// definition.
struct lifecycle_entry {
    const char *type, *reference, *name;
    int64_t attempt; // LIFECYCLE_NO_ATTEMPT: of the workflow
    json more;       // what else it says: an object, or absent; owned by the transition
};
#define LIFECYCLE_NO_ATTEMPT (-1)
json lifecycle_json(const struct lifecycle_entry *told); // {type, reference, name, attempt?, …more}

// What one input led to. The caller inits it once and may use it for many steps; machine_step
// appends.
struct transition {
    struct arena arena;
    struct action *actions;
    size_t count, capacity;
    struct lifecycle_entry *told;
    size_t told_count, told_capacity;
    bool ended; // completed, faulted or cancelled in this step
};
void transition_init(struct transition *t);
void transition_clear(struct transition *t);
void transition_done(struct transition *t);

// What the machine may know of the world.
struct machine_world {
    int64_t now_ms;
    struct random *random; // jitter
    json secrets;          // {name: value} of those the definition uses; absent: none
    json runtime;          // $runtime
};

// False only if the input does not fit the instance (unknown or settled address, not open): nothing
// changed, the input is to be dropped, why says so. Errors of the workflow itself are states, not
// failures.
CHECKED bool machine_step(struct instance *i, const struct machine_input *input,
                          const struct machine_world *world, struct transition *t,
                          struct fail *why);

// Events: does `event` (a CloudEvent as JSON) fit the filter, apart from correlation with an
// instance? Fills the correlation values it carries ({name: value}) if so. Expression errors count
// as not fitting, with why for `dure why`.
bool event_fits(const struct event_filter *filter, json event, int64_t now_ms, json *correlation,
                struct fail *why);
// The whole test against one subscription: static attributes evaluated at subscription, and
// expected correlation.
bool event_fits_subscription(json with, json expected, json event, json correlation,
                             struct fail *why);
// Canonical text of the values expected under a filter, by which subscriptions are found; the same
// text comes from an event's correlation values. "" where the filter has no correlation with
// `expect`.
void event_correlation_key(const struct event_filter *filter, json values, struct bytes *out);

// Errors as problem details. Types are written under
// https://serverlessworkflow.io/spec/1.0.0/errors/ and match under every family that has been
// published.
json problem_new(const char *type_name, int status, const char *title, const char *detail,
                 const char *instance); // type_name: "validation", or a full URI
bool problem_type_equal(const char *a, const char *b);
