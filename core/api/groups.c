// Groups: who is in them at an instant, joining and leaving on a date.
#include "people/people.h"

#include <string.h>

#include "api/replay.h"
#include "api/resource.h"

void groups_list(struct api *a, struct request *r)
{
    struct fail why = {0};
    json list = people_groups(a->people, &why);
    if (json_is_array(list))
        reply_page(r, list, 0, NULL);
    else
        request_fail(r, &why);
}

void group_show(struct api *a, struct request *r)
{
    struct fail why = {0};
    const char *at = request_query(r, "at");
    int64_t at_ms = engine_now_ms(a->engine);
    if (at && !people_day(a->people, at, &at_ms, &why)) {
        request_problem(r, 400, "bad_query", "at: %s", why.message);
        return;
    }
    json list = people_memberships(a->people, request_param(r, "group"), at_ms, &why);
    if (json_is_array(list))
        reply_page(r, list, 0, NULL);
    else
        request_fail(r, &why);
}

// ---- joining and leaving

static bool join(struct api *a, const char *group, json body, struct fail *why)
{
    return people_join(a->people, group, json_get_text(body, "person", ""),
                       json_get_text(body, "since", NULL), json_get_text(body, "until", NULL),
                       json_get_text(body, "role", NULL), why);
}

static bool leave(struct api *a, const char *group, json body, struct fail *why)
{
    int64_t left;
    if (!people_leave(a->people, group, json_get_text(body, "person", ""),
                      json_get_text(body, "until", NULL), &left, why))
        return false;
    return left > 0 || fail_code(why, FAIL_CONFLICT, "not_a_member",
                                 "no membership of '%.60s' in '%.60s' holds at that time",
                                 json_get_text(body, "person", ""), group);
}

static json what_was_done(const char *group, json body)
{
    json what = json_ref(body);
    json_set_text(&what, "group", group);
    return what;
}

static void change(struct api *a, struct request *r, const struct member *members, bool joins)
{
    json body;
    struct fail why = {0};
    struct replay replay;
    const char *group = request_param(r, "group");
    if (!read_object(r, &body, members, false))
        return;
    if (replay_begin(&replay, a, r) == REPLAY_NEW) {
        if (joins ? join(a, group, body, &why) : leave(a, group, body, &why)) {
            record_act(a, r, joins ? "group-join" : "group-leave", NULL,
                       what_was_done(group, body));
            replay_end_take(&replay, a, r, 200, what_was_done(group, body));
        } else {
            replay_done(&replay);
            request_fail(r, &why);
        }
    }
    json_free(body);
}

void group_join(struct api *a, struct request *r)
{
    static const struct member members[] = {{"person", MEMBER_TEXT},
                                            {"since", MEMBER_TEXT},
                                            {"until", MEMBER_TEXT},
                                            {"role", MEMBER_TEXT},
                                            {NULL, 0}};
    change(a, r, members, true);
}

void group_leave(struct api *a, struct request *r)
{
    static const struct member members[] = {
        {"person", MEMBER_TEXT}, {"until", MEMBER_TEXT}, {NULL, 0}};
    change(a, r, members, false);
}
