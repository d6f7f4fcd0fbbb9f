// One's own account: a new password, and the sessions that are open.
#include "access/login.h"

#include <string.h>

#include "access/session.h"
#include "calendar/instant.h"
#include "net/form.h"
#include "net/kept.h"
#include "web/console.h"
#include "web/html.h"

void console_write_when(struct page *p, const char *rfc3339)
{
    int64_t ms;
    struct fail why = {0};
    if (!rfc3339 || !instant_parse(rfc3339, &ms, &why))
        return;
    html(&p->out, "<time datetime=\"%s\">", rfc3339);
    moment_in(p->language, p->zone ? p->zone : zone_utc(), ms, &p->out);
    html(&p->out, p->zone ? "</time>" : " UTC</time>");
}

static void write_password(struct page *p, const char *refusal)
{
    html(&p->out, "<h2>%s</h2>\n", two(p, "비밀번호 바꾸기", "Change the password"));
    if (refusal)
        html(&p->out, "<div class=refusal role=alert>%s</div>\n", refusal);
    html(&p->out, "<form method=post action=\"/console/me/password\">");
    web_write_csrf(p);
    html(&p->out,
         "<div class=field><label for=current>%s</label><input type=password id=current "
         "name=current autocomplete=current-password required></div>"
         "<div class=field><label for=new>%s</label><p class=help id=rule>%s</p><input "
         "type=password id=new name=new autocomplete=new-password aria-describedby=rule "
         "required></div><button>%s</button></form>\n",
         two(p, "지금 비밀번호", "Password now"), two(p, "새 비밀번호", "New password"),
         two(p, "10자 이상. 바꾸면 다른 곳의 로그인은 모두 끝납니다.",
             "At least 10 characters. All other log-ins end with it."),
         two(p, "바꾸기", "Change"));
}

static void write_sessions(struct web *w, struct page *p, const struct actor *actor)
{
    struct fail why = {0};
    json list = session_list(w->access, actor->name, &why);
    html(&p->out,
         "<h2>%s</h2><div class=scroll tabindex=0><table><thead><tr><th scope=col>%s<th "
         "scope=col>%s<th scope=col>%s<th scope=col>%s</thead><tbody>",
         two(p, "열린 로그인", "Open log-ins"), two(p, "시작", "Since"),
         two(p, "마지막 사용", "Last used"), two(p, "브라우저", "Browser"),
         two(p, "끝내기", "End"));
    for (size_t i = 0; i < json_length(list); i++) {
        json one = json_at(list, i);
        const char *id = json_get_text(one, "id", "");
        html(&p->out, "<tr><td>");
        console_write_when(p, json_get_text(one, "createdAt", NULL));
        html(&p->out, "<td>");
        console_write_when(p, json_get_text(one, "seenAt", NULL));
        html(&p->out, "<td>%s<td>", json_get_text(one, "agent", ""));
        if (strcmp(id, actor->session) == 0) {
            html(&p->out, "%s", two(p, "지금 이것", "this one"));
        } else {
            html(&p->out, "<form method=post action=\"/console/me/sessions/%u\">", id);
            web_write_csrf(p);
            html(&p->out, "<button class=quiet>%s</button></form>", two(p, "끝내기", "End"));
        }
        json_free(one);
    }
    html(&p->out, "</table></div>\n");
    json_free(list);
}

static void write_page(struct web *w, struct request *r, int status, const char *refusal)
{
    const struct actor *actor = web_actor(w, r);
    struct page p;
    struct fail why = {0};
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "내 계정" : "My account", true);
    p.zone = people_zone(w->opts.people);
    if (request_query(r, "changed"))
        html(&p.out, "<div class=\"notice good\" role=status><p>%s</p></div>\n",
             two(&p, "비밀번호를 바꾸었습니다.", "The password is changed."));
    json account = actor->session ? account_show(w->access, actor->name, &why) : json_absent();
    html(&p.out, "<dl class=facts><dt>%s<dd>%s<dt>%s<dd>", two(&p, "이름", "Name"),
         actor->session ? actor->display : "–", two(&p, "역할", "Roles"));
    json names = json_get(account, "roles");
    for (size_t i = 0; i < ROLE_COUNT; i++)
        for (size_t k = 0; k < json_length(names); k++) {
            json name = json_at(names, k);
            if (strcmp(json_text(name), roles[i].name) == 0)
                html(&p.out, "%s%s", k > 0 ? ", " : "", roles[i].label[p.language]);
            json_free(name);
        }
    html(&p.out, "</dl>\n");
    if (actor->session) {
        html(&p.out, "<form method=post action=\"/console/logout\">");
        web_write_csrf(&p);
        html(&p.out, "<button class=quiet>%s</button></form>\n", two(&p, "로그아웃", "Log out"));
        if (json_get_bool(account, "hasPassword", false))
            write_password(&p, refusal);
        write_sessions(w, &p, actor);
    }
    page_reply(&p, status);
    json_free(names);
    json_free(account);
}

static void show(void *context, struct request *r)
{
    write_page(context, r, 200, NULL);
}

// ---- a new password

static const char *refusal_of(enum language l, const struct fail *why)
{
    if (strcmp(why->code, "wrong_login") == 0)
        return l == LANGUAGE_KO ? "지금 비밀번호가 맞지 않습니다."
                                : "The password now is not right.";
    if (why->kind == FAIL_BUSY)
        return word(l, WORD_TRY_LATER);
    return l == LANGUAGE_KO ? "새 비밀번호는 10자 이상이고 계정 이름과 달라야 합니다."
                            : "The new password has at least 10 characters and is not your name.";
}

static void on_changed(void *context, const struct login_result *result)
{
    struct kept kept = kept_end(context);
    struct request *r = kept.request;
    struct web *w = kept.context;
    if (!r || result->closing)
        return;
    if (result->good)
        web_redirect_after_commit(w, r, "/console/me?changed=1");
    else if (result->retry_after_s > 0)
        web_refuse_tries(r, result->retry_after_s);
    else
        write_page(w, r, 422, refusal_of(language_of(r), &result->why));
}

static void change(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const struct actor *actor = web_actor(w, r);
    const struct form *form = request_form(r, &why);
    if (!form || !actor->session) {
        if (why.kind == FAIL_NONE)
            fail(&why, FAIL_DENIED, "only who is logged in has a password here");
        page_fail(r, &why);
        return;
    }
    password_set(
        w->access,
        &(struct password_change){.by = actor,
                                  .change = {.name = actor->name, .keep_session = actor->session},
                                  .password = form_text(form, "new", ""),
                                  .current = form_text(form, "current", ""),
                                  .request = r},
        on_changed, kept_new(r, w, false));
}

static void end_session(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    if (session_end_one(w->access, web_actor(w, r)->name, request_param(r, "id"), &why))
        web_redirect_after_commit(w, r, "/console/me");
    else
        page_fail(r, &why);
}

void mine_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/me", show, PERMIT_ANY},
        {"POST", "/console/me/password", change, PERMIT_ANY},
        {"POST", "/console/me/sessions/{id}", end_session, PERMIT_ANY},
    };
    CONSOLE_ADD(w, places);
}
