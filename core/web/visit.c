// What one can do with a personal item beside answering it: claim it and give it back, hand it over
// while absent, step aside with a reason, take an answer back. Each is a form of its own that works
// without a script; it is there only where the function allows it.
#include "web/visit.h"

#include <string.h>

#include "base/mem.h"
#include "people/claim.h"
#include "web/fields.h"
#include "web/html.h"

static void write_button(struct page *p, const char *verb, const char *class, enum word label)
{
    html(&p->out, "<form method=post action=\"/w/%u/%r\"><button class=%r>%s</button></form>",
         request_param(p->request, "token"), verb, class, word(p->language, label));
}

// ---- claiming

static void write_claim(struct page *p, const struct visit *v)
{
    const char *assignee = json_get_text(v->shown, "assignee", "");
    if (!json_has(v->shown, "for"))
        return;
    bool mine = strcmp(assignee, v->person) == 0, free = strchr(assignee, ' ') != NULL;
    html(&p->out, "<div class=\"notice %r\" role=status><p>%s</p></div>\n<div class=row>",
         mine ? "good" : "warn",
         word(p->language, mine   ? WORD_CLAIMED_MINE
                           : free ? WORD_CLAIM_FREE
                                  : WORD_CLAIMED_BY));
    if (free)
        write_button(p, "claim", "plain", WORD_CLAIM);
    else if (mine && json_get_int(v->shown, "answers", 0) == 0)
        write_button(p, "give-back", "quiet", WORD_GIVE_BACK);
    html(&p->out, "</div>\n");
}

// ---- handing over

static void write_people(struct web *w, struct page *p, json ids, const char *self)
{
    html(&p->out, "<select id=_to name=_to required><option value=\"\">%s</option>",
         word(p->language, WORD_CHOOSE));
    for (size_t i = 0; i < json_length(ids); i++) {
        struct fail why = {0};
        json id = json_at(ids, i), person = json_is_string(id)
                                                ? people_get(w->opts.people, json_text(id), &why)
                                                : json_absent();
        if (json_is_object(person) && strcmp(json_text(id), self) != 0)
            html(&p->out, "<option value=\"%s\">%s</option>", json_text(id),
                 json_get_text(person, "name", ""));
        json_free(person);
        json_free(id);
    }
    html(&p->out, "</select>");
}

static void write_delegation(struct web *w, struct page *p, const struct visit *v)
{
    json detail = json_get(v->shown, "detail"), ids = json_get(detail, "delegates");
    html(&p->out,
         "<details class=aside><summary>%s</summary><form method=post action=\"/w/%u/delegate\">"
         "<div class=field><label for=_to>%s</label>",
         word(p->language, WORD_DELEGATE), request_param(p->request, "token"),
         word(p->language, WORD_DELEGATE_WHO));
    if (json_length(ids) > 0)
        write_people(w, p, ids, v->person);
    else
        html(&p->out,
             "<p class=help id=_to-help>%s</p><input type=text id=_to name=_to required "
             "autocomplete=off maxlength=200 aria-describedby=_to-help>",
             word(p->language, WORD_DELEGATE_HELP));
    html(&p->out, "</div><button class=quiet>%s</button></form></details>\n",
         word(p->language, WORD_DELEGATE_SEND));
    json_free(ids);
    json_free(detail);
}

static void write_recusal(struct page *p)
{
    html(&p->out,
         "<details class=aside><summary>%s</summary><form method=post action=\"/w/%u/recuse\">"
         "<div class=field><label for=_reason>%s</label><textarea id=_reason name=_reason required "
         "maxlength=600></textarea></div><button class=alert>%s</button></form></details>\n",
         word(p->language, WORD_RECUSE), request_param(p->request, "token"),
         word(p->language, WORD_RECUSE_REASON), word(p->language, WORD_RECUSE_SEND));
}

void visit_write_actions(struct web *w, struct page *p, const struct visit *v)
{
    const char *assignee = json_get_text(v->shown, "assignee", NULL);
    write_claim(p, v);
    if (assignee && strcmp(assignee, v->person) != 0)
        return;
    if (visit_allows(v, "delegate"))
        write_delegation(w, p, v);
    if (visit_allows(v, "recuse"))
        write_recusal(p);
    bool stands = strcmp(json_get_text(v->answer, "status", ""), "accepted") == 0;
    if (stands && visit_allows(v, "withdraw")) {
        html(&p->out, "<div class=row>");
        write_button(p, "withdraw", "alert", WORD_TAKE_BACK);
        html(&p->out, "</div>\n");
    }
}

// ---- doing it

static void refuse(struct web *w, struct request *r, const struct visit *v, const char *text,
                   int status)
{
    visit_write(
        w, r, v,
        &(struct visit_page){.values = json_absent(), .violations = json_absent(), .refusal = text},
        status);
}

