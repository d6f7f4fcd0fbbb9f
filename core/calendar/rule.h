// The text of an RRULE, checked part by part so that a message can name the wrong one, and taken
// apart from its UNTIL, which libical reads differently from RFC 5545. A plain value that borrows
// nothing. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "calendar/zone.h"

#define RULE_TEXT_MAX 1000

enum rule_frequency {
    RULE_SECONDLY,
    RULE_MINUTELY,
    RULE_HOURLY,
    RULE_DAILY,
    RULE_WEEKLY,
    RULE_MONTHLY,
    RULE_YEARLY,
    RULE_FREQUENCIES
};

struct rule {
    char text[RULE_TEXT_MAX + 1]; // upper case, without "RRULE:" and UNTIL
    enum rule_frequency frequency;
    bool has_until;
    int weekday_number;     // the largest in BYDAY, 0 if none has a number
    bool until_is_utc;      // else in the zone's local time
    int64_t until_local_ms; // the last moment allowed, as if UTC
};

CHECKED bool rule_parse(const char *text, struct rule *out, struct fail *why);
const char *rule_frequency_name(enum rule_frequency frequency);
