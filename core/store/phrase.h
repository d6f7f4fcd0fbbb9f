// Texts that repeat the same phrases, short: the state of an instance, the entries of its history,
// the sentence that says what it waits for. JSON and sentences have no control characters, so each
// of these stands for a frequent phrase:
//
//      01 … 1d      a phrase of the first table
//      1e, 20 … 7e  a phrase of the second
//      1f, x        the byte x itself, should the text have a control character after all
//
// Any bytes go in and the same come out; a text stays valid UTF-8. Pure. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

#define PHRASES_PACK_MAX(bytes) (2 * (bytes))

size_t phrases_pack(const char *text, size_t bytes, char *out); // returns the length written
// How long the text is; false when no phrases_pack has made this.
CHECKED bool phrases_unpacked_length(const char *packed, size_t bytes, size_t *length);
void phrases_unpack(const char *packed, size_t bytes, char *out); // after its length was found
