// Text as people write it: valid UTF-8, compared after NFC and trimming (Hangul arrives decomposed
// from some systems). Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/fail.h"

// Length in bytes of the valid prefix; equal to `length` when all is valid. Surrogates, overlong
// forms and code points past U+10FFFF are invalid (RFC 3629).
size_t utf8_valid_prefix(const char *s, size_t length);
bool utf8_is_valid(const char *s, size_t length);
size_t utf8_count(const char *s, size_t length); // code points of valid text

// Appends NFC of valid text with white space trimmed at both ends and runs of it folded to a space.
CHECKED bool utf8_normalize(const char *s, size_t length, struct bytes *out, struct fail *why);

// The same, then case-folded: the key by which names compare.
CHECKED bool utf8_fold(const char *s, size_t length, struct bytes *out, struct fail *why);

// Appends `s` read as UTF-8 (with or without BOM) if it is valid, else as CP949 (Korean Windows).
CHECKED bool utf8_from_any(const char *s, size_t length, struct bytes *out, struct fail *why);

// The largest length up to max_bytes that cuts no character of text `s`, for "%.*s".
int utf8_cut(const char *s, size_t max_bytes);

// Columns on a terminal (Hangul counts two).
size_t utf8_width(const char *s, size_t length);
