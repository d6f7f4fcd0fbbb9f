#include "calendar/rule.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
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
    [BYMONTH] = {"BYMONTH", 1, 12, false, true},
    [BYSETPOS] = {"BYSETPOS", 1, 366, true, true},
    [WKST] = {"WKST", 0, 0, false, false},
};

#define BIT(part) (1u << (part))

// Which frequencies a part goes with: less than RFC 5545 allows where libical's answer is wrong
// (the place of BYSETPOS in a week or a day, all parts below a day, BYWEEKNO), since wrong dates
// are worse than none.
static const struct {
    enum part_name part;
    unsigned frequencies;
    const char *allowed;
} limits[] = {
    {BYYEARDAY, BIT(RULE_YEARLY), "YEARLY"},
    {BYMONTHDAY, BIT(RULE_DAILY) | BIT(RULE_MONTHLY) | BIT(RULE_YEARLY),
     "DAILY, MONTHLY or YEARLY"},
    {BYSETPOS, BIT(RULE_MONTHLY) | BIT(RULE_YEARLY), "MONTHLY or YEARLY"},
};

#define BY_TIME (BIT(BYSECOND) | BIT(BYMINUTE) | BIT(BYHOUR))
#define BY_DATE (BIT(BYDAY) | BIT(BYMONTHDAY) | BIT(BYYEARDAY) | BIT(BYMONTH))

const char *rule_frequency_name(enum rule_frequency frequency)
{
    must(frequency < RULE_FREQUENCIES);
    return frequencies[frequency];
}

// A rule while it is read: which parts it has, and which of them have negative numbers.
struct reading {
    struct rule *rule;
    unsigned seen, negative; // bits of enum part_name
    int weekday_number;      // the largest in BYDAY, 0 if none has a number
};

static bool refuse(const char *name, const char *value, const char *what, struct fail *why)
{
    return fail(why, FAIL_INVALID, "rrule: %s=%.*s %s", name, utf8_cut(value, 60), value, what);
}

