// The local server that effects of a bench call: answers {"ok":true} to every request on 127.0.0.1.
//   bench_answer      prints its port and serves until it is killed
// Only requests without a body, one at a time a connection, as Dure's client sends them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct connection {
    uv_tcp_t tcp;
    char in[8192];
    size_t in_bytes;
};

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             "Content-Length: 11\r\n\r\n{\"ok\":true}";

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write);
}

static void on_block(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct connection *c = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(c->in + c->in_bytes, (unsigned)(sizeof c->in - c->in_bytes));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct connection *c = stream->data;
    (void)buffer;
    if (count < 0 || c->in_bytes + (size_t)count >= sizeof c->in) {
        uv_close((uv_handle_t *)&c->tcp, on_closed);
        return;
    }
    c->in_bytes += (size_t)count;
    if (!memmem(c->in, c->in_bytes, "\r\n\r\n", 4))
        return;
    c->in_bytes = 0;
    uv_write_t *write = calloc(1, sizeof *write);
    uv_buf_t out = uv_buf_init((char *)(size_t)answer, sizeof answer - 1);
    uv_write(write, stream, &out, 1, on_written);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct connection *c = calloc(1, sizeof *c);
    (void)status;
    uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    uv_accept(listener, (uv_stream_t *)&c->tcp);
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_block, on_read);
}

int main(void)
{
    uv_tcp_t listener;
    struct sockaddr_in address;
    int size = sizeof address;
    uv_tcp_init(uv_default_loop(), &listener);
    uv_ip4_addr("127.0.0.1", 0, &address);
    if (uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0) != 0 ||
        uv_listen((uv_stream_t *)&listener, 512, on_connection) != 0)
        return 1;
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
