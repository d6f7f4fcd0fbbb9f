// A small world for the people's tests: an engine over a disk in memory, virtual time, and a host
// with one function, `ask`, that asks whom its input says and takes answers as their data says.
#pragma once

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "calendar/instant.h"
#include "engine/engine.h"
#include "people/forget.h"
#include "people/item.h"
#include "people/link.h"
#include "people/mail.h"
#include "people/people.h"
#include "store/memory.h"

#define VILLAGE_START_MS INT64_C(1367366400000) // 2013-05-01T09:00:00+09:00

struct village {
    struct memory_disk *disk;
    struct store *store;
    struct virtual_port port;
    struct function_host host;
    struct executor mail;
    struct engine *engine;
    struct people *people;
    struct id instance;
    int answers, mails;
    int64_t attempt; // of the step that asks
    json last;       // payload of the last answer
};

static const struct function_signature *village_find(void *context, const char *name,
                                                     const char *version)
{
    static struct function_signature ask = {.name = "ask", .version = "1.0.0", .waits = true};
    (void)context;
    (void)version;
    ask.input_schema = json_absent();
    return strcmp(name, "ask") == 0 ? &ask : NULL;
}

static const char *const *village_names(void *context)
{
    static const char *const names[] = {"ask", NULL};
    (void)context;
    return names;
}

static void village_ask(struct village *v, const struct step_call *call)
{
    json items = json_get(call->input, "items");
    v->attempt = call->address.attempt;
    for (size_t i = 0; i < json_length(items); i++) {
        struct fail why = {0};
        struct id id;
        json item = json_at(items, i), form = json_get(item, "form"), title = json_string("물음");
        struct ask ask = {.name = json_get_text(item, "name", "public"),
                          .task = call->task,
                          .assignee = json_get_text(item, "to", NULL),
                          .group = json_get_text(item, "group", NULL),
                          .role = json_get_text(item, "role", NULL),
                          .allows = json_absent(),
                          .title = title,
                          .form = form,
                          .detail = json_absent(),
                          .opens_ms = INSTANT_NONE,
                          .closes_ms = json_has(item, "closes")
                                           ? VILLAGE_START_MS + json_get_int(item, "closes", 0)
                                           : INSTANT_NONE,
                          .secret = json_get_bool(item, "secret", false),
                          .once = json_get_bool(item, "once", false)};
        bool good = item_ask(v->people, &call->address, &ask, &id, &why);
        if (!good)
            print_error("%s\n", why.message);
        assert_true(good);
        json_free(item);
        json_free(form);
        json_free(title);
    }
    json_free(items);
}

static void village_handle(struct function_host *h, struct engine *e, const struct step_call *call,
                           struct step_outcome *out)
{
    struct village *v = h->catalogue.context;
    (void)e;
    out->verdict = STEP_WAITS;
    if (call->event == STEP_START)
        village_ask(v, call);
    if (call->event != STEP_ANSWER)
        return;
    json say = json_path(call->payload, "data.say");
    const char *word = json_is_string(say) ? json_text(say) : "";
    json_swap_take(&v->last, json_ref(call->payload));
    if (strcmp(word, "refuse") == 0) {
        out->verdict = STEP_REFUSED;
        out->value = json_object();
        json_set_text(&out->value, "code", "no_quorum");
    } else if (strcmp(word, "done") == 0) {
        out->verdict = STEP_DONE;
        out->value = json_string("over");
    } else {
        v->answers++;
        out->reply = json_object();
        json_set_int(&out->reply, "count", v->answers);
    }
    json_free(say);
}

static void village_ended(struct function_host *h, struct engine *e, const struct step_address *a,
                          const char *reason)
{
    struct village *v = h->catalogue.context;
    (void)e;
    (void)reason;
    item_close(v->people, a, NULL);
}

static bool village_forget(struct function_host *h, struct engine *e, const char *instance)
{
    struct village *v = h->catalogue.context;
    (void)e;
    return people_forget_case(v->people, instance);
}

