// The HTTP client: libcurl on the loop. http and https only, no proxies from the environment, every
// answer bounded in time and bytes. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/fail.h"
#include "net/transfer.h"
#include "json/json.h"

struct client;
struct client_call;

#define CLIENT_TIMEOUT_MS    30000
#define CLIENT_REDIRECTS_MAX 10
#define CLIENT_HEADERS_MAX   200 // lines of an answer that are kept

struct client_request {
    const char *method; // "GET", …
    const char *url;
    json headers;     // {name: text}; absent: none. Line breaks are refused
    const void *body; // copied; NULL: none
    size_t body_bytes;
    int timeout_ms;       // over all; 0: CLIENT_TIMEOUT_MS
    size_t max_bytes;     // of the answer's body; 0: LIMIT_PAYLOAD_BYTES
    bool follow;          // redirects
    const char *username; // basic authentication, or NULL
    const char *password;
    const char *bearer; // token, or NULL
};

// Borrowed for the call. Without an answer status is 0 and `why` says what happened.
struct client_response {
    int status;
    json headers; // {lower-case name: text}; several of one name joined by ", "
    const char *body;
    size_t body_bytes;
    const char *url; // of the last answer, after redirects
    struct fail why; // status 0: FAIL_IO, FAIL_TIMEOUT, FAIL_LIMIT, FAIL_INVALID
    bool was_sent;   // something of the request left: without an answer nobody knows what it did
};

struct client *client_new(uv_loop_t *loop);
// Cancels what is running; frees itself in the last close callback. Not from inside `answered`.
void client_close(struct client *client);
uv_loop_t *client_loop(const struct client *client);

typedef void client_answered(void *context, const struct client_response *response);
// `answered` comes exactly once, later, from the loop, unless the call is cancelled before. NULL
// and why if the request is wrong (then it never comes).
struct client_call *client_send(struct client *client, const struct client_request *request,
                                client_answered *answered, void *context, struct fail *why);
void client_cancel(struct client_call *call);
// Breaks the call off; `answered` still comes, later from the loop, with FAIL_TIMEOUT.
void client_abort(struct client_call *call);
