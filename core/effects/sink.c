#include "effects/sink.h"

#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "machine/machine.h"

struct sink_executor {
    struct executor executor;
    struct client *client;
    char *url;
    json headers;
    struct list running;
};

struct running {
    struct list place;
    struct engine *engine;
    struct client_call *call;
    char *key;
};

static void running_free(struct running *r)
{
    list_remove(&r->place);
    mem_free(r->key);
    mem_free(r);
}

static void finish_take(struct running *r, enum effect_outcome outcome, json value)
{
    struct effect_result result = {outcome, value};
    engine_effect_done(r->engine, r->key, &result);
    json_free(value);
    running_free(r);
}

// As CloudEvents' HTTP webhooks have it: 408, 425, 429 and 5xx may be better later, other 4xx
// never.
static bool may_be_better_later(int status)
{
    return status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;
}

static void answered(void *context, const struct client_response *response)
{
    struct running *r = context;
    if (response->status >= 200 && response->status < 300) {
        finish_take(r, EFFECT_DONE, json_null());
        return;
    }
    char *detail = response->status ? mem_printf("it answered %d", response->status)
                                    : mem_string(response->why.message);
    json problem = problem_new("communication", response->status ? response->status : 503,
                               "the sink did not take the event", detail, NULL);
    mem_free(detail);
    finish_take(r, may_be_better_later(response->status) ? EFFECT_TRY_LATER : EFFECT_FAILED,
                problem);
}

static void begin(struct executor *x, struct engine *engine, const struct effect *effect)
{
    struct sink_executor *owner = x->context;
    struct running *r = mem_new(struct running);
    r->engine = engine;
    r->key = mem_string(effect->key);
    list_append(&owner->running, &r->place);
    char *body = json_dump(effect->request);
    struct client_request request = {.method = "POST",
                                     .url = owner->url,
                                     .headers = owner->headers,
                                     .body = body,
                                     .body_bytes = strlen(body)};
    struct fail why;
    r->call = client_send(owner->client, &request, answered, r, &why);
    mem_free(body);
    if (!r->call)
        finish_take(
            r, EFFECT_FAILED,
            problem_new("configuration", 400, "the sink's address is wrong", why.message, NULL));
}

struct sink_executor *sink_executor_new(struct client *client, const char *url)
{
    struct sink_executor *x = mem_new(struct sink_executor);
    x->client = client;
    x->url = mem_string(url);
    x->headers = json_object();
    json_set_text(&x->headers, "Content-Type", "application/cloudevents+json");
    list_init(&x->running);
    x->executor = (struct executor){.kind = "sink", .begin = begin, .context = x};
    return x;
}

struct executor *sink_executor(struct sink_executor *x)
{
    return &x->executor;
}

void sink_executor_free(struct sink_executor *x)
{
    if (!x)
        return;
    list_each_safe(&x->running, node, after)
    {
        struct running *r = list_owner(node, struct running, place);
        client_cancel(r->call);
        running_free(r);
    }
    json_free(x->headers);
    mem_free(x->url);
    mem_free(x);
}
