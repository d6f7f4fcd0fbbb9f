// *_test.lua: each `test(name, function(t) … end)` plays its own world in virtual time.
//
//     t:people{ {id=, name=, …} }   t:world{now=, zone=, seed=} (before anything else)
//     t:http{ {status=, body=} … }  t:requests()   t:equal(got, wanted)
//     local run = t:start("roster", {…})
//     run:answer{as=, data=, key=, receipt=, withdraw=, delegate=, recuse=, item=, task=}
//         -> reply | nil, code, message, told ({code, message = {ko =, en =}, …})
//     run:refused(code, {…})  run:event{…}  run:advance("P1D")  run:at("2013-05-02T10:00")
//     run:finish()  run:crash()  run:cancel()  run:mails()  run:items()  run:show()  run:output()
//     run:expect{status=, output=}  run:views()  run:view(name)  run:receipt(receipt)
#include "plugin/trial.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/duration.h"
#include "calendar/zone.h"
#include "people/item.h"
#include "people/outcome.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"
#include "plugin/view.h"

#define FINISH_DAYS 36500
#define START_MS    INT64_C(1367366400000) // 2013-05-01T09:00:00+09:00

static void http_begin(struct executor *x, struct engine *engine, const struct effect *effect);

void trial_begin(struct trial *t, struct plugins *plugins)
{
    struct fail why = {0};
    *t = (struct trial){.plugins = plugins,
                        .open = true,
                        .zone = zone_find("Asia/Seoul", &why),
                        .now_ms = START_MS,
                        .seed = 1,
                        .responses = json_array(),
                        .requests = json_array(),
                        .http = {.kind = "http", .begin = http_begin, .context = t}};
    must(t->zone != NULL);
}

void trial_end(struct trial *t)
{
    if (!t->open)
        return;
    world_free(t->world);
    json_free(t->responses);
    json_free(t->requests);
    *t = (struct trial){.open = false};
}

// ---- HTTP that answers from a list

static void http_begin(struct executor *x, struct engine *engine, const struct effect *effect)
{
    struct trial *t = x->context;
    struct effect_result result = {.outcome = EFFECT_DONE};
    json_append(&t->requests, effect->request);
    result.value = json_at(t->responses, t->answered);
    if (json_is_absent(result.value)) {
        result.outcome = EFFECT_FAILED;
        result.value = json_object();
        json_set_text(&result.value, "type",
                      "https://serverlessworkflow.io/spec/1.0.0/errors/communication");
        json_set_int(&result.value, "status", 503);
        json_set_text(&result.value, "title", "no answer was prepared with t:http");
    } else {
        t->answered++;
    }
    // "hold": nobody answers; a crash has it asked again.
    if (json_is_string(result.value) && strcmp(json_text(result.value), "hold") == 0) {
        json_free(result.value);
        return;
    }
    engine_effect_done(engine, effect->key, &result);
    json_free(result.value);
}

// ---- helpers of the functions

struct trial *trial_of(lua_State *L)
{
    return sandbox_context(L);
}

static int say_jmp(lua_State *L, const struct fail *why)
{
    return luaL_error(L, "%s", why->message);
}

static struct trial *trial_jmp(lua_State *L)
{
    struct trial *t = trial_of(L);
    struct fail why = {0};
    if (!t->open)
        luaL_error(L, "this works only inside test(name, function(t) … end)");
    if (t->world != NULL)
        return t;
    struct executor *others[] = {&t->http};
    t->world = world_new(&(struct world_opts){.plugins = t->plugins,
                                              .now_ms = t->now_ms,
                                              .seed = t->seed,
                                              .zone = t->zone,
                                              .executors = others,
                                              .executor_count = 1},
                         &why);
    if (t->world == NULL)
        say_jmp(L, &why);
    return t;
}

static const char *run_id_jmp(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "id");
    const char *id = luaL_checkstring(L, -1);
    lua_pop(L, 1); // the run's table still holds it
    return id;
}

static const char *run_task_jmp(lua_State *L)
{
    lua_getfield(L, 1, "task");
    const char *task = luaL_checkstring(L, -1);
    lua_pop(L, 1);
    return task;
}

static void settle_jmp(lua_State *L, struct trial *t)
{
    struct fail why = {0};
    if (!world_settle(t->world, &why))
        say_jmp(L, &why);
}

