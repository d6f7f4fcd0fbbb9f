#include "plugin/lua_string.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "plugin/pattern.h"
#include "plugin/sandbox.h"

#define STEPS_A_CHARGE 16 // pattern steps or bytes that count as one

// ---- captures

static void raise_if_broken_jmp(lua_State *L, const struct pattern_run *r)
{
    if (r->error != NULL)
        luaL_error(L, "%s", r->error);
}

static void charge_run_jmp(lua_State *L, struct pattern_run *r, uint64_t *steps_before)
{
    uint64_t spent = *steps_before - r->steps_left;
    *steps_before = r->steps_left;
    sandbox_charge_jmp(L, (size_t)(spent / STEPS_A_CHARGE) + 1);
}

static void push_capture_jmp(lua_State *L, const struct pattern_run *r, int i, const char *start,
                             const char *end)
{
    if (i >= r->level && i > 0)
        luaL_error(L, "invalid capture index %%%d", i + 1);
    if (i >= r->level) {
        lua_pushlstring(L, start, (size_t)(end - start));
        return;
    }
    const struct pattern_capture *c = &r->captures[i];
    if (c->length == CAPTURE_POSITION)
        lua_pushinteger(L, (lua_Integer)(c->start - r->subject) + 1);
    else
        lua_pushlstring(L, c->start, (size_t)c->length);
}

// All captures, or the whole match where there are none and `whole` is wanted.
static int push_captures_jmp(lua_State *L, const struct pattern_run *r, const char *start,
                             const char *end, bool whole)
{
    int count = r->level == 0 && whole ? 1 : r->level;
    luaL_checkstack(L, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture_jmp(L, r, i, start, end);
    return count;
}

// ---- find and match

static size_t start_of(lua_Integer init, size_t bytes)
{
    if (init > 0)
        return (size_t)init - 1;
    if (init == 0 || (size_t)(-(init + 1)) >= bytes)
        return 0;
    return bytes - (size_t)(-init);
}

static int find_plain_jmp(lua_State *L, const char *s, size_t s_bytes, const char *p,
                          size_t p_bytes, size_t from)
{
    sandbox_charge_jmp(L, (s_bytes - from) / STEPS_A_CHARGE + 1);
    const char *found = p_bytes == 0 ? s + from : memmem(s + from, s_bytes - from, p, p_bytes);
    if (found == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)(found - s) + 1);
    lua_pushinteger(L, (lua_Integer)(found - s) + (lua_Integer)p_bytes);
    return 2;
}

static int find_or_match_jmp(lua_State *L, bool find)
{
    size_t s_bytes, p_bytes;
    const char *s = luaL_checklstring(L, 1, &s_bytes), *p = luaL_checklstring(L, 2, &p_bytes);
    size_t from = start_of(luaL_optinteger(L, 3, 1), s_bytes);
    if (from > s_bytes) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || pattern_is_plain(p, p_bytes)))
        return find_plain_jmp(L, s, s_bytes, p, p_bytes, from);
    struct pattern_run r;
    const char *start = NULL;
    pattern_begin(&r, s, s_bytes, p, p_bytes);
    uint64_t steps = r.steps_left;
    const char *end = pattern_search(&r, s + from, &start);
    charge_run_jmp(L, &r, &steps);
    raise_if_broken_jmp(L, &r);
    if (end == NULL) {
        lua_pushnil(L);
        return 1;
    }
    if (!find)
        return push_captures_jmp(L, &r, start, end, true);
    lua_pushinteger(L, (lua_Integer)(start - s) + 1);
    lua_pushinteger(L, (lua_Integer)(end - s));
    return 2 + push_captures_jmp(L, &r, start, end, false);
}

static int find_jmp(lua_State *L)
{
    return find_or_match_jmp(L, true);
}

static int match_jmp(lua_State *L)
{
    return find_or_match_jmp(L, false);
}

// ---- gmatch: upvalues are the text, the pattern, where to go on, and where the last match ended

