#include "net/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "net/exchange.h"
#include "net/request.h"

#define PAGE_BYTES_MAX (256 * 1024)

static const struct header house_headers[] = {
    {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'", NULL},
    {"X-Content-Type-Options", "nosniff", NULL},
    {"Referrer-Policy", "no-referrer", NULL},
    {"Cache-Control", "no-store", NULL},
};
#define HOUSE_HEADERS (sizeof(house_headers) / sizeof(*house_headers))

// ---- making and handing over a response

void request_set_header(struct request *r, const char *name, const char *value)
{
    must(r->stage != STAGE_REPLIED);
    must(!strpbrk(name, "\r\n:") && !strpbrk(value, "\r\n"));
    struct header *header = arena_new(&r->arena, struct header);
    header->name = arena_string(&r->arena, name);
    header->value = arena_string(&r->arena, value);
    struct header **last = &r->headers;
    while (*last)
        last = &(*last)->next;
    *last = header;
}

static bool has_header(const struct request *r, const char *name)
{
    for (const struct header *h = r->headers; h; h = h->next)
        if (strcasecmp(h->name, name) == 0)
            return true;
    return false;
}

// An answer that lacks a header (no memory for it) would say something else, such as a redirect to
// nowhere; it is not sent (request_queue).
static void add_header(struct request *r, struct MHD_Response *response, const char *name,
                       const char *value)
{
    r->lacks_header |= MHD_add_response_header(response, name, value) != MHD_YES;
}

struct MHD_Response *response_with_headers(struct request *r, struct MHD_Response *response,
                                           const char *type)
{
    must(response);
    if (type && !has_header(r, "Content-Type"))
        add_header(r, response, "Content-Type", type);
    for (size_t i = 0; i < HOUSE_HEADERS; i++)
        if (!has_header(r, house_headers[i].name))
            add_header(r, response, house_headers[i].name, house_headers[i].value);
    for (const struct header *h = r->headers; h; h = h->next)
        add_header(r, response, h->name, h->value);
    // What was not read of this request must never be read as the next one.
    if (r->close_after || (r->mhd && r->server->draining))
        add_header(r, response, "Connection", "close");
    return response;
}

void request_replied(struct request *r, int status, struct MHD_Response *response)
{
    must(r->stage != STAGE_REPLIED && !r->response);
    r->stage = STAGE_REPLIED;
    r->response = response;
    r->status = status;
    if (!r->mhd) { // the client went away meanwhile; so may have the server
        request_free(r);
        return;
    }
    request_unwatch(r);
    if (!r->suspended) {
        must(r->in_handler);
        return; // `exchange_answer` queues it
    }
    r->suspended = false;
    MHD_resume_connection(r->mhd);
    server_kick(r->server);
}

enum MHD_Result request_queue(struct request *r)
{
    must(r->stage == STAGE_REPLIED && r->response);
    struct MHD_Response *response = r->response;
    r->response = NULL;
    if (r->stream)
        connection_without_deadline(r->connection);
    else
        connection_deadline(r->connection, DEADLINE_WRITE);
    enum MHD_Result queued = MHD_NO; // ends the connection: whoever asked asks again
    if (r->lacks_header)
        log_error("net", "answer_lacks_header", "path=\"%s\"", r->parts.path ? r->parts.path : "?");
    else
        queued = MHD_queue_response(r->mhd, (unsigned)r->status, response);
    MHD_destroy_response(response); // the connection holds its own reference
    return queued;
}

// ---- plain replies

void request_reply_take(struct request *r, int status, const char *type, struct bytes *body)
{
    size_t length = 0;
    char *data = NULL;
    if (body) {
        must(!body->overflowed);
        data = bytes_take(body, &length);
        bytes_done(body);
    }
    if (r->mhd)
        r->server->figures.bytes_out += length;
    struct MHD_Response *response =
        data ? MHD_create_response_from_buffer_with_free_callback(length, data, mem_free)
             : MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    request_replied(r, status, response_with_headers(r, response, type));
}

void request_reply_text(struct request *r, int status, const char *type, const char *text)
{
    struct bytes body;
    bytes_init(&body, SIZE_MAX / 4);
    bytes_add(&body, text);
    request_reply_take(r, status, type, &body);
}

void request_reply_json(struct request *r, int status, json value)
{
    struct bytes body;
    bytes_init(&body, SIZE_MAX / 4);
    json_write(value, JSON_COMPACT, &body);
    bytes_add_char(&body, '\n');
    request_reply_take(r, status, TYPE_JSON, &body);
}

void request_redirect(struct request *r, int status, const char *location)
{
    must(status >= 300 && status < 400);
    request_set_header(r, "Location", location);
    request_reply_take(r, status, NULL, NULL);
}

// ---- problems

const char *status_title(int status)
{
    static const struct {
        int status;
        const char *title;
    } titles[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

static bool reply_page(struct request *r, const struct problem *problem)
{
    const struct server_opts *opts = r->mhd ? &r->server->opts : NULL;
    if (!opts || !opts->page || !request_prefers_html(r))
        return false;
    struct bytes html;
    bytes_init(&html, PAGE_BYTES_MAX);
    if (!opts->page(opts->context, r, problem, &html) || html.overflowed) {
        bytes_done(&html);
        return false;
    }
    request_reply_take(r, problem->status, TYPE_HTML, &html);
    return true;
}

void request_problem_with(struct request *r, int status, const char *code, const char *detail,
                          json extra)
{
    struct problem problem = {status, code, status_title(status), detail};
    if (status == 503 && !has_header(r, "Retry-After"))
        request_set_header(r, "Retry-After", "2");
    if (reply_page(r, &problem))
        return;
    json body = json_object();
    if (json_is_object(extra))
        json_merge(&body, extra);
    json_set_text(&body, "type", "about:blank");
    json_set_text(&body, "title", problem.title);
    json_set_int(&body, "status", status);
    json_set_text(&body, "code", code);
    json_set_text(&body, "detail", detail);
    struct bytes text;
    bytes_init(&text, SIZE_MAX / 4);
    json_write(body, JSON_COMPACT, &text);
    bytes_add_char(&text, '\n');
    json_free(body);
    request_reply_take(r, status, TYPE_PROBLEM, &text);
}

void request_problem(struct request *r, int status, const char *code, const char *detail_format,
                     ...)
{
    struct bytes detail;
    bytes_init(&detail, 4096);
    va_list args;
    va_start(args, detail_format);
    char text[2048];
    vsnprintf(text, sizeof(text), detail_format, args);
    va_end(args);
    // A cut inside a character would not be JSON.
    bytes_append(&detail, text, utf8_valid_prefix(text, strlen(text)));
    json none = json_absent();
    request_problem_with(r, status, code, detail.data, none);
    json_free(none);
    bytes_done(&detail);
}

int problem_status(const struct fail *why)
{
    if (strcmp(why->code, "unsupported_media_type") == 0)
        return 415;
    if (strcmp(why->code, "invalid_json") == 0 || strcmp(why->code, "bad_query") == 0)
        return 400;
    switch (why->kind) {
    case FAIL_INVALID:
    case FAIL_LIMIT:
        return 422;
    case FAIL_NOT_FOUND:
        return 404;
    case FAIL_CONFLICT:
    case FAIL_REFUSED:
        return 409;
    case FAIL_DENIED:
        return 403;
    case FAIL_IO:
    case FAIL_FULL:
    case FAIL_BUSY:
        return 503;
    case FAIL_TIMEOUT:
        return 504;
    case FAIL_UNSUPPORTED:
        return 501;
    case FAIL_CORRUPT:
    case FAIL_NONE:
        return 500;
    }
    must_not_reach();
}

void request_fail(struct request *r, const struct fail *why)
{
    request_problem(r, problem_status(why), why->code, "%s", why->message);
}
