#include "calendar/instant.h"

#include <stdio.h>

#include "base/must.h"
#include "base/utf8.h"
#include "calendar/date.h"

// Milliseconds of ".123456"; what lies below them is cut.
static bool scan_fraction(const char **at, int64_t *ms)
{
    const char *s = *at + 1;
    int64_t unit = 100;
    if (*s < '0' || *s > '9')
        return false;
    for (*ms = 0; *s >= '0' && *s <= '9'; s++, unit /= 10)
        *ms += (*s - '0') * unit;
    *at = s;
    return true;
}

bool instant_scan_time(const char **at, bool short_form, int64_t *day_ms)
{
    const char *s = *at;
    int hour, minute, second = 0;
    int64_t fraction = 0;
    if ((*s != 'T' && *s != 't' && *s != ' ') || !date_digits((s++, &s), 2, &hour) || *s++ != ':' ||
        !date_digits(&s, 2, &minute))
        return false;
    if (*s == ':') {
        s++;
        if (!date_digits(&s, 2, &second) || (*s == '.' && !scan_fraction(&s, &fraction)))
            return false;
    } else if (!short_form) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *day_ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + fraction;
    *at = s;
    return true;
}

bool instant_scan_offset(const char **at, int32_t *offset_s)
{
    const char *s = *at;
    int hours, minutes;
    if (*s == 'Z' || *s == 'z') {
        *at = s + 1;
        *offset_s = 0;
        return true;
    }
    bool west = *s == '-';
    if ((!west && *s != '+') || !date_digits((s++, &s), 2, &hours) || *s++ != ':' ||
        !date_digits(&s, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    *at = s;
    return true;
}

bool instant_parse(const char *text, int64_t *ms, struct fail *why)
{
    const char *at = text;
    int year, month, day;
    int64_t day_ms;
    int32_t offset_s;
    if (!date_scan(&at, &year, &month, &day) || !instant_scan_time(&at, false, &day_ms) ||
        !instant_scan_offset(&at, &offset_s) || *at)
        return fail(why, FAIL_INVALID,
                    "'%.*s' is not a moment with date, time and offset (RFC 3339) like "
                    "2013-05-24T13:40:00+09:00",
                    utf8_cut(text, 60), text);
    int64_t result = date_from_civil(year, month, day) * DAY_MS + day_ms - offset_s * INT64_C(1000);
    if (result < INSTANT_MIN || result > INSTANT_MAX)
        return fail(why, FAIL_LIMIT, "'%s' lies outside the years %d to %d", text, DATE_YEAR_MIN,
                    DATE_YEAR_MAX);
    *ms = result;
    return true;
}

void instant_write_utc(int64_t ms, char out[INSTANT_TEXT_SIZE])
{
    must(ms >= INSTANT_MIN && ms <= INSTANT_MAX);
    int64_t days = (ms - INSTANT_MIN) / DAY_MS + INSTANT_MIN / DAY_MS;
    int64_t rest = ms - days * DAY_MS;
    int year, month, day, second = (int)(rest / 1000), fraction = (int)(rest % 1000);
    date_to_civil((int32_t)days, &year, &month, &day);
    int n = snprintf(out, INSTANT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                     second / 3600, second / 60 % 60, second % 60);
    if (fraction)
        n += snprintf(out + n, (size_t)(INSTANT_TEXT_SIZE - n), ".%03d", fraction);
    snprintf(out + n, (size_t)(INSTANT_TEXT_SIZE - n), "Z");
}
