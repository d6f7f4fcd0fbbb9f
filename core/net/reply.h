// Replies: exactly one of these a request; the request must not be touched after it. May be called
// inside the handler or at any later time. Every answer carries the security headers of the house.
// Loop thread only.
#pragma once

#include <stddef.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "net/server.h"
#include "json/json.h"

#define TYPE_JSON    "application/json"
#define TYPE_PROBLEM "application/problem+json"
#define TYPE_HTML    "text/html; charset=utf-8"
#define TYPE_TEXT    "text/plain; charset=utf-8"
#define TYPE_EVENTS  "text/event-stream"

// Before the reply: adds a header, or replaces one of the house (Content-Security-Policy). A value
// with a line break is a mistake of ours. Set-Cookie may be added several times.
void request_set_header(struct request *r, const char *name, const char *value);

// Takes the bytes: `body` is empty afterwards (done). NULL: no body.
void request_reply_take(struct request *r, int status, const char *type, struct bytes *body);
void request_reply_text(struct request *r, int status, const char *type, const char *text);
void request_reply_json(struct request *r, int status, json value);
void request_redirect(struct request *r, int status, const char *location);
// Problem details (RFC 9457) with `code`, or the page of opts.page if the client prefers HTML.
void request_problem(struct request *r, int status, const char *code, const char *detail_format,
                     ...) __attribute__((format(printf, 4, 5)));
// The same with members beside the standard ones ({errors: […]}); `extra` is borrowed.
void request_problem_with(struct request *r, int status, const char *code, const char *detail,
                          json extra);
// The same by what failed: not_found 404, conflict and refused 409, denied 403, limit and invalid
// 422, busy, full and io 503, …
void request_fail(struct request *r, const struct fail *why);
int problem_status(const struct fail *why);
const char *status_title(int status);

// ---- streams: an answer without end (server-sent events)
struct stream;
// `closed` is called once when the client went away, read too slowly, or the server closes; the
// stream is gone after it returns. Not called after stream_close.
typedef void stream_closed(void *context, struct stream *stream);
struct stream *stream_open(struct request *r, const char *type, stream_closed *closed,
                           void *context);
// False if the reader is too slow: the stream is broken off, `closed` comes later from the loop.
bool stream_send(struct stream *stream, const void *data, size_t bytes);
// One server-sent event; name and id may be NULL; data may have several lines.
bool stream_event(struct stream *stream, const char *name, const char *id, const char *data);
void stream_close(struct stream *stream); // what was sent still leaves
