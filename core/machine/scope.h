// Evaluation of the definition's expressions: which `$names` mean what, at which place (dsl.md,
// "Runtime expression arguments"). Values are built only when an expression asks for them. Borrows
// everything; `out` and `problem` are new references. One thread at a time.
#pragma once

#include "definition/definition.h"
#include "machine/frame.h"
#include "json/json.h"

struct run;

enum scope_place {
    PLACE_WORKFLOW_INPUT,
    PLACE_TASK_INPUT, // `if` and `input.from`
    PLACE_TASK,       // all that a word of the DSL evaluates itself, and `output.as`
    PLACE_EXPORT,
    PLACE_WORKFLOW_OUTPUT,
    PLACE_NONE, // no names at all
};

struct evaluation {
    const struct run *run;
    const struct frame *frame; // may be the root
    enum scope_place place;
    const struct template *what;
    json input;  // `.`
    json output; // $output, for PLACE_EXPORT
};

// False with a problem (type expression, or authorization for a secret that is not there).
bool evaluate(const struct evaluation *e, json *out, json *problem);

// What comes from outside is bounded before it gets here; a value that the workflow itself doubles
// or wraps again and again must be too, or it would end in a crash. Asked of all that is computed.
bool value_within_limits(json value, struct fail *why);
