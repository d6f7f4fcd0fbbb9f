#include "machine/words.h"

static void begin(struct run *r, struct frame *f)
{
    run_list(r, f, &f->task->body, json_ref(f->input));
}

static void child_done(struct run *r, struct frame *f, const struct child_end *end)
{
    if (!run_next(r, f, end))
        run_complete(r, f, end->output);
}

// The workflow is a list of tasks like any other.
static void begin_workflow(struct run *r, struct frame *f)
{
    run_list(r, f, &r->instance->definition->body, json_ref(f->input));
}

const struct task_word word_do = {.begin = begin, .child_done = child_done};
const struct task_word word_workflow = {.begin = begin_workflow, .child_done = child_done};
