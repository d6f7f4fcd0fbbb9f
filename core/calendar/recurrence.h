// RRULE (RFC 5545, by libical) in a zone, with holidays: the contract of the function
// `occurrences`. The rule runs on local times, so that a meeting at 14:00 stays at 14:00 over
// changes of the clock. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "calendar/instant.h"
#include "calendar/zone.h"

// What becomes of an occurrence whose local date is a holiday. The two that move it make sure of a
// business day and so move it off a weekend too; `skip` leaves out what is listed as a holiday.
enum holiday_policy {
    HOLIDAY_KEEP,
    HOLIDAY_SKIP,
    HOLIDAY_NEXT_BUSINESS_DAY,
    HOLIDAY_PREVIOUS_BUSINESS_DAY
};

// The 31st of a month of 30: none, or the last day.
enum month_end_policy { MONTH_END_SKIP, MONTH_END_CLAMP };

// No end given: the rule ends by its own COUNT or UNTIL.
#define RECURRENCE_OPEN (INSTANT_MAX + 1)

struct recurrence_opts {
    const char *rrule;
    const struct zone *zone;
    int64_t from_ms;         // DTSTART: the first moment, whose local time all others keep
    int64_t to_ms;           // excluded; moments are held to it after they have been moved
    const int32_t *holidays; // dates, any order
    size_t holiday_count;
    enum holiday_policy policy;
    enum month_end_policy month_end;
    enum gap_policy gap;
    enum fold_policy fold;
    size_t count_max; // more is refused
};

// Ascending, without doubles; the caller frees *moments with mem_free.
CHECKED bool recurrence_list(const struct recurrence_opts *opts, int64_t **moments, size_t *count,
                             struct fail *why);
bool business_day(int32_t date, const int32_t *holidays,
                  size_t count); // neither weekend nor holiday
CHECKED bool rrule_check(const char *rrule, struct fail *why);