static size_t village_sources(struct function_host *h, struct engine *e,
                              const struct step_address *a)
{
    struct village *v = h->catalogue.context;
    (void)e;
    return item_open_count(v->people, a);
}

static void village_mail(struct executor *x, struct engine *e, const struct effect *effect)
{
    struct village *v = x->context;
    struct effect_result done = {.outcome = EFFECT_DONE, .value = json_object()};
    v->mails++;
    engine_effect_done(e, effect->key, &done);
    json_free(done.value);
}

static inline void village_open(struct village *v)
{
    struct fail why = {0};
    v->store = store_open(&(struct store_opts){.driver = memory_driver_new(v->disk)}, &why);
    v->host = (struct function_host){
        .catalogue = {.find = village_find, .names = village_names, .context = v},
        .handle = village_handle,
        .ended = village_ended,
        .forget = village_forget,
        .wake_sources = village_sources};
    v->engine = engine_new(&(struct engine_opts){
        .store = v->store, .port = &v->port.port, .host = &v->host, .secrets = json_absent()});
    v->people = people_new(v->engine);
    v->mail = (struct executor){.kind = "mail", .begin = village_mail, .context = v};
    engine_add_executor(v->engine, &v->mail);
    assert_true(engine_recover(v->engine, &why));
}

static inline void village_init(struct village *v)
{
    *v = (struct village){.last = json_absent()};
    log_configure(LOG_ERROR, false);
    v->disk = memory_disk_new();
    virtual_port_init(&v->port, VILLAGE_START_MS, 7);
    village_open(v);
}

static inline void village_close(struct village *v)
{
    people_free(v->people);
    engine_free(v->engine);
    store_close(v->store);
}

static inline void village_done(struct village *v)
{
    village_close(v);
    memory_disk_free(v->disk);
    json_free(v->last);
}

static inline void village_settle(struct village *v)
{
    for (int i = 0; i < 1000; i++) {
        bool more = engine_turn(v->engine);
        engine_poll(v->engine);
        if (!more && engine_is_idle(v->engine))
            return;
    }
    fail_msg("the village does not settle");
}

static inline json village_json(const char *text)
{
    struct fail why = {0};
    json value;
    bool good = json_parse(text, strlen(text), &value, &why);
    if (!good)
        print_error("%s: %s\n", text, why.message);
    assert_true(good);
    return value;
}

static inline bool village_put(struct village *v, const char *person, struct fail *why)
{
    json value = village_json(person);
    bool good = people_put(v->people, value, why);
    json_free(value);
    return good;
}

// Starts an instance whose one task asks the items given as JSON.
static inline void village_start(struct village *v, const char *items)
{
    static const char text[] =
        "document: { dsl: '1.0.3', namespace: test, name: ask, version: '1.0.0' }\n"
        "do:\n  - ask:\n      call: ask\n      with: { items: '${ .items }' }\n";
    struct fail why = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    assert_non_null(
        engine_deploy(v->engine, "ask.yaml", text, sizeof text - 1, true, &diagnostics, &why));
    diagnostics_done(&diagnostics);
    json input = json_object();
    json_set_take(&input, "items", village_json(items));
    assert_true(engine_start(
        v->engine, &(struct start_opts){.definition = {"test", "ask", "1.0.0"}, .input = input},
        &v->instance, &why));
    json_free(input);
    village_settle(v);
}

// Answers by person; the reply goes to *reply (NULL: nowhere).
static inline bool village_answer(struct village *v, struct answer answer, const char *data,
                                  json *reply, struct fail *why)
{
    struct id item;
    json said = json_absent();
    if (!item_find(v->people, v->instance.text, "ask", answer.person, &item, why))
        return false;
    answer.item = item.text;
    answer.data = data == NULL ? json_null() : village_json(data);
    bool good = item_answer(v->people, &answer, &said, why);
    json_free(answer.data);
    village_settle(v);
    if (reply != NULL)
        *reply = said;
    else
        json_free(said);
    return good;
}
