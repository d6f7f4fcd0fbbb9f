#include "calendar/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "calendar/instant.h"
#include "calendar/transitions.h"

#define DAY_S       INT64_C(86400)
#define TABLE_END_S INT64_C(4102444800) // the first second of TRANSITIONS_YEAR_END

struct zone {
    char *name;
    struct transitions transitions;
};

static struct transition utc_transition = {INT64_MIN, 0};
static char utc_name[] = "UTC";
static const struct zone utc = {utc_name, {&utc_transition, 1}};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map zones; // by name; only grows

static void refuse(const char *name, struct fail *why)
{
    const char *meant = transitions_suggest(name);
    if (meant)
        fail(why, FAIL_NOT_FOUND, "there is no time zone '%.*s'; did you mean '%s'?",
             utf8_cut(name, 60), name, meant);
    else
        fail(why, FAIL_NOT_FOUND,
             "there is no time zone '%.*s'; use a name like Asia/Seoul or an offset like +09:00",
             utf8_cut(name, 60), name);
}

static const struct zone *zone_load(const char *name, struct fail *why)
{
    struct zone *z = mem_new(struct zone);
    const char *at = name;
    int32_t offset_s;
    if ((*name == '+' || *name == '-') && instant_scan_offset(&at, &offset_s) && !*at) {
        transitions_fixed(&z->transitions, offset_s);
    } else if (!transitions_load(&z->transitions, name)) {
        mem_free(z);
        refuse(name, why);
        return NULL;
    }
    z->name = mem_string(name);
    map_put(&zones, name, z);
    return z;
}

const struct zone *zone_find(const char *name, struct fail *why)
{
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0 || strcmp(name, "Etc/UTC") == 0)
        return &utc;
    must(pthread_mutex_lock(&lock) == 0);
    const struct zone *z = map_get(&zones, name);
    if (!z)
        z = zone_load(name, why);
    must(pthread_mutex_unlock(&lock) == 0);
    return z;
}

const char *zone_near(const char *name)
{
    must(pthread_mutex_lock(&lock) == 0);
    const char *near = transitions_suggest(name);
    must(pthread_mutex_unlock(&lock) == 0);
    return near;
}

const struct zone *zone_utc(void)
{
    return &utc;
}

const char *zone_name(const struct zone *z)
{
    return z->name;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && a < 0);
}

// How many seconds to go back from a moment after the table's end to the same moment of a year
// within it that has the same calendar: leap or not, and the first of January on the same weekday.
// The years 2072 to 2099 hold every such calendar, since the pattern repeats after 28 years.
static int64_t shift_s(int64_t at_s)
{
    if (at_s < TABLE_END_S)
        return 0;
    must(date_from_civil(TRANSITIONS_YEAR_END, 1, 1) * DAY_S == TABLE_END_S);
    int year, month, day;
    date_to_civil((int32_t)floor_div(at_s, DAY_S), &year, &month, &day);
    int32_t first = date_from_civil(year, 1, 1);
    for (int like = TRANSITIONS_YEAR_END - 28; like < TRANSITIONS_YEAR_END; like++) {
        int32_t like_first = date_from_civil(like, 1, 1);
        if (date_month_days(like, 2) == date_month_days(year, 2) &&
            date_weekday(like_first) == date_weekday(first))
            return (first - like_first) * DAY_S;
    }
    must_not_reach();
}

int32_t zone_offset_s(const struct zone *z, int64_t ms)
{
    if (z->transitions.count == 1)
        return z->transitions.list[0].offset_s;
    int64_t at_s = floor_div(ms, 1000);
    return z->transitions.list[transitions_at(&z->transitions, at_s - shift_s(at_s))].offset_s;
}

static struct local_time local_from_ms(int64_t ms)
{
    must(ms >= INSTANT_MIN - 2 * DAY_MS && ms <= INSTANT_MAX + 2 * DAY_MS);
    int32_t date = (int32_t)floor_div(ms, DAY_MS);
    int64_t rest = ms - date * DAY_MS;
    struct local_time local = {.hour = (int)(rest / 3600000),
                               .minute = (int)(rest / 60000 % 60),
                               .second = (int)(rest / 1000 % 60),
                               .millisecond = (int)(rest % 1000),
                               .weekday = date_weekday(date)};
    date_to_civil(date, &local.year, &local.month, &local.day);
    return local;
}

// The local time as if it were UTC.
static int64_t ms_from_local(const struct local_time *l)
{
    return date_from_civil(l->year, l->month, l->day) * DAY_MS +
           ((l->hour * 60 + l->minute) * 60 + l->second) * INT64_C(1000) + l->millisecond;
}

struct local_time zone_local(const struct zone *z, int64_t ms)
{
    return local_from_ms(ms + zone_offset_s(z, ms) * INT64_C(1000));
}

int64_t zone_next_change(const struct zone *z, int64_t ms)
{
    const struct transitions *t = &z->transitions;
    int64_t at_s = floor_div(ms, 1000), back_s = shift_s(at_s);
    size_t next = transitions_at(t, at_s - back_s) + 1;
    if (back_s == 0 && next < t->count)
        return t->list[next].at_s * 1000;
    if (t->list[t->count - 1].at_s < (TRANSITIONS_YEAR_END - 1970 - 3) * 365 * DAY_S)
        return INT64_MAX; // the zone no longer changes its clocks
    int year, month, day;
    date_to_civil((int32_t)floor_div(at_s, DAY_S), &year, &month, &day);
    int64_t new_year_s = date_from_civil(year + 1, 1, 1) * DAY_S;
    if (next < t->count && t->list[next].at_s + back_s < new_year_s)
        return (t->list[next].at_s + back_s) * 1000;
    // The next year has its own counterpart in the table.
    back_s = shift_s(new_year_s);
    next = transitions_at(t, new_year_s - back_s - 1) + 1;
    return next < t->count ? (t->list[next].at_s + back_s) * 1000 : INT64_MAX;
}

