#include "api/wait.h"

#include <string.h>
#include <uv.h>

#include "base/id.h"
#include "base/mem.h"

// Its timer's close callback frees it. Two things end it: the instance, or the time; and the commit
// of the start must have been acknowledged before the time may.
struct wait {
    uv_timer_t timer;
    struct api *api;
    struct request *r; // NULL once replied or given up
    char id[ID_LENGTH + 1];
    bool committed, late, ended;
    int holds; // the timer, and the engine's word on the commit
};

static void release(struct wait *wait)
{
    if (--wait->holds == 0)
        mem_free(wait);
}

static void timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void give_up(struct wait *wait)
{
    wait->r = NULL;
    if (!wait->ended)
        engine_forget_ended(wait->api->engine, wait);
    uv_close((uv_handle_t *)&wait->timer, timer_closed);
}

static void copy(json from, json *to, const char *name)
{
    json value = json_get(from, name);
    if (json_is_absent(value))
        json_free(value);
    else
        json_set_take(to, name, value);
}

static void reply(struct wait *wait)
{
    static const char *const names[] = {"status", "output", "error", "waitsFor", "incident"};
    struct fail why;
    struct request *r = wait->r;
    json shown = engine_show(wait->api->engine, wait->id, &why), body = json_object();
    json_set_text(&body, "id", wait->id);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        copy(shown, &body, names[i]);
    give_up(wait);
    request_reply_json(r, 201, body);
    json_free(body);
    json_free(shown);
}

static void ended(void *context, const char *id)
{
    (void)id;
    struct wait *wait = context;
    wait->ended = true;
    if (wait->r)
        reply(wait);
}

static void time_is_up(uv_timer_t *timer)
{
    struct wait *wait = timer->data;
    wait->late = true;
    if (wait->r && wait->committed)
        reply(wait);
}

static void committed(void *context)
{
    struct wait *wait = context;
    wait->committed = true;
    if (wait->r && wait->late)
        reply(wait);
    release(wait);
}

static void aborted(void *context, struct request *r)
{
    (void)r;
    give_up(context);
}

void wait_for_end(struct api *a, struct request *r, const char *id, int64_t seconds)
{
    struct wait *wait = mem_new(struct wait);
    *wait = (struct wait){.api = a, .r = r, .holds = 2};
    memcpy(wait->id, id, ID_LENGTH);
    int second_ms = a->opts.second_ms ? a->opts.second_ms : 1000;
    uv_timer_init(server_loop(a->opts.server), &wait->timer);
    wait->timer.data = wait;
    uv_timer_start(&wait->timer, time_is_up, (uint64_t)(seconds * second_ms), 0);
    request_on_abort(r, aborted, wait);
    request_watch(r);
    engine_after_commit(a->engine, committed, wait);
    engine_when_ended(a->engine, id, ended, wait);
}
