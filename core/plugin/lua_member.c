// step:join and step:leave: a step puts people into a group, or takes them out, in its own commit.
// A step does not rewrite the past: nothing begins or ends before now. Who came and went is a
// personal payload of the instance's history.
#include "plugin/lua_step.h"

#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/people.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"
#include "store/audit.h"

static struct people *people_jmp(lua_State *L, const struct host_call *h)
{
    if (h->plugins->people == NULL)
        luaL_error(L, "there is no directory of people here");
    return h->plugins->people;
}

// options[key] as text of an instant into `out`; `now` where it is not given and `required`.
static const char *moment_jmp(lua_State *L, const struct host_call *h, const char *key,
                              bool required, char out[INSTANT_TEXT_SIZE])
{
    int64_t ms = required ? h->call->now_ms : INSTANT_NONE;
    if (lua_istable(L, 4)) {
        lua_getfield(L, 4, key);
        if (!lua_isnil(L, -1))
            ms = host_instant_jmp(L, lua_gettop(L));
        lua_pop(L, 1);
    }
    if (ms == INSTANT_NONE)
        return NULL;
    if (ms < h->call->now_ms)
        luaL_error(L, "'%s' of a membership lies in the past; a step changes what is to come", key);
    instant_write_utc(ms, out);
    return out;
}

static const char *role_jmp(lua_State *L)
{
    if (!lua_istable(L, 4))
        return NULL;
    lua_getfield(L, 4, "role");
    const char *role = luaL_optstring(L, -1, NULL);
    return role; // stays on the stack, and so alive
}

static void note(struct host_call *h, const char *type, const char *group, const char *person,
                 const char *at)
{
    json entry = json_object(), personal = json_object();
    json_set_text(&personal, "person", person);
    json_set_text(&personal, "group", group);
    json_set_text(&personal, "at", at);
    json_set_text(&entry, "type", type);
    json_set_text(&entry, "task", h->call->task);
    json_set_text(&entry, "group", group);
    json_set_take(
        &entry, "personal",
        audit_personal(engine_store(h->engine), h->call->address.instance, person, personal));
    engine_step_note(h->engine, &h->call->address, entry);
    json_free(personal);
    json_free(entry);
}

// step:join(group, person, {since, until, role}): a member from now on, or from `since`.
static int join_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    char since[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE];
    const char *group = luaL_checkstring(L, 2), *person = luaL_checkstring(L, 3);
    moment_jmp(L, h, "since", true, since);
    const char *to = moment_jmp(L, h, "until", false, until), *role = role_jmp(L);
    if (!people_join(people_jmp(L, h), group, person, since, to, role, &why))
        return host_fail_jmp(L, &why);
    note(h, "joined", group, person, since);
    return 0;
}

// step:leave(group, person, {at}) -> how many memberships ended, now or at a later moment.
static int leave_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    char at[INSTANT_TEXT_SIZE];
    int64_t left;
    const char *group = luaL_checkstring(L, 2), *person = luaL_checkstring(L, 3);
    moment_jmp(L, h, "at", true, at);
    if (!people_leave(people_jmp(L, h), group, person, at, &left, &why))
        return host_fail_jmp(L, &why);
    if (left > 0)
        note(h, "left", group, person, at);
    lua_pushinteger(L, (lua_Integer)left);
    return 1;
}

const luaL_Reg lua_member_methods[] = {{"join", join_jmp}, {"leave", leave_jmp}, {NULL, NULL}};