static int gmatch_next_jmp(lua_State *L)
{
    size_t s_bytes, p_bytes;
    const char *s = lua_tolstring(L, lua_upvalueindex(1), &s_bytes);
    const char *p = lua_tolstring(L, lua_upvalueindex(2), &p_bytes);
    lua_Integer from = lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    struct pattern_run r;
    pattern_begin(&r, s, s_bytes, p, p_bytes);
    // In gmatch a ^ has no meaning of its own.
    r.pattern = p;
    r.anchored = false;
    uint64_t steps = r.steps_left;
    for (const char *at = s + from; at <= r.subject_end && r.error == NULL; at++) {
        const char *start = NULL, *end = pattern_search(&r, at, &start);
        charge_run_jmp(L, &r, &steps);
        if (end == NULL)
            break;
        at = start;
        if (end - s == last)
            continue;
        lua_pushinteger(L, end - s);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures_jmp(L, &r, start, end, true);
    }
    raise_if_broken_jmp(L, &r);
    return 0;
}

static int gmatch_jmp(lua_State *L)
{
    size_t s_bytes;
    luaL_checklstring(L, 1, &s_bytes);
    luaL_checkstring(L, 2);
    size_t from = start_of(luaL_optinteger(L, 3, 1), s_bytes);
    lua_settop(L, 2);
    lua_pushinteger(L, from > s_bytes ? (lua_Integer)s_bytes + 1 : (lua_Integer)from);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_next_jmp, 4);
    return 1;
}

// ---- gsub

static void add_template_jmp(lua_State *L, luaL_Buffer *b, const struct pattern_run *r,
                             const char *start, const char *end)
{
    size_t bytes;
    const char *text = lua_tolstring(L, 3, &bytes);
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] != '%') {
            luaL_addchar(b, text[i]);
            continue;
        }
        i++;
        if (i < bytes && text[i] == '%') {
            luaL_addchar(b, '%');
        } else if (i < bytes && text[i] == '0') {
            luaL_addlstring(b, start, (size_t)(end - start));
        } else if (i < bytes && text[i] >= '1' && text[i] <= '9') {
            push_capture_jmp(L, r, text[i] - '1', start, end);
            luaL_tolstring(L, -1, NULL);
            lua_remove(L, -2);
            luaL_addvalue(b);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

// False if the match stays as it is.
static bool add_replacement_jmp(lua_State *L, luaL_Buffer *b, struct pattern_run *r,
                                const char *start, const char *end)
{
    int kind = lua_type(L, 3);
    if (kind == LUA_TTABLE) {
        push_capture_jmp(L, r, 0, start, end);
        lua_gettable(L, 3);
    } else if (kind == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        int count = push_captures_jmp(L, r, start, end, true);
        lua_call(L, count, 1);
    } else {
        add_template_jmp(L, b, r, start, end);
        return true;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(b, start, (size_t)(end - start));
        return false;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(b);
    return true;
}

static int gsub_jmp(lua_State *L)
{
    size_t s_bytes, p_bytes;
    const char *s = luaL_checklstring(L, 1, &s_bytes), *p = luaL_checklstring(L, 2, &p_bytes);
    int kind = lua_type(L, 3);
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)s_bytes + 1), count = 0;
    luaL_argexpected(L,
                     kind == LUA_TSTRING || kind == LUA_TNUMBER || kind == LUA_TTABLE ||
                         kind == LUA_TFUNCTION,
                     3, "string/function/table");
    struct pattern_run r;
    luaL_Buffer b;
    pattern_begin(&r, s, s_bytes, p, p_bytes);
    uint64_t steps = r.steps_left;
    luaL_buffinit(L, &b);
    const char *at = s, *last = NULL;
    while (count < most) {
        const char *end = pattern_match_at(&r, at);
        charge_run_jmp(L, &r, &steps);
        raise_if_broken_jmp(L, &r);
        if (end != NULL && end != last) {
            count++;
            add_replacement_jmp(L, &b, &r, at, end);
            at = last = end;
        } else if (at < r.subject_end) {
            luaL_addchar(&b, *at);
            at++;
        } else {
            break;
        }
        if (r.anchored)
            break;
        if (luaL_bufflen(&b) > LUA_TEXT_BYTES_MAX)
            return luaL_error(L, "the text grows over %d bytes", (int)LUA_TEXT_BYTES_MAX);
    }
    luaL_addlstring(&b, at, (size_t)(r.subject_end - at));
    luaL_pushresult(&b);
    lua_pushinteger(L, count);
    return 2;
}

// ---- rep and format

