#include "plugin/lua_step.h"

#include <lauxlib.h>
#include <string.h>

#include "base/log.h"
#include "calendar/zone.h"
#include "plugin/host_call.h"
#include "plugin/lua_item.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"
#include "store/audit.h"

#define STATE_BYTES_MAX (1024 * 1024)

static const char step_mark = 0, verdict_mark = 1, methods_mark = 2;

// ---- verdicts: tables with a mark, so that a plain output can never be taken for one

enum { VERDICT_WAIT = 1, VERDICT_DONE, VERDICT_ACCEPT, VERDICT_REFUSE };

static void push_verdict_jmp(lua_State *L, int kind)
{
    lua_createtable(L, 3, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &verdict_mark);
    lua_setmetatable(L, -2);
    lua_pushinteger(L, kind);
    lua_rawseti(L, -2, 1);
}

static void keep_in_verdict(lua_State *L, int slot, int index)
{
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, slot);
}

static int wait_jmp(lua_State *L)
{
    push_verdict_jmp(L, VERDICT_WAIT);
    return 1;
}

static int done_jmp(lua_State *L)
{
    lua_settop(L, 3);
    push_verdict_jmp(L, VERDICT_DONE);
    keep_in_verdict(L, 2, 2);
    keep_in_verdict(L, 3, 3);
    return 1;
}

static int accept_jmp(lua_State *L)
{
    lua_settop(L, 2);
    push_verdict_jmp(L, VERDICT_ACCEPT);
    keep_in_verdict(L, 3, 2);
    return 1;
}

static int refuse_jmp(lua_State *L)
{
    luaL_checkstring(L, 2);
    lua_settop(L, 3);
    push_verdict_jmp(L, VERDICT_REFUSE);
    keep_in_verdict(L, 2, 2);
    keep_in_verdict(L, 3, 3);
    return 1;
}

static int verdict_kind(lua_State *L, int index)
{
    if (!lua_istable(L, index) || !lua_getmetatable(L, index))
        return 0;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &verdict_mark);
    bool marked = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    if (!marked)
        return 0;
    lua_rawgeti(L, index, 1);
    int kind = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return kind;
}

// Borrowed: held until the run ends.
static json read_slot_jmp(lua_State *L, int verdict, int slot, const char *what)
{
    struct fail why = {0};
    json value = json_absent();
    lua_rawgeti(L, verdict, slot);
    if (!lua_isnil(L, -1) && !lua_json_read(L, -1, &value, &why))
        luaL_error(L, "%s: %s", what, why.message);
    lua_pop(L, 1);
    sandbox_hold_json(L, value);
    return value;
}

static void settle(struct host_call *h, enum step_verdict verdict, json value)
{
    h->out->verdict = verdict;
    h->settled = true;
    json_swap_take(&h->out->value, value);
}

static void settle_refusal_jmp(lua_State *L, struct host_call *h, int verdict)
{
    if (h->call->event != STEP_ANSWER)
        luaL_error(L, "only 'answer' can refuse");
    json code = read_slot_jmp(L, verdict, 2, "the refusal's code");
    json message = read_slot_jmp(L, verdict, 3, "the refusal's message");
    json value = json_object();
    json_set(&value, "code", code);
    if (!json_is_absent(message))
        json_set(&value, "message", message);
    settle(h, STEP_REFUSED, value);
}

static void settle_result_jmp(lua_State *L, struct host_call *h, int index)
{
    struct fail why = {0};
    json value = json_absent();
    switch (verdict_kind(L, index)) {
    case VERDICT_WAIT:
        settle(h, STEP_WAITS, json_absent());
        return;
    case VERDICT_ACCEPT:
        json_swap_take(&h->out->reply, json_ref(read_slot_jmp(L, index, 3, "the reply")));
        settle(h, STEP_WAITS, json_absent());
        return;
    case VERDICT_DONE:
        json_swap_take(&h->out->reply, json_ref(read_slot_jmp(L, index, 3, "the reply")));
        value = read_slot_jmp(L, index, 2, "the output");
        settle(h, STEP_DONE, json_is_absent(value) ? json_null() : json_ref(value));
        return;
    case VERDICT_REFUSE:
        settle_refusal_jmp(L, h, index);
        return;
    default:
        break;
    }
    if (lua_isnil(L, index)) {
        if (h->call->event == STEP_START)
            luaL_error(L,
                       "'start' returned nothing: return the output, dure.json.null for none, or "
                       "step:wait()");
        settle(h, STEP_WAITS, json_absent());
        return;
    }
    if (!lua_json_read(L, index, &value, &why))
        luaL_error(L, "the output: %s", why.message);
    settle(h, STEP_DONE, value);
}

