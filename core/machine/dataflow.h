// The data flow of a task or a workflow (dsl.md, "Data Flow"): input.schema, input.from, then the
// task, then output.as, output.schema, export.as, export.schema. Each returns false with a problem.
// One thread at a time.
#pragma once

#include "machine/run.h"

// Fills f->input from f->raw.
bool data_enter(struct run *r, struct frame *f, const struct data_flow *data, json *problem);
// The transformed output of f from `raw`, and the context if it exports.
bool data_leave(struct run *r, struct frame *f, const struct data_flow *data, json raw, json *out,
                json *problem);
