// ISO 8601 durations (P1Y2M3W4DT5H6M7.890S, a leading minus allowed) and the DSL's object form.
// Years and months have no fixed length: they are added on the calendar of a zone. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

struct zone;

#define DURATION_TEXT_SIZE 80

struct duration {
    bool negative;
    int32_t years, months, weeks, days;
    int64_t ms; // hours, minutes, seconds and their fraction
};

CHECKED bool duration_parse(const char *text, struct duration *out, struct fail *why);
void duration_write(const struct duration *d, char out[DURATION_TEXT_SIZE]);
// ms + d (or − d if negative), on the calendar of `zone` (NULL: UTC): days keep the local time of
// day.
CHECKED bool duration_add(int64_t ms, const struct duration *d, const struct zone *zone,
                          int64_t *out, struct fail *why);
bool duration_is_fixed(const struct duration *d); // no years, months (a day counts as fixed in UTC)
bool duration_is_zero(const struct duration *d);
// Length in ms, days as 24 h; refused when it has years or months.
CHECKED bool duration_ms(const struct duration *d, int64_t *ms, struct fail *why);
