// The mails of a definition as they will be sent, in both languages: for who writes it. The HTML
// part is a page of its own in a frame that may do nothing.
#include <string.h>

#include "base/mem.h"
#include "definition/mail_template.h"
#include "web/console.h"
#include "web/html.h"
#include "web/state.h"

static const char *const languages[] = {"ko", "en"};

// {subject, text, html?}, with the names of places where values will stand; absent and why.
static json letter_of(json template, const char *language, struct fail *why)
{
    struct mail_template_use use = {.language = language, .missing = PLACEHOLDER_SHOWN};
    json part = json_get(template, language), letter;
    if (!json_has(part, "subject"))
        use.subject = "[subject]";
    json_free(part);
    if (mail_template_fill(template, &use, &letter, why))
        return letter;
    json_free(letter);
    return json_absent();
}

static void write_html_part(struct page *p, const struct definition *d, const char *name,
                            const char *language)
{
    html(&p->out,
         "<iframe class=letter sandbox title=\"%s: %s, HTML (%s)\" "
         "src=\"/console/definitions/%u/%u/%u/mails/%u/%s\"></iframe>\n",
         two(p, "메일", "Mail"), name, language, d->namespace, d->name, d->version, name, language);
}

static void write_letter(struct page *p, const struct definition *d, const char *name,
                         const char *language, json letter)
{
    html(&p->out, "<h3>%s</h3><dl class=facts><dt>%s<dd lang=%s>%s</dl>\n",
         strcmp(language, "ko") == 0 ? two(p, "한국어", "Korean") : two(p, "영어", "English"),
         two(p, "제목", "Subject"), language, json_get_text(letter, "subject", ""));
    html(&p->out, "<pre class=letter tabindex=0 lang=%s>%s</pre>\n", language,
         json_get_text(letter, "text", ""));
    if (json_has(letter, "html"))
        write_html_part(p, d, name, language);
}

static void write_template(struct page *p, const struct definition *d, const char *name)
{
    json template = mail_template_find(d->metadata, name);
    html(&p->out, "<section><h2>%s</h2>\n", name);
    for (size_t i = 0; i < 2; i++) {
        struct fail why = {0};
        json letter = json_has(template, languages[i]) ? letter_of(template, languages[i], &why)
                                                       : json_null();
        if (json_is_object(letter))
            write_letter(p, d, name, languages[i], letter);
        json_free(letter);
    }
    html(&p->out, "</section>\n");
    json_free(template);
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct definition *d = console_definition(w, r);
    struct page p;
    if (!d)
        return;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "보낼 메일" : "Mails it sends", true);
    html(&p.out, "<p><a href=\"/console/definitions/%u/%u/%u\">%s</a></p><p>%s</p>\n", d->namespace,
         d->name, d->version, d->title ? d->title : d->name,
         two(&p, "대괄호 [ ] 자리에는 보낼 때의 값이 들어갑니다.",
             "What stands in brackets [ ] is filled in when a mail is sent."));
    json names = mail_template_names(d->metadata);
    for (size_t i = 0; i < json_length(names); i++) {
        json name = json_at(names, i);
        write_template(&p, d, json_text(name));
        json_free(name);
    }
    json_free(names);
    page_reply(&p, 200);
}

// The HTML part alone. What an author wrote runs nothing, loads nothing, and stands in no page but
// ours.
static void show_html(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    struct definition *d = console_definition(w, r);
    if (!d)
        return;
    json template = mail_template_find(d->metadata, request_param(r, "template")),
         letter = letter_of(template, request_param(r, "language"), &why);
    const char *text = json_get_text(letter, "html", NULL);
    struct bytes out;
    bytes_init(&out, MAIL_TEMPLATE_BYTES_MAX + 1024);
    html(&out, "<!doctype html><html lang=%s><meta charset=utf-8><title>%s</title><body>",
         strcmp(request_param(r, "language"), "en") == 0 ? "en" : "ko",
         json_get_text(letter, "subject", ""));
    if (text) {
        bytes_add(&out, text);
        request_set_header(r, "Content-Security-Policy",
                           "default-src 'none'; style-src 'unsafe-inline'; sandbox; "
                           "frame-ancestors 'self'");
        request_reply_take(r, 200, "text/html; charset=utf-8", &out);
    } else {
        fail(&why, FAIL_NOT_FOUND, "this mail has no HTML part");
        page_fail(r, &why);
    }
    bytes_done(&out);
    json_free(letter);
    json_free(template);
}

void templates_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/definitions/{namespace}/{name}/{version}/mails", show, PERMIT_AUTHOR},
        {"GET", "/console/definitions/{namespace}/{name}/{version}/mails/{template}/{language}",
         show_html, PERMIT_AUTHOR},
    };
    CONSOLE_ADD(w, places);
}
