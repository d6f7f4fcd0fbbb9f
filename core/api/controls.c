#include <string.h>

#include "api/replay.h"
#include "api/resource.h"
#include "base/limits.h"

static json status_of(struct api *a, const char *id)
{
    struct fail why;
    json shown = engine_show(a->engine, id, &why), body = json_object();
    json_set_text(&body, "id", id);
    json_set_text(&body, "status", json_get_text(shown, "status", "unknown"));
    json_free(shown);
    return body;
}

static const char *const verbs[] = {[CONTROL_CANCEL] = "cancel",
                                    [CONTROL_PAUSE] = "pause",
                                    [CONTROL_RESUME] = "resume",
                                    [CONTROL_RETRY] = "retry"};

static void control(struct api *a, struct request *r, enum control what)
{
    static const struct member members[] = {{"reason", MEMBER_TEXT}, {NULL, 0}};
    const char *id = request_param(r, "id");
    json body;
    struct fail why;
    struct replay replay;
    if (!read_object(r, &body, members, true))
        return;
    if (replay_begin(&replay, a, r) == REPLAY_NEW) {
        if (engine_control(a->engine, id, what, json_get_text(body, "reason", NULL), &why)) {
            record_act(a, r, verbs[what], id, json_ref(body));
            replay_end_take(&replay, a, r, 200, status_of(a, id));
        } else {
            replay_done(&replay);
            request_fail(r, &why);
        }
    }
    json_free(body);
}

void instance_cancel(struct api *a, struct request *r)
{
    control(a, r, CONTROL_CANCEL);
}

void instance_pause(struct api *a, struct request *r)
{
    control(a, r, CONTROL_PAUSE);
}

void instance_resume(struct api *a, struct request *r)
{
    control(a, r, CONTROL_RESUME);
}

void instance_retry(struct api *a, struct request *r)
{
    control(a, r, CONTROL_RETRY);
}

// ---- repair: a person's word on an effect whose outcome nobody knows

static bool read_outcome(json body, enum effect_outcome *outcome)
{
    const char *word = json_get_text(body, "outcome", "");
    if (strcmp(word, "done") == 0)
        *outcome = EFFECT_DONE;
    else if (strcmp(word, "failed") == 0)
        *outcome = EFFECT_FAILED;
    else if (strcmp(word, "retry") == 0)
        *outcome = EFFECT_TRY_LATER;
    else
        return false;
    return true;
}

static void settle(struct api *a, struct request *r, json body,
                   const struct effect_address *address)
{
    struct effect_result result;
    struct replay replay;
    struct fail why;
    if (!address->path || !address->name || !read_outcome(body, &result.outcome)) {
        request_problem(r, 422, "invalid",
                        "a repair is {effect: {path, attempt, name}, outcome: done|failed|retry, "
                        "value?}");
        return;
    }
    if (replay_begin(&replay, a, r) == REPLAY_DONE)
        return;
    result.value = json_get(body, "value");
    if (engine_effect_settle(a->engine, address, &result, &why)) {
        json what = json_object();
        json_set_text(&what, "path", address->path);
        json_set_text(&what, "outcome", json_get_text(body, "outcome", ""));
        record_act(a, r, "repair", address->instance, what);
        replay_end_take(&replay, a, r, 200, status_of(a, address->instance));
    } else {
        replay_done(&replay);
        request_fail(r, &why);
    }
    json_free(result.value);
}

void instance_repair(struct api *a, struct request *r)
{
    static const struct member members[] = {
        {"effect", MEMBER_OBJECT}, {"outcome", MEMBER_TEXT}, {"value", MEMBER_ANY}, {NULL, 0}};
    json body;
    if (!read_object(r, &body, members, false))
        return;
    json effect = json_get(body, "effect");
    struct effect_address address = {.instance = request_param(r, "id"),
                                     .path = json_get_text(effect, "path", NULL),
                                     .attempt = json_get_int(effect, "attempt", 1),
                                     .name = json_get_text(effect, "name", "call")};
    settle(a, r, body, &address);
    json_free(effect);
    json_free(body);
}

void incidents_list(struct api *a, struct request *r)
{
    size_t limit;
    const char *after;
    if (read_page(r, &limit, &after))
        reply_page(r, engine_incidents(a->engine, limit), limit, NULL);
}
