#include "plugin/lua_json.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "plugin/sandbox.h"

#define PLACE_BYTES  200
#define STACK_A_STEP 8

// Its address is the mark's place in the registry: looking it up by name could run out of memory
// where nothing protects.
static const char array_mark = 0;

void lua_json_open_jmp(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "array");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_mark);
}

void lua_json_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
}

void lua_json_mark_array_jmp(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_mark);
    lua_setmetatable(L, index);
}

// ---- JSON to Lua

// Items and members stay where they are while their holder does, and the caller holds that, so
// nothing leaks when an allocation jumps.
static void push_array_jmp(lua_State *L, json value, enum lua_null nulls)
{
    size_t n = json_length(value);
    lua_createtable(L, (int)n, 0);
    lua_json_mark_array_jmp(L, -1);
    for (size_t i = 0; i < n; i++) {
        json item = json_at(value, i);
        json_free(item);
        lua_json_push_jmp(L, item, nulls);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    sandbox_charge_jmp(L, n);
}

// In no order: `pairs` sorts, and nothing else here shows how a table lies in memory.
static void push_object_jmp(lua_State *L, json value, enum lua_null nulls)
{
    size_t n = json_length(value);
    lua_createtable(L, 0, (int)n);
    const char *key = NULL;
    json member;
    for (int at = 0; json_any(value, &at, &key, &member);) {
        if (json_is_null(member) && nulls == LUA_NULL_ABSENT)
            continue;
        lua_pushstring(L, key);
        lua_json_push_jmp(L, member, nulls);
        lua_rawset(L, -3);
    }
    sandbox_charge_jmp(L, n);
}

void lua_json_push_jmp(lua_State *L, json value, enum lua_null nulls)
{
    luaL_checkstack(L, STACK_A_STEP, "too deep");
    switch (json_kind(value)) {
    case JSON_ABSENT:
        lua_pushnil(L);
        break;
    case JSON_NULL:
        lua_json_push_null(L);
        break;
    case JSON_BOOL:
        lua_pushboolean(L, json_is_true(value));
        break;
    case JSON_NUMBER:
        if (json_is_integer(value))
            lua_pushinteger(L, json_int(value));
        else
            lua_pushnumber(L, json_double(value));
        break;
    case JSON_STRING:
        lua_pushlstring(L, json_text(value), json_text_bytes(value));
        break;
    case JSON_ARRAY:
        push_array_jmp(L, value, nulls);
        break;
    case JSON_OBJECT:
        push_object_jmp(L, value, nulls);
        break;
    }
}

// ---- Lua to JSON, without a jump

// Where the reader stands: a key, or the number of an item, within its holder. Written out only
// for a refusal: "answers[3].person".
struct place {
    const struct place *within;
    const char *key; // NULL: an item
    size_t item;
};

struct reading {
    lua_State *L;
    struct fail *why;
    size_t bytes, bytes_max; // about, of what was read
    int depth;
    const struct place *place;
};

static void write_place(const struct place *place, struct bytes *out)
{
    if (place == NULL)
        return;
    write_place(place->within, out);
    if (place->key == NULL)
        bytes_printf(out, "[%zu]", place->item);
    else
        bytes_printf(out, "%s%.40s", out->length > 0 ? "." : "", place->key);
}

static bool refuse(struct reading *r, enum fail_kind kind, const char *what)
{
    struct bytes place;
    bytes_init(&place, PLACE_BYTES);
    write_place(r->place, &place);
    fail(r->why, kind, "%s: %s", place.length > 0 ? place.data : "the value", what);
    bytes_done(&place);
    return false;
}

static bool read_value(struct reading *r, int index, json *out);

static bool is_marked(lua_State *L, int index)
{
    if (!lua_getmetatable(L, index))
        return false;
    bool marked =
        lua_rawgetp(L, LUA_REGISTRYINDEX, &array_mark) == LUA_TTABLE && lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return marked;
}

static bool read_text(struct reading *r, int index, json *out)
{
    size_t bytes;
    const char *text = lua_tolstring(r->L, index, &bytes);
    r->bytes += bytes;
    if (!utf8_is_valid(text, bytes))
        return refuse(r, FAIL_INVALID, "text that is not valid UTF-8");
    if (memchr(text, 0, bytes) != NULL)
        return refuse(r, FAIL_INVALID, "text with a zero character");
    *out = json_string_sized(text, bytes);
    return true;
}

static bool read_number(struct reading *r, int index, json *out)
{
    const lua_Integer exact = (lua_Integer)1 << 53;
    if (lua_isinteger(r->L, index)) {
        lua_Integer n = lua_tointeger(r->L, index);
        if (n > exact || n < -exact)
            return refuse(r, FAIL_INVALID,
                          "an integer beyond 2^53, which JSON would round; use text");
        *out = json_integer(n);
        return true;
    }
    double n = lua_tonumber(r->L, index);
    if (!isfinite(n))
        return refuse(r, FAIL_INVALID, "a number that is not finite");
    *out = json_number(n);
    return true;
}

static bool is_small(struct reading *r)
{
    char what[60];
    if (r->bytes <= r->bytes_max)
        return true;
    snprintf(what, sizeof what, "more than %zu MiB", r->bytes_max >> 20);
    return refuse(r, FAIL_LIMIT, what);
}

static bool read_member(struct reading *r, int index, struct place place, json *out)
{
    if (!is_small(r))
        return false;
    r->bytes += 8;
    place.within = r->place;
    r->place = &place;
    bool good = read_value(r, index, out);
    r->place = place.within;
    return good;
}

static bool read_array(struct reading *r, int index, size_t n, json *out)
{
    json array = json_array();
    for (size_t i = 1; i <= n; i++) {
        json item = json_absent();
        lua_rawgeti(r->L, index, (lua_Integer)i);
        bool good = read_member(r, lua_gettop(r->L), (struct place){.item = i}, &item);
        lua_pop(r->L, 1);
        if (!good) {
            json_free(array);
            return false;
        }
        json_append_take(&array, item);
    }
    *out = array;
    return true;
}

static bool read_pair(struct reading *r, json *object)
{
    lua_State *L = r->L;
    int top = lua_gettop(L); // key below value
    if (lua_type(L, top - 1) != LUA_TSTRING)
        return refuse(r, FAIL_INVALID, "a table is a list (keys 1 to n) or an object (text keys)");
    size_t bytes;
    const char *key = lua_tolstring(L, top - 1, &bytes);
    if (!utf8_is_valid(key, bytes) || strlen(key) != bytes)
        return refuse(r, FAIL_INVALID, "a key that is not valid UTF-8");
    r->bytes += bytes;
    json member = json_absent();
    if (!read_member(r, top, (struct place){.key = key}, &member))
        return false;
    json_set_take(object, key, member);
    return true;
}

static bool read_object(struct reading *r, int index, json *out)
{
    lua_State *L = r->L;
    json object = json_object();
    int top = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        if (!read_pair(r, &object)) {
            lua_settop(L, top);
            json_free(object);
            return false;
        }
        lua_pop(L, 1);
    }
    *out = object;
    return true;
}

