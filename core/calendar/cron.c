#include "calendar/cron.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "base/utf8.h"
#include "calendar/instant.h"

#define TEXT_BYTES_MAX 512
#define SEARCH_DAYS    (8 * 366)
#define NTH_LAST       (1u << 6)

enum place { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, PLACES };

struct range {
    const char *name;
    int least, most;
    const char *words; // three letters each, the first stands for `least`
};

static const struct range ranges[PLACES] = {
    [SECOND] = {"second", 0, 59, NULL},
    [MINUTE] = {"minute", 0, 59, NULL},
    [HOUR] = {"hour", 0, 23, NULL},
    [DAY] = {"day of the month", 1, 31, NULL},
    [MONTH] = {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    [WEEKDAY] = {"weekday", 0, 7, "SUNMONTUEWEDTHUFRISAT"},
};

static const struct {
    const char *name, *text;
} shorthands[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
};

// One field while it is read: `*` and lists of numbers, ranges and steps, as bits.
struct field {
    const struct range *range;
    const char *text; // whole, for messages
    uint64_t bits;
};

static bool refuse(const struct field *f, const char *what, struct fail *why)
{
    return fail(why, FAIL_INVALID, "cron: the %s '%.*s' %s; allowed are %d to %d%s", f->range->name,
                utf8_cut(f->text, 60), f->text, what, f->range->least, f->range->most,
                f->range->words ? " or names of three letters" : "");
}

static bool scan_word(const char **at, const struct range *range, int *n)
{
    size_t words = range->words ? strlen(range->words) / 3 : 0;
    for (size_t i = 0; i < words; i++) {
        if (strncasecmp(*at, range->words + i * 3, 3) == 0) {
            *at += 3;
            *n = range->least + (int)i;
            return true;
        }
    }
    return false;
}

static bool scan_number(const char **at, int *n)
{
    const char *s = *at;
    if (*s < '0' || *s > '9')
        return false;
    for (*n = 0; *s >= '0' && *s <= '9'; s++)
        if ((*n = *n * 10 + (*s - '0')) > 9999)
            return false;
    *at = s;
    return true;
}

static bool scan_value(const char **at, struct field *f, int *n, struct fail *why)
{
    if (scan_word(at, f->range, n))
        return true;
    if (!scan_number(at, n))
        return refuse(f, "is not understood", why);
    if (*n < f->range->least || *n > f->range->most)
        return refuse(f, "is out of range", why);
    return true;
}

// `*`, `5`, `1-5`, each with an optional step `/2`; `5/15` runs to the end as `5-59/15` does.
static bool scan_item(const char **at, struct field *f, struct fail *why)
{
    int from = f->range->least, to = f->range->most, step = 1;
    bool is_single = false;
    if (**at == '*') {
        ++*at;
        if (f->range == &ranges[WEEKDAY])
            to = 6;
    } else {
        if (!scan_value(at, f, &from, why))
            return false;
        to = from;
        is_single = **at != '-';
        if (!is_single && (++*at, !scan_value(at, f, &to, why)))
            return false;
        if (f->range == &ranges[WEEKDAY] && to == 0 && from > 0)
            to = 7; // SAT-SUN
    }
    if (from > to)
        return refuse(f, "runs backwards", why);
    if (**at == '/') {
        ++*at;
        if (!scan_number(at, &step) || step < 1 || step > f->range->most)
            return refuse(f, "has a step that is not in reach", why);
        if (is_single)
            to = f->range->most;
    }
    for (int i = from; i <= to; i += step)
        f->bits |= UINT64_C(1) << i;
    return true;
}

static bool scan_list(const char *text, enum place place, uint64_t *bits, struct fail *why)
{
    struct field f = {&ranges[place], text, 0};
    const char *at = text;
    for (;;) {
        if (!scan_item(&at, &f, why))
            return false;
        if (*at == 0)
            break;
        if (*at++ != ',')
            return refuse(&f, "is not understood", why);
    }
    *bits = f.bits;
    return true;
}

static bool is_any(const char *text)
{
    return *text == '*' || strcmp(text, "?") == 0;
}

// `L` is the last day of the month; it may stand in a list.
static bool read_days(struct cron *c, const char *text, struct fail *why)
{
    char rest[TEXT_BYTES_MAX];
    size_t length = 0;
    uint64_t bits = 0;
    c->any_day = is_any(text);
    for (const char *item = text; *item;) {
        size_t n = strcspn(item, ",");
        if (n == 1 && (*item == 'L' || *item == 'l')) {
            c->last_day = true;
        } else {
            memcpy(rest + length, item, n);
            length += n;
            rest[length++] = ',';
        }
        item += n;
        if (*item == ',' && *++item == 0)
            rest[length++] = ','; // a list that ends in a comma stays wrong
    }
    rest[length ? length - 1 : 0] = 0;
    if (strcmp(text, "?") == 0)
        bits = UINT32_MAX & ~1u;
    else if (length && !scan_list(rest, DAY, &bits, why))
        return false;
    c->days = (uint32_t)bits;
    return true;
}

// `5#3` is the third Friday, `5L` the last; a plain list goes to `weekdays`.
static bool read_weekday_item(struct cron *c, char *item, struct fail *why)
{
    struct field f = {&ranges[WEEKDAY], item, 0};
    size_t length = strlen(item);
    char *hash = strchr(item, '#');
    bool last = length > 1 && (item[length - 1] == 'L' || item[length - 1] == 'l');
    if (!hash && !last) {
        uint64_t bits;
        if (!scan_list(item, WEEKDAY, &bits, why))
            return false;
        c->weekdays |= (uint32_t)(bits | (bits >> 7 & 1)) & 0x7F;
        return true;
    }
    const char *at = item;
    int weekday, nth = 6;
    if (!scan_value(&at, &f, &weekday, why))
        return false;
    if (hash && (*at++ != '#' || !scan_number(&at, &nth) || nth < 1 || nth > 5))
        return refuse(&f, "has after '#' no number from 1 to 5", why);
    if (at != item + length - (last && !hash))
        return refuse(&f, "is not understood", why);
    c->nth_weekday[weekday % 7] |= (uint8_t)(1u << nth);
    return true;
}

static bool read_weekdays(struct cron *c, char *text, struct fail *why)
{
    c->any_weekday = is_any(text);
    if (strcmp(text, "?") == 0) {
        c->weekdays = 0x7F;
        return true;
    }
    for (char *item = text; item;) {
        char *comma = strchr(item, ',');
        if (comma)
            *comma = 0;
        if (!read_weekday_item(c, item, why))
            return false;
        item = comma ? comma + 1 : NULL;
    }
    return true;
}

// The 30th of February never comes, and nobody would notice that it does not.
static bool check_comes(const struct cron *c, const char *text, struct fail *why)
{
    if (!c->any_weekday || c->last_day)
        return true;
    for (int month = 1; month <= 12; month++)
        for (int day = 1; c->months >> month & 1 && day <= date_month_days(2000, month); day++)
            if (c->days >> day & 1)
                return true;
    return fail(why, FAIL_INVALID, "cron: '%.*s' never comes; no month in it has such a day",
                utf8_cut(text, 100), text);
}

static bool read_fields(struct cron *c, char **fields, struct fail *why)
{
    uint64_t bits[MONTH + 1] = {0};
    for (int place = SECOND; place <= MONTH; place++)
        if (place != DAY && !scan_list(fields[place], (enum place)place, &bits[place], why))
            return false;
    c->seconds = bits[SECOND];
    c->minutes = bits[MINUTE];
    c->hours = (uint32_t)bits[HOUR];
    c->months = (uint32_t)bits[MONTH];
    return read_days(c, fields[DAY], why) && read_weekdays(c, fields[WEEKDAY], why);
}

static const char *expand(const char *text, struct fail *why)
{
    if (*text != '@')
        return text;
    for (size_t i = 0; i < sizeof(shorthands) / sizeof(*shorthands); i++)
        if (strcmp(text, shorthands[i].name) == 0)
            return shorthands[i].text;
    fail(why, FAIL_INVALID,
         "cron: '%.*s' is not known; use @hourly, @daily, @weekly, @monthly, @yearly or five "
         "fields",
         utf8_cut(text, 60), text);
    return NULL;
}

bool cron_parse(const char *text, struct cron *out, struct fail *why)
{
    char copy[TEXT_BYTES_MAX], *fields[PLACES + 2], *save = NULL, every_minute[] = "0";
    size_t count = 1; // place 0 is kept for the seconds
    const char *expanded = expand(text, why);
    if (!expanded)
        return false;
    if (strlen(expanded) >= sizeof(copy))
        return fail(why, FAIL_LIMIT, "cron: an expression has at most %d bytes",
                    TEXT_BYTES_MAX - 1);
    memcpy(copy, expanded, strlen(expanded) + 1);
    for (char *f = strtok_r(copy, " \t", &save); f && count < PLACES + 2;
         f = strtok_r(NULL, " \t", &save))
        fields[count++] = f;
    size_t given = count - 1;
    if (given != PLACES && given != PLACES - 1)
        return fail(why, FAIL_INVALID,
                    "cron: '%.*s' has %zu fields%s; it needs five (minute hour day month weekday) "
                    "or six with seconds in front",
                    utf8_cut(text, 100), text, given, given > PLACES ? " or more" : "");
    fields[0] = every_minute;
    struct cron c = {0};
    if (!read_fields(&c, given == PLACES ? fields + 1 : fields, why) || !check_comes(&c, text, why))
        return false;
    *out = c;
    return true;
}

static bool nth_fits(const struct cron *c, int weekday, int day, int month_days)
{
    unsigned nth = c->nth_weekday[weekday];
    return nth >> ((day - 1) / 7 + 1) & 1 || (nth & NTH_LAST && day + 7 > month_days);
}

static bool day_fits(const struct cron *c, int32_t date)
{
    int year, month, day, weekday = date_weekday(date);
    date_to_civil(date, &year, &month, &day);
    if (!(c->months >> month & 1))
        return false;
    int month_days = date_month_days(year, month);
    bool by_day = c->days >> day & 1 || (c->last_day && day == month_days);
    bool by_weekday = c->weekdays >> weekday & 1 || nth_fits(c, weekday, day, month_days);
    return c->any_day || c->any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

// The first set bit at or above `from`, -1 if none.
static int bit_from(uint64_t bits, int from)
{
    uint64_t rest = from > 63 ? 0 : bits >> from << from;
    return rest ? __builtin_ctzll(rest) : -1;
}

// The first second of the day at or after `from` that fits, -1 if none.
static int second_from(const struct cron *c, int from)
{
    for (int h = bit_from(c->hours, from / 3600); h >= 0; h = bit_from(c->hours, h + 1)) {
        int least = h == from / 3600 ? from / 60 % 60 : 0;
        for (int m = bit_from(c->minutes, least); m >= 0; m = bit_from(c->minutes, m + 1)) {
            int second = bit_from(c->seconds, h * 60 + m == from / 60 ? from % 60 : 0);
            if (second >= 0)
                return (h * 60 + m) * 60 + second;
        }
    }
    return -1;
}

// The first local second after `local_ms` (both as if UTC) that fits, -1 as a sign of none.
static bool next_local(const struct cron *c, int64_t local_ms, int32_t last_date, int64_t *next_ms)
{
    int64_t second = (local_ms - INSTANT_MIN + DAY_MS) / 1000 + 1;
    int64_t first_day = INSTANT_MIN / DAY_MS - 1;
    int32_t date = (int32_t)(second / 86400 + first_day);
    int from = (int)(second % 86400);
    for (; date <= last_date; date++, from = 0) {
        int at = day_fits(c, date) ? second_from(c, from) : -1;
        if (at >= 0) {
            *next_ms = date * DAY_MS + at * INT64_C(1000);
            return true;
        }
    }
    return false;
}

// Every hour is allowed: the clock's jumps neither repeat nor leave out a run. Between two changes
// the offset is fixed, so the search goes stretch by stretch.
static bool next_interval(const struct cron *c, const struct zone *z, int64_t after_ms,
                          int32_t last_date, int64_t *ms)
{
    for (int stretch = 0; stretch < 64; stretch++) {
        int64_t offset_ms = zone_offset_s(z, after_ms) * INT64_C(1000);
        int64_t change = zone_next_change(z, after_ms), local_ms;
        if (next_local(c, after_ms + offset_ms, last_date, &local_ms) &&
            local_ms - offset_ms < change) {
            *ms = local_ms - offset_ms;
            return true;
        }
        if (change > last_date * DAY_MS)
            return false;
        // The change itself may be a fitting second by the new offset.
        offset_ms = zone_offset_s(z, change) * INT64_C(1000);
        if (next_local(c, change + offset_ms - 1, last_date, &local_ms) &&
            local_ms - offset_ms == change) {
            *ms = change;
            return true;
        }
        after_ms = change;
    }
    return false;
}

static bool next_by_clock(const struct cron *c, const struct zone *z, int64_t after_ms,
                          int32_t last_date, int64_t *ms)
{
    int64_t local_ms = after_ms + zone_offset_s(z, after_ms) * INT64_C(1000);
    while (next_local(c, local_ms, last_date, &local_ms)) {
        struct local_time local = zone_local(zone_utc(), local_ms);
        struct zone_reading r = zone_read(z, &local);
        *ms = r.times == 0 ? r.second_ms : r.first_ms; // in a gap: just after it
        if (*ms > after_ms)
            return true;
    }
    return false;
}

bool cron_next(const struct cron *c, const struct zone *z, int64_t after_ms, int64_t *ms)
{
    must(after_ms >= INSTANT_MIN && after_ms <= INSTANT_MAX);
    int64_t last_date = after_ms / DAY_MS + SEARCH_DAYS;
    if (last_date > INSTANT_MAX / DAY_MS - 1)
        last_date = INSTANT_MAX / DAY_MS - 1;
    bool every_hour = c->hours == 0xFFFFFF;
    return every_hour ? next_interval(c, z, after_ms, (int32_t)last_date, ms)
                      : next_by_clock(c, z, after_ms, (int32_t)last_date, ms);
}