static int push_held_jmp(lua_State *L, json value)
{
    sandbox_hold_json(L, value);
    lua_json_push_jmp(L, value, LUA_NULL_ABSENT);
    return 1;
}

// ---- t

static int world_jmp(lua_State *L)
{
    struct trial *t = trial_of(L);
    struct fail why = {0};
    if (t->world != NULL)
        return luaL_error(L, "t:world comes before everything else");
    json o = lua_json_check_jmp(L, 2);
    const char *zone = json_get_text(o, "zone", NULL), *now = json_get_text(o, "now", NULL);
    if (zone != NULL && (t->zone = zone_find(zone, &why)) == NULL)
        return say_jmp(L, &why);
    if (now != NULL && !zone_parse(t->zone, now, &t->now_ms, &why))
        return say_jmp(L, &why);
    t->seed = (uint64_t)json_get_int(o, "seed", 1);
    return 0;
}

static int people_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    json list = lua_json_check_jmp(L, 2);
    for (size_t i = 0; i < json_length(list); i++) {
        struct fail why = {0};
        json person = json_at(list, i);
        bool good = people_put(world_people(t->world), person, &why);
        json_free(person);
        if (!good)
            return say_jmp(L, &why);
    }
    settle_jmp(L, t);
    return 0;
}

static int http_jmp(lua_State *L)
{
    struct trial *t = trial_of(L);
    json list = lua_json_check_jmp(L, 2);
    for (size_t i = 0; i < json_length(list); i++)
        json_append_take(&t->responses, json_at(list, i));
    return 0;
}

static int requests_jmp(lua_State *L)
{
    return push_held_jmp(L, json_ref(trial_of(L)->requests));
}

static void free_text(void *text)
{
    mem_free(text);
}

static const char *dump(lua_State *L, json value)
{
    char *text = json_dump(value);
    sandbox_hold(L, free_text, text);
    return text;
}

static int equal_jmp(lua_State *L)
{
    luaL_checkany(L, 3);
    json got = lua_json_check_jmp(L, 2), wanted = lua_json_check_jmp(L, 3);
    if (json_equal(got, wanted))
        return 0;
    luaL_where(L, 1);
    lua_pushfstring(L, "got %s, wanted %s", dump(L, got), dump(L, wanted));
    lua_concat(L, 2);
    return lua_error(L);
}

// A definition with one task that calls the function, each member of its `with` an expression on
// the input, so that nothing in the test's values is read as one.
static void write_definition(struct bytes *out, const char *function, const char *zone, json input)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    json value;
    bytes_printf(out,
                 "document:\n  dsl: '1.0.3'\n  namespace: test\n  name: %s\n  version: '1.0.0'\n"
                 "  metadata: { dure: { zone: %s } }\ndo:\n  - %s:\n      call: %s\n",
                 function, zone, function, function);
    bytes_add(out, json_length(input) > 0 ? "      with:\n" : "");
    while (json_next(input, &cursor, &key, &value)) {
        json quoted = json_string(key);
        char *text = json_dump(quoted);
        bytes_printf(out, "        %s: '${ .[%s] }'\n", text, text);
        mem_free(text);
        json_free(quoted);
    }
}

static bool start(struct trial *t, const char *function, json input, struct id *id,
                  struct fail *why)
{
    struct bytes text;
    struct diagnostics diagnostics;
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    diagnostics_init(&diagnostics);
    write_definition(&text, function, zone_name(t->zone), input);
    struct definition *d = engine_deploy(world_engine(t->world), "test.yaml", text.data,
                                         text.length, true, &diagnostics, why);
    if (d == NULL && diagnostics.count > 0)
        fail(why, FAIL_INVALID, "%s", diagnostics.items[0].message);
    struct start_opts opts = {
        .definition = {.namespace = "test", .name = function, .version = "1.0.0"}, .input = input};
    bool good = d != NULL && engine_start(world_engine(t->world), &opts, id, why);
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return good;
}

static int start_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    struct id id;
    const char *function = luaL_checkstring(L, 2);
    lua_settop(L, 3);
    if (lua_isnil(L, 3)) {
        lua_newtable(L);
        lua_replace(L, 3);
    }
    json input = lua_json_check_jmp(L, 3);
    if (!start(t, function, input, &id, &why))
        return say_jmp(L, &why);
    settle_jmp(L, t);
    lua_newtable(L);
    lua_pushstring(L, id.text);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, function);
    lua_setfield(L, -2, "task");
    luaL_setmetatable(L, "dure.run");
    return 1;
}

