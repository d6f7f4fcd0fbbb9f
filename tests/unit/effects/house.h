// An engine over memory, with its clock in hand, beside a server on the same loop: what tests of
// the effects and of the API stand on.
#pragma once

#include "net/world.h"

#include "base/log.h"

#include "engine/engine.h"
#include "engine/port.h"
#include "net/client.h"
#include "people/people.h"
#include "store/memory.h"

struct house {
    struct world w;
    struct memory_disk *disk;
    struct store *store;
    struct virtual_port port;
    struct engine *engine;
    struct people *people;
    struct client *client;
    bool woken; // the engine has work for a turn
};

#define HOUSE_NOW_MS INT64_C(1369370400000)

static inline void house_wake(void *context)
{
    *(bool *)context = true;
}

static inline void house_init_with(struct house *h, struct function_host *host)
{
    struct fail why;
    memset(h, 0, sizeof(*h));
    log_configure(LOG_ERROR, false);
    world_init(&h->w, (struct server_opts){0});
    h->disk = memory_disk_new();
    h->store = store_open(&(struct store_opts){.driver = memory_driver_new(h->disk)}, &why);
    assert_non_null(h->store);
    virtual_port_init(&h->port, HOUSE_NOW_MS, 1);
    h->engine = engine_new(&(struct engine_opts){.store = h->store,
                                                 .port = &h->port.port,
                                                 .host = host,
                                                 .secrets = json_absent(),
                                                 .wake = house_wake,
                                                 .context = &h->woken});
    h->people = people_new(h->engine);
    h->client = client_new(&h->w.loop);
}

static inline void house_init(struct house *h)
{
    house_init_with(h, NULL);
}

static inline void house_open(struct house *h) // once the executors are there
{
    struct fail why;
    if (!engine_recover(h->engine, &why))
        fail_msg("%s", why.message);
}

static inline void house_turn(struct house *h)
{
    do {
        h->woken = false;
        while (engine_turn(h->engine))
            ;
        engine_poll(h->engine);
    } while (h->woken);
}

static inline void house_done(struct house *h)
{
    struct fail why;
    house_turn(h);
    assert_true(store_flush(h->store, 1000, &why));
    engine_poll(h->engine);
    client_close(h->client);
    people_free(h->people);
    engine_free(h->engine);
    store_close(h->store);
    memory_disk_free(h->disk);
    world_done(&h->w);
}

static inline void house_deploy(struct house *h, const char *text)
{
    struct diagnostics diagnostics;
    struct fail why;
    diagnostics_init(&diagnostics);
    if (!engine_deploy(h->engine, "test.yaml", text, strlen(text), false, &diagnostics, &why)) {
        struct bytes out;
        bytes_init(&out, 100000);
        diagnostics_write_text(&diagnostics, false, &out);
        fail_msg("%s", out.data);
    }
    diagnostics_done(&diagnostics);
}

static inline void house_ended(void *context, const char *id)
{
    (void)id;
    *(bool *)context = true;
}

// Starts test/NAME and goes on until it has ended; what engine_show says of it.
static inline json house_run(struct house *h, const char *name, json input)
{
    struct id id;
    struct fail why;
    bool ended = false;
    struct start_opts opts = {.definition = {"test", name, NULL}, .input = input};
    if (!engine_start(h->engine, &opts, &id, &why))
        fail_msg("%s", why.message);
    engine_when_ended(h->engine, id.text, house_ended, &ended);
    for (;;) {
        house_turn(h);
        if (ended)
            break;
        uv_run(&h->w.loop, UV_RUN_ONCE);
    }
    json shown = engine_show(h->engine, id.text, &why);
    assert_true(json_is_object(shown));
    return shown;
}

static inline void assert_at(json value, const char *path, const char *expected)
{
    json found = json_path(value, path);
    char *text = json_is_string(found) ? mem_string(json_text(found)) : json_dump(found);
    if (strcmp(text, expected) != 0) {
        char *whole = json_dump(value);
        fail_msg("%s is %s, not %s, in %s", path, text, expected, whole);
    }
    mem_free(text);
    json_free(found);
}
