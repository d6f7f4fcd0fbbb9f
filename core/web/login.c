// Logging in and out of the console. The session's cookie is new at each log-in, so that one that
// somebody else planted is worth nothing.
#include "access/login.h"

#include <string.h>

#include "base/mem.h"
#include "net/form.h"
#include "net/kept.h"
#include "web/console.h"
#include "web/elsewhere.h"
#include "web/html.h"

// Where to go after the log-in: a page of the console and nothing else, or somebody could send
// people from here to a page that looks like this one.
const char *login_next(const char *given)
{
    if (!given || strncmp(given, "/console", 8) != 0 || (given[8] && !strchr("/?", given[8])))
        return "/console";
    for (const char *c = given; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == '\\' || *c == 0x7F)
            return "/console";
    return strncmp(given, "/console/log", 12) == 0 ? "/console" : given;
}

static void write_form(struct web *w, struct page *p, const char *account, const char *next)
{
    html(&p->out,
         "<form method=post action=\"/console/login\"><input type=hidden name=next "
         "value=\"%s\">\n<div class=field><label for=account>%s</label><input type=text "
         "id=account name=account value=\"%s\" autocomplete=username "
         "autocapitalize=none spellcheck=false required></div>\n"
         "<div class=field><label for=password>%s</label><input type=password id=password "
         "name=password autocomplete=current-password required></div>\n"
         "<button>%s</button></form>\n",
         next, two(p, "계정", "Account"), account, two(p, "비밀번호", "Password"),
         two(p, "로그인", "Log in"));
    if (elsewhere_is_there(w))
        html(&p->out,
             "<p class=row><a class=\"button quiet\" "
             "href=\"/console/login/oidc?next=%u\">%s</a></p>\n",
             next, two(p, "기관 계정으로 로그인", "Log in with your organisation"));
}

void login_show(struct web *w, struct request *r, const struct login_page *shown)
{
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "로그인" : "Log in", false);
    if (shown->refusal)
        html(&p.out, "<div class=refusal role=alert>%s</div>\n", shown->refusal);
    if (!account_any(w->access) && !elsewhere_is_there(w))
        html(&p.out,
             "<p class=\"notice warn\">%s <code>dure account add NAME --role admin</code></p>\n",
             two(&p, "아직 계정이 없습니다. 서버에서 다음을 실행하십시오:",
                 "There is no account yet. On the server, run:"));
    write_form(w, &p, shown->account, login_next(shown->next));
    page_reply(&p, shown->status);
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    if (web_actor(w, r)->kind == ACTOR_SESSION) {
        request_redirect(r, 303, login_next(request_query(r, "next")));
        return;
    }
    login_show(
        w, r, &(struct login_page){.account = "", .next = request_query(r, "next"), .status = 200});
}

// ---- the password is on the pool meanwhile

static void refuse(struct web *w, struct request *r, const struct login_result *result)
{
    const struct form *form = request_form(r, &(struct fail){0});
    enum language l = language_of(r);
    const char *said = l == LANGUAGE_KO ? "계정이나 비밀번호가 맞지 않습니다."
                                        : "This account and password do not fit together.";
    if (result->why.kind == FAIL_BUSY)
        said = word(l, WORD_TRY_LATER);
    login_show(w, r,
               &(struct login_page){.account = form_text(form, "account", ""),
                                    .next = form_text(form, "next", NULL),
                                    .refusal = said,
                                    .status = result->why.kind == FAIL_BUSY ? 503 : 401});
}

void login_enter(struct web *w, struct request *r, const char *secret, const char *next)
{
    char *cookie = access_cookie(w->access, secret);
    request_set_header(r, "Set-Cookie", cookie);
    web_redirect_after_commit(w, r, login_next(next));
    mem_free(cookie);
}

static void on_tried(void *context, const struct login_result *result)
{
    struct kept kept = kept_end(context);
    struct request *r = kept.request;
    struct web *w = kept.context;
    if (!r || result->closing)
        return;
    if (result->good)
        login_enter(w, r, result->secret,
                    form_text(request_form(r, &(struct fail){0}), "next", NULL));
    else if (result->retry_after_s > 0)
        web_refuse_tries(r, result->retry_after_s);
    else
        refuse(w, r, result);
}

static void enter(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    if (!web_same_site(r))
        return;
    const struct form *form = request_form(r, &why);
    if (!form) {
        page_fail(r, &why);
        return;
    }
    login_try(w->access,
              &(struct login){r, form_text(form, "account", ""), form_text(form, "password", "")},
              on_tried, kept_new(r, w, false));
}

static void leave(void *context, struct request *r)
{
    struct web *w = context;
    login_out(w->access, web_actor(w, r), r);
    char *cookie = access_cookie(w->access, "");
    request_set_header(r, "Set-Cookie", cookie);
    web_redirect_after_commit(w, r, "/console/login");
    mem_free(cookie);
}

void login_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"POST", "/console/logout", leave, PERMIT_ANY},
    };
    server_route(w->opts.server, "GET", "/console/login", show, w);
    server_route(w->opts.server, "POST", "/console/login", enter, w);
    CONSOLE_ADD(w, places);
    elsewhere_routes(w);
}
