// The text of an RRULE, checked part by part so that a message can name the wrong one, and taken
// apart from UNTIL, COUNT and the INTERVAL of weeks, which are applied to what libical finds. A
// plain value that borrows nothing. Any thread.
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
    char text[RULE_TEXT_MAX + 64]; // what libical walks: upper case, lists in order
    enum rule_frequency frequency;
    int count;         // 0 if it has none
    int week_start;    // 0 Sunday; Monday unless WKST says otherwise
    int week_interval; // of WEEKLY, else 1
    bool has_until;
    bool until_is_utc;      // else in the zone's local time
    int64_t until_local_ms; // the last moment allowed, as if UTC
};

CHECKED bool rule_parse(const char *text, struct rule *out, struct fail *why);
const char *rule_frequency_name(enum rule_frequency frequency);
