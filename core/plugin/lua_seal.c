// step:seal(value) and step:unseal(text): values that nobody reads in the store.
#include "plugin/lua_step.h"

#include <string.h>

#include "base/mem.h"
#include "people/seal.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"

#define CHARGE 20 // of one seal, in steps of the hook

static void free_text(void *text)
{
    mem_free(text);
}

static struct people *people_jmp(lua_State *L, const struct host_call *h)
{
    if (h->plugins->people == NULL)
        luaL_error(L, "there is no directory of people here");
    return h->plugins->people;
}

static int seal_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    luaL_checkany(L, 2);
    char *text = json_dump(lua_json_check_jmp(L, 2));
    sandbox_hold(L, free_text, text);
    char *sealed = seal_close(people_jmp(L, h), &h->call->address, text, strlen(text), &why);
    if (sealed == NULL)
        return host_fail_jmp(L, &why);
    sandbox_hold(L, free_text, sealed);
    sandbox_charge_jmp(L, CHARGE);
    lua_pushstring(L, sealed);
    return 1;
}

// What this step did not seal raises: a changed ballot must not be counted as none.
static int unseal_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    struct fail why = {0};
    json value = json_absent();
    size_t bytes = 0;
    char *text =
        seal_open(people_jmp(L, h), &h->call->address, luaL_checkstring(L, 2), &bytes, &why);
    if (text == NULL)
        return luaL_error(L, "step:unseal: %s", why.message);
    sandbox_hold(L, free_text, text);
    if (!json_parse_stored(text, bytes, &value, &why))
        return luaL_error(L, "step:unseal: %s", why.message);
    sandbox_hold_json(L, value);
    sandbox_charge_jmp(L, CHARGE);
    lua_json_push_jmp(L, value, LUA_NULL_KEPT);
    return 1;
}

const luaL_Reg lua_seal_methods[] = {{"seal", seal_jmp}, {"unseal", unseal_jmp}, {NULL, NULL}};
