// One run of the machine: what happens within one machine_step. The words of the DSL (task_*.c) are
// written against this. A task that raises may be gone when the function that raised returns:
// whoever sees `false` from a function here touches its frame no more. One thread at a time.
#pragma once

#include "machine/machine.h"
#include "machine/scope.h"
#include "machine/state.h"

struct run {
    struct instance *instance;
    const struct machine_world *world;
    struct transition *transition;
    struct frame **ready; // a stack: the deepest goes on first, so branches run one after another
    size_t ready_count, ready_capacity;
    int64_t steps;
};

// How a child ended, for its parent. `output` is the parent's to keep or free.
struct child_end {
    const struct task *task;
    struct flow flow;
    json output;
};

// A word of the DSL. Functions that a word does not need are NULL.
struct task_word {
    void (*begin)(struct run *r, struct frame *f);
    void (*child_done)(struct run *r, struct frame *f, const struct child_end *end);
    void (*visit)(struct run *r, struct frame *f); // it asked for run_later while it runs
    void (*again)(struct run *r, struct frame *f); // after INPUT_RETRY: arms what it waits for
};
const struct task_word *task_word(const struct frame *f);

// ---- going on
void run_later(struct run *r, struct frame *f);
void run_forget(struct run *r, struct frame *f);                     // off the stack
void run_complete(struct run *r, struct frame *f, json output_take); // with the task's raw output
void run_wait(struct frame *f);
void run_again(struct run *r, struct frame *f); // f from its start, as a new attempt
// Starts a task under f; false if it is too deep (raised).
bool run_child(struct run *r, struct frame *f, const struct task *task, json raw_take);
// Lists of tasks in sequence. The first is started; an empty list completes f with its data.
void run_list(struct run *r, struct frame *f, const struct task_list *list, json raw_take);
// Starts what follows the child that ended; NULL output means that the list is at its end and
// nothing was started.
bool run_next(struct run *r, struct frame *f, const struct child_end *end);

// ---- errors
void run_raise(struct run *r, struct frame *f, json problem_take);
// As an error of what runs inside f, so that f itself, a try, may catch it.
void run_raise_inside(struct run *r, struct frame *f, json problem_take);
void run_raise_type(struct run *r, struct frame *f, const char *type, const struct fail *why);
// Takes away all below f: its waits are dropped.
void run_cancel_below(struct run *r, struct frame *f, const char *reason);
void run_fault(struct run *r, struct frame *f, json problem_take); // past every try

// ---- expressions: evaluate with the names allowed there, raise where that fails
bool run_evaluate(struct run *r, struct frame *f, const struct template *what, json input,
                  json *out);

// ---- asking the world
struct action *run_act(struct run *r, struct frame *f, enum action_kind kind, const char *name);
void run_arm(struct run *r, struct frame *f, const char *name, int64_t due_ms);
void run_drop(struct run *r, struct frame *f, const char *reason); // if anything of it is armed

// ---- the end
void run_end(struct run *r, json output_take); // `then: end`: the workflow is done
