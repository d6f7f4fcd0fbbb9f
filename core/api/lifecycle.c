// GET /api/v1/stream: what the engine has committed, as server-sent events of the type "lifecycle".
// Each has an id; a reader who comes back with Last-Event-ID gets what it missed, or one event
// "reset" where that is no longer known.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "api/resource.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "net/server.h"

// What a reader missed is queued at once, so all of it must fit before a slow one.
static_assert(RECENT_BYTES_MAX + RECENT_EVENTS_MAX * RECENT_FRAME_BYTES < SERVER_STREAM_BYTES,
              "a replay must not break its own stream");

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

static void tell(struct follower *f, const struct recent *recent, uint64_t number,
                 const char *instance, const char *text)
{
    if (f->instance && strcmp(f->instance, instance) != 0)
        return;
    char id[RECENT_ID_SIZE];
    recent_id(recent, number, id);
    stream_event(f->stream, "lifecycle", id, text); // a slow reader ends by itself
}

static void happened(void *context, const char *instance, int64_t at_ms, json entry)
{
    struct api *a = context;
    char at[INSTANT_TEXT_SIZE];
    instant_write_utc(at_ms, at);
    json event = json_object();
    json_set_text(&event, "instance", instance);
    json_set_text(&event, "at", at);
    json_set(&event, "entry", entry);
    char *text = json_dump(event);
    recent_add(&a->recent, instance, text);
    list_each_safe(&a->streams, node, after)
        tell(list_owner(node, struct follower, place), &a->recent, a->recent.last, instance, text);
    mem_free(text);
    json_free(event);
}

// A field of its own that is no event: browsers keep the id, and come back with it, even where
// nothing has happened yet.
static void tell_where(struct follower *f, const struct recent *recent)
{
    char id[RECENT_ID_SIZE], line[RECENT_ID_SIZE + 16];
    recent_id(recent, recent->last, id);
    int length = snprintf(line, sizeof(line), "id: %s\n\n", id);
    must(length > 0 && (size_t)length < sizeof(line));
    stream_send(f->stream, line, (size_t)length);
}

static void tell_missed(struct follower *f, const struct recent *recent, const char *last_id)
{
    uint64_t number;
    if (!recent_find(recent, last_id, &number)) {
        char id[RECENT_ID_SIZE];
        recent_id(recent, recent->last, id);
        stream_event(f->stream, "reset", id,
                     "{\"code\":\"unknown_id\",\"detail\":\"what came after this id is no longer "
                     "known; read anew what you show, then go on with this stream\"}");
        return;
    }
    while (number++ < recent->last) {
        const struct recent_event *event = recent_at(recent, number);
        tell(f, recent, number, event->instance, event->text);
    }
}

// The engine is listened to from the first reader on: nobody has an id from before.
static void listen_to_engine(struct api *a)
{
    if (a->listens)
        return;
    recent_begin(&a->recent);
    engine_listen(a->engine, happened, a);
    a->listens = true;
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
    listen_to_engine(a);
    const char *last_id = request_header(r, "Last-Event-ID");
    struct follower *f = mem_new(struct follower);
    f->api = a;
    f->instance = mem_string(instance);
    list_append(&a->streams, &f->place);
    f->stream = stream_open(r, TYPE_EVENTS, reader_gone, f);
    if (!f->stream) {
        follower_free(f);
        return;
    }
    stream_send(f->stream, ":\n\n", 3); // so that the reader sees that it is open
    if (last_id && *last_id)
        tell_missed(f, &a->recent, last_id);
    tell_where(f, &a->recent);
}

void lifecycle_done(struct api *a)
{
    if (a->listens)
        engine_unlisten(a->engine, a);
    recent_done(&a->recent);
    list_each_safe(&a->streams, node, after)
        follower_free(list_owner(node, struct follower, place));
}
