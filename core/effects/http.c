#include "effects/http.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "effects/http_call.h"
#include "machine/machine.h"

#define EXCERPT_BYTES_MAX 300 // of a bad answer's body, for the error's detail

struct http_executor {
    struct executor executor;
    struct client *client;
    struct list running;
};

struct running {
    struct list place;
    struct http_executor *owner;
    struct engine *engine;
    struct client_call *client_call;
    struct http_call call;
    char *key, *path;
    bool once, aborted;
};

static void running_free(struct running *r)
{
    list_remove(&r->place);
    http_call_done(&r->call);
    mem_free(r->key);
    mem_free(r->path);
    mem_free(r);
}

static void finish_take(struct running *r, enum effect_outcome outcome, json value)
{
    struct effect_result result = {outcome, value};
    engine_effect_done(r->engine, r->key, &result);
    json_free(value);
    running_free(r);
}

static json excerpt(const struct client_response *response)
{
    size_t bytes =
        response->body_bytes < EXCERPT_BYTES_MAX ? response->body_bytes : EXCERPT_BYTES_MAX;
    bytes = utf8_valid_prefix(response->body, bytes);
    if (memchr(response->body, 0, bytes))
        bytes = 0;
    return json_string_sized(response->body, bytes);
}

static json bad_status(const struct running *r, const struct client_response *response)
{
    char title[80];
    snprintf(title, sizeof(title), "the service answered %d", response->status);
    json said = excerpt(response);
    char *detail =
        mem_printf("%s %.300s: %s", r->call.request.method, r->call.request.url, json_text(said));
    json problem = problem_new("communication", response->status, title, detail, r->path);
    mem_free(detail);
    json_free(said);
    return problem;
}

static json no_answer(const struct running *r, const struct fail *why)
{
    bool late = why->kind == FAIL_TIMEOUT;
    char *detail =
        mem_printf("%s %.300s: %s", r->call.request.method, r->call.request.url, why->message);
    json problem = problem_new("communication", late ? 504 : 503,
                               late ? "the service did not answer in time"
                                    : "the service could not be reached",
                               detail, r->path);
    mem_free(detail);
    return problem;
}

// Errors are final here, also of the network: whether and how to try again is the workflow's to say
// (try, catch, retry). Only "at most once" knows a third outcome: asked, and never answered.
static void answered(void *context, const struct client_response *response)
{
    struct running *r = context;
    if (response->status == 0) {
        bool unknown = r->once && response->was_sent;
        finish_take(r, unknown ? EFFECT_UNKNOWN : EFFECT_FAILED, no_answer(r, &response->why));
        return;
    }
    if (!http_call_is_good(&r->call, response->status)) {
        finish_take(r, EFFECT_FAILED, bad_status(r, response));
        return;
    }
    json output;
    struct fail why;
    if (http_call_output(&r->call, response, &output, &why)) {
        finish_take(r, EFFECT_DONE, output);
        return;
    }
    json_free(output);
    finish_take(
        r, EFFECT_FAILED,
        problem_new("communication", 502, "the answer cannot be read", why.message, r->path));
}

static void begin(struct executor *x, struct engine *engine, const struct effect *effect)
{
    struct http_executor *owner = x->context;
    struct running *r = mem_new(struct running);
    r->owner = owner;
    r->engine = engine;
    r->key = mem_string(effect->key);
    r->path = mem_string(effect->path);
    r->once = strcmp(effect->class, "once") == 0;
    list_append(&owner->running, &r->place);
    struct fail why;
    if (http_call_init(&r->call, effect->request, effect->key, &why))
        r->client_call = client_send(owner->client, &r->call.request, answered, r, &why);
    if (!r->client_call)
        finish_take(r, EFFECT_FAILED,
                    problem_new("configuration", why.kind == FAIL_UNSUPPORTED ? 501 : 400,
                                "the HTTP call cannot be made", why.message, r->path));
}

static void cancel(struct executor *x, const char *key)
{
    struct http_executor *owner = x->context;
    list_each_safe(&owner->running, node, after)
    {
        struct running *r = list_owner(node, struct running, place);
        if (strcmp(r->key, key) != 0 || r->aborted)
            continue;
        r->aborted = true;
        client_abort(r->client_call);
        return;
    }
}

struct http_executor *http_executor_new(struct client *client)
{
    struct http_executor *x = mem_new(struct http_executor);
    x->client = client;
    list_init(&x->running);
    x->executor = (struct executor){.kind = "http", .begin = begin, .cancel = cancel, .context = x};
    return x;
}

struct executor *http_executor(struct http_executor *x)
{
    return &x->executor;
}

void http_executor_free(struct http_executor *x)
{
    if (!x)
        return;
    list_each_safe(&x->running, node, after)
    {
        struct running *r = list_owner(node, struct running, place);
        if (r->client_call)
            client_cancel(r->client_call);
        running_free(r);
    }
    mem_free(x);
}
