// Personal work items (/w/TOKEN): the signed link names the item and the person. One page has all
// that is needed to decide, what stands of his answer, and the outcome when it is over.
#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/link.h"
#include "people/outcome.h"
#include "web/fields.h"
#include "web/html.h"
#include "web/visit.h"

bool visit_begin(struct web *w, struct request *r, struct visit *v)
{
    struct fail why = {0};
    *v = (struct visit){.shown = json_absent(), .answer = json_absent()};
    if (link_look(w->opts.people, request_param(r, "token"), &v->item, &v->person, &v->expired,
                  &why)) {
        v->shown = item_show(w->opts.people, v->item, &why);
        if (json_is_object(v->shown)) {
            if (*v->person)
                v->answer = answer_of(w->opts.people, v->item, v->person, &why);
            return true;
        }
    }
    visit_done(v);
    if (!web_link_missed(w, r))
        page_fail(r, &why);
    return false;
}

void visit_done(struct visit *v)
{
    mem_free(v->item);
    mem_free(v->person);
    json_free(v->shown);
    json_free(v->answer);
}

bool visit_allows(const struct visit *v, const char *word)
{
    json reply = json_get(v->answer, "reply"), allows = json_get(reply, "allows");
    if (json_is_absent(allows))
        json_swap_take(&allows, json_get(v->shown, "allows"));
    bool usual = strcmp(word, "change") == 0 || strcmp(word, "withdraw") == 0;
    bool is = json_is_absent(allows) && usual;
    for (size_t i = 0; i < json_length(allows) && !is; i++) {
        json one = json_at(allows, i);
        is = json_is_string(one) && strcmp(json_text(one), word) == 0;
        json_free(one);
    }
    json_free(allows);
    json_free(reply);
    return is;
}

// ---- what stands

static bool is_secret(const struct visit *v)
{
    return json_get_bool(v->shown, "secret", false);
}

static bool is_open(const struct visit *v)
{
    return strcmp(json_get_text(v->shown, "status", ""), "open") == 0 && !v->expired;
}

static bool is_withdrawn(const struct visit *v)
{
    return strcmp(json_get_text(v->answer, "status", ""), "withdrawn") == 0;
}

static bool has_answered(const struct visit *v)
{
    bool personal = json_has(v->shown, "assignee");
    if (is_secret(v) && personal)
        return json_get_int(v->shown, "answers", 0) > 0;
    return json_is_object(v->answer) && !is_withdrawn(v);
}

static void write_delegate(struct web *w, struct page *p, json reply)
{
    struct fail why = {0};
    const char *id = json_get_text(reply, "delegate", NULL);
    json person = id ? people_get(w->opts.people, id, &why) : json_absent();
    if (id)
        html(&p->out, "<p>%s: <strong>%s</strong></p>", word(p->language, WORD_DELEGATED_TO),
             json_get_text(person, "name", id));
    json_free(person);
}

static void write_receipt(struct web *w, struct page *p, const struct visit *v)
{
    html(&p->out, "<dl class=facts><dt>%s<dd>", word(p->language, WORD_RECEIVED_AT));
    web_write_moment(w, p, json_get_text(v->shown, "instance", ""),
                     json_get_text(v->answer, "at", ""), &p->out);
    const char *receipt = json_get_text(v->answer, "receipt", "");
    html(&p->out, "<dt>%s<dd><a href=\"/r/%u\"><code>%s</code></a></dl>\n",
         word(p->language, WORD_RECEIPT), receipt, receipt);
}

static void write_until(struct web *w, struct page *p, const struct visit *v)
{
    const char *closes = json_get_text(v->shown, "closesAt", NULL);
    if (!is_open(v))
        return;
    if (!visit_allows(v, "change")) {
        html(&p->out, "<p>%s</p>", word(p->language, WORD_STANDS_FINAL));
    } else if (closes) {
        html(&p->out, "<p>%s: ", word(p->language, WORD_CHANGE_UNTIL));
        web_write_moment(w, p, json_get_text(v->shown, "instance", ""), closes, &p->out);
        html(&p->out, "</p>");
    }
}

