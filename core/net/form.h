// Forms as browsers send them: urlencoded and multipart/form-data, read from a complete body.
// Names, texts and file names are valid UTF-8 without control characters but tab and line breaks;
// files are any bytes and stay in the body. Everything lives in the arena given. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"

struct form_field {
    const char *name;
    const char *value; // NUL-terminated; of a file: its bytes
    size_t bytes;
    const char *file; // its file name, without any folder; NULL: not a file
    const char *type; // of a file; "" where not given
};

struct form {
    struct form_field *fields; // in the order of the form
    size_t count;
};

// The first field of that name, or NULL.
const struct form_field *form_field(const struct form *f, const char *name);
const char *form_text(const struct form *f, const char *name, const char *otherwise);

// "a=1&b=%ED%95%9C" (queries too).
CHECKED bool form_read_urlencoded(struct arena *arena, const char *text, size_t bytes,
                                  struct form *out, struct fail *why);
// `type` is the whole Content-Type, for its boundary.
CHECKED bool form_read_multipart(struct arena *arena, const char *type, const char *body,
                                 size_t bytes, struct form *out, struct fail *why);

// Percent decoding into the arena; NULL and why at a broken escape, a zero or invalid UTF-8.
// `plus`:
// '+' is a space.
char *percent_decode(struct arena *arena, const char *text, size_t bytes, bool plus,
                     size_t *decoded_bytes, struct fail *why);
// Appends `text` with everything but unreserved characters escaped.
struct bytes;
void percent_encode(const char *text, struct bytes *out);
