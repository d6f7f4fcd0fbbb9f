// Outcomes: what came of a step with its whole tally, behind a personal link or at /o/….
#include "people/outcome.h"

#include <string.h>

#include "base/mem.h"
#include "people/urn.h"
#include "web/fields.h"
#include "web/html.h"
#include "web/state.h"

static void write_texts(struct page *p, json texts)
{
    for (size_t i = 0; i < json_length(texts); i++) {
        json text = json_at(texts, i);
        html(&p->out, "<p>%s</p>\n", text_in(p->language, text));
        json_free(text);
    }
}

static void write_facts(struct web *w, struct page *p, const char *instance, json facts)
{
    if (json_length(facts) == 0)
        return;
    html(&p->out, "<dl class=facts>");
    for (size_t i = 0; i < json_length(facts); i++) {
        json fact = json_at(facts, i), label = json_get(fact, "label"),
             value = json_get(fact, "value");
        html(&p->out, "<dt>%s<dd>", text_in(p->language, label));
        web_write_value(w, p, instance, value);
        json_free(value);
        json_free(label);
        json_free(fact);
    }
    html(&p->out, "</dl>\n");
}

static void write_row(struct web *w, struct page *p, const char *instance, json columns, json row)
{
    html(&p->out, "<tr>");
    for (size_t c = 0; c < json_length(columns); c++) {
        json column = json_at(columns, c), cell = json_get(row, json_get_text(column, "key", ""));
        html(&p->out, c == 0                 ? "<th scope=row>"
                      : json_is_number(cell) ? "<td class=number>"
                                             : "<td>");
        web_write_value(w, p, instance, cell);
        json_free(cell);
        json_free(column);
    }
}

static void write_table(struct web *w, struct page *p, const char *instance, json table)
{
    json columns = json_get(table, "columns"), rows = json_get(table, "rows"),
         title = json_get(table, "title");
    html(&p->out,
         "<div class=scroll tabindex=0 role=region "
         "aria-label=\"%s\"><table><caption>%s</caption><thead><tr>",
         text_in(p->language, title), text_in(p->language, title));
    page_write_heads(p, columns, rows);
    html(&p->out, "</thead><tbody>");
    for (size_t i = 0; i < json_length(rows); i++) {
        json row = json_at(rows, i);
        write_row(w, p, instance, columns, row);
        json_free(row);
    }
    html(&p->out, "</table></div>\n");
    json_free(title);
    json_free(rows);
    json_free(columns);
}

// A vote can be checked by its voters: the receipt is posted, so that it is in no log of addresses.
static void write_check_form(struct page *p, const char *instance, const char *class)
{
    html(&p->out,
         "<form method=post action=\"/o/%u/receipt\"><div class=field><label "
         "for=_receipt>%s</label><p class=help id=_receipt-help>%s</p><input type=text id=_receipt "
         "name=_receipt required autocomplete=off maxlength=100 "
         "aria-describedby=_receipt-help></div><button class=%r>%s</button></form>\n",
         instance, word(p->language, WORD_RECEIPT), word(p->language, WORD_CHECK_HELP), class,
         word(p->language, WORD_CHECK_SEND));
}

static void write_check(struct page *p, json outcome)
{
    if (strcmp(json_get_text(outcome, "kind", ""), "vote") != 0)
        return;
    html(&p->out, "<details class=aside><summary>%s</summary>",
         word(p->language, WORD_CHECK_TITLE));
    write_check_form(p, json_get_text(outcome, "instance", ""), "quiet");
    html(&p->out, "</details>\n");
}

void web_write_outcome(struct web *w, struct page *p, json outcome)
{
    const char *instance = json_get_text(outcome, "instance", "");
    json result = json_get(outcome, "result"), texts = json_get(outcome, "text"),
         facts = json_get(outcome, "facts"), tables = json_get(outcome, "tables");
    html(&p->out, "<h2>%s</h2><div class=\"notice %r\"><p><strong>%s</strong></p>",
         word(p->language, WORD_OUTCOME),
         strcmp(json_get_text(outcome, "tone", ""), "good") == 0 ? "good" : "warn",
         text_in(p->language, result));
    write_texts(p, texts);
    html(&p->out, "</div>\n");
    write_facts(w, p, instance, facts);
    for (size_t i = 0; i < json_length(tables); i++) {
        json table = json_at(tables, i);
        write_table(w, p, instance, table);
        json_free(table);
    }
    if (json_get_bool(outcome, "public", false))
        html(&p->out, "<p><a href=\"/o/%u/%u\">%s</a></p>\n", instance,
             json_get_text(outcome, "mark", ""), word(p->language, WORD_OUTCOME_PAGE));
    write_check(p, outcome);
    json_free(tables);
    json_free(facts);
    json_free(texts);
    json_free(result);
}

static enum word checked_word(const char *state)
{
    if (strcmp(state, "counted") == 0)
        return WORD_CHECK_COUNTED;
    if (strcmp(state, "withdrawn") == 0)
        return WORD_CHECK_WITHDRAWN;
    return strcmp(state, "not_yet") == 0 ? WORD_CHECK_NOT_YET : WORD_CHECK_UNKNOWN;
}

// It says whether, never what: so it is open to whoever has a receipt.
static void check(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    enum language l = language_of(r);
    if (!web_same_site(r))
        return;
    const struct form *form = request_form(r, &why);
    char *receipt = form ? form_trimmed(form, "_receipt") : NULL;
    json checked = json_absent();
    if (form &&
        ballot_check(w->opts.people, request_param(r, "instance"), receipt, &checked, &why)) {
        struct page p;
        enum word said = checked_word(json_get_text(checked, "state", ""));
        page_begin(&p, r, word(l, WORD_CHECK_TITLE), false);
        html(&p.out, "<div class=\"notice %r\" role=status><p><strong>%s</strong></p></div>\n",
             said == WORD_CHECK_COUNTED ? "good" : "warn", word(l, said));
        html(&p.out, "<p><a href=\"/o/%u/receipt\">%s</a></p>\n", request_param(r, "instance"),
             word(l, WORD_BACK));
        page_reply(&p, 200);
    } else {
        page_fail(r, &why);
    }
    json_free(checked);
    mem_free(receipt);
}

// Where a voter checks his ballot: by the link on the page that gave him the receipt, before the
// count too. It says nothing of the instance, so nothing is looked up.
static void show_check(void *context, struct request *r)
{
    struct page p;
    (void)context;
    page_begin(&p, r, word(language_of(r), WORD_CHECK_TITLE), false);
    write_check_form(&p, request_param(r, "instance"), "plain");
    page_reply(&p, 200);
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    enum language l = language_of(r);
    json outcome =
        outcome_show(w->opts.people, request_param(r, "instance"), request_param(r, "mark"), &why);
    if (json_is_absent(outcome)) {
        page_fail(r, &why);
    } else if (!json_get_bool(outcome, "public", false) && !web_may(w, r, PERMIT_VIEW)) {
        page_refuse(r, 403, word(l, WORD_NOT_POSSIBLE), word(l, WORD_OUTCOME_PRIVATE));
    } else {
        struct page p;
        json title = json_get(outcome, "title");
        page_begin(&p, r, text_in(l, title), false);
        web_write_outcome(w, &p, outcome);
        page_reply(&p, 200);
        json_free(title);
    }
    json_free(outcome);
}

void outcome_routes(struct web *w)
{
    server_route(w->opts.server, "GET", "/o/{instance}/receipt", show_check, w);
    server_route(w->opts.server, "GET", "/o/{instance}/{mark}", show, w);
    server_route(w->opts.server, "POST", "/o/{instance}/receipt", check, w);
}
