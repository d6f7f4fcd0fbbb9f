// CloudEvents from outside: refused with a reason, or taken; then the same one again is a
// duplicate, `why` has an answer, and after a power cut the engine still knows it. Two instances
// listen, one of them by correlation.
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "engine/engine.h"
#include "store/memory.h"

#define TEXT_MAX 4000
#define NOW_MS   INT64_C(1369370400000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] =
    "document: { dsl: 1.0.3, namespace: f, name: f, version: 1.0.0 }\n"
    "do:\n"
    "  - both:\n"
    "      fork:\n"
    "        branches:\n"
    "          - a: { listen: { to: { one: { with: { type: org.example.a } } } } }\n"
    "          - b:\n"
    "              listen:\n"
    "                to:\n"
    "                  one:\n"
    "                    with: { type: org.example.b, source: /s }\n"
    "                    correlate: { n: { from: '${ .data.n }', expect: '7' } }\n";

struct world {
    struct memory_disk *disk;
    struct virtual_port port;
    struct store *store;
    struct engine *engine;
};

static void world_open(struct world *w)
{
    struct fail why = {0};
    w->store = store_open(&(struct store_opts){.driver = memory_driver_new(w->disk)}, &why);
    must(w->store);
    w->engine = engine_new(
        &(struct engine_opts){.store = w->store, .port = &w->port.port, .secrets = json_absent()});
    must(engine_recover(w->engine, &why));
}

static void world_close(struct world *w)
{
    engine_free(w->engine);
    store_close(w->store);
}

static void settle(struct world *w)
{
    for (int i = 0; i < 100; i++) {
        bool more = engine_turn(w->engine);
        engine_poll(w->engine);
        if (!more && engine_is_idle(w->engine))
            return;
    }
    must_not_reach();
}

static void start(struct world *w)
{
    struct diagnostics diagnostics;
    struct fail why = {0};
    struct id id;
    diagnostics_init(&diagnostics);
    must(engine_deploy(w->engine, "f.yaml", text, sizeof(text) - 1, false, &diagnostics, &why));
    diagnostics_done(&diagnostics);
    must(engine_start(w->engine,
                      &(struct start_opts){.definition = {"f", "f", NULL}, .input = json_absent()},
                      &id, &why));
    settle(w);
}

static void give(struct world *w, json event)
{
    struct event_receipt first, again;
    struct fail why = {0};
    if (!engine_event_check(event, &why)) {
        must(why.message[0]);
        must(!engine_event(w->engine, event, &first, &why));
        return;
    }
    if (!engine_event(w->engine, event, &first, &why)) {
        must(why.message[0]);
        return;
    }
    must(!first.duplicate);
    settle(w);
    world_close(w);
    world_open(w);
    settle(w);
    must(engine_event(w->engine, event, &again, &why));
    must(again.duplicate && again.seq == first.seq);
    json reasons = engine_why(w->engine, json_get_text(event, "source", ""),
                              json_get_text(event, "id", ""), &why);
    must(!json_is_absent(reasons));
    json_free(reasons);
    settle(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fail why = {0};
    json event;
    if (size > TEXT_MAX || !json_parse((const char *)data, size, &event, &why))
        return 0;
    log_configure(LOG_ERROR, false);
    struct world w = {.disk = memory_disk_new()};
    virtual_port_init(&w.port, NOW_MS, 1);
    world_open(&w);
    start(&w);
    give(&w, event);
    world_close(&w);
    memory_disk_free(w.disk);
    json_free(event);
    return 0;
}
