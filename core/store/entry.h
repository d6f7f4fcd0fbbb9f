// Entries of history in the form they are stored and hashed in. A lifecycle entry
//   {"type": "io.serverlessworkflow.task.started.v1", "reference": "/do/0/pay", "name": "pay",
//    "attempt": 2, …more}
// is written ["ts","/do/0/pay",2,{…more}]: the type as a code of two letters; no name where it is
// the last segment of the reference, else it stands in `more`; no attempt where there is none; no
// `more` where it is empty. Anything else stands as it is, in canonical JSON. Each entry has one
// such form, so entries_read and entry_add_json lead back to the same bytes, and what is read in
// the old long form is read as it is. Any thread.
#pragma once

#include "base/bytes.h"
#include "json/json.h"

#define ENTRY_NO_ATTEMPT (-1)

// A lifecycle entry before it is text. Texts are borrowed.
struct entry {
    const char *type, *reference, *name;
    int64_t attempt;
    json more; // an object without the members above, or absent
};

// Append one entry to an array's text; the caller writes the brackets, they write the comma.
void entry_add(const struct entry *entry, struct bytes *out);
void entry_add_json(json entry, struct bytes *out);

// The entries in full from the array's text; a text that is no array is refused.
CHECKED bool entries_read(const char *text, size_t bytes, json *out, struct fail *why);
