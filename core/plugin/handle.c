// The function host: from the engine's call to a handler and back to a verdict.
//
// The step's saved state is an envelope: {state: what the plugin keeps, draws, serial, awaits}.
#include "plugin/handle.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "people/forget.h"
#include "people/item.h"
#include "people/urn.h"
#include "plugin/host_call.h"
#include "plugin/lua_item.h"
#include "plugin/lua_json.h"
#include "plugin/lua_step.h"
#include "plugin/problem.h"
#include "plugin/schema_tables.h"
#include "plugin/task_names.h"

#define AWAIT_PREFIX "await:"

// ---- the envelope

static void envelope_open(struct host_call *h)
{
    json envelope = h->call->state;
    h->state = json_get(envelope, "state");
    h->draws = json_get_int(envelope, "draws", 0);
    h->serial = json_get_int(envelope, "serial", 0);
    h->awaits = json_get(envelope, "awaits");
    if (!json_is_object(h->awaits))
        json_swap_take(&h->awaits, json_object());
}

static json envelope_close(const struct host_call *h)
{
    json envelope = json_object();
    if (!json_is_absent(h->state))
        json_set(&envelope, "state", h->state);
    if (h->draws > 0)
        json_set_int(&envelope, "draws", h->draws);
    if (h->serial > 0)
        json_set_int(&envelope, "serial", h->serial);
    if (json_length(h->awaits) > 0)
        json_set(&envelope, "awaits", h->awaits);
    return envelope;
}

// ---- running the handler

static int handler_end_jmp(lua_State *L, int status, lua_KContext ignored)
{
    (void)status;
    (void)ignored;
    lua_step_settle_jmp(L, 1);
    return 0;
}

static int push_arguments_jmp(lua_State *L, const struct host_call *h)
{
    const struct step_call *call = h->call;
    switch (call->event) {
    case STEP_START:
        return 0;
    case STEP_ANSWER:
        lua_item_push_jmp(L, json_get_text(call->payload, "item", ""));
        lua_json_push_jmp(L, call->payload, LUA_NULL_ABSENT);
        return 2;
    case STEP_TIMER:
        lua_pushstring(L, call->name);
        return 1;
    case STEP_EVENT:
        lua_json_push_jmp(L, call->payload, LUA_NULL_ABSENT);
        lua_pushstring(L, call->name);
        return 2;
    case STEP_RESULT:
        lua_pushstring(L, call->name);
        if (call->failed)
            lua_pushnil(L);
        lua_json_push_jmp(L, call->payload, LUA_NULL_ABSENT);
        return call->failed ? 3 : 2;
    case STEP_STOP:
        lua_pushstring(L, json_get_text(call->payload, "reason", ""));
        return 1;
    }
    must_not_reach();
}

static int handler_jmp(lua_State *L)
{
    struct host_call *h = sandbox_context(L);
    lua_step_push_jmp(L);
    plugin_push_handler_jmp(L, h->function->name, event_names[h->call->event]);
    lua_pushvalue(L, 1);
    int count = push_arguments_jmp(L, h);
    lua_callk(L, count + 1, 1, 0, handler_end_jmp);
    return handler_end_jmp(L, LUA_OK, 0);
}

// ---- verdicts the host makes itself

static void outcome_problem(struct step_outcome *out, enum step_verdict verdict, json problem)
{
    out->verdict = verdict;
    json_swap_take(&out->value, problem);
    json_swap_take(&out->state, json_absent());
    json_swap_take(&out->reply, json_absent());
}

static void outcome_raised(struct host_call *h, json error)
{
    json refused = json_get(error, "refused");
    if (json_is_string(refused) && h->call->event == STEP_ANSWER) {
        json value = json_object(), message = json_get(error, "message");
        json_set(&value, "code", refused);
        if (!json_is_absent(message))
            json_set_take(&value, "message", message);
        outcome_problem(h->out, STEP_REFUSED, value);
    } else {
        outcome_problem(h->out, STEP_RAISED,
                        problem_of_error(error, h->function->name, h->call->address.path));
    }
    json_free(refused);
    json_free(error);
}

