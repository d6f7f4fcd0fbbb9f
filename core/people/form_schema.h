// Answers against the schema of their form. Compiled schemas are kept by the form's text, since a
// public form is answered a thousand times. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "people/people.h"
#include "json/json.h"

// False with FAIL_INVALID and *violations = [{pointer, message}] (at most 50) if data does not fit.
CHECKED bool form_check(struct people *p, json form, json data, json *violations, struct fail *why);
// A form that is none is refused when it is asked, not when somebody answers.
CHECKED bool form_is_sound(struct people *p, json form, struct fail *why);
void form_schemas_forget(struct people *p);
