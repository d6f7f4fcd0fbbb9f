// What the commands of an operator talk to: a running server (--server URL, the token from
// DURE_TOKEN), or a stopped one's data directory (--data), which is then served in this process for
// as long as the command runs, so that both go the same way through the API. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "json/json.h"

struct remote;

struct remote_opts {
    const char *server;  // NULL: $DURE_SERVER, else http://127.0.0.1:8080
    const char *data;    // wins over server
    bool may_create;     // the data directory, where there is none
    const char *plugins; // with data
};
struct remote *remote_open(const struct remote_opts *opts, struct fail *why);
void remote_close(struct remote *t);             // NULL is legal
const char *remote_base(const struct remote *t); // "http://127.0.0.1:8080"

struct remote_request {
    const char *method, *path;
    const char *type; // of the body; NULL: application/json
    const char *text; // the body as text of text_bytes, or
    size_t text_bytes;
    json body;       // as JSON; absent: none (only looked at when text is NULL)
    const char *key; // Idempotency-Key, or NULL
};
// True with the answer's JSON (absent if it has none) for a 2xx. Else why has the problem's code
// and detail, and *out the problem.
CHECKED bool remote_ask(struct remote *t, const struct remote_request *request, json *out,
                        struct fail *why);
CHECKED bool remote_get(struct remote *t, json *out, struct fail *why, const char *path_format, ...)
    PRINTF(4, 5);

// Appends text with everything that may not stand in a query or path segment percent-encoded.
void remote_escape(struct bytes *out, const char *text);
