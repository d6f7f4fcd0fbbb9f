// Instants: integer milliseconds since 1970-01-01T00:00:00Z (no leap seconds), written RFC 3339.
// Years 1900 to 9999. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define INSTANT_TEXT_SIZE 40
#define INSTANT_NONE      INT64_MIN

// RFC 3339 with offset or Z ("2013-05-24T13:40:00+09:00"); fractions to the millisecond, more is cut.
CHECKED bool instant_parse(const char *text, int64_t *ms, struct fail *why);
// "2013-05-24T04:40:00.000Z" (milliseconds only if not zero).
void instant_write_utc(int64_t ms, char out[INSTANT_TEXT_SIZE]);