// ---- run

static bool give_answer(lua_State *L, struct trial *t, json o, json *reply, struct fail *why)
{
    struct id item;
    struct people *people = world_people(t->world);
    const char *task = json_get_text(o, "task", run_task_jmp(L)), *id = run_id_jmp(L);
    const char *name = json_get_text(o, "item", NULL), *person = json_get_text(o, "as", NULL);
    *reply = json_absent();
    if (name != NULL ? !item_find_named(people, id, task, name, &item, why)
                     : !item_find(people, id, task, person, &item, why))
        return false;
    json data = json_get(o, "data");
    struct answer answer = {.item = item.text,
                            .person = person,
                            .data = data,
                            .key = json_get_text(o, "key", NULL),
                            .receipt = json_get_text(o, "receipt", NULL),
                            .withdraw = json_get_bool(o, "withdraw", false),
                            .delegate = json_get_text(o, "delegate", NULL),
                            .recuse = json_get_text(o, "recuse", NULL)};
    bool good = item_answer(people, &answer, reply, why);
    json_free(data);
    return good;
}

static int answer_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    json reply, o = lua_json_check_jmp(L, 2);
    bool accepted = give_answer(L, t, o, &reply, &why);
    sandbox_hold_json(L, reply);
    settle_jmp(L, t);
    if (accepted) {
        lua_json_push_jmp(L, reply, LUA_NULL_ABSENT);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, why.code);
    lua_pushstring(L, why.message);
    lua_json_push_jmp(L, reply, LUA_NULL_ABSENT);
    return 4;
}

static int refused_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    const char *code = luaL_checkstring(L, 2);
    json reply, o = lua_json_check_jmp(L, 3);
    bool accepted = give_answer(L, t, o, &reply, &why);
    sandbox_hold_json(L, reply);
    settle_jmp(L, t);
    if (accepted)
        return luaL_error(L, "the answer was accepted, but '%s' was wanted", code);
    if (strcmp(code, why.code) != 0)
        return luaL_error(L, "refused with '%s' (%s), but '%s' was wanted", why.code, why.message,
                          code);
    return 0;
}

static int event_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    struct event_receipt receipt;
    json event = json_ref(lua_json_check_jmp(L, 2));
    if (!json_has(event, "specversion"))
        json_set_text(&event, "specversion", "1.0");
    if (!json_has(event, "source"))
        json_set_text(&event, "source", "/test");
    if (!json_has(event, "id"))
        json_set_take(&event, "id", json_printf("event-%zu", (size_t)++t->events));
    bool good = engine_event(world_engine(t->world), event, &receipt, &why);
    json_free(event);
    if (!good)
        return say_jmp(L, &why);
    settle_jmp(L, t);
    return 0;
}

static int move_jmp(lua_State *L, struct trial *t, int64_t ms)
{
    struct fail why = {0};
    return world_move_to(t->world, ms, &why) ? 0 : say_jmp(L, &why);
}

static int advance_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    struct duration d;
    int64_t ms;
    if (!duration_parse(luaL_checkstring(L, 2), &d, &why) ||
        !duration_add(world_now_ms(t->world), &d, t->zone, &ms, &why))
        return say_jmp(L, &why);
    return move_jmp(L, t, ms);
}

static int at_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    int64_t ms;
    if (!zone_parse(t->zone, luaL_checkstring(L, 2), &ms, &why))
        return say_jmp(L, &why);
    return move_jmp(L, t, ms);
}

static int finish_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    return world_run_to_end(t->world, run_id_jmp(L), FINISH_DAYS, &why) ? 0 : say_jmp(L, &why);
}

static int crash_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    return world_crash(t->world, &why) ? 0 : say_jmp(L, &why);
}

static int cancel_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    if (!engine_control(world_engine(t->world), run_id_jmp(L), CONTROL_CANCEL, "test", &why))
        return say_jmp(L, &why);
    settle_jmp(L, t);
    return 0;
}

static int mails_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    json mails = world_mails(t->world, t->mails_seen, &why);
    sandbox_hold_json(L, mails);
    size_t n = json_length(mails);
    if (n > 0) {
        json last = json_at(mails, n - 1);
        t->mails_seen = json_get_int(last, "seq", t->mails_seen);
        json_free(last);
    }
    lua_json_push_jmp(L, mails, LUA_NULL_ABSENT);
    return 1;
}

