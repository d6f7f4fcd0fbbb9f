// Cron expressions: five fields (minute hour day month weekday) or six with seconds in front;
// names, ranges, steps, lists, `L` and `#`, `@daily` and the like. Where both day and weekday are
// restricted, either is enough, as in every cron; where one begins with `*`, both must fit.
// Evaluated in a zone. A local time in a gap runs once just after it, one that comes twice runs
// once; but with every hour allowed the expression is an interval and follows real time.
// A compiled expression is a plain value. Any thread.
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
