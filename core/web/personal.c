// Personal work items (/w/TOKEN): the signed link names the item and the person.
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "people/link.h"
#include "web/fields.h"
#include "web/html.h"
#include "web/state.h"

struct visit {
    char *item, *person;
    json shown;
};

// False if the link is not good; then it has been answered.
static bool read_link(struct web *w, struct request *r, struct visit *v)
{
    struct fail why = {0};
    *v = (struct visit){.shown = json_absent()};
    if (link_read(w->opts.people, request_param(r, "token"), &v->item, &v->person, &why)) {
        v->shown = item_show(w->opts.people, v->item, &why);
        if (json_is_object(v->shown))
            return true;
    }
    mem_free(v->item);
    mem_free(v->person);
    if (!web_link_missed(w, r))
        page_fail(r, &why);
    return false;
}

static void visit_done(struct visit *v)
{
    mem_free(v->item);
    mem_free(v->person);
    json_free(v->shown);
}

static void write_page(struct web *w, struct request *r, const struct visit *v, struct form_page *f,
                       int status)
{
    struct page p;
    json title = json_get(v->shown, "title");
    page_begin(&p, r, text_in(language_of(r), title), false);
    f->item = v->shown;
    f->action = request_path(r);
    f->send = WORD_SEND;
    web_write_form(w, &p, f);
    page_reply(&p, status);
    json_free(title);
}

// An answer that was given before fills the form, so that one sees what stands.
static json given_before(struct web *w, const struct visit *v)
{
    struct fail why = {0};
    json answers = answer_list(w->opts.people, v->item, LIMIT_PAGE_ROWS, &why),
         data = json_absent();
    for (size_t i = 0; i < json_length(answers); i++) {
        json answer = json_at(answers, i);
        const char *person = json_get_text(answer, "person", NULL);
        if (person && strcmp(person, v->person) == 0)
            json_swap_take(&data, json_get(answer, "data"));
        json_free(answer);
    }
    json_free(answers);
    return data;
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct visit v;
    if (!read_link(w, r, &v))
        return;
    if (strcmp(json_get_text(v.shown, "status", ""), "open") != 0) {
        enum language l = language_of(r);
        bool done = strcmp(json_get_text(v.shown, "status", ""), "done") == 0;
        page_refuse(r, done ? 200 : 410, word(l, done ? WORD_THANKS : WORD_CLOSED), "");
    } else {
        json values = given_before(w, &v);
        write_page(w, r, &v, &(struct form_page){.values = values}, 200);
        json_free(values);
    }
    visit_done(&v);
}

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
    web_reply_after_commit(w, &p, 200);
    json_free(title);
}

static void receive(void *context, struct request *r)
{
    struct web *w = context;
    struct visit v;
    struct fail why = {0};
    if (!web_same_site(r) || !read_link(w, r, &v))
        return;
    const struct form *form = request_form(r, &why);
    if (!form) {
        page_fail(r, &why);
        visit_done(&v);
        return;
    }
    json item_form = json_get(v.shown, "form"), schema = json_get(item_form, "schema"),
         reply = json_absent();
    json data = fields_read(schema, form);
    struct answer answer = {
        .item = v.item, .person = v.person, .data = data, .key = form_text(form, "_key", NULL)};
    if (item_answer(w->opts.people, &answer, &reply, &why)) {
        char *location = mem_printf("/r/%s", json_get_text(reply, "receipt", ""));
        if (json_get_bool(v.shown, "secret", false))
            show_secret_receipt(w, r, &v, reply);
        else
            web_redirect_after_commit(w, r, location);
        mem_free(location);
    } else {
        json violations = json_get(reply, "violations");
        write_page(w, r, &v,
                   &(struct form_page){.values = data,
                                       .violations = violations,
                                       .refusal = json_length(violations) > 0
                                                      ? NULL
                                                      : web_refusal(language_of(r), reply, &why)},
                   problem_status(&why));
        json_free(violations);
    }
    json_free(data);
    json_free(reply);
    json_free(schema);
    json_free(item_form);
    visit_done(&v);
}

void personal_routes(struct web *w)
{
    server_route(w->opts.server, "GET", "/w/{token}", show, w);
    server_route(w->opts.server, "POST", "/w/{token}", receive, w);
}
