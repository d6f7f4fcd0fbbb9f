#include "engine/loop.h"

#include "base/mem.h"
#include "base/must.h"
#include "engine/warm.h"

// Handles live inside their owner; the last close callback frees it.
struct engine_loop {
    uv_loop_t *loop;
    struct engine *engine;
    uv_prepare_t prepare; // a turn before the loop sleeps
    uv_idle_t busy;       // active while there is more to do, so that it does not sleep
    uv_async_t wake;      // the store's writer has something
    uv_timer_t due;
    int open_handles;
    bool closing;
};

// A sleeping loop wakes at least this often: the wall clock may be set while it sleeps.
#define LOOP_SLEEP_MAX_MS 60000

static void on_idle(uv_idle_t *handle)
{
    (void)handle; // its being active is what keeps the loop awake
}

static void on_due(uv_timer_t *handle)
{
    (void)handle; // the prepare phase of this iteration takes the turn
}

static void on_wake(uv_async_t *handle)
{
    (void)handle;
}

static void arm_due(struct engine_loop *l)
{
    int64_t due_ms = engine_next_due_ms(l->engine);
    if (due_ms == INSTANT_NONE) {
        uv_timer_stop(&l->due);
        return;
    }
    const struct port *port = engine_port(l->engine);
    int64_t left_ms = due_ms - port->now_ms(port->context);
    if (left_ms > WARM_AHEAD_MS)
        left_ms -= WARM_AHEAD_MS;
    if (left_ms < 1)
        left_ms = 1;
    if (left_ms > LOOP_SLEEP_MAX_MS)
        left_ms = LOOP_SLEEP_MAX_MS;
    uv_timer_start(&l->due, on_due, (uint64_t)left_ms, 0);
}

static void on_prepare(uv_prepare_t *handle)
{
    struct engine_loop *l = handle->data;
    if (!l->engine || l->closing)
        return;
    engine_poll(l->engine);
    bool more = !l->closing && engine_turn(l->engine);
    if (l->closing) // by what was said after a commit
        return;
    if (more || engine_warm(l->engine))
        uv_idle_start(&l->busy, on_idle);
    else
        uv_idle_stop(&l->busy);
    uv_update_time(l->loop);
    arm_due(l);
}

struct engine_loop *engine_loop_new(uv_loop_t *loop)
{
    struct engine_loop *l = mem_new(struct engine_loop);
    l->loop = loop;
    must(uv_prepare_init(loop, &l->prepare) == 0);
    must(uv_idle_init(loop, &l->busy) == 0);
    must(uv_async_init(loop, &l->wake, on_wake) == 0);
    must(uv_timer_init(loop, &l->due) == 0);
    l->prepare.data = l->busy.data = l->wake.data = l->due.data = l;
    l->open_handles = 4;
    return l;
}

void engine_loop_store_wake(void *engine_loop)
{
    struct engine_loop *l = engine_loop;
    uv_async_send(&l->wake);
}

void engine_loop_engine_wake(void *engine_loop)
{
    struct engine_loop *l = engine_loop;
    if (!l->closing)
        uv_async_send(&l->wake);
}

void engine_loop_attach(struct engine_loop *l, struct engine *e)
{
    must(!l->engine && !l->closing);
    l->engine = e;
    uv_prepare_start(&l->prepare, on_prepare);
    uv_async_send(&l->wake);
}

static void on_closed(uv_handle_t *handle)
{
    struct engine_loop *l = handle->data;
    must(l->open_handles > 0);
    if (--l->open_handles == 0)
        mem_free(l);
}

void engine_loop_close(struct engine_loop *l)
{
    must(!l->closing);
    l->closing = true;
    uv_close((uv_handle_t *)&l->prepare, on_closed);
    uv_close((uv_handle_t *)&l->busy, on_closed);
    uv_close((uv_handle_t *)&l->wake, on_closed);
    uv_close((uv_handle_t *)&l->due, on_closed);
}
