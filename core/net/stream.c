// Streams: MHD asks for bytes when the socket takes them; with none waiting the connection is
// suspended until stream_send resumes it.

#include "net/reply.h"

#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/must.h"
#include "net/exchange.h"
#include "net/request.h"

#define STREAM_BLOCK 4096

struct stream {
    struct list place; // among the server's streams
    struct request *r;
    struct bytes waiting;
    size_t taken; // of `waiting`, by MHD
    bool suspended, ended, broken;
    bool events;   // server-sent: gets heartbeats
    bool was_sent; // since the last heartbeat
    stream_closed *closed;
    void *context;
};

static void resume(struct stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->r->mhd);
    server_kick(stream->r->server);
}

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t room)
{
    (void)position;
    struct stream *stream = context;
    if (stream->broken)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = stream->waiting.length - stream->taken;
    if (left > 0) {
        size_t bytes = left < room ? left : room;
        memcpy(out, stream->waiting.data + stream->taken, bytes);
        stream->taken += bytes;
        if (stream->taken == stream->waiting.length) {
            bytes_clear(&stream->waiting);
            stream->taken = 0;
        }
        return (ssize_t)bytes;
    }
    if (stream->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    stream->suspended = true;
    MHD_suspend_connection(stream->r->mhd);
    return 0;
}

struct stream *stream_open(struct request *r, const char *type, stream_closed *closed,
                           void *context)
{
    if (!r->mhd) {
        request_reply_take(r, 200, type, NULL);
        return NULL;
    }
    struct stream *stream = mem_new(struct stream);
    *stream = (struct stream){
        .r = r, .closed = closed, .context = context, .events = strcmp(type, TYPE_EVENTS) == 0};
    bytes_init(&stream->waiting, SERVER_STREAM_BYTES);
    list_append(&r->server->streams, &stream->place);
    r->stream = stream;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, stream, NULL);
    request_replied(r, 200, response_with_headers(r, response, type));
    request_watch(r);
    return stream;
}

void stream_break(struct stream *stream)
{
    if (stream->broken)
        return;
    stream->broken = true;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(stream->r->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info)
        shutdown(info->connect_fd, SHUT_RDWR);
    resume(stream);
}

bool stream_send(struct stream *stream, const void *data, size_t bytes)
{
    if (stream->broken || stream->ended) // ended by a drain
        return false;
    if (stream->taken) { // what left makes room
        size_t left = stream->waiting.length - stream->taken;
        memmove(stream->waiting.data, stream->waiting.data + stream->taken, left + 1);
        stream->waiting.length = left;
        stream->taken = 0;
    }
    if (!bytes_append(&stream->waiting, data, bytes)) {
        stream_break(stream);
        return false;
    }
    stream->was_sent = true;
    resume(stream);
    return true;
}

// Line breaks end a field, so each line of the data is a field of its own.
bool stream_event(struct stream *stream, const char *name, const char *id, const char *data)
{
    struct bytes event;
    bytes_init(&event, SERVER_STREAM_BYTES);
    if (name)
        bytes_printf(&event, "event: %.*s\n", (int)strcspn(name, "\r\n"), name);
    if (id)
        bytes_printf(&event, "id: %.*s\n", (int)strcspn(id, "\r\n"), id);
    for (const char *line = data;;) {
        size_t length = strcspn(line, "\r\n");
        bytes_add(&event, "data: ");
        bytes_append(&event, line, length);
        bytes_add_char(&event, '\n');
        if (!line[length])
            break;
        line += length + (line[length] == '\r' && line[length + 1] == '\n' ? 2 : 1);
    }
    bytes_add_char(&event, '\n');
    bool sent = false;
    if (event.overflowed)
        stream_break(stream);
    else
        sent = stream_send(stream, event.data, event.length);
    bytes_done(&event);
    return sent;
}

void stream_close(struct stream *stream)
{
    stream->ended = true;
    stream->closed = NULL;
    resume(stream);
}

void stream_ended(struct stream *stream, bool gone)
{
    (void)gone; // also an orderly end by a drain is news to the owner
    list_remove(&stream->place);
    stream->r->stream = NULL;
    if (stream->closed)
        stream->closed(stream->context, stream);
    bytes_done(&stream->waiting);
    mem_free(stream);
}

void streams_heartbeat(struct server *s)
{
    list_each_safe(&s->streams, node, after)
    {
        struct stream *stream = list_owner(node, struct stream, place);
        if (stream->events && !stream->was_sent && !stream->ended)
            stream_send(stream, ":\n\n", 3);
        stream->was_sent = false;
    }
}

void streams_end(struct server *s)
{
    list_each_safe(&s->streams, node, after)
    {
        struct stream *stream = list_owner(node, struct stream, place);
        stream->ended = true;
        resume(stream);
    }
}
