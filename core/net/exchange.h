// What the files of the server share among themselves: a connection, a request with its reply, the
// server. Nobody outside core/net includes this. Loop thread only.
//
// A request's stages; exchange_answer moves it, reply.c ends HANDLING:
//
//   HEAD ──headers good──> BODY ──complete──> HANDLING ──reply──> REPLIED
//     └─────────────── refused early ──────────────────────────────┘
#pragma once

#include <microhttpd.h>
#include <netinet/in.h>
#include <uv.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/list.h"
#include "net/form.h"
#include "net/router.h"
#include "net/server.h"
#include "net/target.h"

enum deadline { DEADLINE_HEAD, DEADLINE_BODY, DEADLINE_WRITE, DEADLINE_COUNT };

// One TCP connection, from MHD's notice of its start to that of its end. Always in one ring of the
// server: of the deadline it is under, or of those without one.
struct connection {
    struct server *server;
    struct MHD_Connection *mhd;
    struct list ring;
    uint64_t since_ms;
    bool idle;         // between requests: may be closed by a drain
    bool shut;         // shut down by us; its end comes from MHD
    bool surplus;      // one too many: its request is refused
    struct request *r; // in hand, or NULL
    char peer[INET6_ADDRSTRLEN];
    bool loopback;
};

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_HANDLING, STAGE_REPLIED };

struct header {
    const char *name, *value;
    struct header *next;
};

struct watch;

struct request {
    struct server *server;
    struct connection *connection; // NULL once the client is gone
    struct MHD_Connection *mhd;
    struct arena arena;
    enum stage stage;
    bool in_handler, suspended;
    bool too_large;     // the body went over the limit while it came
    bool close_after;   // the rest of the request was not read: this connection ends
    const char *target; // as sent; then split:
    struct target parts;
    bool target_good;
    struct fail target_why;
    const char *method;
    const struct route *route;
    char content_type[128];
    struct bytes body; // data NULL until there is one
    struct form form;
    bool form_read;
    const void *user; // of request_set_user
    void (*aborted)(void *context, struct request *r);
    void *abort_context;
    struct watch *watch;
    struct MHD_Response *response;
    int status;
    struct header *headers; // of the reply
    bool lacks_header;      // one of them could not be added
    struct stream *stream;
    uint64_t started_ns;
};

struct server {
    uv_loop_t *loop;
    struct MHD_Daemon *daemon;
    int listen_fd; // ours again after a drain began, else -1 while MHD has it
    uv_poll_t poll;
    uv_timer_t timer; // deadlines, heartbeats, patience
    uv_check_t check; // replies made in this turn of the loop
    uv_idle_t idle;   // keeps the loop from waiting while `dirty`
    int open_handles;
    struct server_opts opts;
    struct router router;
    uint16_t port;
    struct list deadlines[DEADLINE_COUNT];
    struct list free_of_deadline;
    struct list streams;
    int limit_ms[DEADLINE_COUNT];
    size_t connection_count;
    bool pumping, dirty, again, draining, closing;
    uint64_t heartbeat_at_ms;
    uint64_t drain_until_ms;
    server_drained *drained;
    void *drained_context;
    struct server_figures figures;
    char *host;
};

// server.c
void server_kick(struct server *s); // something was resumed: MHD runs before the loop waits
void connection_deadline(struct connection *c, enum deadline deadline);
void connection_without_deadline(struct connection *c);

// exchange.c: MHD's access handler, called at the end of the headers, for each piece of the body,
// at its end, and after a resume
enum MHD_Result exchange_answer(void *context, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **request_context);

// request.c
struct request *request_new(struct server *s, struct connection *c, const char *target);
void request_free(struct request *r);
void request_unwatch(struct request *r);

// reply.c: queues what the reply made; MHD_NO closes the connection
enum MHD_Result request_queue(struct request *r);
struct MHD_Response *response_with_headers(struct request *r, struct MHD_Response *response,
                                           const char *type);
void request_replied(struct request *r, int status, struct MHD_Response *response);

// stream.c
void stream_ended(struct stream *stream, bool gone); // its connection is done with it
void stream_break(struct stream *stream);            // its reader is gone or too slow
void streams_heartbeat(struct server *s);
void streams_end(struct server *s); // a drain: all are closed in order
