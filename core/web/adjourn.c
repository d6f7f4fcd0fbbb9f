// Ending a meeting at its desk. The view `desk` of the step says by `ends` which event ends it; the
// button sends that event with the instance as its subject, so that the workflow ends as by any
// other sender. A box has to be ticked: nobody comes back in afterwards. Works without a script.
#include <string.h>

#include "base/mem.h"
#include "plugin/view.h"
#include "web/admin.h"
#include "web/attend.h"
#include "web/html.h"

void adjourn_write(const struct desk *d)
{
    struct page *p = d->page;
    if (!*json_get_text(d->view, "ends", ""))
        return;
    html(&p->out, "<details class=aside><summary>%s</summary><form method=post action=\"%s/end\">",
         two(p, "회의 마치기", "End the meeting"), d->path);
    web_write_csrf(p);
    admin_write_key(d->web, p);
    html(&p->out,
         "<p>%s</p><label class=choice><input type=checkbox name=sure value=yes "
         "required>%s</label><p class=row><button class=alert>%s</button></p></form></details>\n",
         two(p, "마치면 출석 확인이 끝나고, 그때 와 있는 사람이 출석으로 남습니다.",
             "Check-in ends, and who is here at that moment is recorded as present."),
         two(p, "되돌릴 수 없음을 압니다", "I know that this cannot be undone"),
         two(p, "지금 마치기", "End it now"));
}

// The form's key is the event's id: sending it twice ends the meeting once.
static json event_of(const char *type, const char *instance, const struct form *form)
{
    json event = json_object();
    json_set_text(&event, "specversion", "1.0");
    json_set_text(&event, "id", form_text(form, "_key", instance));
    json_set_text(&event, "source", "/dure/desk");
    json_set_text(&event, "type", type);
    json_set_text(&event, "subject", instance);
    return event;
}

static void go_to_instance(struct web *w, struct request *r)
{
    char *location = mem_printf("/console/instances/%s?done=adjourned", request_param(r, "id"));
    web_redirect_after_commit(w, r, location);
    mem_free(location);
}

static bool end_it(struct web *w, struct request *r, const char *type, const struct form *form,
                   struct fail *why)
{
    struct event_receipt receipt;
    json event = event_of(type, request_param(r, "id"), form);
    bool good = engine_event(w->opts.engine, event, &receipt, why);
    json_free(event);
    if (!good)
        return false;
    json what = json_object();
    json_set_text(&what, "task", request_param(r, "task"));
    web_record(w, r, "adjourn", request_param(r, "id"), what);
    return true;
}

static bool is_known(struct web *w, struct request *r, struct fail *why)
{
    json shown = engine_show(w->opts.engine, request_param(r, "id"), why);
    bool is = json_is_object(shown);
    json_free(shown);
    return is;
}

// A meeting that another desk has just ended is one that is over, not a mistake.
static void receive(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0}, gone = {0};
    const struct form *form = admin_form(r);
    if (!form)
        return;
    if (!is_known(w, r, &gone)) {
        page_fail(r, &gone);
        return;
    }
    json view = w->opts.plugins ? plugins_view(w->opts.plugins, request_param(r, "id"),
                                               request_param(r, "task"), "desk", &gone)
                                : json_absent();
    const char *type = json_get_text(view, "ends", "");
    if (!*type)
        go_to_instance(w, r);
    else if (!*form_text(form, "sure", ""))
        fail_code(&why, FAIL_REFUSED, "not_sure", "tick the box to end the meeting");
    else if (end_it(w, r, type, form, &why))
        go_to_instance(w, r);
    if (why.kind != FAIL_NONE)
        attend_reply(w, r, "", &why);
    json_free(view);
}

// A refusal stands at this address; its reload and its other language lead back to the desk.
static void go_back(void *context, struct request *r)
{
    const char *lang = request_query(r, "lang");
    struct bytes location;
    (void)context;
    bytes_init(&location, 8192);
    html(&location, "/console/instances/%u/desk/%u%r", request_param(r, "id"),
         request_param(r, "task"),
         !lang          ? ""
         : *lang == 'e' ? "?lang=en"
                        : "?lang=ko");
    request_redirect(r, 303, location.data);
    bytes_done(&location);
}

void adjourn_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/instances/{id}/desk/{task}/end", go_back, PERMIT_OPERATE | PERMIT_VIEW},
        {"POST", "/console/instances/{id}/desk/{task}/end", receive, PERMIT_OPERATE},
    };
    CONSOLE_ADD(w, places);
}
