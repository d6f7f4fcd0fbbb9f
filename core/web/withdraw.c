// Withdrawing what has gone on to a later step (people/withdrawal.h): the receipt's page offers it,
// a page of its own says what it means and asks for a tick, then the event goes out. Works without
// a script.
#include "web/withdraw.h"

#include <string.h>

#include "base/mem.h"
#include "people/withdrawal.h"
#include "web/console.h"
#include "web/html.h"

#define REASON_CHARACTERS "500"

bool withdraw_is_offered(struct web *w, json item, json answer)
{
    json reply = json_get(answer, "reply");
    bool is = strcmp(json_get_text(item, "status", ""), "closed") == 0 &&
              strcmp(json_get_text(answer, "status", ""), "withdrawn") != 0 &&
              withdrawal_is_open(w->opts.people, json_get_text(item, "instance", ""), reply);
    json_free(reply);
    return is;
}

static void write_until(struct web *w, struct page *p, json item, json answer)
{
    json reply = json_get(answer, "reply"), said = json_get(reply, "withdrawal");
    const char *until = json_get_text(said, "until", NULL);
    if (until) {
        html(&p->out, "<dl class=facts><dt>%s<dd>",
             two(p, "철회할 수 있는 기한", "Possible until"));
        web_write_moment(w, p, json_get_text(item, "instance", ""), until, &p->out);
        html(&p->out, "</dl>\n");
    }
    json_free(said);
    json_free(reply);
}

void withdraw_write_offer(struct web *w, struct page *p, const char *receipt, json item,
                          json answer)
{
    if (!withdraw_is_offered(w, item, answer))
        return;
    html(&p->out, "<h2>%s</h2>\n<p>%s</p>\n", two(p, "신청 철회", "Withdraw the application"),
         two(p, "접수는 끝났고 보내신 신청을 살펴보고 있습니다. 그동안 신청을 철회할 수 있습니다.",
             "Applications are closed and yours is being looked at. Meanwhile you may withdraw "
             "it."));
    write_until(w, p, item, answer);
    html(&p->out, "<p><a class=\"button quiet\" href=\"/r/%u/withdrawal\">%s</a></p>\n", receipt,
         two(p, "신청 철회하기", "Withdraw the application"));
}

struct withdraw_page {
    json item, answer;
    const char *receipt, *reason, *refusal; // refusal: NULL: none
};

static void write_question(struct web *w, struct page *p, const struct withdraw_page *q)
{
    if (q->refusal)
        html(&p->out, "<div class=refusal role=alert><p>%s</p></div>\n", q->refusal);
    json title = json_get(q->item, "title"), reply = json_get(q->answer, "reply");
    json said = json_get(reply, "withdrawal");
    html(&p->out, "<dl class=facts><dt>%s<dd>%s<dt>%s<dd>%s</dl>\n",
         two(p, "접수하신 곳", "Sent to"), text_in(p->language, title),
         two(p, "신청", "Application"), json_get_text(said, "item", ""));
    write_until(w, p, q->item, q->answer);
    json_free(said);
    json_free(reply);
    json_free(title);
}

static void ask(struct web *w, struct request *r, const struct withdraw_page *q, int status)
{
    struct page p;
    page_begin(&p, r,
               language_of(r) == LANGUAGE_EN ? "Withdraw the application?"
                                             : "신청을 철회하시겠습니까?",
               false);
    write_question(w, &p, q);
    html(
        &p.out,
        "<p>%s</p>\n<form method=post action=\"/r/%u/withdrawal\">"
        "<div class=field><label for=reason>%s <span class=quiet-text>(%s)</span></label>"
        "<textarea id=reason name=reason rows=3 maxlength=" REASON_CHARACTERS ">%s</textarea></div>"
        "<label class=choice><input type=checkbox name=sure value=yes required>%s</label>"
        "<p class=row><button class=alert>%s</button> <a class=\"button quiet\" "
        "href=\"/r/%u\">%s</a></p></form>\n",
        two(&p,
            "철회하면 그동안의 심사는 셈에 들지 않고, 선정될 수 있던 자리는 다음 순서로 갑니다.",
            "What was scored no longer counts, and the place you might have had goes to the next."),
        q->receipt, two(&p, "까닭", "Reason"), word(p.language, WORD_OPTIONAL), q->reason,
        two(&p, "되돌릴 수 없음을 압니다", "I know that this cannot be undone"),
        two(&p, "신청 철회하기", "Withdraw the application"), q->receipt,
        two(&p, "그대로 두기", "Leave it as it is"));
    page_reply(&p, status);
}

