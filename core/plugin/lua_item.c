#include "plugin/lua_item.h"

#include <lauxlib.h>

#include "people/item.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"

static const char item_mark = 0;

// Adds what is not there yet; the item is a plain table from then on.
static void complete_jmp(lua_State *L, int item)
{
    struct host_call *h = host_call_jmp(L);
    struct fail why = {0};
    lua_pushnil(L);
    lua_setmetatable(L, item);
    lua_pushliteral(L, "id");
    lua_rawget(L, item);
    json whole = lua_type(L, -1) == LUA_TSTRING
                     ? item_show(h->plugins->people, lua_tostring(L, -1), &why)
                     : json_absent();
    sandbox_hold_json(L, whole);
    const char *key;
    json member;
    for (int at = 0; json_any(whole, &at, &key, &member);) {
        lua_pushstring(L, key);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, item) == LUA_TNIL) {
            lua_pop(L, 1);
            lua_json_push_jmp(L, member, LUA_NULL_ABSENT);
            lua_rawset(L, item);
        } else {
            lua_pop(L, 2);
        }
    }
}

static int index_jmp(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t held = sandbox_held(L);
    complete_jmp(L, 1);
    sandbox_release_to(L, held);
    lua_settop(L, 2);
    lua_rawget(L, 1);
    return 1;
}

void lua_item_open_jmp(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "item");
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, index_jmp);
    lua_setfield(L, -2, "__index");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &item_mark);
}

void lua_item_push_jmp(lua_State *L, const char *id)
{
    struct host_call *h = sandbox_context(L);
    struct fail why = {0};
    json item =
        h->plugins->people == NULL ? json_absent() : item_head(h->plugins->people, id, &why);
    bool known = !json_is_absent(item);
    if (!known) {
        item = json_object();
        json_set_text(&item, "id", id);
    }
    sandbox_hold_json(L, item);
    lua_json_push_jmp(L, item, LUA_NULL_ABSENT);
    if (!known)
        return;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &item_mark);
    lua_setmetatable(L, -2);
}
