#include "machine/lifecycle.h"

json tell_with(const char *key, json value_take)
{
    json object = json_object();
    json_set_take(&object, key, value_take);
    return object;
}

// `more` itself becomes the entry: this is done twice a step.
static void tell(struct run *r, const char *type, json more_take, const struct frame *f)
{
    bool is_task = f != NULL;
    json entry = json_is_object(more_take) ? more_take : json_object();
    json_set_text(&entry, "type", type);
    json_set_text(&entry, "reference", is_task ? f->task->reference : "/");
    json_set_text(&entry, "name", is_task ? f->task->name : r->instance->definition->name);
    if (is_task)
        json_set_int(&entry, "attempt", f->attempt);
    json_append_take(&r->transition->entries, entry);
}

void tell_task_type(struct run *r, const struct frame *f, const char *type, json more_take)
{
    if (f->task != NULL)
        tell(r, type, more_take, f);
    else // the workflow speaks for itself
        json_free(more_take);
}

void tell_workflow_type(struct run *r, const char *type, json more_take)
{
    tell(r, type, more_take, NULL);
}
