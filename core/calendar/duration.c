#include "calendar/duration.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"
#include "calendar/instant.h"
#include "calendar/zone.h"

#define NUMBER_MAX 999999999 // so that no product below can overflow

// One part as it is written: "1.5H" is {1, 500000000, 'H'}.
struct part {
    int64_t whole, billionths;
    char letter;
};

static bool scan_part(const char **at, struct part *p)
{
    const char *s = *at;
    if (*s < '0' || *s > '9')
        return false;
    for (p->whole = 0; *s >= '0' && *s <= '9'; s++)
        if ((p->whole = p->whole * 10 + (*s - '0')) > NUMBER_MAX)
            return false;
    p->billionths = 0;
    if (*s == '.' || *s == ',') {
        int64_t unit = 100000000;
        s++;
        if (*s < '0' || *s > '9')
            return false;
        for (; *s >= '0' && *s <= '9'; s++, unit /= 10)
            p->billionths += (*s - '0') * unit;
    }
    p->letter = *s;
    *at = *s ? s + 1 : s;
    return true;
}

static void add_ms(struct duration *d, const struct part *p, int64_t unit_ms)
{
    d->ms += p->whole * unit_ms + p->billionths * unit_ms / 1000000000;
}

// A fraction of a year or a month has no length; one of a week or a day counts days of 24 hours.
static bool add_part(struct duration *d, const struct part *p, bool in_time)
{
    int32_t whole = (int32_t)p->whole;
    struct part rest = {.billionths = p->billionths};
    switch (in_time ? p->letter + 128 : p->letter) {
    case 'Y':
        d->years = whole;
        return p->billionths == 0;
    case 'M':
        d->months = whole;
        return p->billionths == 0;
    case 'W':
        d->weeks = whole;
        add_ms(d, &rest, 7 * DAY_MS);
        return true;
    case 'D':
        d->days = whole;
        add_ms(d, &rest, DAY_MS);
        return true;
    case 'H' + 128:
        add_ms(d, p, 3600000);
        return true;
    case 'M' + 128:
        add_ms(d, p, 60000);
        return true;
    case 'S' + 128:
        add_ms(d, p, 1000);
        return true;
    default:
        return false;
    }
}

static bool scan_parts(const char **at, const char *order, bool in_time, struct duration *d)
{
    bool any = false;
    while (**at && **at != 'T') {
        struct part p;
        if (!scan_part(at, &p) || !p.letter)
            return false;
        const char *place = strchr(order, p.letter);
        if (!place || !add_part(d, &p, in_time))
            return false;
        order = place + 1;
        any = true;
    }
    return any;
}

static bool scan_duration(const char *at, struct duration *d)
{
    d->negative = *at == '-';
    at += *at == '-' || *at == '+';
    if (*at++ != 'P')
        return false;
    if (*at != 'T' && !scan_parts(&at, "YMWD", false, d))
        return false;
    if (*at == 'T') {
        at++;
        if (!scan_parts(&at, "HMS", true, d))
            return false;
    }
    return *at == 0;
}

bool duration_parse(const char *text, struct duration *out, struct fail *why)
{
    struct duration d = {0};
    if (!scan_duration(text, &d))
        return fail(why, FAIL_INVALID,
                    "'%.*s' is not a duration (ISO 8601) like P1D, PT2H30M or P1Y6M; letters are "
                    "capitals, hours and below follow a T, years and months are whole, and a "
                    "number has nine digits at most",
                    utf8_cut(text, 60), text);
    *out = d;
    return true;
}

struct writer {
    char *out;
    int length;
};

static void write_part(struct writer *w, int64_t n, const char *letter)
{
    if (n)
        w->length += snprintf(w->out + w->length, (size_t)(DURATION_TEXT_SIZE - w->length),
                              "%lld%s", (long long)n, letter);
}

static void write_text(struct writer *w, const char *text)
{
    w->length += snprintf(w->out + w->length, (size_t)(DURATION_TEXT_SIZE - w->length), "%s", text);
}

void duration_write(const struct duration *d, char out[DURATION_TEXT_SIZE])
{
    must(d->years >= 0 && d->months >= 0 && d->weeks >= 0 && d->days >= 0 && d->ms >= 0);
    struct writer w = {out, 0};
    if (duration_is_zero(d)) {
        write_text(&w, "PT0S");
        return;
    }
    write_text(&w, d->negative ? "-P" : "P");
    write_part(&w, d->years, "Y");
    write_part(&w, d->months, "M");
    write_part(&w, d->weeks, "W");
    write_part(&w, d->days, "D");
    if (d->ms)
        write_text(&w, "T");
    write_part(&w, d->ms / 3600000, "H");
    write_part(&w, d->ms / 60000 % 60, "M");
    if (d->ms % 1000)
        w.length += snprintf(out + w.length, (size_t)(DURATION_TEXT_SIZE - w.length), "%d.%03dS",
                             (int)(d->ms / 1000 % 60), (int)(d->ms % 1000));
    else
        write_part(&w, d->ms / 1000 % 60, "S");
    must(w.length < DURATION_TEXT_SIZE);
}

bool duration_is_zero(const struct duration *d)
{
    return !d->years && !d->months && !d->weeks && !d->days && !d->ms;
}

bool duration_is_fixed(const struct duration *d)
{
    return !d->years && !d->months;
}

bool duration_ms(const struct duration *d, int64_t *ms, struct fail *why)
{
    if (!duration_is_fixed(d))
        return fail(why, FAIL_INVALID,
                    "a duration with years or months has no fixed length; use days or hours");
    int64_t length = (d->weeks * INT64_C(7) + d->days) * DAY_MS + d->ms;
    *ms = d->negative ? -length : length;
    return true;
}

static bool out_of_range(struct fail *why)
{
    return fail(why, FAIL_LIMIT, "the moment would lie outside the years %d to %d", DATE_YEAR_MIN,
                DATE_YEAR_MAX);
}

// Moves the date of `local` by the calendar's part of the duration; the 31st of a shorter month is
// its last day.
static bool move_date(struct local_time *local, const struct duration *d)
{
    int sign = d->negative ? -1 : 1;
    int64_t months = local->year * INT64_C(12) + (local->month - 1) +
                     sign * (d->years * INT64_C(12) + d->months);
    if (months < DATE_YEAR_MIN * 12 || months >= (DATE_YEAR_MAX + 1) * 12)
        return false;
    int year = (int)(months / 12), month = (int)(months % 12) + 1;
    int month_days = date_month_days(year, month);
    int day = local->day < month_days ? local->day : month_days;
    int64_t date = date_from_civil(year, month, day) + sign * (d->weeks * INT64_C(7) + d->days);
    if (date * DAY_MS < INSTANT_MIN || date * DAY_MS > INSTANT_MAX)
        return false;
    date_to_civil((int32_t)date, &local->year, &local->month, &local->day);
    return true;
}

bool duration_add(int64_t ms, const struct duration *d, const struct zone *zone, int64_t *out,
                  struct fail *why)
{
    must(ms >= INSTANT_MIN && ms <= INSTANT_MAX);
    int64_t result = ms;
    if (d->years || d->months || d->weeks || d->days) {
        const struct zone *z = zone ? zone : zone_utc();
        struct local_time local = zone_local(z, ms);
        if (!move_date(&local, d))
            return out_of_range(why);
        bool exists = zone_instant(z, &local, GAP_SHIFT, FOLD_FIRST, &result);
        must(exists);
    }
    result += d->negative ? -d->ms : d->ms;
    if (result < INSTANT_MIN || result > INSTANT_MAX)
        return out_of_range(why);
    *out = result;
    return true;
}
