#include "calendar/transitions.h"

#include <libical/ical.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/near.h"
#include "calendar/date.h"

// libical answers for one instant at a time, in 130 to 500 ns and with work that grows with the
// year; a table of a few hundred transitions answers in ten. It is found by asking every four days
// (no zone has kept a change for less) and halving the interval wherever the answer differs.

#define DAY_S        INT64_C(86400)
#define PROBE_STEP_S (4 * DAY_S)

#define ZONES_MAX      2000 // tzdata has about 600
#define ZONE_SLIPS_MAX 2

static int32_t offset_by_libical(icaltimezone *zone, int64_t utc_s)
{
    struct icaltimetype t = icaltime_null_time();
    int64_t day = utc_s >= 0 ? utc_s / DAY_S : -((-utc_s + DAY_S - 1) / DAY_S);
    int rest = (int)(utc_s - day * DAY_S), is_daylight;
    date_to_civil((int32_t)day, &t.year, &t.month, &t.day);
    t.hour = rest / 3600;
    t.minute = rest / 60 % 60;
    t.second = rest % 60;
    t.zone = icaltimezone_get_utc_timezone();
    return icaltimezone_get_utc_offset_of_utc_time(zone, &t, &is_daylight);
}

static void append(struct transitions *t, int64_t at_s, int32_t offset_s)
{
    if ((t->count & (t->count - 1)) == 0) // a power of two, or none yet: full
        t->list = mem_resize(t->list, (t->count ? t->count * 2 : 1) * sizeof(*t->list));
    must(t->count == 0 || t->list[t->count - 1].at_s < at_s);
    t->list[t->count++] = (struct transition){at_s, offset_s};
}

void transitions_fixed(struct transitions *t, int32_t offset_s)
{
    *t = (struct transitions){0};
    append(t, INT64_MIN, offset_s);
}

static void load_changes(struct transitions *t, icaltimezone *zone)
{
    int64_t end = date_from_civil(TRANSITIONS_YEAR_END, 1, 1) * DAY_S;
    int64_t at = date_from_civil(DATE_YEAR_MIN, 1, 1) * DAY_S - PROBE_STEP_S;
    int32_t offset = offset_by_libical(zone, at);
    transitions_fixed(t, offset);
    for (; at < end; at += PROBE_STEP_S) {
        int32_t next = offset_by_libical(zone, at + PROBE_STEP_S);
        if (next == offset)
            continue;
        int64_t before = at, after = at + PROBE_STEP_S;
        while (after - before > 1) {
            int64_t middle = before + (after - before) / 2;
            if (offset_by_libical(zone, middle) == offset)
                before = middle;
            else
                after = middle;
        }
        append(t, after, next);
        offset = next;
    }
}

static bool is_name(const char *name)
{
    // What is no plain name of the database never reaches the file system; "localtime" and its like
    // would mean something else on another machine, "right/" counts leap seconds.
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_+-/";
    size_t length = strlen(name);
    return length > 0 && length <= 64 && strspn(name, letters) == length && name[0] != '/' &&
           name[length - 1] != '/' && !strstr(name, "//") && strcmp(name, "localtime") != 0 &&
           strcmp(name, "posixrules") != 0 && strcmp(name, "Factory") != 0 &&
           strncmp(name, "right/", 6) != 0 && strncmp(name, "posix/", 6) != 0;
}

bool transitions_load(struct transitions *t, const char *name)
{
    if (!is_name(name))
        return false;
    icalerror_set_errors_are_fatal(0);
    icaltimezone_set_builtin_tzdata(0);
    icaltimezone *zone = icaltimezone_get_builtin_timezone(name);
    if (zone && zone == icaltimezone_get_utc_timezone()) { // by its other names; has no component
        transitions_fixed(t, 0);
        return true;
    }
    if (!zone || !icaltimezone_get_component(zone))
        return false;
    load_changes(t, zone);
    return true;
}

static const char *city_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static size_t list_zones(const char *names[ZONES_MAX])
{
    icalarray *zones = icaltimezone_get_builtin_timezones();
    size_t count = 0;
    for (size_t i = 0; zones && i < zones->num_elements && count < ZONES_MAX; i++) {
        const char *known = icaltimezone_get_location(icalarray_element_at(zones, i));
        if (known)
            names[count++] = known;
    }
    return count;
}

// Another region or other case is told at once; of letters few may differ, since short names of
// cities are near many.
const char *transitions_suggest(const char *name)
{
    const char *names[ZONES_MAX];
    size_t count = list_zones(names);
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(names[i], name) == 0 || strcasecmp(city_of(names[i]), city_of(name)) == 0)
            return names[i];
    return near_word(name, names, count, ZONE_SLIPS_MAX);
}

size_t transitions_at(const struct transitions *t, int64_t utc_s)
{
    size_t low = 0, high = t->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (t->list[middle].at_s <= utc_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}
