#include "plugin/lua_table.h"

#include <lauxlib.h>
#include <string.h>

#include "plugin/sandbox.h"

static lua_Integer length_jmp(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    return (lua_Integer)lua_rawlen(L, index);
}

// ---- sort: merge sort from the bottom over two scratch tables, so that an error in the comparator
// leaves the table as it was

typedef bool less_jmp(lua_State *L, int comparator);

// Both compare the two values on top of the stack: is the first less than the second? They stay.
static bool less_by_rule_jmp(lua_State *L, int comparator)
{
    if (lua_isnil(L, comparator))
        return lua_compare(L, -2, -1, LUA_OPLT) != 0;
    lua_pushvalue(L, comparator);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_call(L, 2, 1);
    bool less = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return less;
}

static int key_rank(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        return 0;
    case LUA_TNUMBER:
        return 1;
    default:
        return 2;
    }
}

static bool less_key_jmp(lua_State *L, int comparator)
{
    (void)comparator;
    int a = key_rank(L, -2), b = key_rank(L, -1);
    if (a != b)
        return a < b;
    if (a == 0)
        return !lua_toboolean(L, -2) && lua_toboolean(L, -1);
    if (a == 1)
        return lua_compare(L, -2, -1, LUA_OPLT) != 0;
    size_t n, m;
    const char *s = lua_tolstring(L, -2, &n), *t = lua_tolstring(L, -1, &m);
    int order = memcmp(s, t, n < m ? n : m);
    return order < 0 || (order == 0 && n < m);
}

struct merge {
    int from, to, comparator; // stack indexes of tables and function
    less_jmp *less;
};

static void merge_runs_jmp(lua_State *L, const struct merge *m, lua_Integer low, lua_Integer middle,
                           lua_Integer high)
{
    lua_Integer left = low, right = middle;
    for (lua_Integer out = low; out < high; out++) {
        bool take_right;
        if (left == middle || right == high) {
            take_right = left == middle;
        } else {
            lua_rawgeti(L, m->from, left);
            lua_rawgeti(L, m->from, right);
            // Stable: equal ones keep their order, so the right one goes first only if it is less.
            lua_insert(L, -2);
            take_right = m->less(L, m->comparator);
            lua_pop(L, 2);
            sandbox_charge_jmp(L, 2);
        }
        lua_rawgeti(L, m->from, take_right ? right++ : left++);
        lua_rawseti(L, m->to, out);
    }
}

// Sorts items 1…n of the table at `from` (a scratch one) and returns the index of the sorted one,
// which is `from` or `to`.
static int merge_sort_jmp(lua_State *L, struct merge m, lua_Integer n)
{
    for (lua_Integer width = 1; width < n; width *= 2) {
        for (lua_Integer low = 1; low <= n; low += 2 * width) {
            lua_Integer middle = low + width <= n + 1 ? low + width : n + 1;
            lua_Integer high = middle + width <= n + 1 ? middle + width : n + 1;
            merge_runs_jmp(L, &m, low, middle, high);
        }
        int other = m.from;
        m.from = m.to;
        m.to = other;
    }
    return m.from;
}

static int sort_jmp(lua_State *L)
{
    lua_Integer n = length_jmp(L, 1);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    int size = n < 1000000 ? (int)n : 1000000;
    lua_createtable(L, size, 0);
    lua_createtable(L, size, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, 3, i);
    }
    int sorted = merge_sort_jmp(
        L, (struct merge){.from = 3, .to = 4, .comparator = 2, .less = less_by_rule_jmp}, n);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, sorted, i);
        lua_rawseti(L, 1, i);
    }
    sandbox_charge_jmp(L, (size_t)n);
    return 0;
}

// ---- pairs and next

static void check_key_jmp(lua_State *L, int index)
{
    int kind = lua_type(L, index);
    if (kind != LUA_TBOOLEAN && kind != LUA_TNUMBER && kind != LUA_TSTRING)
        luaL_error(L, "a table with a %s as a key has no order to walk it in",
                   lua_typename(L, kind));
}

// Upvalues: the table, its sorted keys, how many, the last one given.
static int pairs_next_jmp(lua_State *L)
{
    lua_Integer count = lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(4));
    while (i < count) {
        i++;
        lua_rawgeti(L, lua_upvalueindex(2), i);
        lua_pushvalue(L, -1);
        lua_rawget(L, lua_upvalueindex(1));
        if (!lua_isnil(L, -1)) {
            lua_pushinteger(L, i);
            lua_replace(L, lua_upvalueindex(4));
            return 2;
        }
        // Taken away while walking.
        lua_pop(L, 2);
    }
    return 0;
}

static int pairs_jmp(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_createtable(L, (int)(lua_rawlen(L, 1) < 1000000 ? lua_rawlen(L, 1) : 1000000), 0);
    lua_Integer n = 0;
    bool sorted = true;
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_pop(L, 1);
        check_key_jmp(L, -1);
        if (sorted && n > 0) {
            lua_rawgeti(L, 2, n);
            lua_pushvalue(L, -2);
            sorted = less_key_jmp(L, 0);
            lua_pop(L, 2);
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, 2, ++n);
        sandbox_charge_jmp(L, 1);
    }
    if (!sorted) {
        lua_createtable(L, 0, 0);
        int from = merge_sort_jmp(L, (struct merge){.from = 2, .to = 3, .less = less_key_jmp}, n);
        lua_settop(L, from);
        if (from == 3)
            lua_replace(L, 2);
    }
    lua_pushinteger(L, n);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_next_jmp, 4);
    return 1;
}

