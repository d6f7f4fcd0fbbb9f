// A person's inbox (/me/TOKEN): what waits for him, soonest due first, and what he has done.
#include "people/inbox.h"

#include <string.h>

#include "base/mem.h"
#include "people/link.h"
#include "web/html.h"
#include "web/state.h"

#define LINK_MS (INT64_C(30) * 24 * 60 * 60 * 1000) // links of a page are good for a month

// NULL: the link cannot be made.
static bool make_link(struct web *w, const char *item, const char *person, char token[LINK_SIZE])
{
    struct fail why = {0};
    return link_make(w->opts.people, item, person, engine_now_ms(w->opts.engine) + LINK_MS, token,
                     &why);
}

static const struct zone *zone_of(struct web *w, const char *person)
{
    struct fail why = {0};
    json shown = people_get(w->opts.people, person, &why), more = json_get(shown, "attributes");
    const char *name = json_get_text(more, "zone", NULL);
    const struct zone *zone = name ? zone_find(name, &why) : NULL;
    json_free(more);
    json_free(shown);
    return zone;
}

static void write_state(struct page *p, json item)
{
    bool open = strcmp(json_get_text(item, "status", ""), "open") == 0,
         answered = json_get_int(item, "answers", 0) > 0;
    html(&p->out, " <span class=state>%s</span>",
         word(p->language, answered ? WORD_STATE_SENT
                           : open   ? WORD_CLOSES_AT
                                    : WORD_STATE_ENDED));
}

// What was sent to a group: whether it is still free or he works on it.
static void write_shared(struct page *p, json item, const char *person)
{
    bool mine = strcmp(json_get_text(item, "assignee", ""), person) == 0;
    if (json_has(item, "for"))
        html(&p->out, " <span class=state>%s</span>",
             word(p->language, mine ? WORD_SHARED_MINE : WORD_SHARED_FREE));
}

static void write_item(struct web *w, struct page *p, const char *person, json item, bool past)
{
    char token[LINK_SIZE];
    json title = json_get(item, "title");
    const char *closes = json_get_text(item, "closesAt", NULL), *text = text_in(p->language, title);
    if (make_link(w, json_get_text(item, "id", ""), person, token))
        html(&p->out, "<li><a href=\"/w/%r\">%s</a>", token,
             *text ? text : word(p->language, WORD_PERSONAL_PAGE));
    else
        html(&p->out, "<li>%s", text);
    if (past)
        write_state(p, item);
    else
        write_shared(p, item, person);
    html(&p->out, "<br><span class=quiet-text>");
    if (closes) {
        html(&p->out, "%s: ", word(p->language, WORD_CLOSES_AT));
        web_write_moment(w, p, json_get_text(item, "instance", ""), closes, &p->out);
    } else {
        html(&p->out, "%s", word(p->language, WORD_NO_CLOSE));
    }
    html(&p->out, "</span>");
    json_free(title);
}

static void write_list(struct web *w, struct page *p, const char *person, json list, bool past)
{
    html(&p->out, "<ol class=%r>", past ? "past" : "inbox");
    for (size_t i = 0; i < json_length(list); i++) {
        json item = json_at(list, i);
        write_item(w, p, person, item, past);
        json_free(item);
    }
    html(&p->out, "</ol>\n");
}

void inbox_write(struct web *w, struct page *p, const char *person)
{
    struct fail why = {0};
    json inbox = inbox_of(w->opts.people, person, &why), waiting = json_get(inbox, "waiting"),
         past = json_get(inbox, "past");
    p->zone = zone_of(w, person);
    if (json_is_absent(inbox))
        html(&p->out, "<p class=refusal role=alert>%s</p>", word(p->language, WORD_TRY_LATER));
    else if (json_length(waiting) == 0)
        html(&p->out, "<p>%s</p>\n", word(p->language, WORD_INBOX_EMPTY));
    else
        write_list(w, p, person, waiting, false);
    if (json_length(past) > 0) {
        html(&p->out, "<h2>%s</h2>\n", word(p->language, WORD_INBOX_PAST));
        write_list(w, p, person, past, true);
    }
    json_free(past);
    json_free(waiting);
    json_free(inbox);
}

// A link that was passed on answers in the name of whom it was sent to: each page says whose it is.
void web_write_whose(struct web *w, struct page *p, const char *person)
{
    char *name = people_name(w->opts.people, person);
    if (name != NULL && *name != '\0')
        html(&p->out, "<p class=quiet-text>%s: <strong>%s</strong></p>\n",
             word(p->language, WORD_PAGE_OF), name);
    mem_free(name);
}

void web_write_inbox_link(struct web *w, struct page *p, const char *person)
{
    char token[LINK_SIZE];
    if (*person && make_link(w, "", person, token))
        html(&p->out, "<p class=more><a href=\"/me/%r\">%s</a></p>\n", token,
             word(p->language, WORD_INBOX_ALL));
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    char *item = NULL, *person = NULL;
    bool good = link_read(w->opts.people, request_param(r, "token"), &item, &person, &why);
    if (good && (*item || !*person)) // a link to one thing opens that alone
        good = fail_code(&why, FAIL_DENIED, "bad_link", "this is no link to an inbox");
    if (good) {
        struct page p;
        page_begin(&p, r, word(language_of(r), WORD_INBOX), false);
        web_write_whose(w, &p, person);
        inbox_write(w, &p, person);
        page_reply(&p, 200);
    } else if (!web_link_missed(w, r)) {
        page_fail(r, &why);
    }
    mem_free(item);
    mem_free(person);
}

void inbox_routes(struct web *w)
{
    server_route(w->opts.server, "GET", "/me/{token}", show, w);
}