// The stretches between transitions near the local time: it is shown in one if it lies in that
// stretch by the stretch's own offset. None means a gap.
static struct zone_reading read_s(const struct transitions *t, int64_t local_s)
{
    struct zone_reading r = {.times = 0};
    size_t from = transitions_at(t, local_s - 2 * DAY_S);
    for (size_t i = from; i < t->count && t->list[i].at_s < local_s + 2 * DAY_S; i++) {
        int64_t begins = t->list[i].at_s;
        int64_t ends = i + 1 < t->count ? t->list[i + 1].at_s : INT64_MAX;
        int64_t at = local_s - t->list[i].offset_s;
        if (at >= begins && at < ends) {
            if (r.times++ == 0)
                r.first_ms = at;
            r.second_ms = at;
        } else if (r.times == 0 && at >= ends && local_s - t->list[i + 1].offset_s < ends) {
            r.first_ms = at;
            r.second_ms = ends;
        }
    }
    must(r.times <= 2);
    return r;
}

struct zone_reading zone_read(const struct zone *z, const struct local_time *local)
{
    int64_t local_ms = ms_from_local(local);
    int64_t local_s = floor_div(local_ms, 1000), back_s = shift_s(local_s);
    int64_t fraction = local_ms - local_s * 1000;
    struct zone_reading r = read_s(&z->transitions, local_s - back_s);
    bool gap = r.times == 0;
    r.first_ms = (r.first_ms + back_s) * 1000 + fraction;
    r.second_ms = (r.second_ms + back_s) * 1000 + (gap ? 0 : fraction);
    return r;
}

bool zone_instant(const struct zone *z, const struct local_time *local, enum gap_policy gap,
                  enum fold_policy fold, int64_t *ms)
{
    struct zone_reading r = zone_read(z, local);
    if (r.times == 0 && gap == GAP_SKIP)
        return false;
    *ms = r.times == 2 && fold == FOLD_SECOND ? r.second_ms : r.first_ms;
    return true;
}

void zone_write(const struct zone *z, int64_t ms, char *out, int size)
{
    must(size >= INSTANT_TEXT_SIZE);
    int32_t offset_s = zone_offset_s(z, ms);
    if (z == &utc || offset_s % 60 != 0) {
        instant_write_utc(ms, out);
        return;
    }
    struct local_time l = zone_local(z, ms);
    int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    int n = snprintf(out, (size_t)size, "%04d-%02d-%02dT%02d:%02d:%02d", l.year, l.month, l.day,
                     l.hour, l.minute, l.second);
    if (l.millisecond)
        n += snprintf(out + n, (size_t)(size - n), ".%03d", l.millisecond);
    snprintf(out + n, (size_t)(size - n), "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60,
             minutes % 60);
}

static bool scan_local(const char **at, struct local_time *out)
{
    int year, month, day;
    int64_t day_ms = 0;
    if (!date_scan(at, &year, &month, &day) || (**at && !instant_scan_time(at, true, &day_ms)))
        return false;
    *out = local_from_ms(date_from_civil(year, month, day) * DAY_MS + day_ms);
    return true;
}

bool local_time_parse(const char *text, struct local_time *out, struct fail *why)
{
    const char *at = text;
    if (!scan_local(&at, out) || *at)
        return fail(why, FAIL_INVALID,
                    "'%.*s' is not a date, or a date and time without offset, like "
                    "2013-05-24T18:00",
                    utf8_cut(text, 60), text);
    return true;
}

// People leave the seconds out: 2013-05-24T18:00+09:00.
static bool parse_with_offset(const char *text, int64_t *ms, struct fail *why)
{
    enum { MINUTES_END = 16 };
    char full[INSTANT_TEXT_SIZE];
    if (strlen(text) <= MINUTES_END || strchr("Zz+-", text[MINUTES_END]) == NULL)
        return instant_parse(text, ms, why);
    snprintf(full, sizeof full, "%.*s:00%s", MINUTES_END, text, text + MINUTES_END);
    return instant_parse(full, ms, why);
}

bool zone_parse(const struct zone *z, const char *text, int64_t *ms, struct fail *why)
{
    const char *at = text;
    struct local_time local;
    int32_t offset_s = 0;
    bool reads = scan_local(&at, &local);
    if (reads && *at && instant_scan_offset(&at, &offset_s) && !*at)
        return parse_with_offset(text, ms, why);
    if (!reads || *at)
        return fail(why, FAIL_INVALID,
                    "'%.*s' is not a moment like 2013-05-24, 2013-05-24T18:00 or "
                    "2013-05-24T18:00:00+09:00",
                    utf8_cut(text, 60), text);
    bool exists = zone_instant(z, &local, GAP_SHIFT, FOLD_FIRST, ms);
    must(exists);
    if (*ms < INSTANT_MIN || *ms > INSTANT_MAX)
        return fail(why, FAIL_LIMIT, "'%s' lies outside the years %d to %d", text, DATE_YEAR_MIN,
                    DATE_YEAR_MAX);
    return true;
}
