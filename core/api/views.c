// What open steps show: participant lists, who has answered. The host of functions makes them.
#include "api/resource.h"

static bool is_there(struct api *a, struct request *r)
{
    struct fail why;
    json shown = engine_show(a->engine, request_param(r, "id"), &why);
    bool there = json_is_object(shown);
    json_free(shown);
    if (!there)
        request_fail(r, &why);
    return there;
}

void views_list(struct api *a, struct request *r)
{
    struct fail why = {0};
    if (!is_there(a, r))
        return;
    json list = a->opts.views ? a->opts.views(a->opts.views_context, request_param(r, "id"), &why)
                              : json_array();
    if (json_is_array(list))
        reply_page(r, list, 0, NULL);
    else
        request_fail(r, &why);
}

void view_show(struct api *a, struct request *r)
{
    struct fail why = {0};
    if (!is_there(a, r))
        return;
    json view = json_absent();
    if (a->opts.view)
        json_swap_take(&view,
                       a->opts.view(a->opts.views_context, request_param(r, "id"),
                                    request_param(r, "task"), request_param(r, "name"), &why));
    else
        fail(&why, FAIL_NOT_FOUND, "no open task '%.60s' has a view '%.60s'",
             request_param(r, "task"), request_param(r, "name"));
    if (json_is_object(view))
        request_reply_json(r, 200, view);
    else
        request_fail(r, &why);
    json_free(view);
}
