// Open forms (/f/ITEM) and receipts (/r/RECEIPT), where one amends, withdraws or accepts an offer.
#include <string.h>

#include "base/mem.h"
#include "web/fields.h"
#include "web/html.h"
#include "web/state.h"
#include "web/withdraw.h"

static bool is_open_form(json item)
{
    return json_is_object(item) && !json_get_text(item, "assignee", NULL);
}

// The title of an item in the request's language, as the page's heading.
static void begin(struct page *p, struct request *r, json item)
{
    json title = json_get(item, "title");
    page_begin(p, r, text_in(language_of(r), title), false);
    json_free(title);
}

// It still says what was asked here and until when: whoever comes late has the right page.
static void show_closed(struct web *w, struct request *r, json item)
{
    struct page p;
    const char *closes = json_get_text(item, "closesAt", NULL);
    begin(&p, r, item);
    html(&p.out,
         "<div class=\"notice warn\" role=status><p><strong>%s</strong></p><p>%s</p></div>\n",
         word(p.language, WORD_CLOSED), word(p.language, WORD_CLOSED_FORM));
    if (closes) {
        html(&p.out, "<dl class=facts><dt>%s<dd>", word(p.language, WORD_CLOSED_AT));
        web_write_moment(w, &p, json_get_text(item, "instance", ""), closes, &p.out);
        html(&p.out, "</dl>\n");
    }
    page_reply(&p, 410);
}

static void show_form(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json item = item_show(w->opts.people, request_param(r, "item"), &why);
    if (!is_open_form(item)) {
        fail(&why, FAIL_NOT_FOUND, "%s", "");
        page_fail(r, &why);
    } else if (strcmp(json_get_text(item, "status", ""), "open") != 0) {
        show_closed(w, r, item);
    } else {
        struct page p;
        begin(&p, r, item);
        web_write_matter(w, &p, item);
        web_write_form(
            w, &p, &(struct form_page){.item = item, .action = request_path(r), .send = WORD_SEND});
        page_reply(&p, 200);
    }
    json_free(item);
}

// Shows the form again with what is wrong and what was typed.
static void show_again(struct web *w, struct request *r, json item, json data, json reply,
                       const struct fail *why)
{
    struct page p;
    json violations = json_get(reply, "violations");
    begin(&p, r, item);
    web_write_matter(w, &p, item);
    web_write_form(w, &p,
                   &(struct form_page){.item = item,
                                       .values = data,
                                       .violations = violations,
                                       .refusal = json_length(violations) > 0
                                                      ? NULL
                                                      : web_refusal(p.language, reply, why),
                                       .action = request_path(r),
                                       .send = WORD_SEND});
    page_reply(&p, problem_status(why));
    json_free(violations);
}

static void redirect_to_receipt(struct web *w, struct request *r, json reply)
{
    char *location = mem_printf("/r/%s", json_get_text(reply, "receipt", ""));
    web_redirect_after_commit(w, r, location);
    mem_free(location);
}

static void send_form(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    if (!web_same_site(r))
        return;
    json item = item_show(w->opts.people, request_param(r, "item"), &why), reply = json_absent();
    const struct form *form = is_open_form(item) ? request_form(r, &why) : NULL;
    if (!form) {
        if (!is_open_form(item))
            fail(&why, FAIL_NOT_FOUND, "%s", "");
        page_fail(r, &why);
        json_free(item);
        return;
    }
    json form_of_item = json_get(item, "form"), schema = json_get(form_of_item, "schema");
    json data = fields_read(schema, form);
    struct answer answer = {
        .item = request_param(r, "item"), .data = data, .key = form_text(form, "_key", NULL)};
    if (item_answer(w->opts.people, &answer, &reply, &why))
        redirect_to_receipt(w, r, reply);
    else
        show_again(w, r, item, data, reply, &why);
    json_free(data);
    json_free(schema);
    json_free(form_of_item);
    json_free(reply);
    json_free(item);
}

// ---- receipts

struct receipt {
    json answer, item;
};

// False if there is none; then it has been answered.
static bool read_receipt(struct web *w, struct request *r, struct receipt *out)
{
    struct fail why = {0};
    out->answer = answer_show(w->opts.people, request_param(r, "receipt"), &why);
    if (json_is_absent(out->answer)) {
        fail(&why, FAIL_NOT_FOUND, "%s", "");
        if (!web_link_missed(w, r))
            page_fail(r, &why);
        return false;
    }
    out->item = item_show(w->opts.people, json_get_text(out->answer, "item", ""), &why);
    return true;
}

