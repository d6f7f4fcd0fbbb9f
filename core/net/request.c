#include "net/request.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "net/exchange.h"

struct request *request_new(struct server *s, struct connection *c, const char *target)
{
    must(!c->r);
    struct request *r = mem_new(struct request);
    r->server = s;
    r->connection = c;
    r->mhd = c->mhd;
    r->started_ns = uv_hrtime();
    arena_init(&r->arena);
    r->target_good = target_read(&r->arena, target, &r->parts, &r->target_why);
    c->r = r;
    return r;
}

void request_free(struct request *r)
{
    must(!r->watch);
    if (r->response)
        MHD_destroy_response(r->response);
    if (r->body.data)
        bytes_done(&r->body);
    arena_done(&r->arena);
    mem_free(r);
}

// ---- reading

const char *request_method(const struct request *r)
{
    return r->method;
}

const char *request_path(const struct request *r)
{
    return r->parts.path;
}

const char *request_query_text(const struct request *r)
{
    return r->parts.query_text;
}

const struct form *request_query_form(const struct request *r)
{
    return &r->parts.query;
}

const char *request_query(const struct request *r, const char *name)
{
    return form_text(&r->parts.query, name, NULL);
}

// "{path*}" takes all segments from its own on.
static const char *join_rest(struct request *r, size_t from)
{
    struct bytes rest;
    bytes_init(&rest, TARGET_BYTES_MAX);
    for (size_t i = from; i < r->parts.count; i++) {
        if (i > from)
            bytes_add_char(&rest, '/');
        bytes_add(&rest, r->parts.segments[i]);
    }
    const char *text = arena_string_sized(&r->arena, rest.data, rest.length);
    bytes_done(&rest);
    return text;
}

const char *request_param(const struct request *r, const char *name)
{
    must(r->route);
    for (size_t i = 0; i < ROUTE_SEGMENTS_MAX; i++) {
        const char *here = r->route->names[i];
        if (!here || strcmp(here, name) != 0)
            continue;
        bool last = i + 1 == ROUTE_SEGMENTS_MAX || !r->route->names[i + 1];
        bool rest = last && strstr(r->route->pattern, "*}");
        return rest ? join_rest((struct request *)(uintptr_t)r, i) : r->parts.segments[i];
    }
    must_not_reach(); // the pattern has no such parameter
}

// Header values that are not valid UTF-8 count as absent: nothing that Dure reads may be so.
static const char *lookup(const struct request *r, enum MHD_ValueKind kind, const char *name)
{
    if (!r->mhd)
        return NULL;
    const char *value = MHD_lookup_connection_value(r->mhd, kind, name);
    return value && utf8_is_valid(value, strlen(value)) ? value : NULL;
}

const char *request_header(const struct request *r, const char *name)
{
    return lookup(r, MHD_HEADER_KIND, name);
}

const char *request_cookie(const struct request *r, const char *name)
{
    return lookup(r, MHD_COOKIE_KIND, name);
}

struct header_walk {
    request_header_visit *visit;
    void *context;
};

static enum MHD_Result visit_header(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    (void)kind;
    struct header_walk *walk = context;
    if (value && utf8_is_valid(value, strlen(value)) && utf8_is_valid(name, strlen(name)))
        walk->visit(walk->context, name, value);
    return MHD_YES;
}

void request_each_header(const struct request *r, request_header_visit *visit, void *context)
{
    struct header_walk walk = {visit, context};
    if (r->mhd)
        MHD_get_connection_values(r->mhd, MHD_HEADER_KIND, visit_header, &walk);
}

const char *request_peer(const struct request *r)
{
    return r->connection ? r->connection->peer : "gone";
}

bool request_is_loopback(const struct request *r)
{
    return r->connection && r->connection->loopback;
}

