#include "web/page.h"

#include <string.h>

#include "access/access.h"
#include "web/html.h"
#include "web/style.h"

#define PAGE_BYTES_MAX (32u << 20)

static void write_languages(struct page *p)
{
    // The same page in the other language; the choice is kept in a cookie by the reply.
    const char *path = request_path(p->request);
    html(&p->out, "<nav class=languages aria-label=\"Language\">");
    html(&p->out,
         p->language == LANGUAGE_KO ? "<a href=\"%s?lang=en\" lang=en hreflang=en>English</a>"
                                    : "<a href=\"%s?lang=ko\" lang=ko hreflang=ko>한국어</a>",
         path);
    html(&p->out, "</nav>");
}

static void write_navigation(struct page *p)
{
    static const struct {
        const char *path, *label[2];
        unsigned needs;
    } places[] = {{"/console", {"현황", "Overview"}, PERMIT_VIEW},
                  {"/console/definitions", {"정의", "Definitions"}, PERMIT_VIEW},
                  {"/console/instances", {"진행", "Instances"}, PERMIT_VIEW},
                  {"/console/items", {"할 일", "Work items"}, PERMIT_VIEW},
                  {"/console/people", {"사람", "People"}, PERMIT_PEOPLE},
                  {"/console/mail", {"메일", "Mail"}, PERMIT_OPERATE},
                  {"/console/acts", {"행위 기록", "Acts"}, PERMIT_AUDIT},
                  {"/console/accounts", {"계정", "Accounts"}, PERMIT_ADMIN},
                  {"/console/tokens", {"토큰", "Tokens"}, PERMIT_ADMIN}};
    const struct actor *actor = request_user(p->request);
    const char *here = request_path(p->request);
    html(&p->out, "<nav class=console aria-label=\"%s\"><ul>",
         p->language == LANGUAGE_KO ? "콘솔" : "Console");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (actor && !actor_may(actor, places[i].needs))
            continue;
        bool is_here = i == 0 ? strcmp(here, places[i].path) == 0
                              : strncmp(here, places[i].path, strlen(places[i].path)) == 0;
        html(&p->out, "<li><a href=\"%s\"%r>%s</a>", places[i].path,
             is_here ? " aria-current=page" : "", places[i].label[p->language]);
    }
    if (actor && actor->session)
        html(&p->out, "<li><a href=\"/console/me\"%r>%s</a>",
             strcmp(here, "/console/me") == 0 ? " aria-current=page" : "", actor->display);
    html(&p->out, "</ul></nav>");
}

static void write_head(struct page *p, const char *title, bool is_console)
{
    html(&p->out,
         "<!doctype html>\n<html lang=%s>\n<head><meta charset=utf-8>"
         "<meta name=viewport content=\"width=device-width, initial-scale=1\">"
         "<meta name=robots content=noindex><title>%s · %s</title><link rel=stylesheet "
         "href=/style.css></head>\n"
         "<body class=%r><a class=skip href=#main>%s</a>\n<header>",
         language_code(p->language), title,
         word(p->language, is_console ? WORD_SITE_CONSOLE : WORD_SITE),
         is_console ? "wide" : "narrow", word(p->language, WORD_SKIP));
    if (is_console)
        html(&p->out, "<a class=brand href=/console>%s</a>", word(p->language, WORD_SITE));
    else
        html(&p->out, "<span class=brand>%s</span>", word(p->language, WORD_SITE));
    if (is_console)
        write_navigation(p);
    write_languages(p);
    html(&p->out, "</header>\n<main id=main>\n<h1>%s</h1>\n", title);
}

void page_begin(struct page *p, struct request *r, const char *title, bool is_console)
{
    p->request = r;
    p->zone = NULL;
    p->language = language_of(r);
    bytes_init(&p->out, PAGE_BYTES_MAX);
    write_head(p, title, is_console);
}