static void receipt_done(struct receipt *receipt)
{
    json_free(receipt->answer);
    json_free(receipt->item);
}

static void write_status(struct web *w, struct page *p, const struct receipt *receipt, json reply)
{
    static const struct {
        const char *status;
        enum word word;
        const char *tone;
    } known[] = {{"registered", WORD_REGISTERED, "good"},
                 {"waiting", WORD_WAITING, "warn"},
                 {"offered", WORD_OFFERED, "good"},
                 {"withdrawn", WORD_WITHDRAWN, "warn"}};
    const char *status = json_get_text(reply, "status", "");
    if (strcmp(json_get_text(receipt->answer, "status", ""), "withdrawn") == 0)
        status = "withdrawn";
    enum word said = WORD_THANKS;
    const char *tone = "good";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(status, known[i].status) == 0) {
            said = known[i].word;
            tone = known[i].tone;
        }
    html(&p->out, "<div class=\"notice %r\" role=status><p><strong>%s</strong></p>", tone,
         word(p->language, said));
    if (json_has(reply, "position"))
        html(&p->out, "<p>%s: %d</p>", word(p->language, WORD_WAITING_PLACE),
             json_get_int(reply, "position", 0));
    const char *until = json_get_text(reply, "until", NULL);
    if (until) {
        html(&p->out, "<p>%s: ", word(p->language, WORD_OFFER_UNTIL));
        web_write_moment(w, p, json_get_text(receipt->item, "instance", ""), until, &p->out);
        html(&p->out, "</p>");
    }
    json message = json_get(reply, "message");
    if (*text_in(p->language, message))
        html(&p->out, "<p>%s</p>", text_in(p->language, message));
    html(&p->out, "</div>\n");
    json_free(message);
}

static void write_warnings(struct page *p, json reply)
{
    json warnings = json_get(reply, "warnings");
    if (json_length(warnings) > 0) {
        html(&p->out, "<div class=\"notice warn\"><p><strong>%s</strong></p><ul>",
             word(p->language, WORD_WARNINGS));
        for (size_t i = 0; i < json_length(warnings); i++) {
            json warning = json_at(warnings, i), message = json_get(warning, "message");
            html(&p->out, "<li>%s",
                 text_in(p->language, json_is_absent(message) ? warning : message));
            json_free(message);
            json_free(warning);
        }
        html(&p->out, "</ul></div>\n");
    }
    json_free(warnings);
}

static void write_actions(struct page *p, const char *receipt, json reply)
{
    html(&p->out, "<div class=row>");
    if (strcmp(json_get_text(reply, "status", ""), "offered") == 0)
        html(&p->out,
             "<form method=post action=\"/r/%u/accept\"><button>%s</button></form>"
             "<form method=post action=\"/r/%u/decline\"><button class=quiet>%s</button></form>",
             receipt, word(p->language, WORD_ACCEPT_OFFER), receipt,
             word(p->language, WORD_DECLINE_OFFER));
    html(
        &p->out,
        "<a class=\"button quiet\" href=\"/r/%u/change\">%s</a>"
        "<form method=post action=\"/r/%u/withdraw\"><button class=alert>%s</button></form></div>\n"
        "<p class=quiet-text>%s</p>\n",
        receipt, word(p->language, WORD_CHANGE), receipt, word(p->language, WORD_WITHDRAW),
        word(p->language, WORD_WITHDRAW_SURE));
}

static void show_receipt(void *context, struct request *r)
{
    struct web *w = context;
    struct receipt receipt;
    if (!read_receipt(w, r, &receipt))
        return;
    struct page p;
    begin(&p, r, receipt.item);
    json reply = json_get(receipt.answer, "reply"), data = json_get(receipt.answer, "data");
    json form = json_get(receipt.item, "form"), schema = json_get(form, "schema");
    write_status(w, &p, &receipt, reply);
    write_warnings(&p, reply);
    const char *at = json_get_text(receipt.answer, "at", "");
    html(&p.out, "<dl class=facts><dt>%s<dd><code>%s</code><dt>%s<dd>",
         word(p.language, WORD_RECEIPT), request_param(r, "receipt"),
         word(p.language, WORD_RECEIVED_AT));
    web_write_moment(w, &p, json_get_text(receipt.item, "instance", ""), at, &p.out);
    bool stands = strcmp(json_get_text(receipt.item, "status", ""), "open") == 0 &&
                  strcmp(json_get_text(receipt.answer, "status", ""), "withdrawn") != 0;
    html(&p.out, "</dl><p>%s</p>\n<h2>%s</h2>\n",
         word(p.language, stands ? WORD_RECEIPT_KEEP : WORD_RECEIPT_KEEP_OVER),
         word(p.language, WORD_YOU_ANSWERED));
    struct fields fields = {.language = p.language, .schema = schema, .values = data};
    fields_write_answers(&fields, &p.out);
    if (stands)
        write_actions(&p, request_param(r, "receipt"), reply);
    else
        withdraw_write_offer(w, &p, request_param(r, "receipt"), receipt.item, receipt.answer);
    page_reply(&p, 200);
    json_free(schema);
    json_free(form);
    json_free(data);
    json_free(reply);
    receipt_done(&receipt);
}

