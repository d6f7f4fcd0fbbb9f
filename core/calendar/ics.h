// iCalendar files (RFC 5545) of one event, for mails. Times are written in UTC, to the second.
// Borrows all it is given. Any thread.
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "calendar/zone.h"

enum ics_method { ICS_PUBLISH, ICS_REQUEST, ICS_CANCEL };

struct ics_event {
    enum ics_method method;
    const char *uid;  // stable over changes of the same event
    int sequence;     // goes up with each change
    int64_t stamp_ms; // DTSTAMP
    int64_t from_ms, to_ms;
    const struct zone *zone; // where the event takes place; NULL where it does not matter
    const char *summary, *description, *location, *url; // NULL where there is none
    const char *organizer_mail, *attendee_mail;         // NULL where there is none
};

CHECKED bool ics_write(const struct ics_event *event, struct bytes *out, struct fail *why);
