// A request as a handler reads it: everything is decoded, valid UTF-8 and bounded; text is borrowed
// from the request, which lives until it has been replied to (or, if it was kept and the client
// went away, until request_on_abort's callback returns; without such a callback, until the reply
// that nobody hears). Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "net/form.h"
#include "json/json.h"

struct request;

const char *request_method(const struct request *r);
const char *request_path(const struct request *r);                     // as sent, without the query
const char *request_param(const struct request *r, const char *name);  // of the route, decoded
const char *request_query(const struct request *r, const char *name);  // the first, or NULL
const char *request_query_text(const struct request *r);               // as sent; "" if none
const struct form *request_query_form(const struct request *r);        // all of them, in order
const char *request_header(const struct request *r, const char *name); // or NULL; any case
const char *request_cookie(const struct request *r, const char *name); // or NULL
const char *request_peer(const struct request *r);                     // "127.0.0.1"
bool request_is_loopback(const struct request *r);
// Media type in lower case without parameters; "" if none was given.
const char *request_content_type(const struct request *r);
bool request_prefers_html(const struct request *r); // by Accept: a person's browser
// A browser says which site made it ask (Sec-Fetch-Site, Origin): true if that was another one.
bool request_is_cross_site(const struct request *r);
const char *request_body(const struct request *r, size_t *bytes);
struct arena *request_arena(struct request *r); // for what should live as long as the request
// What is known of who asks, kept for the request's life; NULL until it is set. Borrowed.
void request_set_user(struct request *r, const void *user);
const void *request_user(const struct request *r);

typedef void request_header_visit(void *context, const char *name, const char *value);
void request_each_header(const struct request *r, request_header_visit *visit, void *context);

// The body as JSON; the content type must be JSON (or absent). The caller frees *out.
CHECKED bool request_json(struct request *r, json *out, struct fail *why);
// The body as a form, urlencoded or multipart; parsed once, owned by the request. NULL and why if
// it is none.
const struct form *request_form(struct request *r, struct fail *why);
// A query parameter that is a whole number in [least, most]; absent gives `otherwise`.
CHECKED bool request_query_int(const struct request *r, const char *name, int64_t least,
                               int64_t most, int64_t otherwise, int64_t *out, struct fail *why);

// `aborted` is called once if the client goes away (or the server closes) before the reply; the
// request is gone after it returns. Set by handlers that keep the request, so that they forget it.
void request_on_abort(struct request *r, void (*aborted)(void *context, struct request *r),
                      void *context);
// Watches the connection of a kept request, so that a client that hangs up is noticed at once and
// not only when the reply is written. For long waits. Closing the sending half counts as hanging
// up.
void request_watch(struct request *r);
