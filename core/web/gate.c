// The door of the console: its pages with what each needs, and what those get who may not.
#include "web/state.h"

#include <string.h>

#include "base/must.h"
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

static bool refuse_nobody(struct request *r)
{
    enum language l = language_of(r);
    request_set_header(r, "WWW-Authenticate", "Bearer");
    page_refuse(r, 401, word(l, WORD_NOT_POSSIBLE),
                l == LANGUAGE_KO ? "콘솔은 관리자 토큰이 있어야 열립니다."
                                 : "The console needs the administrator's token.");
    return false;
}

static bool refuse_permission(struct request *r)
{
    enum language l = language_of(r);
    page_refuse(r, 403, word(l, WORD_NOT_POSSIBLE),
                l == LANGUAGE_KO ? "이 일을 할 권한이 없습니다. 관리자에게 역할을 요청하십시오."
                                 : "Your role does not allow this. Ask an administrator for it.");
    return false;
}

static void enter(void *context, struct request *r)
{
    struct bound_place *bound = context;
    const struct actor *actor = web_actor(bound->web, r);
    if (actor->kind == ACTOR_NOBODY)
        refuse_nobody(r);
    else if (!actor_may(actor, bound->place.needs))
        refuse_permission(r);
    else if (strcmp(bound->place.method, "GET") == 0 || web_same_site(r))
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
