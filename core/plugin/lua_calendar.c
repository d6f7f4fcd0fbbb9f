// dure.calendar: recurrences, business days, cron, calendar files.
#include "plugin/lua_dure.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "calendar/cron.h"
#include "calendar/ics.h"
#include "calendar/recurrence.h"
#include "calendar/zone.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"

#define HOLIDAYS_MAX    4000
#define OCCURRENCES_MAX 10000
#define ICS_BYTES_MAX   (64 * 1024)

static void free_memory(void *p)
{
    mem_free(p);
}

// A table of dates as an array that is held until the run ends; NULL where nil.
static const int32_t *holidays_jmp(lua_State *L, int index, size_t *count)
{
    *count = 0;
    if (lua_isnoneornil(L, index))
        return NULL;
    luaL_checktype(L, index, LUA_TTABLE);
    size_t n = lua_rawlen(L, index);
    luaL_argcheck(L, n <= HOLIDAYS_MAX, index, "too many holidays");
    int32_t *dates = mem_zero(n + 1, sizeof *dates);
    sandbox_hold(L, free_memory, dates);
    for (size_t i = 0; i < n; i++) {
        struct fail why = {0};
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING || !date_parse(lua_tostring(L, -1), &dates[i], &why))
            luaL_argerror(L, index, "a list of dates like 2013-05-17");
        lua_pop(L, 1);
    }
    *count = n;
    return dates;
}

static int choice_jmp(lua_State *L, int table, const char *key, const char *const *names)
{
    lua_getfield(L, table, key);
    const char *name = lua_isnil(L, -1) ? names[0] : lua_tostring(L, -1);
    for (int i = 0; name != NULL && names[i] != NULL; i++) {
        if (strcmp(name, names[i]) == 0) {
            lua_pop(L, 1);
            return i;
        }
    }
    return luaL_error(L, "'%s' cannot be '%s'", key, name == NULL ? "?" : name);
}

static const char *text_option_jmp(lua_State *L, int table, const char *key)
{
    lua_getfield(L, table, key);
    if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "'%s' is text", key);
    const char *text = lua_tostring(L, -1);
    return text; // stays on the stack
}

static int64_t instant_option_jmp(lua_State *L, int table, const char *key)
{
    lua_getfield(L, table, key);
    if (lua_isnil(L, -1))
        luaL_error(L, "'%s' is missing", key);
    int64_t ms = host_instant_jmp(L, lua_gettop(L));
    lua_pop(L, 1);
    return ms;
}

static const struct zone *zone_option_jmp(lua_State *L, int table)
{
    lua_getfield(L, table, "zone");
    const struct zone *zone = host_zone_jmp(L, lua_gettop(L));
    lua_pop(L, 1);
    return zone;
}

