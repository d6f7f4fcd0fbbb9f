#include "machine/lifecycle.h"

#include "base/mem.h"

json tell_with(const char *key, json value_take)
{
    json object = json_object();
    json_set_take(&object, key, value_take);
    return object;
}

static void tell(struct run *r, const struct lifecycle_entry *told)
{
    struct transition *t = r->transition;
    if (t->told_count == t->told_capacity) {
        t->told_capacity = t->told_capacity ? t->told_capacity * 2 : 16;
        t->told = mem_resize(t->told, t->told_capacity * sizeof(*t->told));
    }
    t->told[t->told_count++] = *told;
}

void tell_task_type(struct run *r, const struct frame *f, const char *type, json more_take)
{
    if (f->task != NULL)
        tell(r, &(struct lifecycle_entry){.type = type,
                                          .reference = f->task->reference,
                                          .name = f->task->name,
                                          .attempt = f->attempt,
                                          .more = more_take});
    else // the workflow speaks for itself
        json_free(more_take);
}

void tell_workflow_type(struct run *r, const char *type, json more_take)
{
    tell(r, &(struct lifecycle_entry){.type = type,
                                      .reference = "/",
                                      .name = r->instance->definition->name,
                                      .attempt = LIFECYCLE_NO_ATTEMPT,
                                      .more = more_take});
}
