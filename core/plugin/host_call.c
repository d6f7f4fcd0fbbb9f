#include "plugin/host_call.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "calendar/instant.h"
#include "calendar/zone.h"

struct host_call *host_call_jmp(lua_State *L)
{
    struct host_call *h = sandbox_context(L);
    if (sandbox_is_loading(L) || h == NULL)
        luaL_error(L, "this works only while a handler runs");
    return h;
}

struct host_call *host_change_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    if (h->function->effects == EFFECTS_PURE)
        luaL_error(
            L, "function '%s' is declared pure, so it may change nothing; say effects = \"local\"",
            h->function->name);
    return host_note_jmp(L);
}

struct host_call *host_note_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    if (h->view != NULL)
        luaL_error(L, "a view only reads");
    h->wrote = true;
    return h;
}

static bool is_the_disks(enum fail_kind kind)
{
    return kind == FAIL_IO || kind == FAIL_FULL || kind == FAIL_CORRUPT || kind == FAIL_BUSY;
}

int host_fail_jmp(lua_State *L, const struct fail *why)
{
    struct host_call *h = sandbox_is_loading(L) ? NULL : sandbox_context(L);
    if (h != NULL && is_the_disks(why->kind)) {
        h->broken = true;
        h->why = *why;
        return sandbox_kill_jmp(L, why->message);
    }
    return luaL_error(L, "%s", why->message);
}

int64_t host_next_serial(struct host_call *h)
{
    return ++h->serial;
}

static struct hash stable_hash(const struct host_call *h, const char *what, int64_t counter)
{
    struct hasher hasher;
    int64_t numbers[2] = {h->call->address.attempt, counter};
    hasher_init(&hasher);
    hasher_add_field(&hasher, what, strlen(what));
    hasher_add_field(&hasher, h->call->address.instance, strlen(h->call->address.instance));
    hasher_add_field(&hasher, h->call->address.path, strlen(h->call->address.path));
    hasher_add_field(&hasher, numbers, sizeof numbers);
    return hasher_done(&hasher);
}

void host_stable_id(struct host_call *h, const char *what, char out[HASH_HEX_SIZE])
{
    struct hash hash = stable_hash(h, what, host_next_serial(h));
    hash_hex(&hash, out);
}

uint64_t host_stable_number(struct host_call *h, const char *what, int64_t counter)
{
    uint64_t number;
    struct hash hash = stable_hash(h, what, counter);
    memcpy(&number, hash.bytes, sizeof number);
    return number;
}

const struct zone *host_zone_jmp(lua_State *L, int index)
{
    struct fail why = {0};
    if (!lua_isnoneornil(L, index)) {
        const struct zone *zone = zone_find(luaL_checkstring(L, index), &why);
        if (zone == NULL)
            luaL_argerror(L, index, why.message);
        return zone;
    }
    const struct host_call *h = sandbox_is_loading(L) ? NULL : sandbox_context(L);
    return h == NULL || h->call->definition == NULL ? zone_utc() : h->call->definition->zone;
}

static int64_t number_instant_jmp(lua_State *L, int index)
{
    lua_Integer ms = luaL_checkinteger(L, index);
    luaL_argcheck(L, ms >= INSTANT_MIN && ms <= INSTANT_MAX, index,
                  "a moment lies in the years 1900 to 9999");
    return ms;
}

int64_t host_instant_jmp(lua_State *L, int index)
{
    struct fail why = {0};
    int64_t ms;
    if (lua_type(L, index) == LUA_TNUMBER)
        return number_instant_jmp(L, index);
    const struct zone *zone = host_zone_jmp(L, lua_gettop(L) + 1);
    if (!zone_parse(zone, luaL_checkstring(L, index), &ms, &why))
        luaL_argerror(L, index, why.message);
    return ms;
}

const char *host_task_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}
