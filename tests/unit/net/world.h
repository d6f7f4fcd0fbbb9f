// A server and raw clients on one loop, for tests of the network rooms: a client writes bytes as
// they are and reads until the other side closes, or until what came holds a text.
#pragma once

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/must.h"
#include "net/reply.h"
#include "net/request.h"
#include "net/server.h"
#include "test.h"

struct world {
    uv_loop_t loop;
    struct server *server;
};

static inline void world_init(struct world *w, struct server_opts opts)
{
    struct fail why;
    assert_int_equal(uv_loop_init(&w->loop), 0);
    w->server = server_new(&w->loop, &opts, &why);
    if (!w->server)
        fail_msg("%s", why.message);
}

static inline void world_done(struct world *w)
{
    server_close(w->server);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
}

struct raw {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct bytes got;
    const char *sends;
    bool connected, ended, closed;
    char chunk[4096];
};

static inline void raw_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct raw *raw = handle->data;
    *out = uv_buf_init(raw->chunk, sizeof(raw->chunk));
}

static inline void raw_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *chunk)
{
    struct raw *raw = stream->data;
    if (count < 0) {
        raw->ended = true;
        uv_read_stop(stream);
    } else {
        bytes_append(&raw->got, chunk->base, (size_t)count);
    }
}

static inline void raw_send(struct raw *raw, const char *text)
{
    uv_buf_t piece = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));
    while (piece.len) {
        int wrote = uv_try_write((uv_stream_t *)&raw->tcp, &piece, 1);
        if (wrote == UV_EAGAIN)
            uv_run(raw->tcp.loop, UV_RUN_ONCE);
        else if (wrote < 0)
            return; // the other side has closed: the answer tells why
        else
            piece.base += wrote, piece.len -= (size_t)wrote;
    }
}

static inline void raw_connected(uv_connect_t *connect, int status)
{
    struct raw *raw = connect->data;
    must(status == 0);
    raw->connected = true;
    uv_read_start((uv_stream_t *)&raw->tcp, raw_room, raw_read);
}

static inline void raw_open(struct world *w, struct raw *raw)
{
    memset(raw, 0, sizeof(*raw));
    bytes_init(&raw->got, 64 * 1024 * 1024);
    uv_tcp_init(&w->loop, &raw->tcp);
    raw->tcp.data = raw->connect.data = raw;
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", server_port(w->server), &address);
    must(uv_tcp_connect(&raw->connect, &raw->tcp, (struct sockaddr *)&address, raw_connected) == 0);
    while (!raw->connected)
        uv_run(&w->loop, UV_RUN_ONCE);
}

static inline void raw_until(struct world *w, struct raw *raw, const char *text)
{
    while (!raw->ended && !(text && strstr(raw->got.data, text)))
        uv_run(&w->loop, UV_RUN_ONCE);
}

static inline void raw_closed(uv_handle_t *handle)
{
    struct raw *raw = handle->data;
    raw->closed = true;
}

static inline void raw_close(struct world *w, struct raw *raw)
{
    uv_close((uv_handle_t *)&raw->tcp, raw_closed);
    while (!raw->closed)
        uv_run(&w->loop, UV_RUN_ONCE);
    bytes_done(&raw->got);
}

// Sends, and reads until the server closes or `text` came; the caller frees with mem_free.
static inline char *raw_ask(struct world *w, const char *sends, const char *text)
{
    struct raw raw;
    raw_open(w, &raw);
    raw_send(&raw, sends);
    raw_until(w, &raw, text);
    char *got = mem_string(raw.got.data);
    raw_close(w, &raw);
    return got;
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static inline void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("'%s' is in:\n%s", part, text);
}