void page_reply(struct page *p, int status)
{
    html(&p->out, "</main>\n<footer>Dure</footer>\n</body></html>\n");
    if (request_query(p->request, "lang"))
        request_set_header(p->request, "Set-Cookie",
                           p->language == LANGUAGE_EN
                               ? "lang=en; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
                               : "lang=ko; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
    request_set_header(p->request, "Cache-Control", "no-store");
    request_reply_take(p->request, status, TYPE_HTML, &p->out);
}

void page_refuse(struct request *r, int status, const char *title, const char *detail)
{
    struct page p;
    page_begin(&p, r, title, false);
    html(&p.out, "<p role=alert class=refusal>%s</p>\n", detail);
    const char *from = request_header(r, "Referer");
    if (from)
        html(&p.out, "<p><a href=\"%s\">%s</a></p>\n", request_path(r),
             word(p.language, WORD_BACK));
    page_reply(&p, status);
}

void page_fail(struct request *r, const struct fail *why)
{
    enum language l = language_of(r);
    enum word title = WORD_NOT_POSSIBLE;
    if (strcmp(why->code, "closed") == 0)
        title = WORD_CLOSED;
    else if (strcmp(why->code, "not_open") == 0)
        title = WORD_NOT_OPEN;
    else if (why->kind == FAIL_NOT_FOUND)
        title = WORD_NOTHING_HERE;
    else if (why->kind == FAIL_BUSY || why->kind == FAIL_FULL || why->kind == FAIL_IO)
        title = WORD_TRY_LATER;
    const char *said = word_of_refusal(l, why->code);
    if (!said && strncmp(request_path(r), "/console", 8) != 0)
        said = word(l, why->kind == FAIL_NOT_FOUND ? WORD_REFUSED_ADDRESS
                       : title == WORD_TRY_LATER   ? WORD_TRY_LATER
                                                   : WORD_REFUSED_INVALID);
    page_refuse(r, problem_status(why), word(l, title), said ? said : why->message);
}

void page_write_heads(struct page *p, json columns, json rows)
{
    json first = json_at(rows, 0);
    for (size_t c = 0; c < json_length(columns); c++) {
        json column = json_at(columns, c), title = json_get(column, "title"),
             cell = json_get(first, json_get_text(column, "key", ""));
        html(&p->out, json_is_number(cell) ? "<th scope=col class=number>%s" : "<th scope=col>%s",
             text_in(p->language, title));
        json_free(cell);
        json_free(title);
        json_free(column);
    }
    json_free(first);
}

// What the server says about a request itself is for programs; a person reads it in his language.
static enum word word_of_status(int status)
{
    switch (status) {
    case 404:
        return WORD_REFUSED_ADDRESS;
    case 405:
        return WORD_REFUSED_POSSIBLE;
    case 413:
        return WORD_REFUSED_LARGE;
    default:
        return status >= 500 ? WORD_TRY_LATER : WORD_REFUSED_INVALID;
    }
}

bool page_of_problem(void *context, struct request *r, const struct problem *problem,
                     struct bytes *out)
{
    (void)context;
    if (strncmp(request_path(r), "/api/", 5) == 0)
        return false;
    struct page p = {.request = r, .language = language_of(r), .out = *out};
    const char *title = problem->status == 404   ? word(p.language, WORD_NOTHING_HERE)
                        : problem->status >= 500 ? word(p.language, WORD_TRY_LATER)
                                                 : word(p.language, WORD_NOT_POSSIBLE);
    write_head(&p, title, false);
    html(&p.out, "<p role=alert class=refusal>%s</p></main></body></html>\n",
         word(p.language, word_of_status(problem->status)));
    *out = p.out;
    return true;
}

static void serve_style(void *context, struct request *r)
{
    (void)context;
    request_set_header(r, "Cache-Control", "max-age=3600");
    request_reply_text(r, 200, "text/css; charset=utf-8", web_style);
}

static void serve_icon(void *context, struct request *r)
{
    (void)context;
    static const char icon[] = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect "
                               "width='32' height='32' rx='7' "
                               "fill='#1d5c4b'/><path d='M8 8h9a8 8 0 0 1 0 16H8z M13 12v8h4a4 4 0 "
                               "0 0 0-8z' fill='#fff'/></svg>";
    request_set_header(r, "Cache-Control", "max-age=86400");
    request_reply_text(r, 200, "image/svg+xml", icon);
}

void page_routes(struct server *server)
{
    server_route(server, "GET", "/style.css", serve_style, NULL);
    server_route(server, "GET", "/favicon.ico", serve_icon, NULL);
}
