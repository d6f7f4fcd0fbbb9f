// Cron expressions: five fields (minute hour day month weekday) or six with seconds in front;
// names, ranges, steps, lists, `L` and `#`, `@daily` and the like. Evaluated in a zone; a local
// time in a gap runs once just after it, one that comes twice runs once. A compiled expression is a
// plain value. Any thread but for zones.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "calendar/zone.h"

struct cron {
    uint64_t seconds, minutes; // bit sets
    uint32_t hours, days, months, weekdays;
    uint8_t nth_weekday[7]; // bits 1..5 for `5#3`, bit 6 for last
    bool last_day, any_day, any_weekday;
};

CHECKED bool cron_parse(const char *text, struct cron *out, struct fail *why);
// The first moment after `after_ms`; false if there is none within eight years.
bool cron_next(const struct cron *c, const struct zone *z, int64_t after_ms, int64_t *ms);
