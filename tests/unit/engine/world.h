// A small world for the engine's tests: a disk in memory that outlives the engine, virtual time, a
// host of functions written in C and an executor that keeps what it is given.
#pragma once

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "store/audit.h"
#include "store/memory.h"
#include "store/sqlite.h"

#define WORLD_START_MS INT64_C(1367366400000) // 2013-05-01T00:00:00Z
#define WORLD_EFFECTS  400

struct world {
    struct memory_disk *disk;
    struct store *store;
    struct virtual_port port;
    struct engine *engine;
    struct function_host host;
    struct executor http, sink;
    const char *directory; // of SQLite's file; NULL: in memory
    size_t turn_inputs, seal_inputs;
    const char *last_words;
    int64_t last_words_ms;
    const struct function_signature *(*without_functions)(void *, const char *, const char *);
    // the executor's memory
    char keys[WORLD_EFFECTS][300];
    char kinds[WORLD_EFFECTS][16];
    int64_t tries[WORLD_EFFECTS];
    size_t effects;
    bool answer_at_once; // with DONE and the request
    // the host's memory
    size_t handled, ended, open_items;
    int64_t handler_ms; // what a handler takes on the clock
    // lifecycle entries told
    char told[4096];
    bool listens;
};

static inline bool world_waits(const char *function)
{
    return strcmp(function, "double") != 0;
}

static const struct function_signature *world_find(void *context, const char *name,
                                                   const char *version)
{
    (void)context;
    (void)version;
    static struct function_signature pure = {.name = "double", .version = "1.0.0"},
                                     waits = {.name = "x", .version = "1.0.0", .waits = true};
    pure.input_schema = waits.input_schema = json_absent();
    return world_waits(name) ? &waits : &pure;
}

static const char *const *world_names(void *context)
{
    (void)context;
    static const char *const names[] = {"double", "ask", "alarm", NULL};
    return names;
}

static inline struct world *world_of(struct function_host *h)
{
    return h->catalogue.context;
}

// ask: opens an item; an answer "no" is refused, "raise" raises, "more" counts, else it is done.
static inline void world_answer(struct world *w, struct engine *e, const struct step_call *call,
                                struct step_outcome *out)
{
    const char *said = json_get_text(call->payload, "say", "");
    engine_step_timer(e, &call->address, "late", call->now_ms + 1000); // undone where refused
    engine_step_effect(e, &call->address, "mail", "http", "idempotent", call->payload, false);
    if (strcmp(said, "no") == 0) {
        out->verdict = STEP_REFUSED;
        out->value = json_object();
        json_set_text(&out->value, "code", "not_now");
        json_set_text(&out->value, "message", "not now");
    } else if (strcmp(said, "raise") == 0) {
        out->verdict = STEP_RAISED;
        out->value = problem_new("runtime", 500, "raised", NULL, NULL);
    } else if (strcmp(said, "more") == 0) {
        out->verdict = STEP_WAITS;
        out->state = json_integer(json_is_number(call->state) ? json_int(call->state) + 1 : 1);
        out->reply = json_string("counted");
    } else {
        w->open_items = 0;
        out->verdict = STEP_DONE;
        out->value = json_ref(call->state);
    }
}

// busy: rings at 1 s and at 1 s; the first ring moves the second to 5 s; an answer says, notes, and
// breaks or raises where it is told to.
static inline void world_busy(struct engine *e, const struct step_call *call,
                              struct step_outcome *out)
{
    struct fail why = {0};
    if (call->event == STEP_START) {
        engine_step_timer(e, &call->address, "first", call->now_ms + 1000);
        engine_step_timer(e, &call->address, "second", call->now_ms + 1000);
        engine_step_timer(e, &call->address, "never", call->now_ms + 2000);
        engine_step_subscribe(e, &call->address, "ear", "unheard", call->input);
        json nothing = json_object();
        engine_step_subscribe(e, &call->address, "early", "early", nothing);
        json_free(nothing);
    } else if (call->event == STEP_TIMER && strcmp(call->name, "first") == 0) {
        engine_step_timer(e, &call->address, "second", call->now_ms + 4000);
        engine_step_timer_drop(e, &call->address, "never");
        engine_step_unsubscribe(e, &call->address, "ear");
        json event = json_object(), note = json_object();
        json_set_text(&event, "type", "said");
        assert_false(engine_step_emit(e, event, &why)); // it has no source
        json_set_text(&event, "source", "/busy");
        assert_true(engine_step_emit(e, event, &why));
        json_set_text(&note, "type", "noted");
        engine_step_note(e, &call->address, note);
        json_free(event);
        json_free(note);
    } else if (call->event == STEP_TIMER) {
        out->verdict = STEP_DONE;
        out->value = json_printf("%s at %d", call->name, (int)(call->now_ms % 100000));
    } else if (call->event == STEP_EVENT) {
        engine_step_note(e, &call->address, call->payload);
    } else if (call->event == STEP_ANSWER) {
        engine_step_note(e, &call->address, call->payload);
        out->verdict = STEP_BROKEN;
        out->value = problem_new("runtime", 500, "killed", NULL, NULL);
    }
}

