#include "calendar/recurrence.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "calendar/rule.h"

// libical walks the rule on floating local times; the zone, UNTIL, holidays and the window are
// applied here. Its search for the next occurrence cannot be interrupted and steps by the rule's
// frequency, so a rule that never fits would run for centuries: the walk is therefore bounded by an
// end in every rule, and the window by how fine the frequency is.

// A move to a business day goes this far at most.
#define MOVE_DAYS_MAX 60

static const int window_days_max[RULE_FREQUENCIES] = {
    [RULE_SECONDLY] = 2,    [RULE_MINUTELY] = 92,    [RULE_HOURLY] = 3660,   [RULE_DAILY] = 146097,
    [RULE_WEEKLY] = 146097, [RULE_MONTHLY] = 146097, [RULE_YEARLY] = 146097,
};

struct walk {
    const struct recurrence_opts *opts;
    struct rule rule;
    int32_t *holidays; // sorted
    int64_t *moments;
    size_t count, capacity;
};

static int compare_dates(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int compare_moments(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool is_weekend(int32_t date)
{
    int weekday = date_weekday(date);
    return weekday == 0 || weekday == 6;
}

bool business_day(int32_t date, const int32_t *holidays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (holidays[i] == date)
            return false;
    return !is_weekend(date);
}

static bool is_holiday(const struct walk *w, int32_t date)
{
    size_t count = w->opts->holiday_count;
    return count && bsearch(&date, w->holidays, count, sizeof(date), compare_dates);
}

static struct icaltimetype ical_from_ms(int64_t local_ms)
{
    struct local_time l = zone_local(zone_utc(), local_ms);
    struct icaltimetype t = icaltime_null_time();
    t.year = l.year;
    t.month = l.month;
    t.day = l.day;
    t.hour = l.hour;
    t.minute = l.minute;
    t.second = l.second;
    return t;
}

// Moves the date as the policy says; false if the occurrence falls away or finds no business day.
static bool apply_policy(const struct walk *w, int32_t *date)
{
    int step = 0;
    switch (w->opts->policy) {
    case HOLIDAY_KEEP:
        return true;
    case HOLIDAY_SKIP:
        return !is_holiday(w, *date);
    case HOLIDAY_NEXT_BUSINESS_DAY:
        step = 1;
        break;
    case HOLIDAY_PREVIOUS_BUSINESS_DAY:
        step = -1;
        break;
    }
    for (int moved = 0; moved <= MOVE_DAYS_MAX; moved++, *date += step)
        if (!is_weekend(*date) && !is_holiday(w, *date))
            return true;
    return false;
}

static bool add_moment(struct walk *w, int64_t ms, struct fail *why)
{
    if (w->count == w->opts->count_max)
        return fail(why, FAIL_LIMIT,
                    "rrule: there are more than %zu occurrences; shorten the span or add COUNT",
                    w->opts->count_max);
    if (w->count == w->capacity) {
        w->capacity = w->capacity ? w->capacity * 2 : 64;
        w->moments = mem_resize(w->moments, w->capacity * sizeof(*w->moments));
    }
    w->moments[w->count++] = ms;
    return true;
}

static bool add_occurrence(struct walk *w, const struct icaltimetype *t, int millisecond,
                           struct fail *why)
{
    int32_t date = date_from_civil(t->year, t->month, t->day);
    if (!apply_policy(w, &date))
        return true;
    struct local_time local = {
        .hour = t->hour, .minute = t->minute, .second = t->second, .millisecond = millisecond};
    date_to_civil(date, &local.year, &local.month, &local.day);
    int64_t ms;
    if (!zone_instant(w->opts->zone, &local, w->opts->gap, w->opts->fold, &ms))
        return true;
    if (ms < w->opts->from_ms || ms >= w->opts->to_ms)
        return true;
    // Neighbours moved to the same day, or out of the same gap, are one.
    if (w->count && w->moments[w->count - 1] == ms)
        return true;
    return add_moment(w, ms, why);
}

static int64_t local_ms(const struct zone *z, int64_t ms)
{
    return ms + zone_offset_s(z, ms) * INT64_C(1000);
}

// The last local moment that the walk needs to see.
static int64_t walk_end(const struct walk *w)
{
    // A day more, since of a local time that comes twice the first may lie before an end within
    // the second; and what moves back into the window.
    int days = w->opts->policy == HOLIDAY_PREVIOUS_BUSINESS_DAY ? MOVE_DAYS_MAX : 1;
    int64_t end = local_ms(w->opts->zone, w->opts->to_ms) + days * DAY_MS;
    if (w->rule.has_until) {
        int64_t until = w->rule.until_local_ms;
        if (w->rule.until_is_utc)
            until = local_ms(w->opts->zone, until);
        end = until < end ? until : end;
    }
    return end < INSTANT_MAX ? end : INSTANT_MAX;
}

static struct icalrecurrencetype compile(const struct rule *rule, enum month_end_policy month_end)
{
    char text[RULE_TEXT_MAX + 128];
    snprintf(text, sizeof(text), "%s%s", rule->text,
             month_end == MONTH_END_CLAMP ? ";RSCALE=GREGORIAN;SKIP=BACKWARD" : "");
    icalerror_set_errors_are_fatal(0);
    icalerror_clear_errno();
    return icalrecurrencetype_from_string(text);
}

static icalrecur_iterator *iterator_new(const struct rule *rule, enum month_end_policy month_end,
                                        struct icaltimetype start, struct icaltimetype end)
{
    struct icalrecurrencetype compiled = compile(rule, month_end);
    if (compiled.freq == ICAL_NO_RECURRENCE)
        return NULL;
    compiled.until = end;
    icalrecur_iterator *it = icalrecur_iterator_new(compiled, start);
    free(compiled.rscale); // the iterator has its own
    return it;
}

static bool refuse_rule(const struct rule *rule, struct fail *why)
{
    return fail(why, FAIL_INVALID,
                "rrule: '%s' does not describe moments; a part does not go with its FREQ",
                rule->text);
}

// libical counts the weeks of an INTERVAL from the first weekday it finds instead of by WKST, so it
// walks every week and those between are dropped here.
static bool is_in_week(const struct rule *rule, int32_t first_date, const struct icaltimetype *t)
{
    if (rule->week_interval == 1)
        return true;
    int32_t into_week = (date_weekday(first_date) - rule->week_start + 7) % 7;
    int32_t days = date_from_civil(t->year, t->month, t->day) - (first_date - into_week);
    return days / 7 % rule->week_interval == 0;
}

static bool walk_rule(struct walk *w, struct fail *why)
{
    int64_t first_ms = local_ms(w->opts->zone, w->opts->from_ms);
    struct icaltimetype start = ical_from_ms(first_ms);
    int32_t first_date = date_from_civil(start.year, start.month, start.day);
    struct icaltimetype end = ical_from_ms(walk_end(w));
    int millisecond = (int)(((w->opts->from_ms % 1000) + 1000) % 1000);
    icalrecur_iterator *it = iterator_new(&w->rule, w->opts->month_end, start, end);
    if (!it)
        return refuse_rule(&w->rule, why);
    bool good = true;
    for (int count = 0; good && (w->rule.count == 0 || count < w->rule.count);) {
        struct icaltimetype t = icalrecur_iterator_next(it);
        if (icaltime_is_null_time(t) || icaltime_compare(t, end) > 0)
            break;
        if (!is_in_week(&w->rule, first_date, &t))
            continue;
        count++;
        good = add_occurrence(w, &t, millisecond, why);
    }
    icalrecur_iterator_free(it);
    return good;
}

static bool check_window(const struct walk *w, struct fail *why)
{
    int days_max = window_days_max[w->rule.frequency];
    if ((w->opts->to_ms - w->opts->from_ms) / DAY_MS > days_max)
        return fail(why, FAIL_LIMIT, "rrule: FREQ=%s may span %d days at most",
                    rule_frequency_name(w->rule.frequency), days_max);
    return true;
}

// A rule that ends by itself goes on as long as one of its frequency may.
static bool close_window(const struct rule *rule, struct recurrence_opts *opts, struct fail *why)
{
    if (opts->to_ms != RECURRENCE_OPEN)
        return true;
    if (rule->count == 0 && !rule->has_until)
        return fail(why, FAIL_INVALID,
                    "rrule: it has neither COUNT nor UNTIL; give 'to', where the span ends");
    int64_t longest = opts->from_ms + window_days_max[rule->frequency] * DAY_MS;
    opts->to_ms = longest > INSTANT_MAX ? INSTANT_MAX : longest;
    return true;
}

static void sort_without_doubles(struct walk *w)
{
    if (w->count == 0)
        return;
    qsort(w->moments, w->count, sizeof(*w->moments), compare_moments);
    size_t kept = 1;
    for (size_t i = 1; i < w->count; i++)
        if (w->moments[i] != w->moments[kept - 1])
            w->moments[kept++] = w->moments[i];
    w->count = kept;
}

bool recurrence_list(const struct recurrence_opts *opts, int64_t **moments, size_t *count,
                     struct fail *why)
{
    must(opts->from_ms >= INSTANT_MIN && opts->from_ms <= INSTANT_MAX);
    must(opts->to_ms >= INSTANT_MIN && opts->to_ms <= RECURRENCE_OPEN);
    struct recurrence_opts held = *opts;
    struct walk w = {.opts = &held};
    *moments = NULL;
    *count = 0;
    if (!rule_parse(opts->rrule, &w.rule, why) || !close_window(&w.rule, &held, why) ||
        !check_window(&w, why))
        return false;
    if (opts->holiday_count) {
        w.holidays = mem_copy(opts->holidays, opts->holiday_count * sizeof(*w.holidays));
        qsort(w.holidays, opts->holiday_count, sizeof(*w.holidays), compare_dates);
    }
    bool good = walk_rule(&w, why);
    mem_free(w.holidays);
    if (!good) {
        mem_free(w.moments);
        return false;
    }
    sort_without_doubles(&w);
    *moments = w.moments;
    *count = w.count;
    return true;
}

bool rrule_check(const char *rrule, struct fail *why)
{
    struct rule rule;
    if (!rule_parse(rrule, &rule, why))
        return false;
    struct icaltimetype start = ical_from_ms(0);
    icalrecur_iterator *it = iterator_new(&rule, MONTH_END_SKIP, start, start);
    if (!it)
        return refuse_rule(&rule, why);
    icalrecur_iterator_free(it);
    return true;
}
