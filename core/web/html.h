// Writing HTML: text goes through one escaping formatter, so that nothing from outside becomes
// markup. Any thread.
#pragma once

#include <stdint.h>

#include "base/bytes.h"

// Formats: %s text, escaped (NULL: nothing) · %r markup as it is, from this room only · %d int64_t
// (cast!) · %u text for a URL, percent-encoded · %% a percent sign. Anything else is a mistake of
// ours.
void html(struct bytes *out, const char *format, ...);
