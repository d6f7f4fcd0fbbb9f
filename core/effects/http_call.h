// The request and the answer of an HTTP call as the DSL writes them, turned into the client's and
// back; no I/O, so that it can be tried alone. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fail.h"
#include "net/client.h"
#include "json/json.h"

enum http_output { OUTPUT_CONTENT, OUTPUT_RESPONSE, OUTPUT_RAW };

struct http_call {
    struct arena arena;
    struct client_request request; // its texts live in the arena
    struct bytes body;
    json headers, shown_headers; // shown: without what was added for authentication
    enum http_output output;
    bool redirect; // 3xx is no error
};

// {with: {method, endpoint, headers, query, body, output, redirect}, authentication?}, or the inner
// object alone. Whatever the outcome, http_call_done.
CHECKED bool http_call_init(struct http_call *call, json request, const char *key,
                            struct fail *why);
void http_call_done(struct http_call *call);

bool http_call_is_good(const struct http_call *call, int status);
// The task's output. False if the answer is not what its content type says.
CHECKED bool http_call_output(const struct http_call *call, const struct client_response *response,
                              json *out, struct fail *why);