// A list without holes has as many keys as its length says.
static bool is_list(lua_State *L, int index, size_t n)
{
    size_t keys = 0;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || ++keys > n) {
            lua_pop(L, 1);
            return false;
        }
    }
    return keys == n;
}

static bool read_table(struct reading *r, int index, json *out)
{
    if (r->depth == LIMIT_DOCUMENT_DEPTH)
        return refuse(r, FAIL_LIMIT, "more than 64 levels deep (does it hold itself?)");
    if (!lua_checkstack(r->L, STACK_A_STEP))
        return refuse(r, FAIL_LIMIT, "too deep");
    size_t n = lua_rawlen(r->L, index);
    bool list = is_list(r->L, index, n);
    bool marked = is_marked(r->L, index);
    if (marked && !list)
        return refuse(r, FAIL_INVALID, "a list with holes or with text keys");
    r->depth++;
    bool good =
        marked || (list && n > 0) ? read_array(r, index, n, out) : read_object(r, index, out);
    r->depth--;
    return good;
}

static bool read_value(struct reading *r, int index, json *out)
{
    switch (lua_type(r->L, index)) {
    case LUA_TNIL:
        *out = json_null();
        return true;
    case LUA_TBOOLEAN:
        *out = json_bool(lua_toboolean(r->L, index));
        return true;
    case LUA_TNUMBER:
        return read_number(r, index, out);
    case LUA_TSTRING:
        return read_text(r, index, out);
    case LUA_TTABLE:
        return read_table(r, index, out);
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(r->L, index) == NULL) {
            *out = json_null();
            return true;
        }
        return refuse(r, FAIL_INVALID, "a value of the host");
    default:
        return refuse(r, FAIL_INVALID, "a function is no plain value");
    }
}

bool lua_json_read_within(lua_State *L, int index, size_t bytes_max, json *out, struct fail *why)
{
    struct reading r = {.L = L, .why = why, .bytes_max = bytes_max};
    *out = json_absent();
    if (!lua_checkstack(L, STACK_A_STEP))
        return fail(why, FAIL_LIMIT, "too deep");
    if (!read_value(&r, lua_absindex(L, index), out))
        return false;
    if (is_small(&r))
        return true;
    json_swap_take(out, json_absent());
    return false;
}

bool lua_json_read(lua_State *L, int index, json *out, struct fail *why)
{
    return lua_json_read_within(L, index, LIMIT_PAYLOAD_BYTES, out, why);
}

json lua_json_check_jmp(lua_State *L, int index)
{
    struct fail why = {0};
    json value = json_absent();
    if (!lua_json_read(L, index, &value, &why)) {
        luaL_argerror(L, index, why.message);
        must_not_reach();
    }
    sandbox_hold_json(L, value);
    sandbox_charge_jmp(L, json_length(value));
    return value;
}
