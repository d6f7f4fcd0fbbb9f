// The door of the console: its pages with what each needs, and what those get who may not.
#include "web/state.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "net/form.h"
#include "web/html.h"

const struct actor *web_actor(struct web *w, struct request *r)
{
    return access_check(w->access, r);
}

bool web_may(struct web *w, struct request *r, unsigned permissions)
{
    return actor_may(web_actor(w, r), permissions);
}

void web_write_csrf(struct page *p)
{
    const struct actor *actor = request_user(p->request);
    if (actor && actor->csrf)
        html(&p->out, "<input type=hidden name=_csrf value=\"%s\">", actor->csrf);
}

void web_record(struct web *w, struct request *r, const char *act, const char *instance,
                json detail_take)
{
    access_record(w->access, web_actor(w, r),
                  &(struct act){.act = act, .instance = instance, .detail = detail_take});
    json_free(detail_take);
}

// ---- refusals

static void refuse(struct request *r, int status, const char *ko, const char *en)
{
    enum language l = language_of(r);
    page_refuse(r, status, word(l, WORD_NOT_POSSIBLE), l == LANGUAGE_KO ? ko : en);
}

void web_refuse_tries(struct request *r, int wait_s)
{
    enum language l = language_of(r);
    char seconds[16], text[160];
    snprintf(seconds, sizeof seconds, "%d", wait_s);
    request_set_header(r, "Retry-After", seconds);
    snprintf(text, sizeof text,
             l == LANGUAGE_KO ? "너무 여러 번 틀렸습니다. %d초 뒤에 다시 해 주십시오."
                              : "Too many wrong tries. Please try again in %d seconds.",
             wait_s);
    page_refuse(r, 429, word(l, WORD_TRY_LATER), text);
}

// A person is led to the log-in and back; a program is told that it needs a token.
static void refuse_nobody(struct request *r)
{
    const struct actor *actor = request_user(r);
    if (actor->retry_after_s > 0) {
        web_refuse_tries(r, actor->retry_after_s);
    } else if (strcmp(request_method(r), "GET") == 0 && request_prefers_html(r)) {
        struct bytes location;
        bytes_init(&location, 16384);
        bytes_add(&location, "/console/login?next=");
        percent_encode(request_path(r), &location);
        request_redirect(r, 303, location.overflowed ? "/console/login" : location.data);
        bytes_done(&location);
    } else {
        request_set_header(r, "WWW-Authenticate", "Bearer realm=\"dure\"");
        refuse(r, 401, "먼저 로그인해 주십시오.", "Please log in first.");
    }
}

// What a browser sends by itself, the cookie, is not enough for a change: the form has to be ours.
static bool is_ours(struct request *r, const struct actor *actor)
{
    struct fail why = {0};
    if (!web_same_site(r))
        return false;
    if (!actor->csrf)
        return true;
    const struct form *form = request_form(r, &why);
    if (form && access_csrf_fits(actor, form_text(form, "_csrf", NULL)))
        return true;
    refuse(r, 403, "이 양식은 오래되었습니다. 돌아가서 다시 보내 주십시오.",
           "This form is no longer good. Please go back and send it again.");
    return false;
}

static void enter(void *context, struct request *r)
{
    struct bound_place *bound = context;
    const struct actor *actor = web_actor(bound->web, r);
    if (actor->kind == ACTOR_NOBODY)
        refuse_nobody(r);
    else if (!actor_may(actor, bound->place.needs))
        refuse(r, 403, "이 일을 할 권한이 없습니다. 관리자에게 역할을 요청하십시오.",
               "Your role does not allow this. Ask an administrator for it.");
    else if (strcmp(bound->place.method, "GET") == 0 || is_ours(r, actor))
        bound->place.handler(bound->web, r);
}

void console_add(struct web *w, const struct console_place *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        must(w->place_count < CONSOLE_PLACES_MAX && places[i].needs != 0);
        struct bound_place *bound = &w->places[w->place_count++];
        *bound = (struct bound_place){w, places[i]};
        server_route(w->opts.server, places[i].method, places[i].pattern, enter, bound);
    }
}

// ---- links

bool web_link_missed(struct web *w, struct request *r)
{
    int wait_s = access_guess_wait_s(w->access, r, GUESS_LINK);
    access_guessed(w->access, r, GUESS_LINK);
    if (wait_s > 0)
        web_refuse_tries(r, wait_s);
    return wait_s > 0;
}
