// Entries of the history: the lifecycle events of the DSL and what came from outside. README.md
// lists them. One thread at a time.
#pragma once

#include "machine/run.h"

// "started" becomes io.serverlessworkflow.task.started.v1. `more` joins the entry; absent: nothing.
void tell_task(struct run *r, const struct frame *f, const char *what, json more_take);
void tell_workflow(struct run *r, const char *what, json more_take);
json tell_with(const char *key, json value_take); // {key: value}