// Over, taken back already, or never offered: the receipt's page says how it stands.
static void go_to_receipt(struct request *r)
{
    char *location = mem_printf("/r/%s", request_param(r, "receipt"));
    request_redirect(r, 303, location);
    mem_free(location);
}

static bool hand_in(struct web *w, const struct withdraw_page *q, json *reply, struct fail *why)
{
    json data = json_object();
    json_set_text(&data, "reason", q->reason);
    struct answer answer = {.item = json_get_text(q->answer, "item", ""),
                            .data = data,
                            .receipt = q->receipt,
                            .withdraw = true};
    bool good = item_answer(w->opts.people, &answer, reply, why);
    json_free(data);
    return good;
}

static void receive(struct web *w, struct request *r, struct withdraw_page *q,
                    const struct form *form)
{
    struct fail why = {0};
    json reply = json_absent();
    enum language l = language_of(r);
    bool sure = *form_text(form, "sure", "") != 0;
    if (!sure)
        q->refusal = l == LANGUAGE_EN ? "Please tick the box to withdraw the application."
                                      : "철회하려면 확인란에 표시해 주십시오.";
    if (sure && hand_in(w, q, &reply, &why)) {
        char *location = mem_printf("/r/%s", q->receipt);
        web_redirect_after_commit(w, r, location);
        mem_free(location);
    } else {
        if (sure)
            q->refusal = web_refusal(l, reply, &why);
        ask(w, r, q, sure ? problem_status(&why) : 422);
    }
    json_free(reply);
}

// False if there is none, or nothing to withdraw any more; then it has been answered.
static bool begin(struct web *w, struct request *r, struct withdraw_page *q)
{
    struct fail why = {0};
    *q = (struct withdraw_page){.receipt = request_param(r, "receipt"), .reason = ""};
    q->answer = answer_show(w->opts.people, q->receipt, &why);
    q->item = json_absent();
    if (json_is_absent(q->answer)) {
        fail(&why, FAIL_NOT_FOUND, "%s", "");
        if (!web_link_missed(w, r))
            page_fail(r, &why);
        return false;
    }
    q->item = item_show(w->opts.people, json_get_text(q->answer, "item", ""), &why);
    if (withdraw_is_offered(w, q->item, q->answer))
        return true;
    go_to_receipt(r);
    json_free(q->item);
    json_free(q->answer);
    return false;
}

static void question_done(struct withdraw_page *q)
{
    json_free(q->item);
    json_free(q->answer);
}

static void show(void *context, struct request *r)
{
    struct withdraw_page q;
    if (!begin(context, r, &q))
        return;
    ask(context, r, &q, 200);
    question_done(&q);
}

static void take(void *context, struct request *r)
{
    struct withdraw_page q;
    struct fail why = {0};
    if (!web_same_site(r) || !begin(context, r, &q))
        return;
    const struct form *form = request_form(r, &why);
    if (form) {
        q.reason = form_text(form, "reason", "");
        receive(context, r, &q, form);
    } else {
        page_fail(r, &why);
    }
    question_done(&q);
}

void withdraw_routes(struct web *w)
{
    server_route(w->opts.server, "GET", "/r/{receipt}/withdrawal", show, w);
    server_route(w->opts.server, "POST", "/r/{receipt}/withdrawal", take, w);
}
