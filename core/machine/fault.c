#include "base/must.h"
#include "machine/lifecycle.h"
#include "machine/loop.h"
#include "machine/problem.h"
#include "machine/words.h"

static void cancel_one(struct run *r, struct frame *f, const char *reason)
{
    run_forget(r, f);
    run_drop(r, f, reason);
    if (f->is_told)
        return;
    tell_task(r, f, "cancelled", json_absent());
    instance_mark(r->instance, f->task, MARK_CANCELLED);
}

void run_cancel_below(struct run *r, struct frame *f, const char *reason)
{
    while (f->first != NULL) {
        struct frame *child = f->first;
        for (struct frame *g = child; g != NULL; g = frame_walk(child, g))
            cancel_one(r, g, reason);
        frame_free(child);
    }
}

void run_sweep(struct run *r, const char *reason)
{
    struct frame *root = r->instance->root;
    if (root == NULL)
        return;
    run_cancel_below(r, root, reason);
    cancel_one(r, root, reason);
    r->instance->root = NULL;
    frame_free(root);
}

void run_halt(struct run *r, const char *reason)
{
    struct frame *root = r->instance->root;
    for (struct frame *f = root; f != NULL; f = frame_walk(root, f)) {
        run_forget(r, f);
        run_drop(r, f, reason);
    }
}

// The tree stays, so that INPUT_RETRY can go on from here.
void run_fault(struct run *r, struct frame *f, json problem_take)
{
    struct instance *i = r->instance;
    run_halt(r, "faulted");
    i->status = STATUS_FAULTED;
    i->faulted = f->attempt;
    json_swap_take(&i->error, problem_take);
    instance_mark(i, f->task, MARK_FAULTED);
    r->transition->ended = true;
    tell_workflow(r, "faulted", tell_with("error", json_ref(i->error)));
}

// What lies between the task that raised and the try that catches ends with it.
static void fault_between(struct run *r, struct frame *origin, struct frame *until)
{
    for (struct frame *f = origin; f != until; f = f->parent) {
        if (f != origin)
            tell_task(r, f, "faulted", json_absent());
        instance_mark(r->instance, f->task, MARK_FAULTED);
        f->is_told = true;
    }
}

static void send_up(struct run *r, struct frame *origin, struct frame *first, json problem_take)
{
    json problem = problem_complete(problem_take, frame_path(origin));
    json_free(problem_take);
    tell_task(r, origin, "faulted", tell_with("error", json_ref(problem)));
    for (struct frame *f = first; f != NULL; f = f->parent) {
        if (f->task == NULL || f->task->kind != TASK_TRY || f->phase != TRY_BODY ||
            f->state != FRAME_RUNS)
            continue;
        if (try_catches(r, f, &problem) == CATCH_NOT)
            continue;
        if (origin != f)
            fault_between(r, origin, f);
        run_cancel_below(r, f, "cancelled");
        try_caught(r, f, problem);
        json_free(problem);
        return;
    }
    run_fault(r, origin, problem);
}

void run_raise(struct run *r, struct frame *f, json problem_take)
{
    send_up(r, f, f->parent, problem_take);
}

void run_raise_inside(struct run *r, struct frame *f, json problem_take)
{
    send_up(r, f, f, problem_take);
}

void run_raise_type(struct run *r, struct frame *f, const char *type, const struct fail *why)
{
    run_raise(r, f, problem_new(type, 0, NULL, why->message, frame_path(f)));
}

// The tasks around the one that said `end` are done with it; branches beside it are cancelled.
void run_end(struct run *r, json output_take)
{
    struct frame *root = r->instance->root;
    must(root != NULL);
    for (struct frame *f = frame_walk(root, NULL); f != NULL; f = frame_walk(root, f)) {
        if (!f->is_told || f->task == NULL)
            continue;
        for (struct frame *g = f->parent; g->task != NULL && !g->is_told; g = g->parent) {
            tell_task(r, g, "completed", json_absent());
            instance_mark(r->instance, g->task, MARK_COMPLETED);
            g->is_told = true;
        }
    }
    run_cancel_below(r, root, "completed");
    run_complete(r, root, output_take);
}
