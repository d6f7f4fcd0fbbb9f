// Entries of the history: the lifecycle events of the DSL and what came from outside. README.md
// lists them. One thread at a time.
#pragma once

#include "machine/run.h"

// tell_task(r, f, "started", more): io.serverlessworkflow.task.started.v1. `more` is an object that
// joins the entry, or absent; it is taken.
#define tell_task(r, f, what, more_take)                                                           \
    tell_task_type(r, f, "io.serverlessworkflow.task." what ".v1", more_take)
#define tell_workflow(r, what, more_take)                                                          \
    tell_workflow_type(r, "io.serverlessworkflow.workflow." what ".v1", more_take)

void tell_task_type(struct run *r, const struct frame *f, const char *type, json more_take);
void tell_workflow_type(struct run *r, const char *type, json more_take);
json tell_with(const char *key, json value_take); // {key: value}
