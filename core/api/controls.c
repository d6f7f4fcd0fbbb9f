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

void instance_to_version(struct api *a, struct request *r)
{
    static const struct member members[] = {
        {"version", MEMBER_TEXT}, {"reason", MEMBER_TEXT}, {NULL, 0}};
    const char *id = request_param(r, "id");
    json body;
    struct fail why = {0};
    struct replay replay;
    if (!read_object(r, &body, members, true))
        return;
    if (replay_begin(&replay, a, r) == REPLAY_NEW) {
        if (engine_migrate(a->engine, id, json_get_text(body, "version", NULL), &why)) {
            record_act(a, r, "migrate", id, json_ref(body));
            replay_end_take(&replay, a, r, 200, status_of(a, id));
        } else {
            replay_done(&replay);
            request_fail(r, &why);
        }
    }
    json_free(body);
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

// Most often there is but one, and nobody need name it. Replies itself if not.
static bool only_unknown(struct api *a, struct request *r, json *effect)
{
    const char *id = request_param(r, "id"), *path = json_get_text(*effect, "path", NULL);
    json unknown = engine_effects_unknown(a->engine, id), found = json_array();
    for (size_t i = 0; i < json_length(unknown); i++) {
        json one = json_at(unknown, i);
        if (!path || strcmp(json_get_text(one, "path", ""), path) == 0)
            json_append(&found, one);
        json_free(one);
    }
    size_t count = json_length(found);
    json first = json_at(found, 0);
    if (count == 0)
        request_problem(r, 409, "nothing_unknown",
                        "there is no effect of the instance '%s'%s%s whose outcome nobody knows",
                        id, path ? " at " : "", path ? path : "");
    else if (count > 1)
        request_problem(r, 422, "which_effect",
                        "the outcome of %zu effects is unknown, the first at %s; say which: "
                        "effect: {path, attempt, name}",
                        count, json_get_text(first, "path", ""));
    else
        json_swap_take(effect, json_ref(first));
    json_free(first);
    json_free(found);
    json_free(unknown);
    return count == 1;
}

static bool find_effect(struct api *a, struct request *r, json body, json *effect)
{
    struct fail why = {0};
    json shown = engine_show(a->engine, request_param(r, "id"), &why);
    bool there = json_is_object(shown);
    json_free(shown);
    if (!there) {
        request_fail(r, &why);
        return false;
    }
    *effect = json_get(body, "effect");
    return json_has(*effect, "attempt") || only_unknown(a, r, effect);
}

static bool settle(struct api *a, struct request *r, json body, json effect,
                   enum effect_outcome outcome)
{
    struct fail why = {0};
    struct effect_address address = {.instance = request_param(r, "id"),
                                     .path = json_get_text(effect, "path", ""),
                                     .attempt = json_get_int(effect, "attempt", 1),
                                     .name = json_get_text(effect, "name", "call")};
    struct effect_result result = {.outcome = outcome, .value = json_get(body, "value")};
    bool good = engine_effect_settle(a->engine, &address, &result, &why);
    if (good) {
        json what = json_object();
        json_set_text(&what, "path", address.path);
        json_set_text(&what, "outcome", json_get_text(body, "outcome", ""));
        record_act(a, r, "repair", address.instance, what);
    } else {
        request_fail(r, &why);
    }
    json_free(result.value);
    return good;
}

void instance_repair(struct api *a, struct request *r)
{
    static const struct member members[] = {
        {"effect", MEMBER_OBJECT}, {"outcome", MEMBER_TEXT}, {"value", MEMBER_ANY}, {NULL, 0}};
    json body, effect = json_absent();
    enum effect_outcome outcome;
    struct replay replay;
    if (!read_object(r, &body, members, false))
        return;
    if (!read_outcome(body, &outcome)) {
        request_problem(r, 422, "invalid",
                        "a repair is {effect?: {path, attempt, name}, outcome: "
                        "done|failed|retry, value?}");
    } else if (replay_begin(&replay, a, r) == REPLAY_NEW) {
        if (find_effect(a, r, body, &effect) && settle(a, r, body, effect, outcome))
            replay_end_take(&replay, a, r, 200, status_of(a, request_param(r, "id")));
        else
            replay_done(&replay);
    }
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