static void show_change(void *context, struct request *r)
{
    struct web *w = context;
    struct receipt receipt;
    if (!read_receipt(w, r, &receipt))
        return;
    struct page p;
    json data = json_get(receipt.answer, "data");
    begin(&p, r, receipt.item);
    web_write_form(
        w, &p,
        &(struct form_page){
            .item = receipt.item, .values = data, .action = request_path(r), .send = WORD_SAVE});
    page_reply(&p, 200);
    json_free(data);
    receipt_done(&receipt);
}

static void send_change(void *context, struct request *r)
{
    struct web *w = context;
    struct receipt receipt;
    struct fail why = {0};
    if (!web_same_site(r) || !read_receipt(w, r, &receipt))
        return;
    const struct form *form = request_form(r, &why);
    if (!form) {
        page_fail(r, &why);
        receipt_done(&receipt);
        return;
    }
    json form_of_item = json_get(receipt.item, "form"), schema = json_get(form_of_item, "schema");
    json data = fields_read(schema, form), reply = json_absent();
    struct answer answer = {.item = json_get_text(receipt.answer, "item", ""),
                            .data = data,
                            .receipt = request_param(r, "receipt"),
                            .key = form_text(form, "_key", NULL)};
    if (item_answer(w->opts.people, &answer, &reply, &why))
        redirect_to_receipt(w, r, reply);
    else
        show_again(w, r, receipt.item, data, reply, &why);
    json_free(reply);
    json_free(data);
    json_free(schema);
    json_free(form_of_item);
    receipt_done(&receipt);
}

// Withdrawing, accepting and declining: the same request without data of its own.
static void act(struct web *w, struct request *r, bool withdraw, const char *choice)
{
    struct receipt receipt;
    struct fail why = {0};
    if (!web_same_site(r) || !read_receipt(w, r, &receipt))
        return;
    json data = json_null(), reply = json_absent();
    if (choice) {
        json_swap_take(&data, json_object());
        json_set_bool(&data, choice, true);
    }
    struct answer answer = {.item = json_get_text(receipt.answer, "item", ""),
                            .data = data,
                            .receipt = request_param(r, "receipt"),
                            .withdraw = withdraw};
    if (item_answer(w->opts.people, &answer, &reply, &why)) {
        char *location = mem_printf("/r/%s", request_param(r, "receipt"));
        web_redirect_after_commit(w, r, location);
        mem_free(location);
    } else {
        enum language l = language_of(r);
        page_refuse(r, problem_status(&why), word(l, WORD_NOT_POSSIBLE),
                    web_refusal(l, reply, &why));
    }
    json_free(reply);
    json_free(data);
    receipt_done(&receipt);
}

static void send_withdrawal(void *context, struct request *r)
{
    act(context, r, true, NULL);
}

static void send_acceptance(void *context, struct request *r)
{
    act(context, r, false, "accept");
}

static void send_decline(void *context, struct request *r)
{
    act(context, r, false, "decline");
}

void public_routes(struct web *w)
{
    struct server *s = w->opts.server;
    server_route(s, "GET", "/f/{item}", show_form, w);
    server_route(s, "POST", "/f/{item}", send_form, w);
    server_route(s, "GET", "/r/{receipt}", show_receipt, w);
    server_route(s, "GET", "/r/{receipt}/change", show_change, w);
    server_route(s, "POST", "/r/{receipt}/change", send_change, w);
    server_route(s, "POST", "/r/{receipt}/withdraw", send_withdrawal, w);
    server_route(s, "POST", "/r/{receipt}/accept", send_acceptance, w);
    server_route(s, "POST", "/r/{receipt}/decline", send_decline, w);
}
