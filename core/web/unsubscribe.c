// /u/TOKEN, the link of optional mail: asks first, since programs that look at mails follow links;
// a POST opts out, be it from the page or in one click from a mail program (RFC 8058), and the page
// that follows takes it back. The signed link is what entitles, so it may come from anywhere.
#include <string.h>

#include "base/mem.h"
#include "people/address.h"
#include "people/mail_token.h"
#include "web/html.h"
#include "web/state.h"

struct wish {
    char *who, *purpose;
};

static void wish_done(struct wish *wish)
{
    mem_free(wish->who);
    mem_free(wish->purpose);
}

// False if the link is not good; then it has been answered.
static bool read_link(struct web *w, struct request *r, struct wish *wish)
{
    struct fail why = {0};
    if (optout_read(w->opts.people, request_param(r, "token"), &wish->who, &wish->purpose, &why))
        return true;
    if (!web_link_missed(w, r))
        page_fail(r, &why);
    return false;
}

static const char *either(const struct page *p, const char *ko, const char *en)
{
    return p->language == LANGUAGE_KO ? ko : en;
}

static void write_page(struct page *p, struct request *r, const struct wish *wish, bool is_out)
{
    bool ko = language_of(r) == LANGUAGE_KO;
    page_begin(p, r,
               is_out ? (ko ? "더 보내지 않습니다" : "You will get no more of these")
                      : (ko ? "이 메일을 그만 받으시겠습니까?" : "Stop getting these mails?"),
               false);
    if (*wish->purpose)
        html(&p->out, "<dl class=facts><dt>%s<dd>%s</dl>\n", either(p, "종류", "Kind"),
             wish->purpose);
    html(&p->out, "<p>%s</p>\n",
         either(p, "투표나 회의처럼 꼭 알려야 하는 메일은 그대로 갑니다.",
                "What has to be told, as votes and meetings, still reaches you."));
    html(&p->out, "<form method=post action=\"%s\">", request_path(r));
    if (is_out)
        html(&p->out, "<input type=hidden name=again value=1>");
    html(&p->out, "<button>%s</button></form>\n",
         is_out ? either(p, "다시 받기", "Get them again")
                : either(p, "그만 받기", "Stop getting them"));
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct wish wish;
    struct page p;
    if (!read_link(w, r, &wish))
        return;
    write_page(&p, r, &wish, optout_is_set(w->opts.people, wish.who, wish.purpose));
    page_reply(&p, 200);
    wish_done(&wish);
}

// Who is named by an address alone stays unnamed: nothing takes him out of the chain again.
static void record(struct web *w, struct request *r, const struct wish *wish, bool again)
{
    json what = json_object();
    json_set_text(&what, "purpose", wish->purpose);
    if (!strchr(wish->who, '@'))
        json_set_text(&what, "person", wish->who);
    web_record(w, r, again ? "opt-in" : "opt-out", NULL, what);
}

static void decide(void *context, struct request *r)
{
    struct web *w = context;
    struct wish wish;
    struct page p;
    struct fail why = {0};
    if (!read_link(w, r, &wish))
        return;
    const struct form *form = request_form(r, &why);
    bool again = form && *form_text(form, "again", "");
    if (form && optout_set(w->opts.people, wish.who, wish.purpose, again, &why)) {
        record(w, r, &wish, again);
        write_page(&p, r, &wish, !again);
        web_reply_after_commit(w, &p, 200);
    } else {
        page_fail(r, &why);
    }
    wish_done(&wish);
}

void unsubscribe_routes(struct web *w)
{
    server_route(w->opts.server, "GET", "/u/{token}", show, w);
    server_route(w->opts.server, "POST", "/u/{token}", decide, w);
}
