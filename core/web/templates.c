// The mails of a definition as they will be sent, in both languages or as a certain person gets
// them: for who writes it. The HTML part is a page of its own in a frame that may do nothing.
#include <string.h>

#include "base/mem.h"
#include "definition/mail_template.h"
#include "people/mail_sample.h"
#include "web/console.h"
#include "web/html.h"
#include "web/state.h"

static const char *const languages[] = {"ko", "en"};

// Who is shown a mail: nobody in particular, or a person of the directory.
struct reader {
    const char *asked; // as it was written; "": nobody
    json person;       // absent: nobody, or not known
    json values;
};

static struct reader reader_of(struct web *w, struct request *r)
{
    struct fail why = {0};
    enum word said;
    const char *asked = request_query(r, "as");
    struct reader reader = {
        .asked = asked ? asked : "", .person = json_absent(), .values = json_absent()};
    if (!*reader.asked || !web_may(w, r, PERMIT_PEOPLE))
        return reader;
    char *id = web_person_called(w, reader.asked, &said);
    reader.person = id ? people_get(w->opts.people, id, &why) : json_absent();
    mem_free(id);
    if (json_is_object(reader.person))
        reader.values =
            mail_sample_values(reader.person, people_url(w->opts.people), reader.values);
    return reader;
}

static void reader_done(struct reader *reader)
{
    json_free(reader->person);
    json_free(reader->values);
}

// {subject, text, html?}, with the names of places where values will stand; absent and why.
static json letter_of(json template, const char *language, const struct reader *reader,
                      struct fail *why)
{
    struct mail_template_use use = {
        .language = language, .values = reader->values, .missing = PLACEHOLDER_SHOWN};
    json part = json_get(template, language), letter;
    if (!json_has(part, "subject"))
        use.subject = "[subject]";
    json_free(part);
    if (mail_template_fill(template, &use, &letter, why))
        return letter;
    json_free(letter);
    return json_absent();
}

struct shown_mail {
    const struct definition *definition;
    const char *name, *language;
    const struct reader *reader;
};

static void write_html_part(struct page *p, const struct shown_mail *m)
{
    const struct definition *d = m->definition;
    html(&p->out,
         "<iframe class=letter sandbox title=\"%s: %s, HTML (%s)\" "
         "src=\"/console/definitions/%u/%u/%u/mails/%u/%s?as=%u\"></iframe>\n",
         two(p, "메일", "Mail"), m->name, m->language, d->namespace, d->name, d->version, m->name,
         m->language, m->reader->asked);
}

static void write_letter(struct page *p, const struct shown_mail *m, json letter)
{
    const char *language = m->language;
    html(&p->out, "<h3>%s</h3><dl class=facts><dt>%s<dd lang=%s>%s</dl>\n",
         strcmp(language, "ko") == 0 ? two(p, "한국어", "Korean") : two(p, "영어", "English"),
         two(p, "제목", "Subject"), language, json_get_text(letter, "subject", ""));
    html(&p->out, "<pre class=letter tabindex=0 lang=%s>%s</pre>\n", language,
         json_get_text(letter, "text", ""));
    if (json_has(letter, "html"))
        write_html_part(p, m);
}

// In each language that it has, or in the one that the person gets.
static bool is_shown_in(json template, const char *language, const struct reader *reader)
{
    if (!json_is_object(reader->person))
        return json_has(template, language);
    const char *his = json_get_text(reader->person, "language", "ko");
    return strcmp(language, mail_template_language(template, his)) == 0;
}

static void write_template(struct page *p, const struct definition *d, const char *name,
                           const struct reader *reader)
{
    json template = mail_template_find(d->metadata, name);
    html(&p->out, "<section><h2>%s</h2>\n", name);
    for (size_t i = 0; i < 2; i++) {
        struct fail why = {0};
        struct shown_mail m = {d, name, languages[i], reader};
        json letter = is_shown_in(template, languages[i], reader)
                          ? letter_of(template, languages[i], reader, &why)
                          : json_null();
        if (json_is_object(letter))
            write_letter(p, &m, letter);
        json_free(letter);
    }
    html(&p->out, "</section>\n");
    json_free(template);
}

// Where the person's mail would go; what is said of him is what the directory shows too.
static void write_recipient(struct page *p, json person)
{
    const char *address = json_get_text(person, "email", "");
    html(&p->out, "<dl class=facts><dt>%s<dd>%s %s</dl>\n", two(p, "받는 사람", "To"),
         json_get_text(person, "name", ""), *address ? address : "");
    if (!*address)
        html(&p->out, "<div class=\"notice warn\"><p>%s</p></div>\n",
             two(p, "메일 주소가 없어 이 사람에게는 보내지 않습니다.",
                 "There is no address: this person gets no mail."));
    html(
        &p->out, "<p class=quiet-text>%s</p>\n",
        two(p, "링크 자리에는 이 사람만의 주소가 들어갑니다. 여기 보이는 주소로는 열리지 않습니다.",
            "The link will be an address of this person's own; the one shown here opens nothing."));
}

static void write_choice(struct web *w, struct page *p, const struct reader *reader)
{
    if (!web_may(w, p->request, PERMIT_PEOPLE))
        return;
    html(
        &p->out,
        "<form class=search role=search><label for=as>%s</label><span class=row><input type=search "
        "id=as name=as value=\"%s\" autocomplete=off><button>%s</button></span></form>\n",
        two(p, "누가 받을 모습인지 (아이디, 이름이나 메일 주소)",
            "As whom (id, name or mail address)"),
        reader->asked, two(p, "그 사람 것으로 보기", "Show as this person"));
    if (json_is_object(reader->person))
        write_recipient(p, reader->person);
    else if (*reader->asked)
        html(&p->out, "<div class=refusal role=alert>%s</div>\n",
             two(p, "그 사람을 한 사람으로 찾지 못했습니다.", "No one person is called that."));
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct definition *d = console_definition(w, r);
    struct page p;
    if (!d)
        return;
    struct reader reader = reader_of(w, r);
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "보낼 메일" : "Mails it sends", true);
    html(&p.out, "<p><a href=\"/console/definitions/%u/%u/%u\">%s</a></p><p>%s</p>\n", d->namespace,
         d->name, d->version, d->title ? d->title : d->name,
         two(&p, "대괄호 [ ] 자리에는 보낼 때의 값이 들어갑니다.",
             "What stands in brackets [ ] is filled in when a mail is sent."));
    write_choice(w, &p, &reader);
    json names = mail_template_names(d->metadata);
    for (size_t i = 0; i < json_length(names); i++) {
        json name = json_at(names, i);
        write_template(&p, d, json_text(name), &reader);
        json_free(name);
    }
    json_free(names);
    reader_done(&reader);
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
    struct reader reader = reader_of(w, r);
    json template = mail_template_find(d->metadata, request_param(r, "template")),
         letter = letter_of(template, request_param(r, "language"), &reader, &why);
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
    reader_done(&reader);
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
