#include "net/server.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "net/exchange.h"

#define DESCRIPTORS_SPARE   512 // for the store, the client and the rest of the process
#define BACKLOG             512
#define CONNECTIONS_REFUSED 64 // above the limit, taken only to be told so
#define PUMP_ROUNDS_MAX     16
#define TICK_MS_MAX         1000

// ---- the deadlines
// Each connection is in the ring of the deadline it is under; one deadline has one length, so rings
// are in the order in which they run out and a tick looks only at their heads.

void connection_deadline(struct connection *c, enum deadline deadline)
{
    c->since_ms = uv_now(c->server->loop);
    list_remove(&c->ring);
    list_append(&c->server->deadlines[deadline], &c->ring);
}

void connection_without_deadline(struct connection *c)
{
    list_remove(&c->ring);
    list_append(&c->server->free_of_deadline, &c->ring);
}

// MHD alone closes descriptors; shutting one down makes it see the end at once.
static void connection_shut(struct connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (c->shut || !info)
        return;
    c->shut = true;
    shutdown(info->connect_fd, SHUT_RDWR);
}

static void cut_overdue(struct server *s, enum deadline deadline)
{
    static const char *const names[] = {"headers", "body", "answer"};
    uint64_t now_ms = uv_now(s->loop);
    list_each_safe(&s->deadlines[deadline], node, after)
    {
        struct connection *c = list_owner(node, struct connection, ring);
        if (c->since_ms + (uint64_t)s->limit_ms[deadline] > now_ms)
            return;
        log_debug("net", "too_slow", "peer=%s part=%s limit_ms=%d", c->peer, names[deadline],
                  s->limit_ms[deadline]);
        connection_without_deadline(c);
        connection_shut(c);
    }
}

static void run_timer(struct server *s, uint64_t delay_ms);

// Whoever opens connections and says nothing must not keep others out: when all are taken, the one
// that has been quiet for longest ends. Where none is, the newcomer is told to come again
// (exchange.c).
static bool make_room(struct server *s, const struct connection *newcomer)
{
    list_each(&s->deadlines[DEADLINE_HEAD], node)
    {
        struct connection *c = list_owner(node, struct connection, ring);
        if (c == newcomer || !c->idle || c->shut)
            continue;
        log_debug("net", "made_room", "peer=%s", c->peer);
        s->figures.evicted++;
        connection_shut(c);
        return true;
    }
    return false;
}

// ---- the life of a connection, as MHD tells it

static void describe_peer(struct connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    snprintf(c->peer, sizeof(c->peer), "unknown");
    if (!info || !info->client_addr)
        return;
    getnameinfo(info->client_addr,
                info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                         : sizeof(struct sockaddr_in),
                c->peer, sizeof(c->peer), NULL, 0, NI_NUMERICHOST);
    const char *v4 = strncmp(c->peer, "::ffff:", 7) == 0 ? c->peer + 7 : c->peer;
    c->loopback = strncmp(v4, "127.", 4) == 0 || strcmp(c->peer, "::1") == 0;
}

static void connection_changed(void *context, struct MHD_Connection *mhd, void **socket_context,
                               enum MHD_ConnectionNotificationCode what)
{
    struct server *s = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        struct connection *c = mem_new(struct connection);
        *c = (struct connection){.server = s, .mhd = mhd, .idle = true};
        list_init(&c->ring);
        describe_peer(c);
        connection_deadline(c, DEADLINE_HEAD);
        s->connection_count++;
        s->figures.connections++;
        *socket_context = c;
        c->surplus = s->connection_count > s->opts.connections_max && !make_room(s, c);
        return;
    }
    struct connection *c = *socket_context;
    if (!c)
        return;
    must(!c->r);
    list_remove(&c->ring);
    must(s->connection_count > 0);
    // At its limit MHD does not listen, and looks at that again only when it runs.
    s->again |= s->connection_count >= s->opts.connections_max + CONNECTIONS_REFUSED;
    s->connection_count--;
    if (s->draining && s->connection_count == 0)
        run_timer(s, 0);
    mem_free(c);
    *socket_context = NULL;
}

static void *request_began(void *context, const char *target, struct MHD_Connection *mhd)
{
    struct server *s = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    must(info && info->socket_context);
    struct connection *c = info->socket_context;
    c->idle = false;
    s->figures.requests++;
    return request_new(s, c, target);
}