static void check_output(struct host_call *h)
{
    struct fail why = {0};
    const struct function *f = h->function;
    if (f->output == NULL)
        return;
    json_swap_take(&h->out->value, value_by_schema(f->output_schema, h->out->value));
    if (schema_require(f->output, h->out->value, &why))
        return;
    json detail =
        json_printf("what '%s' returned does not fit its output schema: %s", f->name, why.message);
    outcome_problem(h->out, STEP_RAISED,
                    problem_make("runtime", 500, "a plugin broke its own contract",
                                 json_text(detail), h->call->address.path));
    json_free(detail);
}

static void outcome_returned(struct host_call *h)
{
    must(h->settled);
    struct step_outcome *out = h->out;
    if (h->plugin->good_calls < GOOD_CALLS)
        h->plugin->good_calls++;
    switch (out->verdict) {
    case STEP_DONE:
        check_output(h);
        return;
    case STEP_WAITS:
        json_swap_take(&out->state, envelope_close(h));
        return;
    case STEP_REFUSED:
    case STEP_RAISED:
    case STEP_HELD:
    case STEP_BROKEN:
        return;
    }
}

static void outcome_killed(struct host_call *h)
{
    json detail = h->broken ? json_string(h->why.message)
                            : json_printf("'%s' was stopped: %s", h->function->name,
                                          sandbox_reason(h->plugin->sandbox));
    outcome_problem(h->out, STEP_BROKEN,
                    problem_make("runtime", 500,
                                 h->broken ? "the store cannot be read" : "a plugin broke a limit",
                                 json_text(detail), h->call->address.path));
    json_free(detail);
    plugin_spoiled(h->plugin, h->broken);
}

static void run(struct host_call *h)
{
    switch (plugin_run(h->plugin, h->function->name, handler_jmp, h)) {
    case SANDBOX_RETURNED:
        outcome_returned(h);
        return;
    case SANDBOX_RAISED:
        outcome_raised(h, sandbox_take_error(h->plugin->sandbox));
        return;
    case SANDBOX_PAUSED:
        json_swap_take(&h->out->value, json_absent());
        json_swap_take(&h->out->state, envelope_close(h));
        h->out->verdict = STEP_WAITS;
        return;
    case SANDBOX_KILLED:
        outcome_killed(h);
        return;
    }
    must_not_reach();
}

// ---- before it runs

static bool input_fits(struct host_call *h)
{
    struct fail why = {0};
    const struct function *f = h->function;
    if (h->call->event != STEP_START || f->input == NULL)
        return true;
    if (schema_require(f->input, h->call->input, &why) &&
        task_names_check(h->call->definition, f->input_schema, h->call->input, &why))
        return true;
    json detail = json_printf("with of '%s': %s", f->name, why.message);
    outcome_problem(h->out, STEP_RAISED,
                    problem_make("validation", 400, "the input does not fit the function",
                                 json_text(detail), h->call->address.path));
    json_free(detail);
    return false;
}

static void outcome_held(struct host_call *h)
{
    json reason = json_printf("plugin '%s' is quarantined: it was at work in two crashes in a row; "
                              "mend it, or run 'dure plugin release %s', and resume this",
                              h->plugin->name, h->plugin->name);
    outcome_problem(h->out, STEP_HELD, reason);
}

static bool plugin_is_ready(struct host_call *h)
{
    struct fail why = {0};
    if (h->plugin->held) {
        outcome_held(h);
        return false;
    }
    if (h->plugin->quarantined)
        fail(&why, FAIL_DENIED, "plugin '%s' is quarantined after it was stopped %d times",
             h->plugin->name, h->plugin->kills);
    else if (plugin_sandbox(h->plugin, &why) != NULL)
        return true;
    outcome_problem(h->out, STEP_BROKEN,
                    problem_make("runtime", 503, "the plugin does not run", why.message,
                                 h->call->address.path));
    return false;
}

