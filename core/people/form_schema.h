// Forms as rows hold them, and answers against their schema. Forms that were read last are kept by
// their text, parsed and compiled, since a public form is answered a thousand times and a ballot is
// the same for everybody. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "people/people.h"
#include "store/store.h"
#include "json/json.h"

// The form in a column of the row; a null column is absent.
CHECKED bool form_read(struct people *p, const struct row *row, int column, json *form,
                       struct fail *why);
// False with FAIL_INVALID and *violations = [{pointer, message}] (at most 50) if data does not fit
// the form in the column with its texts in NFC and trimmed: a name in decomposed Hangul or with a
// blank behind it is the same name to `enum` and `uniqueItems`, and blanks alone are no text.
// *fitting: data, in that form only where as it was sent it does not fit. The caller frees both.
CHECKED bool form_check(struct people *p, const struct row *row, int column, json data,
                        json *fitting, json *violations, struct fail *why);
// A form that is none is refused when it is asked, not when somebody answers.
CHECKED bool form_is_sound(struct people *p, const char *text, struct fail *why);
void forms_forget(struct people *p);
