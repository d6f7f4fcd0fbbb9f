#include "base/limits.h"
#include "machine/words.h"

// Branches start one after another, each as soon as the one before it waits or is done: so the
// order of everything is that of the definition, and a branch that needs no wait wins a race before
// the next one begins.
enum { FORK_OPEN, FORK_DECIDED };

static json empty_outputs(size_t count)
{
    json outputs = json_array();
    for (size_t n = 0; n < count; n++)
        json_append_take(&outputs, json_null());
    return outputs;
}

static void visit(struct run *r, struct frame *f)
{
    const struct task_list *branches = &f->task->fork.branches;
    if ((size_t)f->index >= branches->count)
        return;
    const struct task *branch = branches->items[f->index++];
    if ((size_t)f->index < branches->count)
        run_later(r, f); // below the branch on the stack
    run_child(r, f, branch, json_ref(f->input));
}

static void begin(struct run *r, struct frame *f)
{
    size_t count = f->task->fork.branches.count;
    if (count == 0) {
        run_complete(r, f, f->task->fork.compete ? json_ref(f->input) : json_array());
        return;
    }
    if (!f->task->fork.compete)
        json_swap_take(&f->list, empty_outputs(count));
    visit(r, f);
}

static void child_done(struct run *r, struct frame *f, const struct child_end *end)
{
    if (f->task->fork.compete) {
        f->phase = FORK_DECIDED;
        run_forget(r, f);
        run_cancel_below(r, f, "cancelled");
        run_complete(r, f, end->output);
        return;
    }
    json_put_take(&f->list, end->task->place, end->output);
    if (f->first != NULL || (size_t)f->index < f->task->fork.branches.count)
        return;
    struct fail why;
    if (value_within_limits(f->list, &why)) // each round of a circle through here nests it deeper
        run_complete(r, f, json_ref(f->list));
    else
        run_raise_type(r, f, "runtime", &why);
}

static void again(struct run *r, struct frame *f)
{
    if (f->state == FRAME_RUNS && (size_t)f->index < f->task->fork.branches.count)
        run_later(r, f);
}

const struct task_word word_fork = {
    .begin = begin, .child_done = child_done, .visit = visit, .again = again};
