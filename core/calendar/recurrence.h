// RRULE (RFC 5545, by libical) in a zone, with holidays: the contract of the function
// `occurrences`. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "calendar/zone.h"

enum holiday_policy {
    HOLIDAY_KEEP,
    HOLIDAY_SKIP,
    HOLIDAY_NEXT_BUSINESS_DAY,
    HOLIDAY_PREVIOUS_BUSINESS_DAY
};
enum month_end_policy {
    MONTH_END_SKIP,
    MONTH_END_CLAMP
}; // the 31st of a month of 30: none, or the last day

struct recurrence_opts {
    const char *rrule;
    const struct zone *zone;
    int64_t from_ms;         // DTSTART: the first moment, whose local time all others keep
    int64_t to_ms;           // excluded
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
