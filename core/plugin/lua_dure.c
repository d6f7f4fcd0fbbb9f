#include "plugin/lua_dure.h"

#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/lua_step.h"
#include "plugin/queries.h"
#include "plugin/sandbox.h"

// ---- dure.json

static int decode_jmp(lua_State *L)
{
    size_t bytes;
    struct fail why = {0};
    const char *text = luaL_checklstring(L, 1, &bytes);
    json value;
    if (!json_parse(text, bytes, &value, &why))
        return host_fail_jmp(L, &why);
    sandbox_hold_json(L, value);
    sandbox_charge_jmp(L, bytes / 16);
    lua_json_push_jmp(L, value, LUA_NULL_KEPT);
    return 1;
}

static void free_text(void *text)
{
    mem_free(text);
}

static int encode_jmp(lua_State *L)
{
    luaL_checkany(L, 1);
    json value = lua_json_check_jmp(L, 1);
    struct bytes out;
    bytes_init(&out, LIMIT_PAYLOAD_BYTES * 2);
    json_write(value, lua_toboolean(L, 2) ? JSON_PRETTY : JSON_COMPACT, &out);
    size_t bytes;
    char *text = bytes_take(&out, &bytes);
    bytes_done(&out);
    sandbox_hold(L, free_text, text);
    lua_pushlstring(L, text, bytes);
    return 1;
}

// dure.json.query(text, value, variables): one jq expression; its first result.
static int query_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    struct fail why = {0};
    json input, variables, out;
    const char *text = luaL_checkstring(L, 1);
    lua_settop(L, 3);
    if (lua_isnil(L, 3))
        lua_newtable(L), lua_replace(L, 3);
    input = lua_json_check_jmp(L, 2);
    variables = lua_json_check_jmp(L, 3);
    if (!queries_run(&h->plugins->queries, text, input, variables, h->call->now_ms, &out, &why))
        return luaL_error(L, "dure.json.query: %s", why.message);
    sandbox_hold_json(L, out);
    sandbox_charge_jmp(L, 1000);
    lua_json_push_jmp(L, out, LUA_NULL_KEPT);
    return 1;
}

// dure.json.compiles(text): true, or false and what is wrong with it.
static int compiles_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    struct fail why = {0};
    const char *text = luaL_checkstring(L, 1);
    bool good = queries_compile(&h->plugins->queries, text, &why);
    sandbox_charge_jmp(L, 1000);
    lua_pushboolean(L, good);
    if (good)
        return 1;
    lua_pushstring(L, why.message);
    return 2;
}

const luaL_Reg lua_json_functions[] = {{"decode", decode_jmp},
                                       {"encode", encode_jmp},
                                       {"query", query_jmp},
                                       {"compiles", compiles_jmp},
                                       {NULL, NULL}};

// ---- dure itself

// dure.array(t) marks a table as a list, so that it stays one when it is empty.
static int array_jmp(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
        const char *kind = lua_tostring(L, -1);
        if (kind == NULL || strcmp(kind, "array") != 0)
            return luaL_error(L, "dure.array takes a plain table");
    }
    lua_settop(L, 1);
    lua_json_mark_array_jmp(L, 1);
    return 1;
}

static int hash_jmp(lua_State *L)
{
    size_t bytes;
    char hex[HASH_HEX_SIZE];
    const char *text = luaL_checklstring(L, 1, &bytes);
    struct hash hash = hash_of(text, bytes);
    sandbox_charge_jmp(L, bytes / 16);
    hash_hex(&hash, hex);
    lua_pushstring(L, hex);
    return 1;
}

static const luaL_Reg own[] = {{"array", array_jmp}, {"hash", hash_jmp}, {NULL, NULL}};

static void add_part_jmp(lua_State *L, const char *name, const luaL_Reg *functions)
{
    lua_newtable(L);
    sandbox_set_functions_jmp(L, functions);
    lua_setfield(L, -2, name);
}

void lua_dure_open_jmp(lua_State *L)
{
    lua_newtable(L);
    sandbox_set_functions_jmp(L, own);
    add_part_jmp(L, "json", lua_json_functions);
    add_part_jmp(L, "time", lua_time_functions);
    add_part_jmp(L, "calendar", lua_calendar_functions);
    add_part_jmp(L, "text", lua_text_functions);
    add_part_jmp(L, "csv", lua_csv_functions);
    add_part_jmp(L, "people", lua_people_functions);
    lua_getfield(L, -1, "json");
    lua_json_push_null(L);
    lua_setfield(L, -2, "null");
    lua_pop(L, 1);
    lua_setglobal(L, "dure");
    lua_step_open_jmp(L);
}
