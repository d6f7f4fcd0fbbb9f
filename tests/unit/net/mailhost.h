// A mail server of a few words on the loop under test: it answers as told and keeps what it was
// sent.
#pragma once

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/must.h"

struct mailhost {
    uv_tcp_t listener, client;
    bool has_client, in_data;
    struct bytes line, message, commands;
    const char *to_rcpt; // the answer to RCPT
    int port;
    char chunk[4096];
};

static inline void mailhost_say(struct mailhost *h, const char *text)
{
    uv_buf_t piece = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));
    uv_try_write((uv_stream_t *)&h->client, &piece, 1);
}

static inline void mailhost_data(struct mailhost *h)
{
    if (strcmp(h->line.data, ".") == 0) {
        h->in_data = false;
        mailhost_say(h, "250 kept\r\n");
        return;
    }
    bytes_printf(&h->message, "%s\n", h->line.data[0] == '.' ? h->line.data + 1 : h->line.data);
}

static inline void mailhost_command(struct mailhost *h)
{
    const char *line = h->line.data;
    bytes_printf(&h->commands, "%s\n", line);
    if (strncmp(line, "EHLO", 4) == 0)
        mailhost_say(h, "250-mail.example.org\r\n250 8BITMIME\r\n");
    else if (strncmp(line, "RCPT", 4) == 0)
        mailhost_say(h, h->to_rcpt);
    else if (strcmp(line, "DATA") == 0)
        h->in_data = true, mailhost_say(h, "354 go on\r\n");
    else if (strcmp(line, "QUIT") == 0)
        mailhost_say(h, "221 bye\r\n");
    else
        mailhost_say(h, "250 good\r\n");
}

static inline void mailhost_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct mailhost *h = handle->data;
    *out = uv_buf_init(h->chunk, sizeof(h->chunk));
}

static inline void mailhost_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *chunk)
{
    struct mailhost *h = stream->data;
    for (ssize_t i = 0; i < count; i++) {
        if (chunk->base[i] == '\r')
            continue;
        if (chunk->base[i] != '\n') {
            bytes_add_char(&h->line, chunk->base[i]);
            continue;
        }
        if (h->in_data)
            mailhost_data(h);
        else
            mailhost_command(h);
        bytes_clear(&h->line);
    }
    if (count < 0 && !uv_is_closing((uv_handle_t *)stream)) {
        uv_close((uv_handle_t *)stream, NULL);
        h->has_client = false;
    }
}

static inline void mailhost_visitor(uv_stream_t *listener, int status)
{
    must(status == 0);
    struct mailhost *h = listener->data;
    must(!h->has_client);
    uv_tcp_init(listener->loop, &h->client);
    h->client.data = h;
    h->has_client = true;
    must(uv_accept(listener, (uv_stream_t *)&h->client) == 0);
    uv_read_start((uv_stream_t *)&h->client, mailhost_room, mailhost_read);
    mailhost_say(h, "220 mail.example.org\r\n");
}

static inline void mailhost_init(struct mailhost *h, uv_loop_t *loop, const char *to_rcpt)
{
    memset(h, 0, sizeof(*h));
    h->to_rcpt = to_rcpt;
    bytes_init(&h->line, 4096);
    bytes_init(&h->message, 1 << 20);
    bytes_init(&h->commands, 4096);
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &h->listener);
    h->listener.data = h;
    must(uv_tcp_bind(&h->listener, (struct sockaddr *)&address, 0) == 0);
    must(uv_listen((uv_stream_t *)&h->listener, 5, mailhost_visitor) == 0);
    int size = sizeof(address);
    uv_tcp_getsockname(&h->listener, (struct sockaddr *)&address, &size);
    h->port = ntohs(address.sin_port);
}

static inline void mailhost_done(struct mailhost *h)
{
    uv_close((uv_handle_t *)&h->listener, NULL);
    if (h->has_client)
        uv_close((uv_handle_t *)&h->client, NULL);
    uv_run(h->listener.loop, UV_RUN_DEFAULT);
    bytes_done(&h->line);
    bytes_done(&h->message);
    bytes_done(&h->commands);
}
