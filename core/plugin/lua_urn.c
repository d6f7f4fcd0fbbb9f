// step.urn: ballots that nobody reads before they are counted, and nobody traces after. See
// people/urn.h.
//
//     step:urn_open(name, {ballots =, bytes =})      step:urn_fill(name, count) -> all are there
//     step:urn_cast(name, {voter =, receipt =, value =, again =})
//     step:urn_count(name) -> {casts, recasts, values, marks}
//     step:urn_publish(name, {roll =, tally =, hide_values =})
#include "plugin/lua_step.h"

#include <string.h>

#include "people/urn.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"

#define CHARGE_SLOT 20 // in steps of the hook
#define CHARGE_CAST 400

static struct urn urn_jmp(lua_State *L, struct host_call *h)
{
    if (h->plugins->people == NULL)
        luaL_error(L, "there is no directory of people here");
    size_t length;
    const char *name = luaL_checklstring(L, 2, &length);
    bool plain = length > 0 && length <= URN_NAME_BYTES;
    for (size_t i = 0; plain && i < length; i++)
        plain = name[i] > ' ' && name[i] < 127;
    luaL_argcheck(L, plain, 2, "the name of an urn is 1 to 60 visible letters of ASCII");
    return (struct urn){.step = h->call->address, .name = name};
}

static json table_jmp(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    return lua_json_check_jmp(L, index);
}

static int open_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    struct urn u = urn_jmp(L, h);
    json o = table_jmp(L, 3);
    if (!urn_open(h->plugins->people, &u, json_get_int(o, "ballots", 0),
                  json_get_int(o, "bytes", 0), &why))
        return host_fail_jmp(L, &why);
    return 0;
}

static int fill_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    struct urn u = urn_jmp(L, h);
    lua_Integer count = luaL_checkinteger(L, 3);
    bool done = false;
    luaL_argcheck(L, count > 0 && count <= 100000, 3, "1 to 100000 slots");
    if (!urn_fill(h->plugins->people, &u, count, &done, &why))
        return host_fail_jmp(L, &why);
    sandbox_charge_jmp(L, (size_t)count * CHARGE_SLOT);
    lua_pushboolean(L, done);
    return 1;
}

static int cast_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    struct urn u = urn_jmp(L, h);
    json o = table_jmp(L, 3);
    struct urn_ballot ballot = {.voter = json_get_text(o, "voter", ""),
                                .receipt = json_get_text(o, "receipt", ""),
                                .value = json_get_text(o, "value", ""),
                                .again = json_get_bool(o, "again", false)};
    if (!urn_cast(h->plugins->people, &u, &ballot, &why)) {
        // No receipt of a ballot: the plugin says so in its own words.
        if (why.kind == FAIL_REFUSED && strcmp(why.code, "unknown_receipt") == 0)
            return lua_pushboolean(L, false), 1;
        return host_fail_jmp(L, &why);
    }
    sandbox_charge_jmp(L, CHARGE_CAST);
    return lua_pushboolean(L, true), 1;
}

// nil and a sentence where the key is not there: the count can be tried again.
static int count_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    struct urn u = urn_jmp(L, h);
    json out;
    int64_t since = sandbox_clock();
    bool counted = urn_count(h->plugins->people, &u, &out, &why);
    sandbox_excuse(L, since);
    if (!counted) {
        if (why.kind != FAIL_NOT_FOUND || strcmp(why.code, "key_missing") != 0)
            return host_fail_jmp(L, &why);
        lua_pushnil(L);
        lua_pushstring(L, why.message);
        return 2;
    }
    sandbox_hold_json(L, out);
    lua_json_push_jmp(L, out, LUA_NULL_ABSENT);
    return 1;
}

static int publish_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    struct urn u = urn_jmp(L, h);
    json o = table_jmp(L, 3), roll = json_get(o, "roll"), tally = json_get(o, "tally");
    sandbox_hold_json(L, roll);
    sandbox_hold_json(L, tally);
    struct urn_publication pub = {
        .roll = roll, .tally = tally, .hide_values = json_get_bool(o, "hide_values", false)};
    int64_t since = sandbox_clock();
    bool published = urn_publish(h->plugins->people, &u, &pub, &why);
    sandbox_excuse(L, since);
    if (!published)
        return host_fail_jmp(L, &why);
    return 0;
}

const luaL_Reg lua_urn_methods[] = {{"urn_open", open_jmp},       {"urn_fill", fill_jmp},
                                    {"urn_cast", cast_jmp},       {"urn_count", count_jmp},
                                    {"urn_publish", publish_jmp}, {NULL, NULL}};
