// The HTTP server: libmicrohttpd in external-epoll mode on a libuv loop. It parses strictly, bounds
// everything a client can make large or slow, finds the handler of a route and hands it a request
// whose body is complete. A handler replies at once, or keeps the request and replies later.
// The server owns its handles and frees itself in the last close callback after server_close;
// options and routes are copied, contexts borrowed. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/fail.h"

struct server;
struct request;

// What went wrong with a request, for the page that people see instead of problem details.
struct problem {
    int status;
    const char *code;   // stable: "not_found"
    const char *title;  // of the status: "Not Found"
    const char *detail; // the sentence
};

#define SERVER_HEAD_MS       30000  // from accept or the last answer to the end of the headers
#define SERVER_BODY_MS       120000 // from there to the end of the body
#define SERVER_WRITE_MS      300000 // an answer must have left by then (streams excepted)
#define SERVER_HEARTBEAT_MS  15000  // a comment into quiet event streams, to find the dead ones
#define SERVER_STREAM_BYTES  (1024 * 1024) // waiting for a slow reader of a stream; more closes it
#define SERVER_RETRY_SECONDS 2             // Retry-After while busy

struct server_opts {
    const char *host;                             // numeric address or "localhost"; NULL: 127.0.0.1
    uint16_t port;                                // 0: any free one, see server_port
    size_t connections_max;                       // 0: LIMIT_CONNECTIONS
    size_t body_bytes_max;                        // 0: LIMIT_BODY_BYTES
    size_t header_bytes_max;                      // 0: LIMIT_HEADER_BYTES
    int head_ms, body_ms, write_ms, heartbeat_ms; // 0: the defaults above
    // While true, requests other than GET, HEAD and OPTIONS get 503 with Retry-After. May be NULL.
    bool (*busy)(void *context);
    // Writes an HTML page for the problem of a request that prefers HTML; false: problem details
    // after all. May be NULL.
    bool (*page)(void *context, struct request *r, const struct problem *problem,
                 struct bytes *html);
    void *context; // of busy and page
};

// NULL and why if the address cannot be had.
struct server *server_new(uv_loop_t *loop, const struct server_opts *opts, struct fail *why);
uint16_t server_port(const struct server *s);
uv_loop_t *server_loop(const struct server *s);
size_t server_connections(const struct server *s);

// The handler replies (net/reply.h) now, or keeps `r` and replies later.
typedef void request_handler(void *context, struct request *r);
// Patterns: "/api/v1/instances/{id}/history"; a last "{path*}" takes the rest. A literal segment
// wins over a parameter. HEAD is answered by GET's handler, OPTIONS and 405 by the server. The same
// method and pattern twice is a mistake of ours.
void server_route(struct server *s, const char *method, const char *pattern,
                  request_handler *handler, void *context);

// Stops accepting, closes idle connections, lets requests in hand finish (streams are ended), and
// calls `drained` once, when no connection is left or after patience_ms. Then server_close.
typedef void server_drained(void *context);
void server_drain(struct server *s, int patience_ms, server_drained *drained, void *context);
// Closes all connections now; requests that are kept see an abort. Not from inside a handler.
void server_close(struct server *s);

struct server_figures {
    uint64_t requests, refused, connections, bytes_in, bytes_out;
    uint64_t evicted;     // quiet connections that were ended for new ones
    uint64_t by_class[6]; // answers by the first digit of their status
};
struct server_figures server_figures(const struct server *s);
