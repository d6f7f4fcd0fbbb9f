// Instants: integer milliseconds since 1970-01-01T00:00:00Z (no leap seconds), written RFC 3339.
// Years 1900 to 9999. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define INSTANT_TEXT_SIZE 40
#define INSTANT_NONE      INT64_MIN
#define INSTANT_MIN       INT64_C(-2208988800000)  // 1900-01-01T00:00:00Z
#define INSTANT_MAX       INT64_C(253402300799999) // 9999-12-31T23:59:59.999Z
#define DAY_MS            INT64_C(86400000)

// RFC 3339 with offset or Z ("2013-05-24T13:40:00+09:00"); fractions to the millisecond, more is
// cut.
CHECKED bool instant_parse(const char *text, int64_t *ms, struct fail *why);
// "2013-05-24T04:40:00.000Z" (milliseconds only if not zero).
void instant_write_utc(int64_t ms, char out[INSTANT_TEXT_SIZE]);

// Reads "T18:00:00.123" (seconds and fraction may be left out if `short_form`) as milliseconds of
// the day and moves on; a space may stand for the T.
bool instant_scan_time(const char **at, bool short_form, int64_t *day_ms);
// Reads "Z", "+09:00" or "-03:30" as seconds east of UTC and moves on.
bool instant_scan_offset(const char **at, int32_t *offset_s);