const char *request_content_type(const struct request *r)
{
    const char *header = request_header(r, "Content-Type");
    if (!header)
        return "";
    size_t length = strcspn(header, "; \t,");
    char *type = arena_string_sized((struct arena *)(uintptr_t)&r->arena, header, length);
    for (char *c = type; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return type;
}

// A program that wants JSON says so or says nothing; browsers put text/html first.
bool request_prefers_html(const struct request *r)
{
    const char *accept = request_header(r, "Accept");
    if (!accept)
        return false;
    const char *page = strcasestr(accept, "text/html"), *data = strcasestr(accept, "json");
    return page && (!data || page < data);
}

bool request_is_cross_site(const struct request *r)
{
    const char *site = request_header(r, "Sec-Fetch-Site");
    if (site)
        return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    const char *origin = request_header(r, "Origin"), *host = request_header(r, "Host");
    if (!origin)
        return false;
    const char *named = strstr(origin, "://");
    return !named || !host || strcasecmp(named + 3, host) != 0;
}

const char *request_body(const struct request *r, size_t *bytes)
{
    *bytes = r->body.data ? r->body.length : 0;
    return r->body.data ? r->body.data : "";
}

struct arena *request_arena(struct request *r)
{
    return &r->arena;
}

void request_set_user(struct request *r, const void *user)
{
    r->user = user;
}

const void *request_user(const struct request *r)
{
    return r->user;
}

static bool is_json_type(const char *type)
{
    size_t length = strlen(type);
    return length == 0 || strcmp(type, "application/json") == 0 ||
           (length > 5 && strcmp(type + length - 5, "+json") == 0);
}

bool request_json(struct request *r, json *out, struct fail *why)
{
    if (!is_json_type(request_content_type(r)))
        return fail_code(why, FAIL_UNSUPPORTED, "unsupported_media_type",
                         "the body must be JSON, with Content-Type: application/json");
    size_t bytes;
    const char *body = request_body(r, &bytes);
    if (bytes == 0)
        return fail_code(why, FAIL_INVALID, "invalid_json", "the body is empty; it must be JSON");
    if (json_parse(body, bytes, out, why))
        return true;
    struct fail inner = *why;
    return fail_code(why, inner.kind, "invalid_json", "the body is not JSON: %.500s",
                     inner.message);
}

const struct form *request_form(struct request *r, struct fail *why)
{
    if (r->form_read)
        return &r->form;
    size_t bytes;
    const char *body = request_body(r, &bytes), *type = request_content_type(r);
    bool good;
    if (strcmp(type, "application/x-www-form-urlencoded") == 0)
        good = form_read_urlencoded(&r->arena, body, bytes, &r->form, why);
    else if (strcmp(type, "multipart/form-data") == 0)
        good = form_read_multipart(&r->arena, request_header(r, "Content-Type"), body, bytes,
                                   &r->form, why);
    else
        good = fail_code(why, FAIL_UNSUPPORTED, "unsupported_media_type",
                         "the body must be a form, urlencoded or multipart/form-data");
    r->form_read = good;
    return good ? &r->form : NULL;
}

bool request_query_int(const struct request *r, const char *name, int64_t least, int64_t most,
                       int64_t otherwise, int64_t *out, struct fail *why)
{
    *out = otherwise;
    const char *text = request_query(r, name);
    if (!text)
        return true;
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end || isspace((unsigned char)*text) || n < least || n > most)
        return fail_code(why, FAIL_INVALID, "bad_query",
                         "'%s' must be a whole number from %lld to %lld", name, (long long)least,
                         (long long)most);
    *out = n;
    return true;
}

// ---- the client going away

void request_on_abort(struct request *r, void (*aborted)(void *context, struct request *r),
                      void *context)
{
    r->aborted = aborted;
    r->abort_context = context;
}

struct watch {
    uv_poll_t poll;
    struct request *r; // NULL once unwatched
};

static void watch_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void request_unwatch(struct request *r)
{
    if (!r->watch)
        return;
    struct watch *watch = r->watch;
    r->watch = NULL;
    watch->r = NULL;
    uv_close((uv_handle_t *)&watch->poll, watch_closed);
}

// A suspended connection is in nobody's epoll set. Broken off, it goes back to MHD, whose next call
// of `exchange_answer` ends it.
static void hung_up(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct watch *watch = handle->data;
    struct request *r = watch->r;
    if (!r)
        return;
    request_unwatch(r);
    if (r->stream) {
        stream_break(r->stream);
    } else if (r->suspended) {
        r->suspended = false;
        MHD_resume_connection(r->mhd);
        server_kick(r->server);
    }
}

void request_watch(struct request *r)
{
    if (r->watch || !r->mhd)
        return;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    must(info);
    struct watch *watch = mem_new(struct watch);
    if (uv_poll_init(r->server->loop, &watch->poll, info->connect_fd) != 0) {
        mem_free(watch); // not watched: the end is noticed when the reply is written
        return;
    }
    watch->poll.data = watch;
    watch->r = r;
    r->watch = watch;
    uv_poll_start(&watch->poll, UV_DISCONNECT, hung_up);
}