static void world_handle(struct function_host *h, struct engine *e, const struct step_call *call,
                         struct step_outcome *out)
{
    struct world *w = world_of(h);
    w->handled++;
    w->port.now_ms += w->handler_ms;
    out->verdict = STEP_WAITS;
    if (strcmp(call->function, "double") == 0) {
        json n = json_get(call->input, "n");
        out->verdict = json_is_number(n) ? STEP_DONE : STEP_RAISED;
        out->value = json_is_number(n)
                         ? json_object()
                         : problem_new("validation", 400, "n is no number", NULL, NULL);
        if (json_is_number(n))
            json_set_int(&out->value, "n", json_int(n) * 2);
        json_free(n);
    } else if (strcmp(call->function, "ask") == 0) {
        if (call->event == STEP_START)
            w->open_items = 1;
        if (call->event == STEP_ANSWER)
            world_answer(w, e, call, out);
    } else if (strcmp(call->function, "alarm") == 0) {
        if (call->event == STEP_START)
            engine_step_timer(e, &call->address, "ring", call->now_ms + 60000);
        if (call->event == STEP_TIMER) {
            out->verdict = STEP_DONE;
            out->value = json_string(call->name);
        }
    } else if (strcmp(call->function, "hear") == 0) {
        json with = json_get(call->input, "with");
        if (call->event == STEP_START)
            engine_step_subscribe(e, &call->address, "ear", "heard", with);
        if (call->event == STEP_EVENT) {
            out->verdict = STEP_DONE;
            out->value = json_get(call->payload, "data");
        }
        json_free(with);
    } else if (strcmp(call->function, "fetch") == 0) {
        if (call->event == STEP_START)
            engine_step_effect(e, &call->address, "get", "http", "once", call->input, true);
        if (call->event == STEP_RESULT) {
            out->verdict = call->failed ? STEP_RAISED : STEP_DONE;
            out->value = json_ref(call->payload);
        }
    } else if (strcmp(call->function, "busy") == 0) {
        world_busy(e, call, out);
    } // "stuck" waits for nothing at all
}

static void world_step_ended(struct function_host *h, struct engine *e,
                             const struct step_address *address, const char *reason)
{
    (void)e;
    (void)address;
    (void)reason;
    world_of(h)->ended++;
}

static size_t world_wake_sources(struct function_host *h, struct engine *e,
                                 const struct step_address *address)
{
    (void)e;
    const char *task = strrchr(address->path, '/');
    return strstr(task, "stuck") ? 0 : world_of(h)->open_items;
}

static void world_begin(struct executor *x, struct engine *engine, const struct effect *effect)
{
    struct world *w = x->context;
    assert_true(w->effects < WORLD_EFFECTS);
    snprintf(w->keys[w->effects], sizeof(w->keys[0]), "%s", effect->key);
    snprintf(w->kinds[w->effects], sizeof(w->kinds[0]), "%s", effect->kind);
    w->tries[w->effects++] = effect->tries;
    if (!w->answer_at_once)
        return;
    json value = json_ref(effect->request);
    engine_effect_done(engine, effect->key,
                       &(struct effect_result){.outcome = EFFECT_DONE, .value = value});
    json_free(value);
}

static void world_happened(void *context, const char *instance, int64_t at_ms, json entry)
{
    struct world *w = context;
    (void)instance;
    (void)at_ms;
    size_t used = strlen(w->told);
    const char *type = json_get_text(entry, "type", "?"), *cut = strstr(type, "workflow.");
    snprintf(w->told + used, sizeof(w->told) - used, "%s ", cut ? cut : type);
}

static void world_says(struct function_host *h, struct engine *e,
                       const struct step_address *address, struct bytes *out)
{
    (void)h;
    (void)e;
    bytes_printf(out, "says %s", address->path);
}

static inline void world_open(struct world *w)
{
    struct fail why = {0};
    struct sqlite_opts sqlite = {.directory = w->directory};
    struct store_opts opts = {.driver = w->directory ? sqlite_driver_open(&sqlite, &why)
                                                     : memory_driver_new(w->disk)};
    assert_non_null(opts.driver);
    w->store = store_open(&opts, &why);
    assert_non_null(w->store);
    w->host = (struct function_host){
        .catalogue = {.find = w->without_functions ? w->without_functions : world_find,
                      .names = world_names,
                      .context = w},
        .handle = world_handle,
        .ended = world_step_ended,
        .wake_sources = world_wake_sources,
        .waits_for = world_says,
    };
    w->engine = engine_new(&(struct engine_opts){.store = w->store,
                                                 .port = &w->port.port,
                                                 .host = &w->host,
                                                 .secrets = json_absent(),
                                                 .turn_inputs = w->turn_inputs,
                                                 .seal_inputs = w->seal_inputs,
                                                 .last_words = w->last_words,
                                                 .last_words_ms = w->last_words_ms});
    w->http = (struct executor){.kind = "http", .begin = world_begin, .context = w};
    w->sink = (struct executor){.kind = "sink", .begin = world_begin, .context = w};
    engine_add_executor(w->engine, &w->http);
    assert_true(engine_recover(w->engine, &why));
    if (w->listens)
        engine_listen(w->engine, world_happened, w);
}

