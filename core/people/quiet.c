#include "people/quiet.h"

#include <ctype.h>
#include <string.h>

#include "base/must.h"
#include "calendar/instant.h"
#include "calendar/zone.h"

// Minutes of the day, -1 if it is no "21:00".
static int minutes_of(const char *text)
{
    if (!text || strlen(text) != 5 || text[2] != ':' || !isdigit((unsigned char)text[0]) ||
        !isdigit((unsigned char)text[1]) || !isdigit((unsigned char)text[3]) ||
        !isdigit((unsigned char)text[4]))
        return -1;
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

bool quiet_check(json quiet, struct fail *why)
{
    int from = minutes_of(json_get_text(quiet, "from", NULL)),
        to = minutes_of(json_get_text(quiet, "to", NULL));
    if (from < 0 || to < 0 || from == to)
        return fail(why, FAIL_INVALID, "quiet hours are {from: \"21:00\", to: \"08:00\"}");
    return true;
}

// The next instant after `now_ms` at which clocks show these minutes.
static int64_t next_at(const struct zone *zone, int minutes, int64_t now_ms)
{
    for (int64_t day = 0; day <= 2; day++) {
        struct local_time local = zone_local(zone, now_ms + day * DAY_MS);
        int64_t ms = now_ms;
        local.hour = minutes / 60;
        local.minute = minutes % 60;
        local.second = local.millisecond = 0;
        if (zone_instant(zone, &local, GAP_SHIFT, FOLD_FIRST, &ms) && ms > now_ms)
            return ms;
    }
    return now_ms;
}

int64_t quiet_end(json quiet, const struct zone *zone, int64_t now_ms)
{
    struct fail why;
    if (!quiet_check(quiet, &why))
        return now_ms;
    int from = minutes_of(json_get_text(quiet, "from", NULL)),
        to = minutes_of(json_get_text(quiet, "to", NULL));
    struct local_time local = zone_local(zone, now_ms);
    int now = local.hour * 60 + local.minute;
    bool is_quiet = from < to ? now >= from && now < to : now >= from || now < to;
    return is_quiet ? next_at(zone, to, now_ms) : now_ms;
}
