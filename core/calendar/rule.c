#include "calendar/rule.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "base/utf8.h"
#include "calendar/instant.h"

static const char *const frequencies[RULE_FREQUENCIES] = {
    "SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY",
};

static const char days[] = "SUMOTUWETHFRSA";

struct part {
    const char *name;
    int least, most; // of each number of the list
    bool may_be_negative;
    bool is_list;
};

enum part_name {
    FREQ,
    UNTIL,
    COUNT,
    INTERVAL,
    BYSECOND,
    BYMINUTE,
    BYHOUR,
    BYDAY,
    BYMONTHDAY,
    BYYEARDAY,
    BYWEEKNO,
    BYMONTH,
    BYSETPOS,
    WKST,
    PART_COUNT
};

// RFC 5545, section 3.3.10. RSCALE and SKIP belong to the month-end policy.
static const struct part parts[PART_COUNT] = {
    [FREQ] = {"FREQ", 0, 0, false, false},
    [UNTIL] = {"UNTIL", 0, 0, false, false},
    [COUNT] = {"COUNT", 1, 1000000, false, false},
    [INTERVAL] = {"INTERVAL", 1, 32767, false, false},
    [BYSECOND] = {"BYSECOND", 0, 59, false, true},
    [BYMINUTE] = {"BYMINUTE", 0, 59, false, true},
    [BYHOUR] = {"BYHOUR", 0, 23, false, true},
    [BYDAY] = {"BYDAY", 1, 53, true, true},
    [BYMONTHDAY] = {"BYMONTHDAY", 1, 31, true, true},
    [BYYEARDAY] = {"BYYEARDAY", 1, 366, true, true},
    [BYWEEKNO] = {"BYWEEKNO", 1, 53, true, true},
    [BYMONTH] = {"BYMONTH", 1, 12, false, true},
    [BYSETPOS] = {"BYSETPOS", 1, 366, true, true},
    [WKST] = {"WKST", 0, 0, false, false},
};

#define BIT(part) (1u << (part))

// Which frequencies a part goes with, by the table of RFC 5545; a part out of place would make
// libical search through centuries before it gives up.
static const struct {
    enum part_name part;
    unsigned frequencies;
    const char *allowed;
} limits[] = {
    {BYWEEKNO, BIT(RULE_YEARLY), "YEARLY"},
    {BYYEARDAY, BIT(RULE_YEARLY) | BIT(RULE_HOURLY) | BIT(RULE_MINUTELY) | BIT(RULE_SECONDLY),
     "YEARLY, HOURLY, MINUTELY or SECONDLY"},
    {BYMONTHDAY, ~BIT(RULE_WEEKLY), "a FREQ other than WEEKLY"},
};

const char *rule_frequency_name(enum rule_frequency frequency)
{
    must(frequency < RULE_FREQUENCIES);
    return frequencies[frequency];
}

static bool refuse(const char *name, const char *value, const char *what, struct fail *why)
{
    return fail(why, FAIL_INVALID, "rrule: %s=%.*s %s", name, utf8_cut(value, 60), value, what);
}

static bool is_weekday(const char *s)
{
    for (size_t i = 0; i + 1 < sizeof(days); i += 2)
        if (strncmp(s, days + i, 2) == 0)
            return true;
    return false;
}

// A number with its sign; false also where there is none.
static bool scan_number(const char **at, int *n)
{
    const char *s = *at;
    bool negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    if (!isdigit((unsigned char)*s))
        return false;
    for (*n = 0; isdigit((unsigned char)*s); s++)
        if ((*n = *n * 10 + (*s - '0')) > 10000000)
            return false;
    *n = negative ? -*n : *n;
    *at = s;
    return true;
}

static bool in_range(const struct part *p, int n)
{
    int size = n < 0 ? -n : n;
    return size >= p->least && size <= p->most && (n >= 0 || p->may_be_negative);
}

static bool check_numbers(const struct part *p, const char *value, struct fail *why)
{
    for (const char *at = value;; at++) {
        int n;
        if (!scan_number(&at, &n) || (*at && (*at != ',' || !p->is_list)))
            return refuse(p->name, value,
                          p->is_list ? "is not a list of numbers" : "is not a number", why);
        if (!in_range(p, n))
            return fail(why, FAIL_INVALID, "rrule: %s has %d; allowed are %s%d to %d", p->name, n,
                        p->may_be_negative ? "(also negative) " : "", p->least, p->most);
        if (!*at)
            return true;
    }
}

static bool check_weekdays(struct rule *r, const struct part *p, const char *value,
                           struct fail *why)
{
    bool one = p == &parts[WKST];
    for (const char *at = value;; at++) {
        int n = 1;
        bool numbered = !isalpha((unsigned char)*at);
        if ((numbered && (one || !scan_number(&at, &n) || !in_range(p, n))) || !is_weekday(at))
            return refuse(p->name, value,
                          one ? "is not one of SU MO TU WE TH FR SA"
                              : "is not a list of weekdays like MO,WE or 3FR or -1SU",
                          why);
        if (numbered && r->weekday_number < (n < 0 ? -n : n))
            r->weekday_number = n < 0 ? -n : n;
        at += 2;
        if (!*at)
            return true;
        if (*at != ',' || one)
            return refuse(p->name, value, "is not a list of weekdays like MO,WE or 3FR", why);
    }
}