static int occurrences_jmp(lua_State *L)
{
    static const char *const policies[] = {"keep", "skip", "next_business_day",
                                           "previous_business_day", NULL};
    static const char *const month_ends[] = {"skip", "clamp", NULL};
    static const char *const gaps[] = {"shift", "skip", NULL};
    static const char *const folds[] = {"first", "second", NULL};
    struct fail why = {0};
    int64_t *moments = NULL;
    size_t count = 0;
    luaL_checktype(L, 1, LUA_TTABLE);
    struct recurrence_opts o = {.count_max = OCCURRENCES_MAX};
    o.policy = (enum holiday_policy)choice_jmp(L, 1, "policy", policies);
    o.month_end = (enum month_end_policy)choice_jmp(L, 1, "monthEnd", month_ends);
    o.gap = (enum gap_policy)choice_jmp(L, 1, "gap", gaps);
    o.fold = (enum fold_policy)choice_jmp(L, 1, "fold", folds);
    o.zone = zone_option_jmp(L, 1);
    o.from_ms = instant_option_jmp(L, 1, "from");
    lua_getfield(L, 1, "to");
    o.to_ms = lua_isnil(L, -1) ? RECURRENCE_OPEN : host_instant_jmp(L, lua_gettop(L));
    lua_getfield(L, 1, "holidays");
    o.holidays = holidays_jmp(L, lua_gettop(L), &o.holiday_count);
    o.rrule = text_option_jmp(L, 1, "rrule");
    if (o.rrule == NULL)
        return luaL_error(L, "'rrule' is missing");
    if (!recurrence_list(&o, &moments, &count, &why))
        return host_fail_jmp(L, &why);
    sandbox_hold(L, free_memory, moments);
    sandbox_charge_jmp(L, count * 10);
    lua_createtable(L, (int)count, 0);
    lua_json_mark_array_jmp(L, -1);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, moments[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

// business_day("2013-05-17", holidays)
static int business_day_jmp(lua_State *L)
{
    struct fail why = {0};
    int32_t date;
    size_t count;
    if (!date_parse(luaL_checkstring(L, 1), &date, &why))
        return luaL_argerror(L, 1, why.message);
    const int32_t *holidays = holidays_jmp(L, 2, &count);
    lua_pushboolean(L, business_day(date, holidays, count));
    return 1;
}

// cron_next("0 9 * * MON", after, zone) -> ms or nil
static int cron_next_jmp(lua_State *L)
{
    struct fail why = {0};
    struct cron cron;
    int64_t next;
    if (!cron_parse(luaL_checkstring(L, 1), &cron, &why))
        return luaL_argerror(L, 1, why.message);
    if (!cron_next(&cron, host_zone_jmp(L, 3), host_instant_jmp(L, 2), &next))
        return 0;
    lua_pushinteger(L, next);
    return 1;
}

static void free_bytes(void *bytes)
{
    bytes_done(bytes);
    mem_free(bytes);
}

// ics{method=, uid=, sequence=, from=, to=, summary=, …} -> the text of a calendar file
static int ics_jmp(lua_State *L)
{
    static const char *const methods[] = {"publish", "request", "cancel", NULL};
    struct fail why = {0};
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, 20, "too deep");
    lua_getfield(L, 1, "sequence");
    lua_Integer sequence = luaL_optinteger(L, -1, 0);
    luaL_argcheck(L, sequence >= 0 && sequence < 1000000, 1, "sequence is 0 to 999999");
    struct ics_event event = {
        .method = (enum ics_method)choice_jmp(L, 1, "method", methods),
        .sequence = (int)sequence,
        .from_ms = instant_option_jmp(L, 1, "from"),
        .to_ms = instant_option_jmp(L, 1, "to"),
        .zone = zone_option_jmp(L, 1),
        .uid = text_option_jmp(L, 1, "uid"),
        .summary = text_option_jmp(L, 1, "summary"),
        .description = text_option_jmp(L, 1, "description"),
        .location = text_option_jmp(L, 1, "location"),
        .url = text_option_jmp(L, 1, "url"),
        .organizer_mail = text_option_jmp(L, 1, "organizer"),
        .attendee_mail = text_option_jmp(L, 1, "attendee"),
    };
    if (event.uid == NULL || event.summary == NULL)
        return luaL_error(L, "a calendar file has a 'uid' and a 'summary'");
    lua_getfield(L, 1, "stamp");
    event.stamp_ms =
        lua_isnil(L, -1) ? host_call_jmp(L)->call->now_ms : host_instant_jmp(L, lua_gettop(L));
    struct bytes *out = mem_new(struct bytes);
    bytes_init(out, ICS_BYTES_MAX);
    sandbox_hold(L, free_bytes, out);
    if (!ics_write(&event, out, &why))
        return host_fail_jmp(L, &why);
    lua_pushlstring(L, out->data, out->length);
    return 1;
}

const luaL_Reg lua_calendar_functions[] = {{"occurrences", occurrences_jmp},
                                           {"business_day", business_day_jmp},
                                           {"cron_next", cron_next_jmp},
                                           {"ics", ics_jmp},
                                           {NULL, NULL}};