static void log_access(const struct request *r, enum MHD_RequestTerminationCode how)
{
    log_debug("net", "request",
              "peer=%s method=%s path=\"%s\" status=%d bytes_in=%zu us=%llu complete=%d",
              r->connection->peer, r->method ? r->method : "?", r->parts.path ? r->parts.path : "?",
              r->status, r->body.data ? r->body.length : 0,
              (unsigned long long)((uv_hrtime() - r->started_ns) / 1000),
              how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

// The end of a request, good or bad. A kept one without an abort callback lives on until its reply.
static void request_ended(void *context, struct MHD_Connection *mhd, void **request_context,
                          enum MHD_RequestTerminationCode how)
{
    (void)mhd;
    struct server *s = context;
    struct request *r = *request_context;
    *request_context = NULL;
    if (!r)
        return;
    struct connection *c = r->connection;
    log_access(r, how);
    if (r->status >= 100 && r->status < 600)
        s->figures.by_class[r->status / 100]++;
    request_unwatch(r);
    c->r = NULL;
    c->idle = true;
    connection_deadline(c, DEADLINE_HEAD);
    if (s->draining)
        connection_shut(c);
    r->connection = NULL;
    r->mhd = NULL;
    if (r->stream)
        stream_ended(r->stream, how != MHD_REQUEST_TERMINATED_COMPLETED_OK);
    if (r->stage == STAGE_HANDLING && !r->aborted)
        return; // freed by the reply that nobody hears
    if (r->stage == STAGE_HANDLING)
        r->aborted(r->abort_context, r);
    request_free(r);
}

// ---- MHD on the loop

static void do_not_wait(uv_idle_t *handle)
{
    (void)handle;
}

// One run takes 128 events at most and leaves connections that have more; it says so by a timeout
// of zero. After a bounded number of rounds the loop gets its turn.
static void pump(struct server *s)
{
    if (s->pumping || !s->daemon)
        return;
    s->pumping = true;
    MHD_UNSIGNED_LONG_LONG timeout_ms = 1;
    for (int i = 0; i < PUMP_ROUNDS_MAX; i++) {
        s->dirty = false;
        MHD_run(s->daemon);
        if (MHD_get_timeout(s->daemon, &timeout_ms) != MHD_YES)
            timeout_ms = TICK_MS_MAX;
        if (timeout_ms > 0 && !s->again)
            break;
        s->again = false;
    }
    s->pumping = false;
    if (timeout_ms == 0)
        run_timer(s, 0);
}

// MHD's own wake-up does not reach a loop that already waits on the epoll descriptor, so an idle
// handle keeps this turn from waiting; `loop_turned` stops it.
void server_kick(struct server *s)
{
    s->dirty = true;
    if (!s->closing)
        uv_idle_start(&s->idle, do_not_wait);
}

static void epoll_ready(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    pump(handle->data);
}

static void loop_turned(uv_check_t *handle)
{
    struct server *s = handle->data;
    uv_idle_stop(&s->idle);
    if (s->dirty)
        pump(s);
}

static void finish_drain(struct server *s)
{
    if (!s->drained || (s->connection_count && uv_now(s->loop) < s->drain_until_ms))
        return;
    server_drained *drained = s->drained;
    s->drained = NULL;
    drained(s->drained_context);
}

static void ticked(uv_timer_t *handle)
{
    struct server *s = handle->data;
    for (int i = 0; i < DEADLINE_COUNT; i++)
        cut_overdue(s, (enum deadline)i);
    if (uv_now(s->loop) >= s->heartbeat_at_ms) {
        s->heartbeat_at_ms = uv_now(s->loop) + (uint64_t)s->opts.heartbeat_ms;
        streams_heartbeat(s);
    }
    pump(s);
    finish_drain(s);
}

// How often the deadlines are looked at: a quarter of the shortest, at least once a second.
static uint64_t tick_ms(const struct server *s)
{
    int least = s->opts.heartbeat_ms;
    for (int i = 0; i < DEADLINE_COUNT; i++)
        least = s->limit_ms[i] < least ? s->limit_ms[i] : least;
    least /= 4;
    return least > TICK_MS_MAX ? TICK_MS_MAX : least < 5 ? 5 : (uint64_t)least;
}

static void run_timer(struct server *s, uint64_t delay_ms)
{
    if (!s->closing)
        uv_timer_start(&s->timer, ticked, delay_ms, tick_ms(s));
}

// ---- start and end

static bool resolve(const struct server *s, struct sockaddr_storage *address, socklen_t *bytes,
                    struct fail *why)
{
    char port[8];
    snprintf(port, sizeof(port), "%u", s->opts.port);
    const char *host = strcmp(s->host, "localhost") == 0 ? "127.0.0.1" : s->host;
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error)
        return fail(why, FAIL_INVALID, "'%s' is not an address to listen on: %s", s->host,
                    gai_strerror(error));
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *bytes = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static bool listen_on(struct server *s, struct fail *why)
{
    struct sockaddr_storage address = {0};
    socklen_t bytes;
    if (!resolve(s, &address, &bytes, why))
        return false;
    s->listen_fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (s->listen_fd < 0 ||
        setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(s->listen_fd, (struct sockaddr *)&address, bytes) != 0 ||
        listen(s->listen_fd, BACKLOG) != 0 ||
        getsockname(s->listen_fd, (struct sockaddr *)&address, &bytes) != 0)
        return fail(why, FAIL_IO, "cannot listen on %s port %u: %s", s->host, s->opts.port,
                    strerror(errno));
    s->port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                  : ((struct sockaddr_in *)&address)->sin_port);
    return true;
}

static void log_mhd(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void log_mhd(void *context, const char *format, va_list args)
{
    (void)context;
    char line[300];
    vsnprintf(line, sizeof(line), format, args);
    line[strcspn(line, "\r\n")] = 0;
    for (char *c = line; *c; c++)
        if (*c == '"' || (unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7F)
            *c = '\'';
    log_debug("net", "microhttpd", "text=\"%s\"", line);
}

// The target comes raw through request_began; MHD's own decoding is lenient, so it gets none to do.
static size_t leave_as_it_is(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context, (void)mhd;
    return strlen(text);
}

static bool start_daemon(struct server *s, struct fail *why)
{
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        exchange_answer, s, MHD_OPTION_EXTERNAL_LOGGER, log_mhd, s, MHD_OPTION_LISTEN_SOCKET,
        s->listen_fd, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(s->opts.connections_max + CONNECTIONS_REFUSED),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->opts.header_bytes_max, MHD_OPTION_NOTIFY_CONNECTION,
        connection_changed, s, MHD_OPTION_URI_LOG_CALLBACK, request_began, s,
        MHD_OPTION_NOTIFY_COMPLETED, request_ended, s, MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is,
        s, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    return s->daemon || fail(why, FAIL_IO, "the HTTP server does not start: %s", strerror(errno));
}

static void watch_daemon(struct server *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    must(info && info->epoll_fd >= 0);
    must(uv_poll_init(s->loop, &s->poll, info->epoll_fd) == 0);
    must(uv_timer_init(s->loop, &s->timer) == 0);
    must(uv_check_init(s->loop, &s->check) == 0);
    must(uv_idle_init(s->loop, &s->idle) == 0);
    s->poll.data = s->timer.data = s->check.data = s->idle.data = s;
    s->open_handles = 4;
    must(uv_poll_start(&s->poll, UV_READABLE, epoll_ready) == 0);
    uv_check_start(&s->check, loop_turned);
    s->heartbeat_at_ms = uv_now(s->loop) + (uint64_t)s->opts.heartbeat_ms;
    run_timer(s, tick_ms(s));
}

static void set_options(struct server *s, const struct server_opts *opts)
{
    s->opts = *opts;
    s->host = mem_string(opts->host ? opts->host : "127.0.0.1");
    s->opts.host = s->host;
    if (!s->opts.connections_max)
        s->opts.connections_max = LIMIT_CONNECTIONS;
    if (!s->opts.body_bytes_max)
        s->opts.body_bytes_max = LIMIT_BODY_BYTES;
    if (!s->opts.header_bytes_max)
        s->opts.header_bytes_max = LIMIT_HEADER_BYTES;
    if (!s->opts.heartbeat_ms)
        s->opts.heartbeat_ms = SERVER_HEARTBEAT_MS;
    s->limit_ms[DEADLINE_HEAD] = opts->head_ms ? opts->head_ms : SERVER_HEAD_MS;
    s->limit_ms[DEADLINE_BODY] = opts->body_ms ? opts->body_ms : SERVER_BODY_MS;
    s->limit_ms[DEADLINE_WRITE] = opts->write_ms ? opts->write_ms : SERVER_WRITE_MS;
    for (int i = 0; i < DEADLINE_COUNT; i++)
        list_init(&s->deadlines[i]);
    list_init(&s->free_of_deadline);
    list_init(&s->streams);
}

// Connections may not take the descriptors that the store and the client need: the soft limit is
// raised where the hard one lets it be, else there are fewer connections.
static void make_room_for_descriptors(struct server *s)
{
    struct rlimit limit;
    rlim_t wanted = s->opts.connections_max + DESCRIPTORS_SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted)
        return;
    size_t least = limit.rlim_cur / 2;
    s->opts.connections_max =
        limit.rlim_cur > 2 * DESCRIPTORS_SPARE ? limit.rlim_cur - DESCRIPTORS_SPARE : least;
    log_warn("net", "few_descriptors", "connections_max=%zu open_files=%llu",
             s->opts.connections_max, (unsigned long long)limit.rlim_cur);
}

static void server_free(struct server *s)
{
    router_done(&s->router);
    mem_free(s->host);
    mem_free(s);
}

struct server *server_new(uv_loop_t *loop, const struct server_opts *opts, struct fail *why)
{
    struct server *s = mem_new(struct server);
    s->loop = loop;
    s->listen_fd = -1;
    router_init(&s->router);
    set_options(s, opts);
    make_room_for_descriptors(s);
    if (!listen_on(s, why) || !start_daemon(s, why))
        goto undo;
    s->listen_fd = -1; // the daemon's now
    watch_daemon(s);
    return s;
undo:
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    server_free(s);
    return NULL;
}

uint16_t server_port(const struct server *s)
{
    return s->port;
}

uv_loop_t *server_loop(const struct server *s)
{
    return s->loop;
}

size_t server_connections(const struct server *s)
{
    return s->connection_count;
}

struct server_figures server_figures(const struct server *s)
{
    return s->figures;
}

void server_route(struct server *s, const char *method, const char *pattern,
                  request_handler *handler, void *context)
{
    router_add(&s->router, method, pattern, handler, context);
}

static void stop_accepting(struct server *s)
{
    MHD_socket fd = MHD_quiesce_daemon(s->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
}

void server_drain(struct server *s, int patience_ms, server_drained *drained, void *context)
{
    must(!s->draining && !s->closing);
    s->draining = true;
    s->drained = drained;
    s->drained_context = context;
    s->drain_until_ms = uv_now(s->loop) + (uint64_t)patience_ms;
    stop_accepting(s);
    streams_end(s);
    list_each_safe(&s->deadlines[DEADLINE_HEAD], node, after)
    {
        struct connection *c = list_owner(node, struct connection, ring);
        if (c->idle)
            connection_shut(c);
    }
    server_kick(s);
    run_timer(s, 0);
}

static void handle_closed(uv_handle_t *handle)
{
    struct server *s = handle->data;
    must(s->open_handles > 0);
    if (--s->open_handles == 0)
        server_free(s);
}

// Whatever is suspended must be resumed before MHD stops; `answer` then breaks it off.
static void release_suspended(struct server *s)
{
    list_each_safe(&s->free_of_deadline, node, after)
    {
        struct connection *c = list_owner(node, struct connection, ring);
        struct request *r = c->r;
        if (!r || !r->suspended)
            continue;
        request_unwatch(r);
        r->suspended = false;
        MHD_resume_connection(r->mhd);
    }
}

void server_close(struct server *s)
{
    must(!s->closing && !s->pumping);
    s->closing = true;
    streams_end(s);
    release_suspended(s);
    if (!s->draining)
        stop_accepting(s);
    uv_poll_stop(&s->poll);
    MHD_run(s->daemon);
    MHD_stop_daemon(s->daemon);
    s->daemon = NULL;
    must(s->connection_count == 0);
    uv_close((uv_handle_t *)&s->poll, handle_closed);
    uv_close((uv_handle_t *)&s->timer, handle_closed);
    uv_close((uv_handle_t *)&s->check, handle_closed);
    uv_close((uv_handle_t *)&s->idle, handle_closed);
}