// "20131231", "20131231T235959" (in the zone) or "20131231T145959Z".
static bool read_until(struct rule *r, const char *value, struct fail *why)
{
    const char *at = value;
    int year, month, day, hour = 23, minute = 59, second = 59;
    bool good = date_digits(&at, 4, &year) && date_digits(&at, 2, &month) &&
                date_digits(&at, 2, &day) && year >= DATE_YEAR_MIN && month >= 1 && month <= 12 &&
                day >= 1 && day <= date_month_days(year, month);
    if (good && *at == 'T') {
        at++;
        good = date_digits(&at, 2, &hour) && date_digits(&at, 2, &minute) &&
               date_digits(&at, 2, &second) && hour < 24 && minute < 60 && second < 60;
        r->until_is_utc = *at == 'Z';
        at += r->until_is_utc;
    }
    if (!good || *at)
        return refuse("UNTIL", value, "is not a moment like 20131231 or 20131231T145959Z", why);
    r->has_until = true;
    r->until_local_ms = date_from_civil(year, month, day) * DAY_MS +
                        ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + 999;
    return true;
}

static bool read_frequency(struct rule *r, const char *value, struct fail *why)
{
    for (int i = 0; i < RULE_FREQUENCIES; i++) {
        if (strcmp(value, frequencies[i]) == 0) {
            r->frequency = (enum rule_frequency)i;
            return true;
        }
    }
    return refuse("FREQ", value,
                  "is not one of YEARLY MONTHLY WEEKLY DAILY HOURLY MINUTELY SECONDLY", why);
}

static bool read_part(struct rule *r, const struct part *p, const char *value, struct fail *why)
{
    if (p == &parts[FREQ])
        return read_frequency(r, value, why);
    if (p == &parts[UNTIL])
        return read_until(r, value, why);
    if (p == &parts[BYDAY] || p == &parts[WKST])
        return check_weekdays(r, p, value, why);
    return check_numbers(p, value, why);
}

static const struct part *find_part(const char *name, struct fail *why)
{
    for (size_t i = 0; i < PART_COUNT; i++)
        if (strcmp(name, parts[i].name) == 0)
            return &parts[i];
    fail(why, FAIL_INVALID,
         "rrule: '%.*s' is not known; parts are FREQ UNTIL COUNT INTERVAL BYMONTH BYWEEKNO "
         "BYYEARDAY BYMONTHDAY BYDAY BYHOUR BYMINUTE BYSECOND BYSETPOS WKST",
         utf8_cut(name, 40), name);
    return NULL;
}

static void append_part(struct rule *r, const char *name, const char *value)
{
    size_t length = strlen(r->text), more = strlen(name) + strlen(value) + 2;
    must(length + more <= sizeof(r->text)); // the text is no longer than the one it was read from
    char *at = r->text + length;
    if (length)
        *at++ = ';';
    at = stpcpy(at, name);
    *at++ = '=';
    stpcpy(at, value);
}

// `seen` gets a bit for each part that there is.
static bool read_parts(struct rule *r, char *text, unsigned *seen, struct fail *why)
{
    char *save = NULL;
    for (char *item = strtok_r(text, ";", &save); item; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        if (!equals)
            return fail(why, FAIL_INVALID, "rrule: '%.*s' is no NAME=VALUE", utf8_cut(item, 60),
                        item);
        *equals = 0;
        const struct part *p = find_part(item, why);
        if (!p || !read_part(r, p, equals + 1, why))
            return false;
        if (*seen & BIT(p - parts))
            return fail(why, FAIL_INVALID, "rrule: %s stands there twice", p->name);
        *seen |= BIT(p - parts);
        if (p != &parts[UNTIL])
            append_part(r, item, equals + 1);
    }
    return true;
}

static bool check_together(const struct rule *r, unsigned seen, struct fail *why)
{
    unsigned by = BIT(BYSECOND) | BIT(BYMINUTE) | BIT(BYHOUR) | BIT(BYDAY) | BIT(BYMONTHDAY) |
                  BIT(BYYEARDAY) | BIT(BYWEEKNO) | BIT(BYMONTH);
    bool monthly = r->frequency == RULE_MONTHLY, yearly = r->frequency == RULE_YEARLY;
    if (!(seen & BIT(FREQ)))
        return fail(why, FAIL_INVALID, "rrule: FREQ is missing; write e.g. FREQ=MONTHLY;BYDAY=3FR");
    if (seen & BIT(COUNT) && seen & BIT(UNTIL))
        return fail(why, FAIL_INVALID, "rrule: COUNT and UNTIL exclude each other; keep one");
    if (seen & BIT(BYSETPOS) && !(seen & by))
        return fail(why, FAIL_INVALID, "rrule: BYSETPOS needs another BY part to choose from");
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
        if (seen & BIT(limits[i].part) && !(limits[i].frequencies & BIT(r->frequency)))
            return fail(why, FAIL_INVALID, "rrule: %s goes with %s only",
                        parts[limits[i].part].name, limits[i].allowed);
    if (r->weekday_number && !monthly && !yearly)
        return fail(why, FAIL_INVALID, "rrule: a number in BYDAY goes with MONTHLY or YEARLY only");
    if (r->weekday_number > 5 && (monthly || seen & BIT(BYMONTH)))
        return fail(why, FAIL_INVALID, "rrule: BYDAY has %d; a month has five weeks at most",
                    r->weekday_number);
    return true;
}

bool rule_parse(const char *text, struct rule *out, struct fail *why)
{
    char copy[RULE_TEXT_MAX + 1];
    if (strncasecmp(text, "RRULE:", 6) == 0)
        text += 6;
    size_t length = strnlen(text, RULE_TEXT_MAX + 1);
    if (length > RULE_TEXT_MAX)
        return fail(why, FAIL_LIMIT, "rrule: a rule has at most %d bytes", RULE_TEXT_MAX);
    for (size_t i = 0; i <= length; i++)
        copy[i] = (char)toupper((unsigned char)text[i]);
    *out = (struct rule){.frequency = RULE_DAILY};
    unsigned seen = 0;
    return read_parts(out, copy, &seen, why) && check_together(out, seen, why);
}