static int items_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    struct item_list_opts opts = {.status = "open", .instance = run_id_jmp(L)};
    return push_held_jmp(L, item_list(world_people(t->world), &opts, &why));
}

static json shown_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    json shown = engine_show(world_engine(t->world), run_id_jmp(L), &why);
    if (json_is_absent(shown))
        say_jmp(L, &why);
    sandbox_hold_json(L, shown);
    return shown;
}

static int show_jmp(lua_State *L)
{
    lua_json_push_jmp(L, shown_jmp(L), LUA_NULL_ABSENT);
    return 1;
}

static int output_jmp(lua_State *L)
{
    return push_held_jmp(L, json_get(shown_jmp(L), "output"));
}

static int views_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    json views = plugins_views(t->plugins, run_id_jmp(L), &why);
    return json_is_absent(views) ? say_jmp(L, &why) : push_held_jmp(L, views);
}

static int view_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    json view =
        plugins_view(t->plugins, run_id_jmp(L), run_task_jmp(L), luaL_checkstring(L, 2), &why);
    return json_is_absent(view) ? say_jmp(L, &why) : push_held_jmp(L, view);
}

// run:outcomes(): what its steps have left for people to read, by no order.
static int outcomes_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    json list = outcome_list(world_people(t->world), run_id_jmp(L), &why);
    return json_is_absent(list) ? say_jmp(L, &why) : push_held_jmp(L, list);
}

static int receipt_jmp(lua_State *L)
{
    struct trial *t = trial_jmp(L);
    struct fail why = {0};
    json answer = answer_show(world_people(t->world), luaL_checkstring(L, 2), &why);
    return json_is_absent(answer) ? say_jmp(L, &why) : push_held_jmp(L, answer);
}

// What differs, member by member, so that the message is short.
static int expect_jmp(lua_State *L)
{
    json wanted = lua_json_check_jmp(L, 2), shown = shown_jmp(L);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    json part;
    while (json_next(wanted, &cursor, &key, &part)) {
        json got = json_get(shown, key);
        if (json_contains(got, part)) {
            json_free(got);
            continue;
        }
        sandbox_hold_json(L, got);
        part = json_ref(part);
        sandbox_hold_json(L, part);
        char *name = mem_string(key);
        sandbox_hold(L, free_text, name);
        json_cursor_done(&cursor);
        luaL_where(L, 1);
        lua_pushfstring(L, "%s is %s, wanted %s", name,
                        json_is_absent(got) ? "absent" : dump(L, got), dump(L, part));
        json error = json_get(shown, "error");
        sandbox_hold_json(L, error);
        if (!json_is_absent(error) && !json_is_null(error))
            lua_pushfstring(L, " (error: %s)", dump(L, error));
        else
            lua_pushliteral(L, "");
        lua_concat(L, 3);
        return lua_error(L);
    }
    return 0;
}

static const luaL_Reg trial_functions[] = {
    {"world", world_jmp}, {"people", people_jmp}, {"http", http_jmp},   {"requests", requests_jmp},
    {"equal", equal_jmp}, {"start", start_jmp},   {"event", event_jmp}, {"advance", advance_jmp},
    {"at", at_jmp},       {"crash", crash_jmp},   {"mails", mails_jmp}, {NULL, NULL}};

static const luaL_Reg run_functions[] = {
    {"answer", answer_jmp},     {"refused", refused_jmp}, {"event", event_jmp},
    {"advance", advance_jmp},   {"at", at_jmp},           {"finish", finish_jmp},
    {"crash", crash_jmp},       {"cancel", cancel_jmp},   {"mails", mails_jmp},
    {"items", items_jmp},       {"show", show_jmp},       {"output", output_jmp},
    {"expect", expect_jmp},     {"views", views_jmp},     {"view", view_jmp},
    {"outcomes", outcomes_jmp}, {"receipt", receipt_jmp}, {NULL, NULL}};

static void add_class_jmp(lua_State *L, const char *name, const luaL_Reg *functions)
{
    luaL_newmetatable(L, name);
    lua_newtable(L);
    sandbox_set_functions_jmp(L, functions);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void trial_open_jmp(lua_State *L)
{
    add_class_jmp(L, "dure.trial", trial_functions);
    add_class_jmp(L, "dure.run", run_functions);
}