static inline void world_init(struct world *w)
{
    memset(w, 0, sizeof(*w));
    log_configure((enum log_level)(LOG_ERROR + 1), false); // crashes are played on purpose
    w->disk = memory_disk_new();
    virtual_port_init(&w->port, WORLD_START_MS, 7);
    world_open(w);
}

// The power goes: what is not durable is gone, what the world outside remembers stays.
static inline void world_crash(struct world *w)
{
    engine_free(w->engine);
    store_close(w->store);
    world_open(w);
}

static inline void world_done(struct world *w)
{
    engine_free(w->engine);
    store_close(w->store);
    memory_disk_free(w->disk);
}

// Everything that can happen without time passing.
static inline void world_settle(struct world *w)
{
    for (int i = 0; i < 10000; i++) {
        bool more = engine_turn(w->engine);
        struct fail why = {0};
        if (w->directory)
            assert_true(store_flush(w->store, 60000, &why)); // its writer has a thread of its own
        engine_poll(w->engine);
        if (!more && (engine_is_idle(w->engine) || (i > 20 && store_in_flight(w->store) == 0)))
            return;
    }
    fail_msg("the world does not settle");
}

static inline void world_pass(struct world *w, int64_t ms)
{
    int64_t until = w->port.now_ms + ms;
    world_settle(w);
    for (int64_t due = engine_next_due_ms(w->engine); due != INSTANT_NONE && due <= until;
         due = engine_next_due_ms(w->engine)) {
        if (due > w->port.now_ms)
            w->port.now_ms = due;
        world_settle(w);
    }
    w->port.now_ms = until;
    world_settle(w);
}

// A definition `t/NAME` of version 1.0.0 whose text after the document is `rest`.
static inline void world_deploy_version(struct world *w, const char *name, const char *version,
                                        const char *rest)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct fail why = {0};
    char *text = mem_printf("document: { dsl: 1.0.3, namespace: t, name: %s, version: '%s' }\n%s",
                            name, version, rest);
    if (!engine_deploy(w->engine, name, text, strlen(text), true, &diagnostics, &why)) {
        struct bytes said;
        bytes_init(&said, 100000);
        diagnostics_write_text(&diagnostics, false, &said);
        fail_msg("%s: %s", why.message, said.data);
    }
    mem_free(text);
    diagnostics_done(&diagnostics);
}

static inline void world_deploy(struct world *w, const char *name, const char *rest)
{
    world_deploy_version(w, name, "1.0.0", rest);
}

static inline json world_json(const char *text)
{
    json out = json_absent();
    struct fail why = {0};
    if (!json_parse(text, strlen(text), &out, &why))
        fail_msg("%s: %s", text, why.message);
    return out;
}

static inline struct id world_start(struct world *w, const char *name, const char *input)
{
    struct id id = {{0}};
    struct fail why = {0};
    json value = world_json(input);
    struct start_opts opts = {.definition = {"t", name, NULL}, .input = value};
    if (!engine_start(w->engine, &opts, &id, &why))
        fail_msg("start: %s", why.message);
    json_free(value);
    return id;
}

static inline struct event_receipt world_event(struct world *w, const char *type, const char *id,
                                               const char *data)
{
    json event = json_object();
    json_set_text(&event, "specversion", "1.0");
    json_set_text(&event, "source", "/test");
    json_set_text(&event, "id", id);
    json_set_text(&event, "type", type);
    json_set_take(&event, "data", world_json(data));
    struct event_receipt receipt;
    struct fail why = {0};
    if (!engine_event(w->engine, event, &receipt, &why))
        fail_msg("event: %s", why.message);
    json_free(event);
    return receipt;
}

// A member of what engine_show says, as compact JSON text; "-" if absent.
static inline const char *world_shown(struct world *w, const char *id, const char *path)
{
    static char texts[8][2000];
    static int next;
    char *text = texts[next++ % 8];
    struct fail why = {0};
    json shown = engine_show(w->engine, id, &why);
    json value = json_path(shown, path);
    if (json_is_absent(value)) {
        snprintf(text, sizeof(texts[0]), "-");
    } else if (json_is_string(value)) {
        snprintf(text, sizeof(texts[0]), "%s", json_text(value));
    } else {
        char *dump = json_dump(value);
        snprintf(text, sizeof(texts[0]), "%s", dump);
        mem_free(dump);
    }
    json_free(value);
    json_free(shown);
    return text;
}

#define assert_shown(w, id, path, wanted)                                                          \
    assert_string_equal(world_shown((w), (id), (path)), wanted)

static inline void world_done_effect(struct world *w, size_t which, enum effect_outcome outcome,
                                     const char *value)
{
    json v = world_json(value);
    engine_effect_done(w->engine, w->keys[which],
                       &(struct effect_result){.outcome = outcome, .value = v});
    json_free(v);
}

// Every hash chain in the store holds.
static inline void world_verify(struct world *w)
{
    struct audit_report report = {0};
    struct fail why = {0};
    if (!audit_verify(w->store, NULL, &report, &why))
        fail_msg("audit: %s", why.message);
}