static void write_standing(struct web *w, struct page *p, const struct visit *v)
{
    json reply = json_get(v->answer, "reply"), form = json_get(v->shown, "form"),
         schema = json_get(form, "schema"), data = json_get(v->answer, "data");
    bool recused = json_get_bool(reply, "recused", false);
    html(&p->out, "<div class=\"notice good\" role=status><p><strong>%s</strong></p>",
         word(p->language, recused        ? WORD_RECUSED
                           : is_secret(v) ? WORD_STANDS_SECRET
                                          : WORD_STANDS));
    write_delegate(w, p, reply);
    if (!recused)
        write_until(w, p, v);
    html(&p->out, "</div>\n");
    if (json_length(data) > 0) {
        struct fields fields = {.language = p->language, .schema = schema, .values = data};
        html(&p->out, "<h2>%s</h2>\n", word(p->language, WORD_YOU_ANSWERED));
        fields_write_answers(&fields, &p->out);
        web_write_total(p, schema, data);
    }
    if (json_is_object(v->answer) && !recused)
        write_receipt(w, p, v);
    json_free(data);
    json_free(schema);
    json_free(form);
    json_free(reply);
}

// ---- the form

static enum word send_word(const struct visit *v, bool again)
{
    static const struct {
        const char *kind;
        enum word word;
    } kinds[] = {{"ballot", WORD_CAST},
                 {"review", WORD_SCORE},
                 {"approval", WORD_DECIDE},
                 {"petition", WORD_SIGN}};
    const char *kind = json_get_text(v->shown, "kind", "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !again; i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].word;
    return again ? WORD_SAVE : WORD_SEND;
}

static bool is_early(struct web *w, const struct visit *v)
{
    int64_t opens;
    struct fail why = {0};
    const char *at = json_get_text(v->shown, "opensAt", NULL);
    return at && instant_parse(at, &opens, &why) && engine_now_ms(w->opts.engine) < opens;
}

// Whether he is the one who works on what a group was asked; what asks one person is his.
static bool is_his(const struct visit *v)
{
    const char *assignee = json_get_text(v->shown, "assignee", NULL);
    return !assignee || strcmp(assignee, v->person) == 0;
}

static void write_early(struct web *w, struct page *p, const struct visit *v)
{
    html(&p->out, "<div class=\"notice warn\" role=status><p>%s</p><p>%s: ",
         word(p->language, WORD_OPENS_LATER), word(p->language, WORD_OPENS_AT));
    web_write_moment(w, p, json_get_text(v->shown, "instance", ""),
                     json_get_text(v->shown, "opensAt", ""), &p->out);
    html(&p->out, "</p></div>\n");
}

static void write_form(struct web *w, struct page *p, const struct visit *v,
                       const struct visit_page *page)
{
    bool answered = has_answered(v);
    json given = json_get(v->answer, "data");
    if (answered && !page->again && !visit_allows(v, "change")) {
        json_free(given);
        return;
    }
    if (answered)
        html(&p->out, "<h2>%s</h2>\n", word(p->language, WORD_CHANGE_TITLE));
    char *action = mem_printf("/w/%s", request_param(p->request, "token"));
    web_write_form(w, p,
                   &(struct form_page){.item = v->shown,
                                       .values = page->again ? page->values : given,
                                       .violations = page->violations,
                                       .refusal = page->refusal,
                                       .action = action,
                                       .send = send_word(v, answered),
                                       .receipt = answered && is_secret(v)});
    mem_free(action);
    json_free(given);
}

// ---- when it is over

static void write_over(struct page *p, const struct visit *v, bool answered)
{
    const char *code = json_get_text(v->shown, "closedAs", "closed");
    const char *said = word_of_refusal(p->language, code);
    if (!answered)
        html(&p->out, "<div class=\"notice warn\" role=status><p><strong>%s</strong></p></div>\n",
             said ? said : word(p->language, WORD_CLOSED));
}

static void write_outcome(struct web *w, struct page *p, const struct visit *v)
{
    struct fail why = {0};
    json outcome = outcome_of_item(w->opts.people, v->item, &why);
    if (json_is_object(outcome))
        web_write_outcome(w, p, outcome);
    json_free(outcome);
}

static void write_open(struct web *w, struct page *p, const struct visit *v,
                       const struct visit_page *page)
{
    if (is_early(w, v)) {
        write_early(w, p, v);
        return;
    }
    if (is_his(v))
        write_form(w, p, v, page);
    visit_write_actions(w, p, v);
}

void visit_write(struct web *w, struct request *r, const struct visit *v,
                 const struct visit_page *page, int status)
{
    struct page p;
    bool answered = has_answered(v), open = is_open(v);
    json title = json_get(v->shown, "title");
    const char *heading = text_in(language_of(r), title);
    page_begin(&p, r, *heading ? heading : word(language_of(r), WORD_PERSONAL_PAGE), false);
    web_write_whose(w, &p, v->person);
    bool in_form = open && is_his(v) && !is_early(w, v) &&
                   (page->again || !answered || visit_allows(v, "change"));
    if (page->refusal && !in_form)
        html(&p.out, "<div class=refusal role=alert>%s</div>\n", page->refusal);
    if (answered)
        write_standing(w, &p, v);
    if (!open)
        write_over(&p, v, answered);
    if (!open)
        write_outcome(w, &p, v);
    web_write_matter(w, &p, v->shown);
    if (open)
        write_open(w, &p, v, page);
    if (!v->expired)
        web_write_inbox_link(w, &p, v->person);
    page_reply(&p, status);
    json_free(title);
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct visit v;
    if (!visit_begin(w, r, &v))
        return;
    visit_write(w, r, &v,
                &(struct visit_page){.values = json_absent(), .violations = json_absent()}, 200);
    visit_done(&v);
}

// ---- sending

// A secret answer has no page of its own that could be looked up: its receipt is shown once, here.
static void show_secret_receipt(struct web *w, struct request *r, const struct visit *v, json reply)
{
    struct page p;
    json title = json_get(v->shown, "title");
    page_begin(&p, r, text_in(language_of(r), title), false);
    html(&p.out, "<div class=\"notice good\" role=status><p><strong>%s</strong></p></div>\n",
         word(p.language, WORD_THANKS));
    const char *receipt = json_get_text(reply, "receipt", NULL);
    if (receipt)
        html(&p.out, "<dl class=facts><dt>%s<dd><code>%s</code></dl><p>%s</p>\n",
             word(p.language, WORD_RECEIPT), receipt, word(p.language, WORD_SECRET_RECEIPT));
    html(&p.out, "<p><a href=\"/o/%u/receipt\">%s</a></p>\n",
         json_get_text(v->shown, "instance", ""), word(p.language, WORD_CHECK_TITLE));
    web_write_inbox_link(w, &p, v->person);
    web_reply_after_commit(w, &p, 200);
    json_free(title);
}

static void redirect_back(struct web *w, struct request *r)
{
    char *location = mem_printf("/w/%s", request_param(r, "token"));
    web_redirect_after_commit(w, r, location);
    mem_free(location);
}

void visit_answer(struct web *w, struct request *r, const struct visit *v,
                  const struct answer *answer)
{
    struct fail why = {0};
    json reply = json_absent();
    struct answer given = *answer;
    given.item = v->item;
    given.person = *v->person ? v->person : NULL;
    bool plain = !given.withdraw && !given.delegate && !given.recuse;
    if (!item_answer(w->opts.people, &given, &reply, &why)) {
        json violations = json_get(reply, "violations");
        bool mend = json_length(violations) > 0;
        visit_write(
            w, r, v,
            &(struct visit_page){.values = given.data,
                                 .violations = violations,
                                 .refusal = mend ? NULL : web_refusal(language_of(r), reply, &why),
                                 .again = plain},
            problem_status(&why));
        json_free(violations);
    } else if (is_secret(v) && plain) {
        show_secret_receipt(w, r, v, reply);
    } else if (!*v->person) {
        char *location = mem_printf("/r/%s", json_get_text(reply, "receipt", ""));
        web_redirect_after_commit(w, r, location);
        mem_free(location);
    } else {
        redirect_back(w, r);
    }
    json_free(reply);
}

static void take_form(struct web *w, struct request *r, const struct visit *v,
                      const struct form *form)
{
    json item_form = json_get(v->shown, "form"), schema = json_get(item_form, "schema");
    json data = fields_read(schema, form);
    const char *receipt = form_text(form, "_receipt", NULL);
    if (form_text(form, "_total", NULL))
        visit_write(
            w, r, v,
            &(struct visit_page){.values = data, .violations = json_absent(), .again = true}, 200);
    else
        visit_answer(w, r, v,
                     &(struct answer){.data = data,
                                      .key = form_text(form, "_key", NULL),
                                      .receipt = receipt && *receipt ? receipt : NULL});
    json_free(data);
    json_free(schema);
    json_free(item_form);
}

static void receive(void *context, struct request *r)
{
    struct web *w = context;
    struct visit v;
    struct fail why = {0};
    if (!web_same_site(r) || !visit_begin(w, r, &v))
        return;
    const struct form *form = request_form(r, &why);
    if (!form)
        page_fail(r, &why);
    else if (v.expired)
        visit_write(w, r, &v,
                    &(struct visit_page){.values = json_absent(),
                                         .violations = json_absent(),
                                         .refusal = word(language_of(r), WORD_CLOSED)},
                    410);
    else
        take_form(w, r, &v, form);
    visit_done(&v);
}

void personal_routes(struct web *w)
{
    server_route(w->opts.server, "GET", "/w/{token}", show, w);
    server_route(w->opts.server, "POST", "/w/{token}", receive, w);
    visit_action_routes(w);
}
