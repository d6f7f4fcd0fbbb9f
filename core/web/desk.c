// The console's work items, people and mailbox.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/link.h"
#include "people/mail.h"
#include "web/console.h"
#include "web/html.h"

void console_write_assignee(struct web *w, struct page *p, const char *assignee)
{
    struct fail why = {0};
    bool group = assignee && strncmp(assignee, "group ", 6) == 0,
         role = assignee && strncmp(assignee, "role ", 5) == 0;
    if (!assignee) {
        html(&p->out, "%s", two(p, "누구나", "anybody"));
    } else if (group || role) {
        html(&p->out, "%s %s", group ? two(p, "그룹", "group") : two(p, "역할", "role"),
             assignee + (group ? 6 : 5));
    } else {
        json person = people_get(w->opts.people, assignee, &why);
        html(&p->out, "%s", json_get_text(person, "name", assignee));
        json_free(person);
    }
}

// What a group was asked says so also when one of it works on it.
static void write_shared(struct page *p, json item)
{
    const char *of = json_get_text(item, "for", NULL),
               *assignee = json_get_text(item, "assignee", "");
    const char *name = of ? strchr(of, ' ') : NULL;
    if (!of)
        return;
    bool claimed = strcmp(of, assignee) != 0;
    html(&p->out, " <span class=quiet-text>(%s%s%s)</span>", claimed && name ? name + 1 : "",
         claimed && name ? ": " : "",
         claimed ? two(p, "맡음", "works on it")
                 : two(p, "아직 맡은 사람 없음", "nobody has taken it"));
}

static void list_items(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const char *status = request_query(r, "status");
    json items = item_list(w->opts.people,
                           &(struct item_list_opts){.status = status ? status : "open",
                                                    .assignee = request_query(r, "assignee"),
                                                    .limit = 200},
                           &why);
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "할 일" : "Work items", true);
    html(&p.out,
         "<div class=scroll tabindex=0><table><thead><tr><th scope=col>%s<th scope=col>%s<th "
         "scope=col>%s<th scope=col>%s</thead><tbody>",
         two(&p, "제목", "Title"), two(&p, "누구", "For"), two(&p, "마감", "Closes"),
         two(&p, "상태", "Status"));
    for (size_t i = 0; i < json_length(items); i++) {
        json item = json_at(items, i), title = json_get(item, "title");
        const char *assignee = json_get_text(item, "assignee", NULL),
                   *instance = json_get_text(item, "instance", "");
        const char *place = !assignee     ? "/f/"
                            : w->opts.dev ? "/console/items/"
                                          : "/console/instances/";
        html(&p.out, "<tr><td><a href=\"%r%u\">%s</a><td>", place,
             assignee && !w->opts.dev ? instance : json_get_text(item, "id", ""),
             text_in(p.language, title));
        console_write_assignee(w, &p, assignee);
        write_shared(&p, item);
        html(&p.out, "<td>");
        const char *closes = json_get_text(item, "closesAt", NULL);
        if (closes)
            web_write_moment(w, &p, instance, closes, &p.out);
        html(&p.out, "<td>");
        console_write_state(&p, json_get_text(item, "status", ""));
        json_free(title);
        json_free(item);
    }
    html(&p.out, "</table></div>\n");
    if (json_length(items) == 0)
        html(&p.out, "<p>%s</p>", two(&p, "없습니다.", "None."));
    page_reply(&p, 200);
    json_free(items);
}

// --dev: the page as the person sees it, without the mail that has its link.
static void open_item(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    char token[LINK_SIZE];
    json item = item_show(w->opts.people, request_param(r, "item"), &why);
    const char *assignee = json_get_text(item, "assignee", NULL);
    bool ok = w->opts.dev && assignee &&
              link_make(w->opts.people, json_get_text(item, "id", ""), assignee, INSTANT_NONE,
                        token, &why);
    if (ok) {
        char *location = mem_printf("/w/%s", token);
        web_redirect_after_commit(w, r, location);
        mem_free(location);
    } else {
        if (why.kind == FAIL_NONE)
            fail(&why, FAIL_NOT_FOUND, "%s", "");
        page_fail(r, &why);
    }
    json_free(item);
}

