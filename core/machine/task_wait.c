#include "machine/moment.h"
#include "machine/words.h"

static void begin(struct run *r, struct frame *f)
{
    json problem;
    int64_t due;
    if (!moment_after(r, f, &f->task->wait, r->world->now_ms, &due, &problem)) {
        run_raise(r, f, problem);
        return;
    }
    if (due <= r->world->now_ms) {
        run_complete(r, f, json_ref(f->input));
        return;
    }
    f->due_ms = due;
    run_wait(f);
    run_arm(r, f, "", due);
}

// The moment stays what it was, also if it is past by now.
static void again(struct run *r, struct frame *f)
{
    if (f->state == FRAME_WAITS)
        run_arm(r, f, "", f->due_ms);
}

const struct task_word word_wait = {.begin = begin, .again = again};
