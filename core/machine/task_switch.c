#include "machine/words.h"

// The first case whose condition holds, else the default wherever it stands, else none: then the
// task's own `then` counts.
static bool choose(struct run *r, struct frame *f, const struct switch_case **chosen)
{
    *chosen = NULL;
    for (size_t n = 0; n < f->task->choose.count; n++) {
        const struct switch_case *c = &f->task->choose.cases[n];
        if (c->when == NULL) {
            *chosen = c;
            continue;
        }
        json value;
        if (!run_evaluate(r, f, c->when, f->input, &value))
            return false;
        bool holds = json_truthy(value);
        json_free(value);
        if (holds) {
            *chosen = c;
            return true;
        }
    }
    return true;
}

static void begin(struct run *r, struct frame *f)
{
    const struct switch_case *chosen;
    if (!choose(r, f, &chosen))
        return;
    if (chosen != NULL)
        f->flow = chosen->then;
    run_complete(r, f, json_ref(f->input));
}

const struct task_word word_switch = {.begin = begin};
