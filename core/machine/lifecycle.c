#include "machine/lifecycle.h"

static void append(struct run *r, json entry_take, json more_take)
{
    if (json_is_object(more_take))
        json_merge(&entry_take, more_take);
    json_free(more_take);
    json_append_take(&r->transition->entries, entry_take);
}

json tell_with(const char *key, json value_take)
{
    json object = json_object();
    json_set_take(&object, key, value_take);
    return object;
}

void tell_task(struct run *r, const struct frame *f, const char *what, json more_take)
{
    if (f->task == NULL) { // the workflow speaks for itself
        json_free(more_take);
        return;
    }
    json entry = json_object();
    json_set_take(&entry, "type", json_printf("io.serverlessworkflow.task.%s.v1", what));
    json_set_text(&entry, "reference", f->task->reference);
    json_set_text(&entry, "name", f->task->name);
    json_set_int(&entry, "attempt", f->attempt);
    append(r, entry, more_take);
}

void tell_workflow(struct run *r, const char *what, json more_take)
{
    json entry = json_object();
    json_set_take(&entry, "type", json_printf("io.serverlessworkflow.workflow.%s.v1", what));
    json_set_text(&entry, "reference", "/");
    json_set_text(&entry, "name", r->instance->definition->name);
    append(r, entry, more_take);
}