// What an event that has no handler means.
static void handle_absent(struct host_call *h)
{
    if (h->call->event != STEP_ANSWER) {
        h->out->verdict = STEP_WAITS;
        return;
    }
    json value = json_object();
    json_set_text(&value, "code", "closed");
    json_set_text(&value, "message", "this task takes no answers");
    outcome_problem(h->out, STEP_REFUSED, value);
}

static void run_event(struct host_call *h)
{
    if (!h->function->handles[h->call->event]) {
        handle_absent(h);
        return;
    }
    if (input_fits(h) && plugin_is_ready(h))
        run(h);
}

// An answer to step:http: the handler that waits for it runs again.
static void run_awaited(struct host_call *h)
{
    const struct step_call *result = h->call;
    char number[24] = {0};
    strncpy(number, result->name + strlen(AWAIT_PREFIX), sizeof number - 1);
    number[strcspn(number, ":")] = 0;
    json wait = json_get(h->awaits, number);
    if (json_is_absent(wait)) {
        h->out->verdict = STEP_WAITS;
        return;
    }
    json entry = json_object(), payload = json_get(wait, "payload");
    json_set_text(&entry, "hash", json_get_text(wait, "hash", ""));
    json_set_bool(&entry, "failed", result->failed);
    if (!json_is_absent(result->payload))
        json_set(&entry, "value", result->payload);
    h->journal = json_get(wait, "results");
    json_append_take(&h->journal, entry);
    h->awaiting = strtoll(number, NULL, 10);
    json_remove(&h->awaits, number);
    struct step_call again = *result;
    again.event = (enum step_event)json_get_int(wait, "event", STEP_START);
    again.name = json_get_text(wait, "name", "");
    again.payload = payload;
    again.failed = json_get_bool(wait, "failed", false);
    h->call = &again;
    run_event(h);
    h->call = result;
    json_free(payload);
    json_free(wait);
}

void plugins_handle(struct function_host *host, struct engine *e, const struct step_call *call,
                    struct step_outcome *out)
{
    struct plugins *p = (struct plugins *)host;
    struct function *f = plugins_function(p, call->function, call->version);
    if (f == NULL) {
        json detail = json_printf("no plugin offers '%s' version '%s'; install it and retry",
                                  call->function, call->version == NULL ? "any" : call->version);
        outcome_problem(out, STEP_BROKEN,
                        problem_make("configuration", 501, "there is no such function",
                                     json_text(detail), call->address.path));
        json_free(detail);
        return;
    }
    struct host_call h = {.plugins = p,
                          .plugin = f->plugin,
                          .function = f,
                          .engine = e,
                          .call = call,
                          .out = out,
                          .journal = json_absent()};
    envelope_open(&h);
    if (call->event == STEP_RESULT && strncmp(call->name, AWAIT_PREFIX, strlen(AWAIT_PREFIX)) == 0)
        run_awaited(&h);
    else
        run_event(&h);
    json_free(h.state);
    json_free(h.awaits);
    json_free(h.journal);
}

// ---- the rest of the host

void plugins_ended(struct function_host *host, struct engine *e, const struct step_address *address,
                   const char *reason)
{
    (void)reason;
    struct plugins *p = (struct plugins *)host;
    if (p->people != NULL) {
        item_close(p->people, address, NULL);
        urn_step_ended(p->people, address);
    }
    struct value prefix[] = {value_text(address->instance), value_text(address->path),
                             value_integer(address->attempt)};
    store_delete_prefix(engine_store(e), TABLE_RECORD, prefix, 3);
}

bool plugins_forget(struct function_host *host, struct engine *e, const char *instance)
{
    (void)e;
    struct plugins *p = (struct plugins *)host;
    return p->people == NULL || people_forget_case(p->people, instance);
}

size_t plugins_wake_sources(struct function_host *host, struct engine *e,
                            const struct step_address *address)
{
    (void)e;
    struct plugins *p = (struct plugins *)host;
    return p->people == NULL ? 0 : item_open_count(p->people, address);
}

void plugins_waits_for(struct function_host *host, struct engine *e,
                       const struct step_address *address, struct bytes *out)
{
    (void)e;
    struct plugins *p = (struct plugins *)host;
    if (p->people != NULL)
        item_waits_for(p->people, address, out);
}
