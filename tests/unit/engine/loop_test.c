// The engine on a real libuv loop: what the writer acknowledges and what is due wake it. The clock
// is virtual and moves when the loop asks, so nothing here waits for time.
#include "world.h"

#include "engine/loop.h"

struct looped {
    uv_loop_t loop;
    struct engine_loop *engine_loop;
    struct memory_disk *disk;
    struct store *store;
    struct engine *engine;
    struct virtual_port port;
    int ended;
};

static int64_t moving_now(void *context)
{
    struct virtual_port *v = context;
    return v->now_ms += 50;
}

static void stop(void *context, const char *id)
{
    (void)id;
    struct looped *l = context;
    l->ended++;
    engine_loop_close(l->engine_loop);
}

TEST(loop, runs_until_its_instance_has_ended)
{
    UNUSED_STATE;
    struct looped l = {.disk = memory_disk_new()};
    struct fail why = {0};
    assert_int_equal(uv_loop_init(&l.loop), 0);
    virtual_port_init(&l.port, WORLD_START_MS, 1);
    l.port.port.now_ms = moving_now;
    l.engine_loop = engine_loop_new(&l.loop);
    l.store = store_open(&(struct store_opts){.driver = memory_driver_new(l.disk),
                                              .wake = engine_loop_store_wake,
                                              .context = l.engine_loop},
                         &why);
    l.engine = engine_new(&(struct engine_opts){.store = l.store,
                                                .port = &l.port.port,
                                                .secrets = json_absent(),
                                                .wake = engine_loop_engine_wake,
                                                .context = l.engine_loop});
    assert_true(engine_recover(l.engine, &why));
    engine_loop_attach(l.engine_loop, l.engine);
    struct world w = {.engine = l.engine, .store = l.store};
    world_deploy(&w, "nap", "do:\n  - a: { wait: PT0.2S }\n  - b: { wait: PT0.3S }\n");
    struct id id = world_start(&w, "nap", "{}");
    engine_when_ended(l.engine, id.text, stop, &l);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    assert_int_equal(l.ended, 1);
    assert_shown(&w, id.text, "status", "completed");
    engine_free(l.engine);
    store_close(l.store);
    memory_disk_free(l.disk);
    assert_int_equal(uv_loop_close(&l.loop), 0);
}

RUN(CASE(loop, runs_until_its_instance_has_ended))
