// Replies that wait for the commit: nothing is told to the world that a crash could take back.
#include "api/resource.h"

#include "base/mem.h"

struct later {
    struct engine *engine;
    struct request *r;
    int status;
    json body;
    struct bytes text; // in its place, where it has data
    bool fresh;        // the instances named in the body are told as they stand now
};

// What a request has changed is stepped in the turn that follows it; its status is known only then.
static void refresh(struct engine *e, json *body)
{
    struct fail why;
    const char *id = json_get_text(*body, "id", NULL);
    if (!id || !json_has(*body, "status"))
        return;
    json shown = engine_show(e, id, &why);
    const char *status = json_get_text(shown, "status", NULL);
    if (status)
        json_set_text(body, "status", status);
    json_free(shown);
}

static void refresh_all(struct engine *e, json *body)
{
    if (json_is_object(*body))
        refresh(e, body);
    for (size_t i = 0; json_is_array(*body) && i < json_length(*body); i++) {
        json one = json_at(*body, i);
        refresh(e, &one);
        json_put_take(body, i, one);
    }
}

static void committed(void *context)
{
    struct later *later = context;
    if (later->fresh)
        refresh_all(later->engine, &later->body);
    if (later->text.data)
        request_reply_take(later->r, later->status, TYPE_JSON, &later->text);
    else
        request_reply_json(later->r, later->status, later->body);
    json_free(later->body);
    mem_free(later);
}

// Without an abort callback the request lives until this reply, heard or not.
static void reply_later(struct api *a, const struct later *what)
{
    struct later *later = mem_new(struct later);
    *later = *what;
    later->engine = a->engine;
    engine_after_commit(a->engine, committed, later);
}

void reply_after_commit(struct api *a, struct request *r, int status, json body_take)
{
    reply_later(a, &(struct later){.r = r, .status = status, .body = body_take});
}

void reply_text_after_commit(struct api *a, struct request *r, int status, struct bytes *text_take)
{
    struct later what = {.r = r, .status = status, .body = json_absent(), .text = *text_take};
    *text_take = (struct bytes){0};
    reply_later(a, &what);
}

void reply_instances_after_commit(struct api *a, struct request *r, int status, json body_take)
{
    reply_later(a, &(struct later){.r = r, .status = status, .body = body_take, .fresh = true});
}
