#include "plugin/world.h"

#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "people/mail.h"
#include "store/memory.h"
#include "store/store.h"

#define TURNS_MAX     1000000 // without the clock moving: more is a loop of the workflow's own
#define MAILS_A_PAGE  100000
#define EXECUTORS_MAX 8

struct world {
    struct memory_disk *disk;
    struct store *store;
    struct virtual_port port;
    struct plugins *plugins;
    const struct zone *zone;
    struct engine *engine;
    struct people *people;
    struct executor mail; // the row of the mail is the mailbox
    json sent;            // [{key, at}] in the order in which they went, each key once
    json sent_keys;       // {key: true}
    struct executor *others[EXECUTORS_MAX];
    size_t other_count;
    json secrets;
};

// A crash may have an effect begun again; whoever looks sees one mail.
static void note_sent(struct world *w, const char *key)
{
    char at[INSTANT_TEXT_SIZE];
    if (json_has(w->sent_keys, key))
        return;
    instant_write_utc(w->port.now_ms, at);
    json one = json_object();
    json_set_text(&one, "key", key);
    json_set_text(&one, "at", at);
    json_append_take(&w->sent, one);
    json_set_bool(&w->sent_keys, key, true);
}

static void mail_begin(struct executor *x, struct engine *engine, const struct effect *effect)
{
    struct world *w = x->context;
    struct fail why = {0};
    struct effect_result result = {.outcome = EFFECT_DONE, .value = json_object()};
    const char *key = json_get_text(effect->request, "key", ""), *why_not;
    if (mail_may_go(w->people, key, &why_not)) {
        must(mail_settle(w->people, key, "sent", NULL, &why)); // a memory disk refuses no reads
        note_sent(w, key);
    }
    engine_effect_done(engine, effect->key, &result);
    json_free(result.value);
}

// ---- opening and closing: everything but the disk, the clock and what the caller lent

static bool world_open(struct world *w, struct fail *why)
{
    w->store = store_open(&(struct store_opts){.driver = memory_driver_new(w->disk)}, why);
    if (w->store == NULL)
        return false;
    w->engine = engine_new(&(struct engine_opts){
        .store = w->store,
        .port = &w->port.port,
        .host = w->plugins == NULL ? NULL : plugins_host(w->plugins),
        .secrets = w->secrets,
        .zone = w->zone,
    });
    w->people = people_new(w->engine);
    if (w->zone != NULL)
        people_set_zone(w->people, w->zone);
    if (w->plugins != NULL)
        plugins_attach(w->plugins, w->people);
    engine_add_executor(w->engine, &w->mail);
    for (size_t i = 0; i < w->other_count; i++)
        engine_add_executor(w->engine, w->others[i]);
    return engine_recover(w->engine, why);
}

static void world_close(struct world *w)
{
    if (w->plugins != NULL)
        plugins_attach(w->plugins, NULL);
    people_free(w->people);
    if (w->engine != NULL)
        engine_free(w->engine);
    if (w->store != NULL)
        store_close(w->store);
    w->people = NULL;
    w->engine = NULL;
    w->store = NULL;
}

struct world *world_new(const struct world_opts *opts, struct fail *why)
{
    struct world *w = mem_new(struct world);
    w->disk = memory_disk_new();
    w->plugins = opts->plugins;
    w->zone = opts->zone;
    w->secrets = json_object();
    w->sent = json_array();
    w->sent_keys = json_object();
    for (size_t i = 0; i < opts->executor_count; i++) {
        must(i < EXECUTORS_MAX);
        w->others[w->other_count++] = opts->executors[i];
    }
    if (json_is_object(opts->secrets))
        json_swap_take(&w->secrets, json_ref(opts->secrets));
    w->mail = (struct executor){.kind = "mail", .begin = mail_begin, .context = w};
    virtual_port_init(&w->port, opts->now_ms, opts->seed);
    if (world_open(w, why))
        return w;
    world_free(w);
    return NULL;
}

void world_free(struct world *w)
{
    if (w == NULL)
        return;
    world_close(w);
    memory_disk_free(w->disk);
    json_free(w->secrets);
    json_free(w->sent_keys);
    json_free(w->sent);
    mem_free(w);
}

struct engine *world_engine(struct world *w)
{
    return w->engine;
}

struct people *world_people(struct world *w)
{
    return w->people;
}

int64_t world_now_ms(const struct world *w)
{
    return w->port.now_ms;
}

// ---- time

bool world_settle(struct world *w, struct fail *why)
{
    for (int i = 0; i < TURNS_MAX; i++) {
        bool more = engine_turn(w->engine);
        engine_poll(w->engine);
        int64_t due_ms = engine_next_due_ms(w->engine);
        bool due = due_ms != INSTANT_NONE && due_ms <= w->port.now_ms;
        if (!more && !due && engine_is_idle(w->engine))
            return true;
        // Effects that wait for somebody outside of this world do not settle by turning.
        if (!more && !due && store_in_flight(w->store) == 0 &&
            engine_effects_running(w->engine) > 0)
            return true;
    }
    return fail(why, FAIL_LIMIT, "the workflows do not come to rest: %d turns at one instant",
                TURNS_MAX);
}

static void set_clock(struct world *w, int64_t ms)
{
    must(ms >= w->port.now_ms);
    w->port.now_ms = ms;
}

bool world_move_to(struct world *w, int64_t ms, struct fail *why)
{
    if (ms < w->port.now_ms)
        return fail(why, FAIL_INVALID, "the clock does not go back");
    if (!world_settle(w, why))
        return false;
    for (;;) {
        int64_t due_ms = engine_next_due_ms(w->engine);
        if (due_ms == INSTANT_NONE || due_ms > ms)
            break;
        set_clock(w, due_ms > w->port.now_ms ? due_ms : w->port.now_ms);
        if (!world_settle(w, why))
            return false;
    }
    set_clock(w, ms);
    return world_settle(w, why);
}

static bool has_ended(struct world *w, const char *instance)
{
    struct fail why = {0};
    json shown = engine_show(w->engine, instance, &why);
    json ended = json_get(shown, "endedAt");
    bool is = json_is_string(ended);
    json_free(ended);
    json_free(shown);
    return is;
}

bool world_run_to_end(struct world *w, const char *instance, int days, struct fail *why)
{
    int64_t last_ms = w->port.now_ms + (int64_t)days * 86400000;
    if (!world_settle(w, why))
        return false;
    while (!has_ended(w, instance)) {
        int64_t due_ms = engine_next_due_ms(w->engine);
        if (due_ms == INSTANT_NONE || due_ms > last_ms)
            return true;
        set_clock(w, due_ms > w->port.now_ms ? due_ms : w->port.now_ms);
        if (!world_settle(w, why))
            return false;
    }
    return true;
}

bool world_crash(struct world *w, struct fail *why)
{
    world_close(w);
    return world_open(w, why) && world_settle(w, why);
}

json world_mails(struct world *w, int64_t after, struct fail *why)
{
    json mails = json_array();
    for (size_t i = (size_t)after; i < json_length(w->sent) && json_length(mails) < MAILS_A_PAGE;
         i++) {
        json one = json_at(w->sent, i),
             mail = mail_find(w->people, json_get_text(one, "key", ""), why);
        if (json_is_object(mail)) {
            json_set_int(&mail, "seq", (int64_t)i + 1);
            json_set_text(&mail, "at", json_get_text(one, "at", ""));
            json_append(&mails, mail);
        }
        json_free(mail);
        json_free(one);
    }
    return mails;
}
