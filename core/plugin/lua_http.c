// step:http{…} waits for its answer, which may take a restart: nothing of a coroutine is kept.
// The handler is stopped; what it was called with and the answers it has had lie in the step's
// state. When the answer comes, the handler is run again from its start, and each step:http finds
// its answer there, in order. So a handler asks first and changes things after: what it had changed
// before would be changed twice.
//
//     awaits: {"7": {event, name, payload, results: [{hash, failed, value}], hash}}
//     the effect's name: "await:7:N", N = how many answers it has had, plus one
#include "plugin/lua_step.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"

#define ASKED_OF_A_HANDLER_MAX 50

static const char *effect_class(const struct host_call *h)
{
    return h->function->effects == EFFECTS_ONCE ? "once" : "idempotent";
}

static void hash_request(json request, char hex[HASH_HEX_SIZE])
{
    char *text = json_dump(request);
    struct hash hash = hash_of(text, strlen(text));
    hash_hex(&hash, hex);
    mem_free(text);
}

static int push_result_jmp(lua_State *L, json entry)
{
    sandbox_hold_json(L, entry);
    json value = json_get(entry, "value");
    sandbox_hold_json(L, value);
    lua_json_push_jmp(L, value, LUA_NULL_ABSENT);
    return json_get_bool(entry, "failed", false) ? lua_error(L) : 1;
}

static json results_so_far(const struct host_call *h)
{
    json results = json_array();
    for (size_t i = 0; i < h->answered; i++)
        json_append_take(&results, json_at(h->journal, i));
    return results;
}

static void ask(struct host_call *h, json request, const char *hex)
{
    char number[24], name[64];
    if (h->awaiting == 0)
        h->awaiting = host_next_serial(h);
    snprintf(number, sizeof number, "%lld", (long long)h->awaiting);
    snprintf(name, sizeof name, "await:%s:%zu", number, h->answered + 1);
    json wait = json_object();
    json_set_int(&wait, "event", (int64_t)h->call->event);
    json_set_text(&wait, "name", h->call->name);
    if (!json_is_absent(h->call->payload))
        json_set(&wait, "payload", h->call->payload);
    json_set_bool(&wait, "failed", h->call->failed);
    json_set_take(&wait, "results", results_so_far(h));
    json_set_text(&wait, "hash", hex);
    json_set_take(&h->awaits, number, wait);
    engine_step_effect(h->engine, &h->call->address, name, "http", effect_class(h), request, true);
}

static struct host_call *may_ask_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    if (h->view != NULL)
        luaL_error(L, "a view only reads");
    if (h->function->effects == EFFECTS_PURE)
        luaL_error(L,
                   "function '%s' is declared pure, so it may ask nobody; say effects = "
                   "\"idempotent\" or \"once\"",
                   h->function->name);
    return h;
}

static int http_jmp(lua_State *L)
{
    char hex[HASH_HEX_SIZE];
    struct host_call *h = may_ask_jmp(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    if (h->call->event == STEP_ANSWER || h->call->event == STEP_STOP)
        return luaL_error(L,
                          "step:http cannot wait in '%s'; ask with step:at(step.now, \"ask\") and "
                          "do it in 'timer'",
                          event_names[h->call->event]);
    if (h->wrote)
        return luaL_error(L, "step:http comes before anything that the handler changes, since the "
                             "handler starts again when the answer is there");
    json request = lua_json_check_jmp(L, 2);
    hash_request(request, hex);
    if (h->answered < json_length(h->journal)) {
        json entry = json_at(h->journal, h->answered);
        if (strcmp(json_get_text(entry, "hash", ""), hex) == 0) {
            h->answered++;
            return push_result_jmp(L, entry);
        }
        // It asks something else this time; what was answered to the old question is no use.
        json_free(entry);
    }
    if (h->answered >= ASKED_OF_A_HANDLER_MAX)
        return luaL_error(L, "one handler asks at most %d times", ASKED_OF_A_HANDLER_MAX);
    ask(h, request, hex);
    return sandbox_pause_jmp(L);
}

// step:send(name, request): does not wait; the answer comes to 'result'.
static int send_jmp(lua_State *L)
{
    struct host_call *h = may_ask_jmp(L);
    const char *name = luaL_checkstring(L, 2);
    luaL_argcheck(L, name[0] != 0 && strlen(name) <= 200 && strchr(name, ':') == NULL, 2,
                  "a name has 1 to 200 bytes and no colon");
    luaL_checktype(L, 3, LUA_TTABLE);
    json request = lua_json_check_jmp(L, 3);
    host_change_jmp(L);
    engine_step_effect(h->engine, &h->call->address, name, "http", effect_class(h), request, true);
    return 0;
}

const luaL_Reg lua_http_methods[] = {{"http", http_jmp}, {"send", send_jmp}, {NULL, NULL}};