static int rep_jmp(lua_State *L)
{
    size_t bytes, between_bytes;
    const char *s = luaL_checklstring(L, 1, &bytes);
    lua_Integer n = luaL_checkinteger(L, 2);
    const char *between = luaL_optlstring(L, 3, "", &between_bytes);
    if (n <= 0 || bytes + between_bytes == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((uint64_t)n > LUA_TEXT_BYTES_MAX / (bytes + between_bytes))
        return luaL_error(L, "string.rep would make more than %d bytes", (int)LUA_TEXT_BYTES_MAX);
    luaL_Buffer b;
    size_t unit = bytes + between_bytes, total = (size_t)n * unit - between_bytes, done = unit;
    char *out = luaL_buffinitsize(L, &b, total);
    memcpy(out, s, bytes);
    if (n > 1)
        memcpy(out + bytes, between, between_bytes);
    // What is there is doubled until it is enough.
    while (done < total) {
        size_t more = done < total - done ? done : total - done;
        memcpy(out + done, out, more);
        done += more;
    }
    luaL_pushresultsize(&b, total);
    sandbox_charge_jmp(L, total / STEPS_A_CHARGE);
    return 1;
}

const char *lua_string_of_jmp(lua_State *L, int index, size_t *bytes)
{
    int kind = lua_type(L, index);
    bool addressed = kind == LUA_TTABLE || kind == LUA_TFUNCTION || kind == LUA_TUSERDATA ||
                     kind == LUA_TTHREAD || kind == LUA_TLIGHTUSERDATA;
    if (!addressed)
        return luaL_tolstring(L, index, bytes);
    if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pop(L, 1);
        return luaL_tolstring(L, index, bytes);
    }
    if (kind == LUA_TLIGHTUSERDATA)
        lua_pushliteral(L, "null");
    else
        lua_pushstring(L, lua_typename(L, kind));
    return lua_tolstring(L, -1, bytes);
}

static bool has_pointer_conversion(const char *format)
{
    for (; *format != 0; format++) {
        if (*format != '%')
            continue;
        format++;
        format += strspn(format, "-+ #0123456789.");
        if (*format == 'p')
            return true;
        if (*format == 0)
            break;
    }
    return false;
}

// The original does the work; values that would print an address are made text before.
static int format_jmp(lua_State *L)
{
    if (has_pointer_conversion(luaL_checkstring(L, 1)))
        return luaL_error(L, "string.format knows no %%p here: addresses differ from run to run");
    int top = lua_gettop(L);
    for (int i = 2; i <= top; i++) {
        int kind = lua_type(L, i);
        if (kind == LUA_TTABLE || kind == LUA_TFUNCTION || kind == LUA_TLIGHTUSERDATA ||
            kind == LUA_TUSERDATA) {
            lua_string_of_jmp(L, i, NULL);
            lua_replace(L, i);
        }
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, top, 1);
    return 1;
}

// Functions of the original that walk a whole text without allocating.
static int charged_jmp(lua_State *L)
{
    sandbox_charge_jmp(L, lua_rawlen(L, 1) / STEPS_A_CHARGE + 1);
    int top = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, top, LUA_MULTRET);
    return lua_gettop(L);
}

static void wrap_jmp(lua_State *L, const char *name, lua_CFunction wrapper)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
}

void lua_string_open_jmp(lua_State *L)
{
    static const luaL_Reg own[] = {{"find", find_jmp}, {"match", match_jmp}, {"gmatch", gmatch_jmp},
                                   {"gsub", gsub_jmp}, {"rep", rep_jmp},     {NULL, NULL}};
    static const char *const removed[] = {"dump", "pack", "unpack", "packsize"};
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_setfuncs(L, own, 0);
    wrap_jmp(L, "format", format_jmp);
    for (size_t i = 0; i < sizeof removed / sizeof *removed; i++) {
        lua_pushnil(L);
        lua_setfield(L, -2, removed[i]);
    }
    // The metatable of strings has arithmetic too, which is harmless, but is not for plugins to
    // see.
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushliteral(L, "string");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 3);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    wrap_jmp(L, "len", charged_jmp);
    wrap_jmp(L, "offset", charged_jmp);
    wrap_jmp(L, "codepoint", charged_jmp);
    lua_pop(L, 1);
}