// 0 Sunday, -1 if it is none.
static int weekday_of(const char *s)
{
    for (int i = 0; i < 7; i++)
        if (strncmp(s, days + i * 2, 2) == 0)
            return i;
    return -1;
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

static int compare_numbers(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

// Writes a list over the text it was read from: in order, since libical takes times as they stand
// and would count the evening before the morning. It is never longer than it was.
static void write_sorted(int *numbers, size_t count, char *value)
{
    char *at = value;
    qsort(numbers, count, sizeof(*numbers), compare_numbers);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || numbers[i] != numbers[i - 1])
            at += snprintf(at, 12, "%s%d", i > 0 ? "," : "", numbers[i]);
}

static bool read_numbers(struct reading *r, const struct part *p, char *value, struct fail *why)
{
    int numbers[RULE_TEXT_MAX / 2];
    size_t count = 0;
    for (const char *at = value;; at++) {
        int n;
        if (!scan_number(&at, &n) || (*at && (*at != ',' || !p->is_list)))
            return refuse(p->name, value,
                          p->is_list ? "is not a list of numbers" : "is not a number", why);
        if (!in_range(p, n))
            return fail(why, FAIL_INVALID, "rrule: %s has %d; allowed are %s%d to %d", p->name, n,
                        p->may_be_negative ? "(also negative) " : "", p->least, p->most);
        must(count < sizeof(numbers) / sizeof(*numbers));
        numbers[count++] = n;
        if (n < 0)
            r->negative |= BIT(p - parts);
        if (p == &parts[COUNT])
            r->rule->count = n;
        if (p == &parts[INTERVAL])
            r->rule->week_interval = n;
        if (!*at)
            break;
    }
    write_sorted(numbers, count, value);
    return true;
}

static bool check_weekdays(struct reading *r, const struct part *p, const char *value,
                           struct fail *why)
{
    bool one = p == &parts[WKST];
    for (const char *at = value;; at++) {
        int n = 1;
        bool numbered = !isalpha((unsigned char)*at);
        if ((numbered && (one || !scan_number(&at, &n) || !in_range(p, n))) || weekday_of(at) < 0)
            return refuse(p->name, value,
                          one ? "is not one of SU MO TU WE TH FR SA"
                              : "is not a list of weekdays like MO,WE or 3FR or -1SU",
                          why);
        if (numbered && r->weekday_number < (n < 0 ? -n : n))
            r->weekday_number = n < 0 ? -n : n;
        if (one)
            r->rule->week_start = weekday_of(at);
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

static bool read_part(struct reading *r, const struct part *p, char *value, struct fail *why)
{
    if (p == &parts[FREQ])
        return read_frequency(r->rule, value, why);
    if (p == &parts[UNTIL])
        return read_until(r->rule, value, why);
    if (p == &parts[BYDAY] || p == &parts[WKST])
        return check_weekdays(r, p, value, why);
    return read_numbers(r, p, value, why);
}

static const struct part *find_part(const char *name, struct fail *why)
{
    for (size_t i = 0; i < PART_COUNT; i++)
        if (strcmp(name, parts[i].name) == 0)
            return &parts[i];
    fail(why, FAIL_INVALID,
         "rrule: '%.*s' is not known; parts are FREQ UNTIL COUNT INTERVAL BYMONTH BYYEARDAY "
         "BYMONTHDAY BYDAY BYHOUR BYMINUTE BYSECOND BYSETPOS WKST",
         utf8_cut(name, 40), name);
    return NULL;
}

static void append_part(struct rule *r, const char *name, const char *value)
{
    size_t length = strlen(r->text), more = strlen(name) + strlen(value) + 2;
    must(length + more <= sizeof(r->text)); // the limit of the text that is read sees to it
    char *at = r->text + length;
    if (length)
        *at++ = ';';
    at = stpcpy(at, name);
    *at++ = '=';
    stpcpy(at, value);
}

static bool read_parts(struct reading *r, char *text, struct fail *why)
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
        if (r->seen & BIT(p - parts))
            return fail(why, FAIL_INVALID, "rrule: %s stands there twice", p->name);
        r->seen |= BIT(p - parts);
        if (p != &parts[UNTIL] && p != &parts[COUNT] && p != &parts[INTERVAL])
            append_part(r->rule, item, equals + 1);
    }
    return true;
}

static bool check_frequency(const struct reading *r, struct fail *why)
{
    enum rule_frequency frequency = r->rule->frequency;
    unsigned seen = r->seen;
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
        if (seen & BIT(limits[i].part) && !(limits[i].frequencies & BIT(frequency)))
            return fail(why, FAIL_INVALID, "rrule: %s goes with %s only",
                        parts[limits[i].part].name, limits[i].allowed);
    if (frequency <= RULE_HOURLY && seen & (BY_TIME | BY_DATE))
        return fail(why, FAIL_INVALID,
                    "rrule: FREQ=%s takes no BY part; write FREQ=DAILY with BYHOUR and BYMINUTE",
                    rule_frequency_name(frequency));
    if (frequency == RULE_DAILY && r->negative & BIT(BYMONTHDAY))
        return fail(why, FAIL_INVALID,
                    "rrule: a day from the end of the month goes with MONTHLY or YEARLY only");
    bool monthly = frequency == RULE_MONTHLY, yearly = frequency == RULE_YEARLY;
    if (r->weekday_number && !monthly && !yearly)
        return fail(why, FAIL_INVALID, "rrule: a number in BYDAY goes with MONTHLY or YEARLY only");
    if (r->weekday_number > 5 && (monthly || seen & BIT(BYMONTH)))
        return fail(why, FAIL_INVALID, "rrule: BYDAY has %d; a month has five weeks at most",
                    r->weekday_number);
    return true;
}

static bool check_together(const struct reading *r, struct fail *why)
{
    unsigned seen = r->seen;
    if (!(seen & BIT(FREQ)))
        return fail(why, FAIL_INVALID, "rrule: FREQ is missing; write e.g. FREQ=MONTHLY;BYDAY=3FR");
    if (seen & BIT(COUNT) && seen & BIT(UNTIL))
        return fail(why, FAIL_INVALID, "rrule: COUNT and UNTIL exclude each other; keep one");
    if (seen & BIT(BYSETPOS) && !(seen & BY_DATE))
        return fail(why, FAIL_INVALID, "rrule: BYSETPOS needs days to choose from, e.g. BYDAY");
    if (seen & BIT(BYSETPOS) && seen & BY_TIME)
        return fail(why, FAIL_INVALID,
                    "rrule: BYSETPOS chooses among days; it does not go with BYHOUR, BYMINUTE or "
                    "BYSECOND");
    if (r->weekday_number && seen & (BIT(BYMONTHDAY) | BIT(BYYEARDAY)))
        return fail(why, FAIL_INVALID,
                    "rrule: a number in BYDAY does not go with BYMONTHDAY or BYYEARDAY");
    if (seen & BIT(BYYEARDAY) && seen & (BIT(BYMONTHDAY) | BIT(BYMONTH)))
        return fail(why, FAIL_INVALID, "rrule: BYYEARDAY does not go with BYMONTH or BYMONTHDAY");
    return check_frequency(r, why);
}

// Puts back what libical applies itself. By RFC 5545 a day of the month without a month means every
// month of the year; libical would take the month of the first moment.
static void complete(struct rule *r, unsigned seen)
{
    char interval[12];
    if (r->frequency != RULE_WEEKLY && r->week_interval > 1) {
        snprintf(interval, sizeof(interval), "%d", r->week_interval);
        append_part(r, "INTERVAL", interval);
        r->week_interval = 1;
    }
    if (r->frequency == RULE_YEARLY && seen & BIT(BYMONTHDAY) && !(seen & BIT(BYMONTH)))
        append_part(r, "BYMONTH", "1,2,3,4,5,6,7,8,9,10,11,12");
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
    *out = (struct rule){.frequency = RULE_DAILY, .week_start = 1, .week_interval = 1};
    struct reading r = {.rule = out};
    if (!read_parts(&r, copy, why) || !check_together(&r, why))
        return false;
    complete(out, r.seen);
    return true;
}