// `next(t) == nil` asks whether a table is empty; walking with it would show the hash's order.
static int next_jmp(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2))
        return luaL_error(L, "next takes no key here; walk with pairs, which has a fixed order");
    lua_settop(L, 1);
    lua_pushnil(L);
    if (lua_next(L, 1) == 0)
        return 0;
    lua_pop(L, 2);
    lua_settop(L, 1);
    pairs_jmp(L);
    lua_call(L, 0, 2);
    return 2;
}

// ---- the rest

static int insert_jmp(lua_State *L)
{
    lua_Integer n = length_jmp(L, 1), at = n + 1;
    int arguments = lua_gettop(L);
    if (arguments == 3) {
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, at >= 1 && at <= n + 1, 2, "position out of bounds");
    } else if (arguments != 2) {
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    sandbox_charge_jmp(L, (size_t)(n + 1 - at));
    for (lua_Integer i = n; i >= at; i--) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, 1, i + 1);
    }
    lua_pushvalue(L, arguments);
    lua_rawseti(L, 1, at);
    return 0;
}

static int remove_jmp(lua_State *L)
{
    lua_Integer n = length_jmp(L, 1), at = luaL_optinteger(L, 2, n);
    if (!lua_isnoneornil(L, 2))
        luaL_argcheck(L, at >= 1 && at <= n + 1, 2, "position out of bounds");
    lua_rawgeti(L, 1, at);
    sandbox_charge_jmp(L, (size_t)(n >= at ? n - at : 0));
    for (lua_Integer i = at; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        lua_rawseti(L, 1, i);
    }
    if (at >= 1 && at <= n) {
        lua_pushnil(L);
        lua_rawseti(L, 1, n);
    }
    return 1;
}

static int concat_jmp(lua_State *L)
{
    lua_Integer n = length_jmp(L, 1);
    size_t between_bytes;
    const char *between = luaL_optlstring(L, 2, "", &between_bytes);
    lua_Integer from = luaL_optinteger(L, 3, 1), to = luaL_optinteger(L, 4, n);
    if (from < 1 || to > n)
        return luaL_error(L, "table.concat from %I to %I of a list of %I", (LUAI_UACINT)from,
                          (LUAI_UACINT)to, (LUAI_UACINT)n);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (lua_Integer i = from; i <= to; i++) {
        lua_rawgeti(L, 1, i);
        if (!lua_isstring(L, -1))
            return luaL_error(L, "invalid value (at index %I) in table for 'concat'",
                              (LUAI_UACINT)i);
        luaL_addvalue(&b);
        if (i != to)
            luaL_addlstring(&b, between, between_bytes);
        sandbox_charge_jmp(L, 1);
    }
    luaL_pushresult(&b);
    return 1;
}

static int pack_jmp(lua_State *L)
{
    int n = lua_gettop(L);
    lua_createtable(L, n, 1);
    lua_insert(L, 1);
    for (int i = n; i >= 1; i--)
        lua_rawseti(L, 1, i);
    lua_pushinteger(L, n);
    lua_setfield(L, 1, "n");
    return 1;
}

#define UNPACK_MAX 10000

static int unpack_jmp(lua_State *L)
{
    lua_Integer n = length_jmp(L, 1);
    lua_Integer from = luaL_optinteger(L, 2, 1), to = luaL_optinteger(L, 3, n);
    if (from > to)
        return 0;
    if ((uint64_t)to - (uint64_t)from >= UNPACK_MAX)
        return luaL_error(L, "table.unpack gives at most %d values", UNPACK_MAX);
    int count = (int)(to - from) + 1;
    luaL_checkstack(L, count, "too many results to unpack");
    for (lua_Integer i = 0; i < count; i++)
        lua_rawgeti(L, 1, from + i);
    return count;
}

static int move_jmp(lua_State *L)
{
    lua_Integer n = length_jmp(L, 1);
    lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);
    lua_Integer at = luaL_checkinteger(L, 4);
    int target = lua_isnoneornil(L, 5) ? 1 : 5;
    luaL_checktype(L, target, LUA_TTABLE);
    if (to >= from) {
        luaL_argcheck(L, from >= 1 && to <= n, 2, "outside of the list");
        luaL_argcheck(L, at >= 1 && at <= (lua_Integer)lua_rawlen(L, target) + 1, 4,
                      "would leave a hole");
        sandbox_charge_jmp(L, (size_t)(to - from) + 1);
        bool backwards = target == 1 && at > from;
        for (lua_Integer i = 0; i <= to - from; i++) {
            lua_Integer k = backwards ? to - from - i : i;
            lua_rawgeti(L, 1, from + k);
            lua_rawseti(L, target, at + k);
        }
    }
    lua_pushvalue(L, target);
    return 1;
}

void lua_table_open_jmp(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"insert", insert_jmp}, {"remove", remove_jmp}, {"concat", concat_jmp}, {"pack", pack_jmp},
        {"unpack", unpack_jmp}, {"move", move_jmp},     {"sort", sort_jmp},     {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_setglobal(L, "table");
    lua_pushcfunction(L, pairs_jmp);
    lua_setglobal(L, "pairs");
    lua_pushcfunction(L, next_jmp);
    lua_setglobal(L, "next");
}
