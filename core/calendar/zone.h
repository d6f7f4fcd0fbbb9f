// Time zones by IANA name (tzdata through libical) and local date-times. A zone is immutable, owned
// by the module's table and lives to the end of the process. Any thread (the table has a lock).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "calendar/date.h"

struct zone;

struct local_time {
    int year, month, day; // month and day from 1
    int hour, minute, second, millisecond;
    int weekday; // 0 Sunday; set by zone_local, ignored elsewhere
};

enum gap_policy {
    GAP_SHIFT,
    GAP_SKIP
}; // a local time that does not exist: later by the gap, or none
enum fold_policy { FOLD_FIRST, FOLD_SECOND }; // a local time that comes twice

// What a local time means in a zone: the instants at which clocks show it. In a gap `times` is 0,
// `first_ms` is the time shifted later by the gap and `second_ms` the first instant after the gap.
struct zone_reading {
    int times; // 0, 1 or 2
    int64_t first_ms, second_ms;
};

// NULL and why if there is none ("Asia/Seoul", "UTC", "+09:00").
const struct zone *zone_find(const char *name, struct fail *why);
const char *zone_near(const char *name); // a zone that a mistyped name may have meant, or NULL
const struct zone *zone_utc(void);
const char *zone_name(const struct zone *z);
int32_t zone_offset_s(const struct zone *z, int64_t ms); // seconds east of UTC at that instant
struct local_time zone_local(const struct zone *z, int64_t ms);
// The first instant after `ms` at which the offset changes; INT64_MAX if none is known.
int64_t zone_next_change(const struct zone *z, int64_t ms);
struct zone_reading zone_read(const struct zone *z, const struct local_time *local);
// False if the local time falls in a gap and the policy is GAP_SKIP.
bool zone_instant(const struct zone *z, const struct local_time *local, enum gap_policy gap,
                  enum fold_policy fold, int64_t *ms);
// RFC 3339 with the zone's offset at that instant ("2013-05-24T13:40:00+09:00"). UTC, and an offset
// of the time before standard zones that has seconds, are written with Z.
void zone_write(const struct zone *z, int64_t ms, char *out, int size);
// "2013-05-24", "2013-05-24T18:00", "2013-05-24 18:00:00" without offset, read in the zone (in a
// gap later by it, of two the first); or RFC 3339, whose seconds may be left out.
CHECKED bool zone_parse(const struct zone *z, const char *text, int64_t *ms, struct fail *why);
CHECKED bool local_time_parse(const char *text, struct local_time *out, struct fail *why);
