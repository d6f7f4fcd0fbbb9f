#include "web/elsewhere.h"

#include <string.h>

#include "access/login.h"
#include "access/oidc.h"
#include "base/mem.h"
#include "web/console.h"

#define CALLBACK "/console/login/oidc/callback"
#define COOKIE   "dure-login" // binds a log-in that has begun to the browser

bool elsewhere_is_there(const struct web *w)
{
    return w->opts.oidc != NULL;
}

struct waiting {
    struct web *web;
    struct request *r; // NULL once the client has gone
};

static void on_gone(void *context, struct request *r)
{
    struct waiting *waiting = context;
    (void)r;
    waiting->r = NULL;
}

static struct waiting *wait_for(struct web *w, struct request *r)
{
    struct waiting *waiting = mem_new(struct waiting);
    *waiting = (struct waiting){w, r};
    request_on_abort(r, on_gone, waiting);
    return waiting;
}

static char *callback_url(struct web *w)
{
    const char *url = people_url(w->opts.people);
    return mem_printf("%s" CALLBACK, url);
}

static void refuse(struct web *w, struct request *r, const struct fail *why)
{
    enum language l = language_of(r);
    const char *said = l == LANGUAGE_KO ? "기관 계정으로 로그인하지 못했습니다. 다시 해 주십시오."
                                        : "The log-in with your organisation did not work. Please "
                                          "try again.";
    if (strcmp(why->code, "no_role") == 0 || strcmp(why->code, "disabled") == 0)
        said = l == LANGUAGE_KO
                   ? "이 계정에는 여기서 맡은 역할이 없습니다. 관리자에게 알려 주십시오."
                   : "This account has no role here. Please tell an administrator.";
    login_show(w, r,
               &(struct login_page){.account = "",
                                    .refusal = said,
                                    .status = why->kind == FAIL_IO ? 502 : problem_status(why)});
}

static void set_cookie(struct web *w, struct request *r, const char *value)
{
    const char *url = people_url(w->opts.people);
    bool secure = strncmp(url, "https://", 8) == 0;
    char *cookie = mem_printf(COOKIE "=%s; Path=/console/login; HttpOnly; SameSite=Lax; "
                                     "Max-Age=%d%s",
                              value, *value ? 600 : 0, secure ? "; Secure" : "");
    request_set_header(r, "Set-Cookie", cookie);
    mem_free(cookie);
}

static void on_begun(void *context, const char *url, const char *browser, const struct fail *why)
{
    struct waiting *waiting = context;
    struct request *r = url || why ? waiting->r : NULL;
    struct web *w = waiting->web;
    mem_free(waiting);
    if (!r)
        return;
    request_on_abort(r, NULL, NULL);
    if (url) {
        set_cookie(w, r, browser);
        request_redirect(r, 303, url);
    } else {
        refuse(w, r, why);
    }
}

static void begin(void *context, struct request *r)
{
    struct web *w = context;
    char *back = callback_url(w);
    oidc_begin(w->opts.oidc, back, login_next(request_query(r, "next")), on_begun, wait_for(w, r));
    mem_free(back);
}

static void let_in(struct web *w, struct request *r, const char *account, const char *next)
{
    char secret[SESSION_SIZE];
    struct fail why = {0};
    if (login_known(w->access, account, "openid-connect", r, secret, &why)) {
        set_cookie(w, r, "");
        login_enter(w, r, secret, next);
    } else {
        refuse(w, r, &why);
    }
}

static void on_known(void *context, const char *account, const char *next, const struct fail *why)
{
    struct waiting *waiting = context;
    struct request *r = account || why ? waiting->r : NULL;
    struct web *w = waiting->web;
    mem_free(waiting);
    if (!r)
        return;
    request_on_abort(r, NULL, NULL);
    if (account) {
        let_in(w, r, account, next);
        return;
    }
    if (strcmp(why->code, "bad_state") == 0)
        access_guessed(w->access, r, GUESS_SECRET);
    refuse(w, r, why);
}

static void finish(void *context, struct request *r)
{
    struct web *w = context;
    int wait_s = access_guess_wait_s(w->access, r, GUESS_SECRET);
    if (wait_s > 0) {
        web_refuse_tries(r, wait_s);
        return;
    }
    char *back = callback_url(w);
    oidc_finish(w->opts.oidc,
                &(struct oidc_return){.state = request_query(r, "state"),
                                      .browser = request_cookie(r, COOKIE),
                                      .code = request_query(r, "code"),
                                      .redirect_uri = back},
                on_known, wait_for(w, r));
    mem_free(back);
}

void elsewhere_routes(struct web *w)
{
    if (!elsewhere_is_there(w))
        return;
    server_route(w->opts.server, "GET", "/console/login/oidc", begin, w);
    server_route(w->opts.server, "GET", CALLBACK, finish, w);
}
