// dure.time: instants are integers of milliseconds; text is RFC 3339. Where a zone is wanted and
// not given it is the definition's.
#include "plugin/lua_dure.h"

#include <stdio.h>

#include "calendar/duration.h"
#include "calendar/instant.h"
#include "calendar/zone.h"
#include "plugin/host_call.h"

#define WRITTEN_BYTES 48

static int32_t date_argument_jmp(lua_State *L, int index)
{
    struct fail why = {0};
    int32_t date;
    if (!date_parse(luaL_checkstring(L, index), &date, &why))
        luaL_argerror(L, index, why.message);
    return date;
}

static void push_date_jmp(lua_State *L, int32_t date)
{
    int year, month, day;
    char text[WRITTEN_BYTES];
    date_to_civil(date, &year, &month, &day);
    snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
    lua_pushstring(L, text);
}

static void parse_duration_jmp(lua_State *L, int index, struct duration *d)
{
    struct fail why = {0};
    if (!duration_parse(luaL_checkstring(L, index), d, &why))
        luaL_argerror(L, index, why.message);
}

// parse(text, zone) -> ms
static int parse_jmp(lua_State *L)
{
    struct fail why = {0};
    int64_t ms;
    if (!zone_parse(host_zone_jmp(L, 2), luaL_checkstring(L, 1), &ms, &why))
        return luaL_argerror(L, 1, why.message);
    lua_pushinteger(L, ms);
    return 1;
}

static int format_jmp(lua_State *L)
{
    char text[WRITTEN_BYTES];
    zone_write(host_zone_jmp(L, 2), host_instant_jmp(L, 1), text, sizeof text);
    lua_pushstring(L, text);
    return 1;
}

// add(ms, "P1D", zone): on the zone's calendar, so a day keeps the local time
static int add_jmp(lua_State *L)
{
    struct fail why = {0};
    struct duration d;
    int64_t ms = host_instant_jmp(L, 1), out;
    parse_duration_jmp(L, 2, &d);
    if (!duration_add(ms, &d, host_zone_jmp(L, 3), &out, &why))
        return luaL_error(L, "%s", why.message);
    lua_pushinteger(L, out);
    return 1;
}

// duration("PT1H30M") -> ms; a year or month has no fixed length
static int duration_jmp(lua_State *L)
{
    struct fail why = {0};
    struct duration d;
    int64_t ms;
    parse_duration_jmp(L, 1, &d);
    if (!duration_ms(&d, &ms, &why))
        return luaL_error(L, "%s", why.message);
    lua_pushinteger(L, ms);
    return 1;
}

static void set_int_jmp(lua_State *L, const char *key, int value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

static int parts_jmp(lua_State *L)
{
    struct local_time t = zone_local(host_zone_jmp(L, 2), host_instant_jmp(L, 1));
    lua_createtable(L, 0, 8);
    set_int_jmp(L, "year", t.year);
    set_int_jmp(L, "month", t.month);
    set_int_jmp(L, "day", t.day);
    set_int_jmp(L, "hour", t.hour);
    set_int_jmp(L, "minute", t.minute);
    set_int_jmp(L, "second", t.second);
    set_int_jmp(L, "millisecond", t.millisecond);
    set_int_jmp(L, "weekday", t.weekday);
    return 1;
}

// date(ms, zone) -> "2013-05-24"
static int date_jmp(lua_State *L)
{
    struct local_time t = zone_local(host_zone_jmp(L, 2), host_instant_jmp(L, 1));
    push_date_jmp(L, date_from_civil(t.year, t.month, t.day));
    return 1;
}

static int add_days_jmp(lua_State *L)
{
    int32_t date = date_argument_jmp(L, 1);
    lua_Integer days = luaL_checkinteger(L, 2);
    luaL_argcheck(L, days > -4000000 && days < 4000000, 2, "too many days");
    push_date_jmp(L, date + (int32_t)days);
    return 1;
}

static int days_between_jmp(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)date_argument_jmp(L, 2) - date_argument_jmp(L, 1));
    return 1;
}

static int weekday_jmp(lua_State *L)
{
    int32_t days = (date_argument_jmp(L, 1) + 4) % 7; // 1970-01-01 was a Thursday
    lua_pushinteger(L, days < 0 ? days + 7 : days);
    return 1;
}

// at(date, "18:00", zone) -> ms: that local time of that date. In a gap it is later by the gap; of
// a time that comes twice it is the first.
static int at_jmp(lua_State *L)
{
    struct fail why = {0};
    struct local_time local;
    int64_t ms;
    const char *text = lua_pushfstring(L, "%sT%s", luaL_checkstring(L, 1), luaL_checkstring(L, 2));
    if (!local_time_parse(text, &local, &why))
        return luaL_error(L, "%s", why.message);
    if (!zone_instant(host_zone_jmp(L, 3), &local, GAP_SHIFT, FOLD_FIRST, &ms))
        return luaL_error(L, "'%s' is no time of that zone", text);
    lua_pushinteger(L, ms);
    return 1;
}

const luaL_Reg lua_time_functions[] = {
    {"parse", parse_jmp},
    {"format", format_jmp},
    {"add", add_jmp},
    {"duration", duration_jmp},
    {"parts", parts_jmp},
    {"date", date_jmp},
    {"add_days", add_days_jmp},
    {"weekday", weekday_jmp},
    {"days_between", days_between_jmp},
    {"at", at_jmp},
    {NULL, NULL},
};
