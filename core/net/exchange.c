#include "net/exchange.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "net/reply.h"
#include "net/request.h"

#define BODY_DISCARD_MAX 4 // times the limit that is read and thrown away before the line is cut

struct head_scan {
    int lengths, encodings, hosts;
    bool odd_name;
};

// RFC 9110, 5.6.2. "Content-Length : 3" is a name with a space at its end, which others may read as
// the length.
static bool is_token(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("!#$%&'*+-.^_`|~", *c))
            return false;
    return *name != 0;
}

static enum MHD_Result scan_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind, (void)value;
    struct head_scan *scan = context;
    scan->odd_name |= !is_token(name);
    scan->lengths += strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0;
    scan->encodings += strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
    scan->hosts += strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0;
    return MHD_YES;
}

static bool refuse(struct request *r, int status, const char *code, const char *detail)
{
    r->close_after = true;
    r->server->figures.refused++;
    request_problem(r, status, code, "%s", detail);
    return false;
}

// How long the body says it is; -1 where it does not say. MHD has already refused what is no
// number.
static int64_t declared_length(const struct request *r)
{
    const char *text =
        MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (!text)
        return -1;
    errno = 0;
    char *end;
    long long length = strtoll(text, &end, 10);
    if (errno || *end || end == text || length < 0)
        return INT64_MAX;
    return length;
}

// Two readings of where a body ends are how requests are smuggled past a proxy (RFC 9112, 6.3), so
// whatever could be read in two ways is refused before MHD reads on.
static bool framing_is_plain(struct request *r, const char *version)
{
    struct head_scan scan = {0};
    MHD_get_connection_values(r->mhd, MHD_HEADER_KIND, scan_header, &scan);
    if (scan.lengths > 1 || scan.encodings > 1 || (scan.lengths && scan.encodings))
        return refuse(
            r, 400, "bad_framing",
            "the request must have one Content-Length or one Transfer-Encoding, not more");
    if (scan.odd_name)
        return refuse(r, 400, "bad_header",
                      "the name of a header holds a character that may not be there");
    if (scan.encodings && strcmp(version, "HTTP/1.1") != 0)
        return refuse(r, 400, "bad_framing", "only HTTP/1.1 has a Transfer-Encoding");
    if (scan.hosts > 1)
        return refuse(r, 400, "bad_host", "the request must have one Host");
    const char *encoding =
        MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    if (encoding && strcasecmp(encoding, "chunked") != 0)
        return refuse(r, 501, "bad_framing", "the only transfer encoding known here is chunked");
    return true;
}

static bool body_is_bounded(struct request *r)
{
    size_t most = r->server->opts.body_bytes_max;
    if (!r->too_large && declared_length(r) <= (int64_t)most)
        return true;
    char detail[120];
    snprintf(detail, sizeof(detail), "the body may have %zu bytes at most", most);
    return refuse(r, 413, "body_too_large", detail);
}

static bool refuse_for_now(struct request *r, const char *code, const char *detail)
{
    char seconds[12];
    snprintf(seconds, sizeof(seconds), "%d", SERVER_RETRY_SECONDS);
    request_set_header(r, "Retry-After", seconds);
    return refuse(r, 503, code, detail);
}

static bool server_has_room(struct request *r)
{
    return !r->connection->surplus ||
           refuse_for_now(r, "full", "the server has all the connections it can; try again");
}

static bool server_takes_changes(struct request *r)
{
    struct server *s = r->server;
    bool reads = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0 ||
                 strcmp(r->method, "OPTIONS") == 0;
    if (reads || !s->opts.busy || !s->opts.busy(s->opts.context))
        return true;
    return refuse_for_now(r, "busy", "the server cannot take changes just now; try again");
}

static enum MHD_Result head_arrived(struct request *r, const char *method, const char *version)
{
    r->method = arena_string(&r->arena, method);
    r->in_handler = true; // a refusal is queued below, not resumed
    bool good = framing_is_plain(r, version) && body_is_bounded(r);
    if (good && !r->target_good)
        good = refuse(r, r->target_why.kind == FAIL_LIMIT ? 414 : 400, "bad_address",
                      r->target_why.message);
    good = good && server_has_room(r) && server_takes_changes(r);
    r->in_handler = false;
    if (!good)
        return request_queue(r);
    r->stage = STAGE_BODY;
    connection_deadline(r->connection, DEADLINE_BODY);
    return MHD_YES;
}

static enum MHD_Result body_arrived(struct request *r, const char *data, size_t bytes)
{
    struct server *s = r->server;
    s->figures.bytes_in += bytes;
    if (!r->body.data)
        bytes_init(&r->body, s->opts.body_bytes_max);
    if (r->too_large) {
        r->body.max += bytes; // counts what is thrown away
        bool enough = r->body.max > s->opts.body_bytes_max * BODY_DISCARD_MAX;
        return enough ? MHD_NO : MHD_YES;
    }
    if (!bytes_append(&r->body, data, bytes)) {
        r->too_large = true;
        bytes_clear(&r->body);
    }
    return MHD_YES;
}

static void reply_allowed(struct request *r, const struct route_node *node)
{
    struct bytes allow;
    bytes_init(&allow, 256);
    if (node)
        route_allow(node, &allow);
    else
        bytes_add(&allow, "GET, HEAD, POST, OPTIONS");
    request_set_header(r, "Allow", allow.data);
    if (strcmp(r->method, "OPTIONS") == 0)
        request_reply_take(r, 204, NULL, NULL);
    else
        request_problem(r, 405, "method_not_allowed", "%s may not be asked with %s; it takes %s",
                        r->parts.path, r->method, allow.data);
    bytes_done(&allow);
}

static void dispatch(struct request *r)
{
    if (!body_is_bounded(r))
        return;
    if (r->parts.asterisk) {
        reply_allowed(r, NULL);
        return;
    }
    struct route_match match =
        router_find(&r->server->router, r->method, r->parts.segments, r->parts.count);
    r->route = match.route;
    if (!match.node)
        request_problem(r, 404, "not_found", "there is nothing at %s", r->parts.path);
    else if (!match.route)
        reply_allowed(r, match.node);
    else
        match.route->handler(match.route->context, r);
}

// The request is complete: its handler runs, and replies or keeps it.
static enum MHD_Result handle(struct request *r)
{
    r->stage = STAGE_HANDLING;
    connection_without_deadline(r->connection);
    r->in_handler = true;
    dispatch(r);
    r->in_handler = false;
    if (r->response)
        return request_queue(r);
    must(r->stage == STAGE_HANDLING);
    r->suspended = true;
    MHD_suspend_connection(r->mhd);
    return MHD_YES;
}

enum MHD_Result exchange_answer(void *context, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **request_context)
{
    (void)context, (void)mhd, (void)url;
    struct request *r = *request_context;
    must(r);
    switch (r->stage) {
    case STAGE_HEAD:
        return head_arrived(r, method, version);
    case STAGE_BODY:
        if (*upload_bytes == 0)
            return handle(r);
        size_t bytes = *upload_bytes;
        *upload_bytes = 0;
        return body_arrived(r, upload, bytes);
    case STAGE_HANDLING:
        return MHD_NO; // resumed without a reply: the server closes
    case STAGE_REPLIED:
        return r->response ? request_queue(r) : MHD_YES;
    }
    must_not_reach();
}
