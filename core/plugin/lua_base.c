#include "plugin/lua_base.h"

#include <ctype.h>
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "base/log.h"
#include "plugin/lua_json.h"
#include "plugin/lua_string.h"
#include "plugin/lua_table.h"
#include "plugin/sandbox.h"

#define MODULES         "dure.modules"
#define MODULE_NAME_MAX 100

// ---- pcall

static int pcall_end_jmp(lua_State *L, int status, lua_KContext held)
{
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L);
    if (status == LUA_ERRMEM)
        return sandbox_kill_jmp(L, "it used more memory than a plugin may");
    if (sandbox_is_dying(L))
        return sandbox_kill_jmp(L, "");
    sandbox_release_to(L, (size_t)held);
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
}

static int pcall_jmp(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    lua_KContext held = (lua_KContext)sandbox_held(L);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, held, pcall_end_jmp);
    return pcall_end_jmp(L, status, held);
}

// ---- setmetatable, tostring, print

// __gc would run where no hook reaches; weak tables would show when the collector ran.
static int setmetatable_jmp(lua_State *L)
{
    static const char *const refused[] = {"__gc", "__mode"};
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    for (size_t i = 0; lua_istable(L, 2) && i < sizeof refused / sizeof *refused; i++) {
        lua_pushstring(L, refused[i]);
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "setmetatable knows no %s here", refused[i]);
        lua_pop(L, 1);
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static int tostring_jmp(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_string_of_jmp(L, 1, NULL);
    return 1;
}

static int print_jmp(lua_State *L)
{
    luaL_Buffer b;
    int n = lua_gettop(L);
    luaL_buffinit(L, &b);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&b, ' ');
        lua_string_of_jmp(L, i, NULL);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    char value[SANDBOX_LOG_BYTES];
    sandbox_log_value(lua_tostring(L, -1), value);
    log_info("plugin", "print", "plugin=%s text=\"%s\"", sandbox_name(sandbox_of(L)), value);
    return 0;
}

// ---- require

void lua_base_load_jmp(lua_State *L, const char *text, size_t bytes, const char *name)
{
    if (luaL_loadbufferx(L, text, bytes, name, "t") != LUA_OK)
        lua_error(L);
}

// "lib.tally" is lib/tally.lua in the plugin's folder: words of letters, digits, _ and -, joined by
// single dots, so that no name leaves the folder.
static bool module_name_is_good(const char *name)
{
    size_t bytes = strlen(name);
    bool word = false;
    for (const char *c = name; *c != 0; c++) {
        if (*c == '.' && !word)
            return false;
        word = *c != '.';
        if (*c != '.' && !isalnum((unsigned char)*c) && *c != '_' && *c != '-')
            return false;
    }
    return word && bytes <= MODULE_NAME_MAX;
}

static int require_end_jmp(lua_State *L, int status, lua_KContext ignored)
{
    (void)status;
    (void)ignored;
    // 1: name, 2: modules, top: what the file returned
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, 2);
    return 1;
}

static int require_jmp(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, MODULES);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, 2) != LUA_TNIL) {
        if (lua_islightuserdata(L, -1))
            return luaL_error(L, "require: '%s' requires itself", name);
        return 1;
    }
    lua_pop(L, 1);
    size_t bytes = 0;
    const char *text = module_name_is_good(name) ? sandbox_find_source(L, name, &bytes) : NULL;
    if (text == NULL)
        return luaL_error(L,
                          "require: there is no '%s' in the plugin's own folder (a name like "
                          "'lib.tally' means lib/tally.lua, 'shared.tally' the folder shared/ "
                          "beside the plugins)",
                          name);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, sandbox_of(L));
    lua_rawset(L, 2);
    lua_pushfstring(L, "@%s/%s.lua", sandbox_name(sandbox_of(L)), name);
    lua_base_load_jmp(L, text, bytes, lua_tostring(L, -1));
    lua_remove(L, -2);
    lua_callk(L, 0, 1, 0, require_end_jmp);
    return require_end_jmp(L, LUA_OK, 0);
}

// ---- opening

static void remove_jmp(lua_State *L, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lua_pushnil(L);
        lua_setfield(L, -2, names[i]);
    }
}

static int frozen_jmp(lua_State *L)
{
    lua_string_of_jmp(L, 2, NULL);
    return luaL_error(L,
                      "'%s' would be a global variable, which is kept nowhere; use local, or "
                      "step.state",
                      lua_tostring(L, -1));
}

static void open_base_jmp(lua_State *L)
{
    static const char *const removed[] = {"collectgarbage", "dofile", "load", "loadfile",
                                          "warn",           "xpcall", "_G"};
    static const luaL_Reg own[] = {{"pcall", pcall_jmp},       {"setmetatable", setmetatable_jmp},
                                   {"tostring", tostring_jmp}, {"print", print_jmp},
                                   {"require", require_jmp},   {NULL, NULL}};
    luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
    remove_jmp(L, removed, sizeof removed / sizeof *removed);
    luaL_setfuncs(L, own, 0);
    lua_pop(L, 1);
}

void lua_base_open_jmp(lua_State *L)
{
    static const char *const random[] = {"random", "randomseed"};
    open_base_jmp(L);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    remove_jmp(L, random, sizeof random / sizeof *random);
    lua_pop(L, 1);
    lua_table_open_jmp(L);
    lua_string_open_jmp(L);
    lua_json_open_jmp(L);
}

void lua_base_freeze_jmp(lua_State *L)
{
    lua_pushglobaltable(L);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, frozen_jmp);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "globals");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