static void list_mail(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const char *before = request_query(r, "before");
    json mails =
        mail_list(w->opts.people, before ? strtoll(before, NULL, 10) : INT64_MAX, 100, &why);
    struct page p;
    page_begin(&p, r, word(language_of(r), WORD_MAILBOX), true);
    html(&p.out,
         "<div class=scroll tabindex=0><table><thead><tr><th scope=col>%s<th scope=col>%s<th "
         "scope=col>%s<th scope=col>%s</thead><tbody>",
         two(&p, "제목", "Subject"), two(&p, "받는 이", "To"), two(&p, "때", "When"),
         two(&p, "상태", "Status"));
    int64_t last = 0;
    for (size_t i = 0; i < json_length(mails); i++) {
        json mail = json_at(mails, i);
        last = json_get_int(mail, "seq", 0);
        html(&p.out, "<tr><td><a href=\"/console/mail/%d\">%s</a><td>%s<td>", last,
             json_get_text(mail, "subject", ""), json_get_text(mail, "to", ""));
        web_write_moment(w, &p, json_get_text(mail, "instance", ""), json_get_text(mail, "at", ""),
                         &p.out);
        html(&p.out, "<td>");
        console_write_state(&p, json_get_text(mail, "status", ""));
        json_free(mail);
    }
    html(&p.out, "</table></div>\n");
    if (json_length(mails) == 0)
        html(&p.out, "<p>%s</p>", two(&p, "아직 메일이 없습니다.", "No mail yet."));
    if (json_length(mails) == 100)
        html(&p.out, "<p><a href=\"/console/mail?before=%d\">%s</a></p>", last,
             two(&p, "더 보기", "More"));
    page_reply(&p, 200);
    json_free(mails);
}

// Whoever reads a personal link can answer as its person, so outside of --dev nobody reads it here.
static void write_link(struct page *p, const char *url, bool shows_links)
{
    const char *item = strstr(url, "/w/"), *inbox = strstr(url, "/me/");
    const char *personal = item ? item : inbox;
    if (personal && !shows_links) {
        char *place = mem_string_sized(url, (size_t)(personal - url));
        html(&p->out, "%s/…", place);
        mem_free(place);
    } else {
        html(&p->out, "<a href=\"%s\">%s</a>", url, url);
    }
}

// The text of a mail with its addresses as links, so that a personal link can be followed from the
// mailbox.
static void write_text(struct page *p, const char *text, bool shows_links)
{
    html(&p->out, "<pre tabindex=0>");
    while (*text) {
        const char *link = strstr(text, "http");
        bool is_link =
            link && (strncmp(link, "http://", 7) == 0 || strncmp(link, "https://", 8) == 0);
        size_t before = link ? (size_t)(link - text) : strlen(text),
               length = is_link ? strcspn(link, " \n\t<>\"") : 0;
        if (link && !is_link)
            before += 4;
        char *plain = mem_string_sized(text, before),
             *url = mem_string_sized(text + before, length);
        html(&p->out, "%s", plain);
        if (length > 0)
            write_link(p, url, shows_links);
        mem_free(plain);
        mem_free(url);
        text += before + length;
    }
    html(&p->out, "</pre>\n");
}

static void show_mail(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json mail = mail_show(w->opts.people, strtoll(request_param(r, "seq"), NULL, 10), &why);
    if (json_is_absent(mail)) {
        page_fail(r, &why);
        return;
    }
    struct page p;
    page_begin(&p, r, json_get_text(mail, "subject", ""), true);
    html(&p.out, "<dl class=facts><dt>%s<dd>%s<dt>%s<dd>", two(&p, "받는 이", "To"),
         json_get_text(mail, "to", ""), two(&p, "때", "When"));
    web_write_moment(w, &p, json_get_text(mail, "instance", ""), json_get_text(mail, "at", ""),
                     &p.out);
    html(&p.out, "</dl>\n");
    write_text(&p, json_get_text(mail, "text", ""), w->opts.dev);
    json attachments = json_get(mail, "attachments");
    for (size_t i = 0; i < json_length(attachments); i++) {
        json attachment = json_at(attachments, i);
        html(&p.out, "<details><summary>%s</summary><pre tabindex=0>%s</pre></details>",
             json_get_text(attachment, "name", ""), json_get_text(attachment, "text", ""));
        json_free(attachment);
    }
    page_reply(&p, 200);
    json_free(attachments);
    json_free(mail);
}

void desk_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/items", list_items, PERMIT_VIEW},
        {"GET", "/console/items/{item}", open_item, PERMIT_OPERATE},
        {"GET", "/console/mail", list_mail, PERMIT_OPERATE},
        {"GET", "/console/mail/{seq}", show_mail, PERMIT_OPERATE},
    };
    CONSOLE_ADD(w, places);
}
