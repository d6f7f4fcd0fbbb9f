// A frame: a task that has begun and not ended, a node of an instance's tree. What it still has to
// do is all here, as data, so that it survives a restart. The parent owns its children, the
// instance the root. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calendar/instant.h"
#include "definition/definition.h"
#include "json/json.h"

//   FRAME_ENTERS ──> FRAME_RUNS <──> FRAME_WAITS
//        │               │               │
//        └───────────────┴───────────────┴──> FRAME_LEAVES
// ENTERS and LEAVES are passed within one step, so a state at rest has RUNS (its children wait) and
// WAITS (it waits itself), and the others only where the instance faulted.
enum frame_state { FRAME_ENTERS, FRAME_RUNS, FRAME_WAITS, FRAME_LEAVES };

enum try_phase { TRY_BODY, TRY_DELAY, TRY_HANDLER };

// One filter that a listen is subscribed to.
struct subscription {
    const struct event_filter *filter;
    json with;     // attributes as evaluated at the start; {} where they are constant
    json expected; // {name: value} of the correlations that say what they expect
    bool open;
    bool ends_it; // of the events in `until`
};

struct listening {
    struct subscription *items;
    size_t count;
    json bound;  // {name: value} of correlations without `expect`: the first event's values
    bool closed; // takes no more events
};

struct frame {
    const struct task *task; // NULL: the workflow itself, at the root
    struct frame *parent, *first, *last, *next, *previous;
    int64_t attempt;    // unique in the instance
    int64_t started_ms; // when it entered
    int64_t due_ms;     // its own timer: a wait's, a retry's delay
    int64_t timeout_ms; // `timeout`
    int64_t limit_ms;   // try: the end of this attempt (limit.attempt.duration)
    enum frame_state state;
    int phase; // try: enum try_phase; fork: 1 once it is decided; listen: past items in the list
    int64_t index; // for: the iteration; fork: next branch to start; try: retries; listen: handled
    json raw;      // input before input.from
    json input;    // after it
    json output;   // raw output, while it leaves
    json list;     // for: the collection; fork: outputs by branch; listen: what was consumed
    json value; // for: [first, step, count] instead of a list; try: the error; listen: the outputs
    struct listening *listening;
    struct flow flow; // where to go on, while it leaves
    bool is_ready;    // in the run's stack
    bool is_told;     // its end is in the history already
};

struct frame *frame_new(const struct task *task, struct frame *parent, int64_t attempt,
                        json raw_take);
void frame_free(struct frame *f);  // with all below; takes itself off its parent
void frame_clear(struct frame *f); // forgets all but task, place and raw input, to enter once more
struct frame *frame_find(struct frame *root, int64_t attempt); // NULL if there is none
int frame_depth(const struct frame *f);
// Pre-order walk: frame_walk(root, NULL) is root, NULL after the last.
struct frame *frame_walk(struct frame *root, struct frame *f);
// A timer, subscription, call or child of its own is out there.
bool frame_is_armed(const struct frame *f);
const char *frame_path(const struct frame *f); // the task's reference; "/" for the workflow

struct listening *listening_new(size_t count);
void listening_free(struct listening *l);