static void settle_state_jmp(lua_State *L, struct host_call *h, int step)
{
    struct fail why = {0};
    json state = json_absent();
    lua_pushliteral(L, "state");
    lua_rawget(L, step);
    if (!lua_istable(L, -1))
        luaL_error(L, "step.state is a table");
    if (!lua_json_read_within(L, -1, STATE_BYTES_MAX, &state, &why))
        luaL_error(L, "step.state: %s%s", why.message,
                   why.kind == FAIL_LIMIT ? "; keep rows in step.records" : "");
    lua_pop(L, 1);
    json_swap_take(&h->state, state);
}

void lua_step_settle_jmp(lua_State *L, int step)
{
    struct host_call *h = sandbox_context(L);
    settle_result_jmp(L, h, lua_gettop(L));
    if (h->out->verdict == STEP_WAITS)
        settle_state_jmp(L, h, step);
    if (h->out->verdict == STEP_WAITS && h->function->effects == EFFECTS_PURE) {
        h->settled = false;
        luaL_error(L, "function '%s' is declared pure, so it cannot wait; say effects = \"local\"",
                   h->function->name);
    }
}

// ---- timers, subscriptions, events, notes

static const char *name_argument_jmp(lua_State *L, int index)
{
    size_t bytes;
    const char *name = luaL_checklstring(L, index, &bytes);
    luaL_argcheck(L, bytes > 0 && bytes <= 200 && strlen(name) == bytes, index,
                  "a name has 1 to 200 bytes");
    return name;
}

static int at_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    int64_t due_ms = host_instant_jmp(L, 2);
    engine_step_timer(h->engine, &h->call->address, name_argument_jmp(L, 3), due_ms);
    return 0;
}

static int cancel_timer_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    engine_step_timer_drop(h->engine, &h->call->address, name_argument_jmp(L, 2));
    return 0;
}

// What must be equal of an event where a step says nothing: it is about this instance.
static json own_subject_jmp(lua_State *L, const struct host_call *h)
{
    json with = json_object();
    json_set_text(&with, "subject", h->call->address.instance);
    sandbox_hold_json(L, with);
    return with;
}

// step:on(type, with, name)
static int on_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    const char *type = name_argument_jmp(L, 2);
    json with = lua_isnoneornil(L, 3) ? own_subject_jmp(L, h) : lua_json_check_jmp(L, 3);
    const char *name = lua_isnoneornil(L, 4) ? type : name_argument_jmp(L, 4);
    luaL_argcheck(L, json_is_object(with), 3, "attributes that must be equal, as a table");
    engine_step_subscribe(h->engine, &h->call->address, name, type, with);
    return 0;
}

static int off_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    engine_step_unsubscribe(h->engine, &h->call->address, name_argument_jmp(L, 2));
    return 0;
}

// A table with names, which an empty one is too. Held.
static json named_table_jmp(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    json value = lua_json_check_jmp(L, index);
    luaL_argcheck(L, json_is_object(value), index, "a table with names, not a list");
    return value;
}

static int emit_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    char id[HASH_HEX_SIZE];
    json event = json_ref(named_table_jmp(L, 2));
    host_stable_id(h, "event", id);
    if (!json_has(event, "specversion"))
        json_set_text(&event, "specversion", "1.0");
    if (!json_has(event, "id"))
        json_set_text(&event, "id", id);
    if (!json_has(event, "source"))
        json_set_take(&event, "source", json_printf("/instances/%s", h->call->address.instance));
    bool good = engine_step_emit(h->engine, event, &why);
    json_free(event);
    return good ? 0 : host_fail_jmp(L, &why);
}

// The language's own entries say what the engine did; no plugin may say so.
#define LIFECYCLE_PREFIX "io.serverlessworkflow."

// step:note(entry, {person =, data =}): what is personal goes into a row of its own, and only its
// salted hash into the history. An auditor reads in `function` whose word it is.
static int note_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    json entry = json_ref(named_table_jmp(L, 2));
    if (!json_has(entry, "type"))
        json_set_text(&entry, "type", "noted");
    if (strncmp(json_get_text(entry, "type", ""), LIFECYCLE_PREFIX, strlen(LIFECYCLE_PREFIX)) ==
        0) {
        json_free(entry);
        return luaL_error(L, "a note's type may not begin with '" LIFECYCLE_PREFIX "'");
    }
    json_set_text(&entry, "function", h->call->function);
    if (!json_has(entry, "task"))
        json_set_text(&entry, "task", h->call->task);
    if (!lua_isnoneornil(L, 3)) {
        json personal = json_absent();
        struct fail why = {0};
        if (!lua_json_read(L, 3, &personal, &why)) {
            json_free(entry);
            return host_fail_jmp(L, &why);
        }
        const char *person = json_get_text(personal, "person", NULL);
        json_set_take(
            &entry, "personal",
            audit_personal(engine_store(h->engine), h->call->address.instance, person, personal));
        json_free(personal);
    }
    engine_step_note(h->engine, &h->call->address, entry);
    json_free(entry);
    return 0;
}

