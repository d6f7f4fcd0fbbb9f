#include "machine/words.h"

static bool member(struct run *r, struct frame *f, json *problem, const char *key,
                   const struct template *what)
{
    if (what == NULL)
        return true;
    json value;
    if (!run_evaluate(r, f, what, f->input, &value))
        return false;
    if (json_is_null(value))
        json_free(value);
    else
        json_set_take(problem, key, value);
    return true;
}

static void begin(struct run *r, struct frame *f)
{
    const struct error_source *source = f->task->raise;
    json problem = json_object();
    if (member(r, f, &problem, "type", source->type) &&
        member(r, f, &problem, "status", source->status) &&
        member(r, f, &problem, "title", source->title) &&
        member(r, f, &problem, "detail", source->detail) &&
        member(r, f, &problem, "instance", source->instance))
        run_raise(r, f, problem);
    else
        json_free(problem);
}

const struct task_word word_raise = {.begin = begin};
