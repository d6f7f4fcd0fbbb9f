// Lists of open steps: as a page and as CSV.
#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/csv.h"
#include "plugin/view.h"
#include "web/console.h"
#include "web/html.h"

static char *cell_text(enum language language, json row, const char *key)
{
    json value = json_get(row, key);
    char *text = json_is_string(value) || json_has(value, "ko") || json_has(value, "en")
                     ? mem_string(text_in(language, value))
                 : json_is_absent(value) || json_is_null(value) ? mem_string("")
                 : json_kind(value) == JSON_BOOL
                     ? mem_string(word(language, json_is_true(value) ? WORD_YES : WORD_NO))
                     : json_dump(value);
    json_free(value);
    return text;
}

struct list_page {
    struct web *web;
    struct page *page;
    const char *instance;
};

// A moment is written as people say it, a state in words.
static void write_text(const struct list_page *l, const char *key, const char *text)
{
    struct fail why = {0};
    int64_t ms;
    if (strchr(text, 'T') && instant_parse(text, &ms, &why))
        web_write_moment(l->web, l->page, l->instance, text, &l->page->out);
    else if ((strcmp(key, "status") == 0 || strcmp(key, "_status") == 0) && *text)
        console_write_state(l->page, text);
    else
        html(&l->page->out, "%s", text);
}

// One row; of the totals the cells are headers, the first of them says what they are.
static void write_cells(const struct list_page *l, json columns, json row, bool totals)
{
    struct bytes *out = &l->page->out;
    for (size_t c = 0; c < json_length(columns); c++) {
        json column = json_at(columns, c);
        const char *key = json_get_text(column, "key", "");
        json value = json_get(row, key);
        char *text = cell_text(l->page->language, row, key);
        if (totals && c == 0 && !*text) {
            mem_free(text);
            text = mem_string(word(l->page->language, WORD_TOTAL));
        }
        // A header without text is none.
        html(out, json_is_number(value) ? "<%r class=number>" : "<%r>",
             totals && *text ? "th" : "td");
        write_text(l, key, text);
        mem_free(text);
        json_free(value);
        json_free(column);
    }
}

static void write_table(const struct list_page *l, json view)
{
    struct page *p = l->page;
    json columns = json_get(view, "columns"), rows = json_get(view, "rows"),
         totals = json_get(view, "totals");
    html(&p->out, "<div class=scroll tabindex=0><table><thead><tr>");
    page_write_heads(p, columns, rows);
    html(&p->out, "</thead><tbody>\n");
    for (size_t i = 0; i < json_length(rows); i++) {
        json row = json_at(rows, i);
        html(&p->out, "<tr>");
        write_cells(l, columns, row, false);
        json_free(row);
    }
    html(&p->out, "</tbody>");
    if (json_is_object(totals)) {
        html(&p->out, "<tfoot><tr>");
        write_cells(l, columns, totals, true);
        html(&p->out, "</tfoot>");
    }
    html(&p->out, "</table></div>\n");
    if (json_length(rows) == 0)
        html(&p->out, "<p>%s</p>", word(p->language, WORD_NOBODY));
    json_free(totals);
    json_free(rows);
    json_free(columns);
}

static json view_of(struct web *w, struct request *r, struct fail *why)
{
    if (!w->opts.plugins) {
        fail(why, FAIL_NOT_FOUND, "there are no plugins");
        return json_absent();
    }
    return plugins_view(w->opts.plugins, request_param(r, "id"), request_param(r, "task"),
                        request_param(r, "view"), why);
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json view = view_of(w, r, &why);
    if (json_is_absent(view)) {
        page_fail(r, &why);
        return;
    }
    struct page p;
    json title = json_get(view, "title"), note = json_get(view, "note");
    page_begin(&p, r, text_in(language_of(r), title), true);
    html(&p.out, "<p>%s</p>\n", text_in(p.language, note));
    write_table(&(struct list_page){w, &p, request_param(r, "id")}, view);
    html(&p.out,
         "<p class=row><a class=\"button quiet\" href=\"%s/csv\">%s</a> <a "
         "href=\"/console/instances/%u\">%s</a></p>\n",
         request_path(r), word(p.language, WORD_DOWNLOAD_CSV), request_param(r, "id"),
         word(p.language, WORD_BACK));
    page_reply(&p, 200);
    json_free(note);
    json_free(title);
    json_free(view);
}

static void add_csv_cell(struct bytes *out, json value, const char *text, bool first)
{
    if (!first)
        bytes_add_char(out, ',');
    if (json_is_number(value))
        csv_write_number(out, text);
    else
        csv_write_cell(out, text, strlen(text));
}

static void download(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json view = view_of(w, r, &why);
    if (json_is_absent(view)) {
        page_fail(r, &why);
        return;
    }
    struct bytes out;
    bytes_init(&out, 64u << 20);
    bytes_add(&out, CSV_BOM);
    json columns = json_get(view, "columns"), rows = json_get(view, "rows");
    for (size_t c = 0; c < json_length(columns); c++) {
        json column = json_at(columns, c), title = json_get(column, "title");
        add_csv_cell(&out, title, text_in(language_of(r), title), c == 0);
        json_free(title);
        json_free(column);
    }
    for (size_t i = 0; i < json_length(rows); i++) {
        json row = json_at(rows, i);
        bytes_add(&out, "\r\n");
        for (size_t c = 0; c < json_length(columns); c++) {
            json column = json_at(columns, c);
            json value = json_get(row, json_get_text(column, "key", ""));
            char *text = cell_text(language_of(r), row, json_get_text(column, "key", ""));
            add_csv_cell(&out, value, text, c == 0);
            mem_free(text);
            json_free(value);
            json_free(column);
        }
        json_free(row);
    }
    bytes_add(&out, "\r\n");
    request_set_header(r, "Content-Disposition", "attachment; filename=\"list.csv\"");
    request_set_header(r, "Cache-Control", "no-store");
    request_reply_take(r, 200, "text/csv; charset=utf-8", &out);
    json_free(columns);
    json_free(rows);
    json_free(view);
}

void views_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/instances/{id}/views/{task}/{view}", show, PERMIT_VIEW},
        {"GET", "/console/instances/{id}/views/{task}/{view}/csv", download, PERMIT_VIEW},
    };
    CONSOLE_ADD(w, places);
}
