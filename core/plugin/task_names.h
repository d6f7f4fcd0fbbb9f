// Arguments that name a task of the workflow, marked by `x-task` in the function's schema, once
// they are computed: a literal name is checked with the definition, one out of an expression only
// here. Loop thread only.
#pragma once

#include "base/fail.h"
#include "definition/definition.h"
#include "json/json.h"

// True if each of them is a task of the definition.
CHECKED bool task_names_check(const struct definition *d, json schema, json input,
                              struct fail *why);