// The visit of a POST with its form; false when it has been answered.
static bool begin(struct web *w, struct request *r, struct visit *v, const struct form **form)
{
    struct fail why = {0};
    if (!web_same_site(r) || !visit_begin(w, r, v))
        return false;
    *form = request_form(r, &why);
    if (*form && !v->expired)
        return true;
    if (!*form)
        page_fail(r, &why);
    else
        refuse(w, r, v, word(language_of(r), WORD_CLOSED), 410);
    visit_done(v);
    return false;
}

typedef bool claiming(struct people *p, const char *item, const char *person, struct fail *why);

static void do_claim(struct web *w, struct request *r, claiming *verb)
{
    struct visit v;
    struct fail why = {0};
    const struct form *form;
    if (!begin(w, r, &v, &form))
        return;
    if (verb(w->opts.people, v.item, v.person, &why)) {
        char *location = mem_printf("/w/%s", request_param(r, "token"));
        web_redirect_after_commit(w, r, location);
        mem_free(location);
    } else {
        const char *said = word_of_refusal(language_of(r), why.code);
        refuse(w, r, &v, said ? said : word(language_of(r), WORD_NOT_POSSIBLE),
               problem_status(&why));
    }
    visit_done(&v);
}

static void claim(void *context, struct request *r)
{
    do_claim(context, r, item_claim);
}

static void give_back(void *context, struct request *r)
{
    do_claim(context, r, item_give_back);
}

static bool is_called(json person, const char *text)
{
    return strcmp(json_get_text(person, "id", ""), text) == 0 ||
           strcmp(json_get_text(person, "name", ""), text) == 0 ||
           strcmp(json_get_text(person, "email", ""), text) == 0;
}

char *web_person_called(struct web *w, const char *text, enum word *said)
{
    struct fail why = {0};
    json found = people_find(w->opts.people, text, 200, &why);
    char *id = NULL;
    *said = WORD_DELEGATE_UNKNOWN;
    for (size_t i = 0; i < json_length(found); i++) {
        json person = json_at(found, i);
        if (is_called(person, text)) {
            *said = id ? WORD_DELEGATE_MANY : *said;
            mem_free(id);
            id = mem_string(json_get_text(person, "id", ""));
        }
        json_free(person);
    }
    json_free(found);
    if (*said != WORD_DELEGATE_MANY)
        return id;
    mem_free(id);
    return NULL;
}

static void delegate(void *context, struct request *r)
{
    struct web *w = context;
    struct visit v;
    const struct form *form;
    enum word said;
    if (!begin(w, r, &v, &form))
        return;
    char *name = form_trimmed(form, "_to"), *id = web_person_called(w, name, &said);
    if (id)
        visit_answer(w, r, &v, &(struct answer){.data = json_null(), .delegate = id});
    else
        refuse(w, r, &v, word(language_of(r), said), 422);
    mem_free(id);
    mem_free(name);
    visit_done(&v);
}

static void recuse(void *context, struct request *r)
{
    struct web *w = context;
    struct visit v;
    const struct form *form;
    if (!begin(w, r, &v, &form))
        return;
    char *reason = form_trimmed(form, "_reason");
    if (*reason)
        visit_answer(w, r, &v, &(struct answer){.data = json_null(), .recuse = reason});
    else
        refuse(w, r, &v, word(language_of(r), WORD_REASON_NEEDED), 422);
    mem_free(reason);
    visit_done(&v);
}

static void withdraw(void *context, struct request *r)
{
    struct web *w = context;
    struct visit v;
    const struct form *form;
    if (!begin(w, r, &v, &form))
        return;
    visit_answer(w, r, &v,
                 &(struct answer){.data = json_null(),
                                  .receipt = json_get_text(v.answer, "receipt", NULL),
                                  .withdraw = true});
    visit_done(&v);
}

// A refusal stands at the address of what was tried; from there the other language and a new visit
// lead back to the page.
static void go_back(void *context, struct request *r)
{
    const char *lang = request_query(r, "lang");
    char *location = mem_printf("/w/%s%s", request_param(r, "token"),
                                !lang                     ? ""
                                : strcmp(lang, "en") == 0 ? "?lang=en"
                                                          : "?lang=ko");
    (void)context;
    request_redirect(r, 303, location);
    mem_free(location);
}

void visit_action_routes(struct web *w)
{
    static const char *const verbs[] = {"/w/{token}/claim", "/w/{token}/give-back",
                                        "/w/{token}/delegate", "/w/{token}/recuse",
                                        "/w/{token}/withdraw"};
    struct server *s = w->opts.server;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        server_route(s, "GET", verbs[i], go_back, w);
    server_route(s, "POST", "/w/{token}/claim", claim, w);
    server_route(s, "POST", "/w/{token}/give-back", give_back, w);
    server_route(s, "POST", "/w/{token}/delegate", delegate, w);
    server_route(s, "POST", "/w/{token}/recuse", recuse, w);
    server_route(s, "POST", "/w/{token}/withdraw", withdraw, w);
}
