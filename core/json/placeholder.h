// Text with {{places}} that values are put into: {{name}}, {{person.phone}}, and {{person.phone?}}
// for what may be missing. What is put in is never looked at again, so a value cannot bring a place
// along. Any thread that owns the values.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "json/json.h"

#define PLACEHOLDER_NAME_MAX 120

struct placeholder {
    const char *begin, *end; // from "{{" to behind "}}"
    char name[PLACEHOLDER_NAME_MAX + 1];
    bool optional;
    bool broken; // nothing between the brackets, or too much
};
// The next place at or after `text`; false where there is none. Brackets that never close are text.
bool placeholder_next(const char *text, struct placeholder *out);

enum placeholder_missing {
    PLACEHOLDER_FAILS, // a place without a value is a mistake: FAIL_INVALID
    PLACEHOLDER_SHOWN, // its name stands there: for a preview
};
struct placeholder_opts {
    bool html; // values are escaped, the text around them is not
    enum placeholder_missing missing;
};
// Values are texts, numbers, true and false, by name or path ("a.b"); anything else is missing.
CHECKED bool placeholder_fill(const char *text, json values, const struct placeholder_opts *opts,
                              struct bytes *out, struct fail *why);