static int log_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    char value[SANDBOX_LOG_BYTES];
    sandbox_log_value(luaL_checkstring(L, 2), value);
    log_info("plugin", "log", "plugin=%s function=%s instance=%s text=\"%s\"", h->plugin->name,
             h->function->name, h->call->address.instance, value);
    return 0;
}

// 1…n, from the step's address and how many were drawn before: the same in every replay.
static int random_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_argcheck(L, n >= 1, 2, "at least 1");
    uint64_t limit = (uint64_t)n, unfair = (UINT64_MAX - limit + 1) % limit, number;
    do {
        number = host_stable_number(h, "random", ++h->draws);
    } while (number < unfair);
    lua_pushinteger(L, (lua_Integer)(number % limit) + 1);
    return 1;
}

// ---- the object

static const luaL_Reg methods[] = {
    {"wait", wait_jmp},     {"done", done_jmp}, {"accept", accept_jmp},
    {"refuse", refuse_jmp}, {"at", at_jmp},     {"cancel_timer", cancel_timer_jmp},
    {"on", on_jmp},         {"off", off_jmp},   {"emit", emit_jmp},
    {"note", note_jmp},     {"log", log_jmp},   {"random", random_jmp},
    {NULL, NULL},
};

static void push_clock_jmp(lua_State *L, const struct step_call *call)
{
    const struct zone *zone = call->definition == NULL ? zone_utc() : call->definition->zone;
    char clock[INSTANT_TEXT_SIZE];
    zone_write(zone, call->now_ms, clock, sizeof clock);
    lua_pushstring(L, clock);
}

// What few handlers look at is made at its first use: one of ten thousand answers need not pay for
// an electorate, nor each step for a clock in words.
static bool push_late_jmp(lua_State *L, const struct step_call *call, const char *key)
{
    if (strcmp(key, "input") == 0)
        lua_json_push_jmp(L, call->input, LUA_NULL_ABSENT);
    else if (strcmp(key, "now_text") == 0)
        push_clock_jmp(L, call);
    else if (strcmp(key, "key") == 0)
        lua_pushfstring(L, "%s%s@%I", call->address.instance, call->address.path,
                        (LUAI_UACINT)call->address.attempt);
    else
        return false;
    return true;
}

static int index_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    if (push_late_jmp(L, h->call, key)) {
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -2);
        lua_rawset(L, 1);
        return 1;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &methods_mark);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    return 1;
}

static int newindex_jmp(lua_State *L)
{
    return luaL_error(L, "step.%s cannot be set; keep what must last in step.state",
                      lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?");
}

static void push_mark_jmp(lua_State *L, const char *name, lua_CFunction index)
{
    lua_createtable(L, 0, 3);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    if (index != NULL) {
        lua_pushcfunction(L, index);
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, newindex_jmp);
        lua_setfield(L, -2, "__newindex");
    }
}

void lua_step_open_jmp(lua_State *L)
{
    push_mark_jmp(L, "step", index_jmp);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &step_mark);
    push_mark_jmp(L, "verdict", NULL);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &verdict_mark);
    lua_createtable(L, 0, 40);
    sandbox_set_functions_jmp(L, methods);
    sandbox_set_functions_jmp(L, lua_ask_methods);
    sandbox_set_functions_jmp(L, lua_letter_methods);
    sandbox_set_functions_jmp(L, lua_http_methods);
    sandbox_set_functions_jmp(L, lua_peer_methods);
    sandbox_set_functions_jmp(L, lua_urn_methods);
    sandbox_set_functions_jmp(L, lua_member_methods);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &methods_mark);
    lua_records_open_jmp(L);
    lua_item_open_jmp(L);
}

static void set_text_jmp(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

void lua_step_push_jmp(lua_State *L)
{
    struct host_call *h = sandbox_context(L);
    const struct step_call *call = h->call;
    const struct zone *zone = call->definition == NULL ? zone_utc() : call->definition->zone;
    lua_createtable(L, 0, 14);
    set_text_jmp(L, "id", call->address.instance);
    set_text_jmp(L, "path", call->address.path);
    set_text_jmp(L, "task", call->task);
    set_text_jmp(L, "event", event_names[call->event]);
    lua_pushinteger(L, call->address.attempt);
    lua_setfield(L, -2, "attempt");
    lua_pushinteger(L, call->now_ms);
    lua_setfield(L, -2, "now");
    set_text_jmp(L, "zone", zone_name(zone));
    if (json_is_object(h->state) && json_length(h->state) > 0)
        lua_json_push_jmp(L, h->state, LUA_NULL_KEPT);
    else
        lua_newtable(L);
    lua_setfield(L, -2, "state");
    lua_records_push_jmp(L);
    lua_setfield(L, -2, "records");
    lua_records_push_shared_jmp(L);
    lua_setfield(L, -2, "shared");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &step_mark);
    lua_setmetatable(L, -2);
}
