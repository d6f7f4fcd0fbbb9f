// A JSON Schema as a form that people fill in, and back: fields with labels, help and errors for a
// phone, a keyboard and a screen reader; posted text as JSON for the schema to judge. Beside the
// standard keywords it reads `title` and `description` as text or {ko, en}, `x-order` (the names of
// an object's properties in order), `x-labels` (an enum's values in words; false: taken but not
// offered) and `x-widget` ("textarea", "select", "radio"). Loop thread only.
#pragma once

#include "base/bytes.h"
#include "net/form.h"
#include "web/words.h"
#include "json/json.h"

struct fields {
    enum language language;
    json schema;     // of an object; borrowed
    json values;     // what to fill in, an object or absent; borrowed
    json violations; // [{pointer, message}] or absent; borrowed
};

// The list of what is wrong, each linked to its field; nothing if there are no violations.
void fields_write_summary(const struct fields *f, struct bytes *out);
void fields_write(const struct fields *f, struct bytes *out);
// What was answered, as a definition list; fields without an answer are left out.
void fields_write_answers(const struct fields *f, struct bytes *out);
// The posted form as an object in the schema's types; text that is no number stays text, so that
// the schema says so. Empty fields are left out. The caller frees it.
json fields_read(json schema, const struct form *form);
// A field's text in NFC without white space at its ends; "" where it is missing. By mem_free.
char *form_trimmed(const struct form *form, const char *name);
// A property's label.
const char *fields_label(enum language language, json property, const char *name);
// Names of an object schema's properties in order: x-order, then required, then the rest by name.
// The caller frees it.
json fields_order(json schema);
