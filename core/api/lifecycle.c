// GET /api/v1/stream: what the engine has committed, as server-sent events of the type "lifecycle".
#include <string.h>

#include "api/resource.h"
#include "base/mem.h"
#include "calendar/instant.h"

struct follower {
    struct list place;
    struct api *api;
    struct stream *stream;
    char *instance; // NULL: all
};

static void follower_free(struct follower *f)
{
    list_remove(&f->place);
    mem_free(f->instance);
    mem_free(f);
}

static void reader_gone(void *context, struct stream *stream)
{
    (void)stream;
    follower_free(context);
}

static void happened(void *context, const char *instance, int64_t at_ms, json entry)
{
    struct api *a = context;
    if (list_is_empty(&a->streams))
        return;
    char at[INSTANT_TEXT_SIZE];
    instant_write_utc(at_ms, at);
    json event = json_object();
    json_set_text(&event, "instance", instance);
    json_set_text(&event, "at", at);
    json_set(&event, "entry", entry);
    char *text = json_dump(event);
    list_each_safe(&a->streams, node, after)
    {
        struct follower *f = list_owner(node, struct follower, place);
        if (!f->instance || strcmp(f->instance, instance) == 0)
            stream_event(f->stream, "lifecycle", NULL, text); // a slow reader ends by itself
    }
    mem_free(text);
    json_free(event);
}

void lifecycle_stream(struct api *a, struct request *r)
{
    const char *instance = request_query(r, "instance");
    struct fail why = {0};
    json shown = instance ? engine_show(a->engine, instance, &why) : json_object();
    bool known = !json_is_absent(shown);
    json_free(shown);
    if (!known) {
        request_fail(r, &why);
        return;
    }
    struct follower *f = mem_new(struct follower);
    f->api = a;
    f->instance = mem_string(instance);
    list_append(&a->streams, &f->place);
    if (!a->listens)
        engine_listen(a->engine, happened, a);
    a->listens = true;
    f->stream = stream_open(r, TYPE_EVENTS, reader_gone, f);
    if (f->stream)
        stream_send(f->stream, ":\n\n", 3); // so that the reader sees that it is open
    else
        follower_free(f);
}

void lifecycle_done(struct api *a)
{
    if (a->listens)
        engine_unlisten(a->engine, a);
    list_each_safe(&a->streams, node, after)
        follower_free(list_owner(node, struct follower, place));
}
