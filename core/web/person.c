// One person in the console: what is known, groups with their dates, what he is asked, mails; and
// adding, changing and erasing a person.
#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/item.h"
#include "people/mail.h"
#include "web/admin.h"
#include "web/html.h"

#define ITEMS_MAX 100
#define MAILS_MAX 20
#define PAGES_MAX 10 // of the mailbox that are looked through
#define PAGE_ROWS 200

// ---- the page

static bool is_erased(json person)
{
    return strcmp(json_get_text(person, "status", ""), PERSON_ERASED) == 0;
}

static void write_fact(struct page *p, const char *label, const char *value)
{
    if (value && *value)
        html(&p->out, "<dt>%s<dd>%s", label, value);
}

static void write_attributes(struct page *p, json person)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name = NULL;
    json value, attributes = json_get(person, "attributes");
    while (json_next(attributes, &cursor, &name, &value)) {
        char *text = json_is_string(value) ? mem_string(json_text(value)) : json_dump(value);
        write_fact(p, name, text);
        mem_free(text);
    }
    json_free(attributes);
}

static void write_facts(struct page *p, json person)
{
    bool korean = strcmp(json_get_text(person, "language", ""), "ko") == 0;
    const char *email = json_get_text(person, "email", "");
    html(&p->out, "<dl class=facts>");
    write_fact(p, two(p, "아이디", "Id"), json_get_text(person, "id", ""));
    write_fact(p, word(p->language, WORD_EMAIL),
               *email ? email
                      : two(p, "없음. 메일을 보낼 수 없습니다.", "None: no mail can be sent."));
    write_fact(p, two(p, "전화", "Phone"), json_get_text(person, "phone", ""));
    write_fact(p, two(p, "메일 언어", "Language of mails"),
               korean ? two(p, "한국어", "Korean") : two(p, "영어", "English"));
    if (strcmp(json_get_text(person, "status", ""), "active") != 0)
        write_fact(p, two(p, "상태", "Status"), json_get_text(person, "status", ""));
    write_attributes(p, person);
    html(&p->out, "</dl>\n");
}

static void write_memberships(struct web *w, struct page *p, json person)
{
    json list = json_get(person, "memberships"), now = json_get(person, "groups");
    html(&p->out, "<h2>%s</h2>", two(p, "그룹", "Groups"));
    if (json_length(list) == 0)
        html(&p->out, "<p>%s</p>", two(p, "어느 그룹에도 없습니다.", "In no group."));
    else
        admin_begin_table(p,
                          (const char *[]){two(p, "그룹", "Group"), two(p, "부터", "Since"),
                                           two(p, "까지 (그날 제외)", "Until (excluded)"),
                                           two(p, "역할", "Role")},
                          4);
    for (size_t i = 0; i < json_length(list); i++) {
        json m = json_at(list, i);
        const char *group = json_get_text(m, "group", "");
        html(&p->out, "<tr><td><a href=\"/console/groups/%u\">%s</a><td>", group, group);
        admin_write_day(w, p, json_get_text(m, "since", NULL));
        html(&p->out, "<td>");
        admin_write_day(w, p, json_get_text(m, "until", NULL));
        html(&p->out, "<td>%s", json_get_text(m, "role", ""));
        json_free(m);
    }
    if (json_length(list) > 0)
        admin_end_table(p);
    json_free(now);
    json_free(list);
}

static void write_items(struct web *w, struct page *p, const char *id)
{
    struct fail why = {0};
    json items = item_list(w->opts.people,
                           &(struct item_list_opts){.assignee = id, .limit = ITEMS_MAX}, &why);
    html(&p->out, "<h2>%s</h2>", two(p, "물어본 것", "What was asked"));
    if (json_length(items) == 0)
        html(&p->out, "<p>%s</p>", two(p, "아직 없습니다.", "Nothing yet."));
    else
        admin_begin_table(p,
                          (const char *[]){two(p, "제목", "Title"), two(p, "마감", "Closes"),
                                           two(p, "답", "Answer"), two(p, "상태", "Status")},
                          4);
    for (size_t i = 0; i < json_length(items); i++) {
        json item = json_at(items, i), title = json_get(item, "title");
        const char *instance = json_get_text(item, "instance", ""),
                   *closes = json_get_text(item, "closesAt", NULL);
        html(&p->out, "<tr><td><a href=\"/console/instances/%u\">%s</a><td>", instance,
             text_in(p->language, title));
        if (closes)
            web_write_moment(w, p, instance, closes, &p->out);
        html(&p->out, "<td>%s<td>",
             json_get_int(item, "answers", 0) > 0 ? two(p, "답함", "answered")
                                                  : two(p, "아직", "not yet"));
        console_write_state(p, json_get_text(item, "status", ""));
        json_free(title);
        json_free(item);
    }
    if (json_length(items) > 0)
        admin_end_table(p);
    json_free(items);
}

// The newest mails to a person; the mailbox is looked through, since nothing leads from him to
// them.
static json mails_of(struct web *w, const char *id)
{
    struct fail why = {0};
    json found = json_array();
    int64_t before = 0;
    for (int page = 0; page < PAGES_MAX && json_length(found) < MAILS_MAX; page++) {
        json list = mail_list(w->opts.people, before, PAGE_ROWS, &why);
        size_t count = json_length(list);
        for (size_t i = 0; i < count && json_length(found) < MAILS_MAX; i++) {
            json mail = json_at(list, i);
            before = json_get_int(mail, "seq", 0);
            if (strcmp(json_get_text(mail, "person", ""), id) == 0)
                json_append(&found, mail);
            json_free(mail);
        }
        json_free(list);
        if (count < PAGE_ROWS)
            break;
    }
    return found;
}

static void write_mails(struct web *w, struct page *p, const char *id)
{
    json mails = mails_of(w, id);
    html(&p->out, "<h2>%s</h2>", two(p, "메일", "Mails"));
    if (json_length(mails) == 0)
        html(&p->out, "<p>%s</p>", two(p, "아직 없습니다.", "None yet."));
    else
        admin_begin_table(p,
                          (const char *[]){two(p, "제목", "Subject"), two(p, "때", "When"),
                                           two(p, "상태", "Status")},
                          3);
    for (size_t i = 0; i < json_length(mails); i++) {
        json mail = json_at(mails, i);
        html(&p->out, "<tr><td><a href=\"/console/mail/%d\">%s</a><td>",
             json_get_int(mail, "seq", 0), json_get_text(mail, "subject", ""));
        web_write_moment(w, p, json_get_text(mail, "instance", ""), json_get_text(mail, "at", ""),
                         &p->out);
        html(&p->out, "<td>");
        console_write_state(p, json_get_text(mail, "status", ""));
        json_free(mail);
    }
    if (json_length(mails) > 0)
        admin_end_table(p);
    json_free(mails);
}

static void show_person(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json person = people_get(w->opts.people, request_param(r, "id"), &why);
    if (json_is_absent(person)) {
        page_fail(r, &why);
        return;
    }
    struct page p;
    const char *id = json_get_text(person, "id", "");
    bool erased = is_erased(person), korean = language_of(r) == LANGUAGE_KO;
    page_begin(&p, r,
               !erased  ? json_get_text(person, "name", "")
               : korean ? "지운 사람"
                        : "Erased person",
               true);
    admin_write_done(&p);
    write_facts(&p, person);
    if (!erased)
        html(&p.out,
             "<p class=row><a class=button href=\"/console/people/%u/edit\">%s</a><a "
             "href=\"/console/people/%u/erase\">%s</a></p>\n",
             id, two(&p, "고치기", "Change"), id, two(&p, "이 사람 지우기", "Erase this person"));
    write_memberships(w, &p, person);
    write_items(w, &p, id);
    write_mails(w, &p, id);
    page_reply(&p, 200);
    json_free(person);
}

// ---- the form

static void write_choice(struct page *p, const char *value, const char *now, const char *label)
{
    html(&p->out, "<option value=\"%s\"%r>%s", value, strcmp(value, now) == 0 ? " selected" : "",
         label);
}

// Attributes that are text, one a line: "지역: 서울".
static void write_attribute_lines(struct page *p, json person)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name = NULL;
    json value, attributes = json_get(person, "attributes");
    html(&p->out,
         "<div class=field><label for=i-attributes>%s</label><p class=help "
         "id=h-attributes>%s</p><textarea id=i-attributes name=attributes "
         "aria-describedby=h-attributes>",
         two(p, "그 밖의 것", "Other facts"),
         two(p, "한 줄에 하나씩, 지역: 서울 처럼 적습니다.", "One a line, like region: Seoul."));
    while (json_next(attributes, &cursor, &name, &value))
        if (json_is_string(value))
            html(&p->out, "%s: %s\n", name, json_text(value));
    html(&p->out, "</textarea></div>\n");
    json_free(attributes);
}

// `is_new`: the id can still be chosen.
static void write_form(struct page *p, json person, bool is_new)
{
    const char *id = json_get_text(person, "id", ""),
               *language = json_get_text(person, "language", "ko");
    html(&p->out, "<form method=post action=\"%s\" novalidate>", request_path(p->request));
    web_write_csrf(p);
    if (is_new)
        admin_write_input(
            p, &(struct admin_input){
                   .name = "id",
                   .label = two(p, "아이디", "Id"),
                   .value = id,
                   .required = true,
                   .help = two(
                       p, "명부에서 이 사람을 가리키는 짧은 이름입니다. 나중에 바꿀 수 없습니다.",
                       "A short name for this person in the directory. It cannot be "
                       "changed later.")});
    admin_write_input(p, &(struct admin_input){.name = "name",
                                               .label = two(p, "이름", "Name"),
                                               .value = json_get_text(person, "name", ""),
                                               .required = true});
    admin_write_input(p, &(struct admin_input){.name = "email",
                                               .label = word(p->language, WORD_EMAIL),
                                               .type = "email",
                                               .value = json_get_text(person, "email", "")});
    admin_write_input(p, &(struct admin_input){.name = "phone",
                                               .label = two(p, "전화", "Phone"),
                                               .type = "tel",
                                               .value = json_get_text(person, "phone", "")});
    html(&p->out,
         "<div class=field><label for=i-language>%s</label><select id=i-language name=language>",
         two(p, "메일 언어", "Language of mails"));
    write_choice(p, "ko", language, "한국어");
    write_choice(p, "en", language, "English");
    html(&p->out, "</select></div>\n");
    write_attribute_lines(p, person);
    html(&p->out,
         "<p class=row><button>%s</button><a href=\"/console/people%r%u\">%s</a></p></form>\n",
         two(p, "저장", "Save"), is_new ? "" : "/", is_new ? "" : id, word(p->language, WORD_BACK));
}

static void reply_form(struct request *r, json person, bool is_new, const struct fail *why)
{
    struct page p;
    bool korean = language_of(r) == LANGUAGE_KO;
    page_begin(&p, r,
               is_new   ? (korean ? "사람 더하기" : "Add a person")
               : korean ? "사람 고치기"
                        : "Change a person",
               true);
    admin_write_refusal(&p, why);
    write_form(&p, person, is_new);
    page_reply(&p, why->kind == FAIL_NONE ? 200 : problem_status(why));
}

static void show_new(void *context, struct request *r)
{
    (void)context;
    struct fail none = {0};
    json nobody = json_object();
    reply_form(r, nobody, true, &none);
    json_free(nobody);
}

static void show_edit(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0}, none = {0};
    json person = people_get(w->opts.people, request_param(r, "id"), &why);
    if (json_is_object(person))
        reply_form(r, person, false, &none);
    else
        page_fail(r, &why);
    json_free(person);
}

static void trim(const char **text, size_t *bytes)
{
    while (*bytes > 0 && (unsigned char)**text <= ' ') {
        ++*text;
        --*bytes;
    }
    while (*bytes > 0 && (unsigned char)(*text)[*bytes - 1] <= ' ')
        --*bytes;
}

static void read_line(json *attributes, const char *line, size_t bytes)
{
    const char *colon = memchr(line, ':', bytes), *value = colon ? colon + 1 : NULL;
    size_t name_bytes = colon ? (size_t)(colon - line) : 0,
           value_bytes = colon ? bytes - name_bytes - 1 : 0;
    trim(&line, &name_bytes);
    if (name_bytes == 0)
        return;
    trim(&value, &value_bytes);
    char *name = mem_string_sized(line, name_bytes);
    json_set_take(attributes, name, json_string_sized(value, value_bytes));
    mem_free(name);
}

// What the form has no field for (attributes that are no text) stays as it was.
static json read_attributes(json before, const char *lines)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name = NULL;
    json value, old = json_get(before, "attributes"), attributes = json_object();
    while (json_next(old, &cursor, &name, &value))
        if (!json_is_string(value))
            json_set(&attributes, name, value);
    while (*lines) {
        size_t bytes = strcspn(lines, "\r\n");
        read_line(&attributes, lines, bytes);
        lines += bytes + (lines[bytes] != 0);
    }
    json_free(old);
    return attributes;
}

static json read_person(const struct form *form, const char *id, json before)
{
    static const char *const names[] = {"name", "email", "phone", "language"};
    json person = json_object();
    json_set_text(&person, "id", id);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        json_set_text(&person, names[i], form_text(form, names[i], i == 3 ? "ko" : ""));
    json_set_text(&person, "status", json_get_text(before, "status", "active"));
    json_set_take(&person, "attributes",
                  read_attributes(before, form_text(form, "attributes", "")));
    return person;
}

static void save(struct web *w, struct request *r, json person, bool is_new)
{
    struct fail why = {0};
    if (people_put(w->opts.people, person, &why)) {
        admin_record(w, r, is_new ? "add-person" : "change-person",
                     json_get_text(person, "id", ""));
        struct bytes location;
        bytes_init(&location, 4096);
        html(&location, "/console/people/%u?done=saved", json_get_text(person, "id", ""));
        web_redirect_after_commit(w, r, location.data);
        bytes_done(&location);
    } else {
        reply_form(r, person, is_new, &why);
    }
}

// Sending the form twice saves once: the second finds the same person.
static bool is_the_same(json old, json person)
{
    return strcmp(json_get_text(old, "name", ""), json_get_text(person, "name", "")) == 0 &&
           strcmp(json_get_text(old, "email", ""), json_get_text(person, "email", "")) == 0 &&
           strcmp(json_get_text(old, "phone", ""), json_get_text(person, "phone", "")) == 0;
}

static void receive_new(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const struct form *form = admin_form(r);
    if (!form)
        return;
    json none = json_object(), person = read_person(form, form_text(form, "id", ""), none),
         old = people_get(w->opts.people, json_get_text(person, "id", ""), &why);
    if (json_is_object(old) && !is_the_same(old, person)) {
        fail_code(&why, FAIL_CONFLICT, is_erased(old) ? "erased_id" : "id_taken",
                  "the id is taken");
        reply_form(r, person, true, &why);
    } else {
        save(w, r, person, true);
    }
    json_free(old);
    json_free(person);
    json_free(none);
}

static void receive_edit(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const struct form *form = admin_form(r);
    if (!form)
        return;
    json old = people_get(w->opts.people, request_param(r, "id"), &why);
    if (json_is_absent(old)) {
        page_fail(r, &why);
        return;
    }
    json person = read_person(form, json_get_text(old, "id", ""), old);
    save(w, r, person, false);
    json_free(person);
    json_free(old);
}

// ---- erasing

static void reply_erase(struct web *w, struct request *r, const struct fail *refusal)
{
    struct fail why = {0};
    json what, person = people_get(w->opts.people, request_param(r, "id"), &why);
    if (json_is_absent(person) ||
        !people_erase(w->opts.people, request_param(r, "id"), false, &what, &why)) {
        json_free(person);
        page_fail(r, &why);
        return;
    }
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "사람 지우기" : "Erase a person", true);
    admin_write_refusal(&p, refusal);
    html(&p.out, "<p><strong>%s</strong> (%s)</p><h2>%s</h2><ul>",
         json_get_text(person, "name", ""), json_get_text(person, "id", ""),
         two(&p, "지워지는 것", "What goes"));
    html(&p.out, "<li>%s<li>%s: %d<li>%s: %d<li>%s: %d</ul>",
         two(&p, "이름, 주소, 전화와 그 밖의 것", "Name, addresses, phone and other facts"),
         two(&p, "보낸 답의 내용", "Contents of answers"), json_get_int(what, "answers", 0),
         two(&p, "받은 메일의 주소와 내용", "Addresses and texts of mails"),
         json_get_int(what, "mails", 0),
         two(&p, "기록 속의 개인 자료", "Personal entries of the record"),
         json_get_int(what, "payloads", 0));
    html(&p.out, "<h2>%s</h2><ul><li>%s<li>%s</ul>", two(&p, "남는 것", "What stays"),
         two(&p, "아이디, 집계와 합계, 지난 그룹의 날짜. 기록은 그대로 검증됩니다.",
             "The id, tallies and totals, dates of past groups. The record still verifies."),
         two(&p, "끝난 일의 결과 속에 적힌 것은 그 일을 지울 때 함께 지워집니다.",
             "What stands in the results of finished cases goes with the case."));
    if (json_get_int(what, "open", 0) > 0)
        html(
            &p.out, "<p class=\"notice warn\">%s: %d</p>",
            two(&p, "아직 열려 있는 요청은 답 없이 남습니다", "Open requests that stay unanswered"),
            json_get_int(what, "open", 0));
    html(&p.out, "<form method=post action=\"%s\">", request_path(r));
    web_write_csrf(&p);
    html(&p.out,
         "<label class=choice><input type=checkbox name=sure "
         "value=yes> %s</label><p class=row><button class=alert>%s</button><a "
         "href=\"/console/people/%u\">%s</a></p></form>\n",
         two(&p, "되돌릴 수 없음을 압니다", "I know that this cannot be undone"),
         two(&p, "지우기", "Erase"), request_param(r, "id"), word(p.language, WORD_BACK));
    page_reply(&p, refusal->kind == FAIL_NONE ? 200 : problem_status(refusal));
    json_free(what);
    json_free(person);
}

static void show_erase(void *context, struct request *r)
{
    struct fail none = {0};
    reply_erase(context, r, &none);
}

static void receive_erase(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json what;
    const struct form *form = admin_form(r);
    if (!form)
        return;
    if (strcmp(form_text(form, "sure", ""), "yes") != 0) {
        fail_code(&why, FAIL_REFUSED, "not_confirmed", "tick the box");
        reply_erase(w, r, &why);
    } else if (people_erase(w->opts.people, request_param(r, "id"), true, &what, &why)) {
        json_free(what);
        admin_record(w, r, "erase-person", request_param(r, "id"));
        web_redirect_after_commit(w, r, "/console/people?done=erased");
    } else {
        page_fail(r, &why);
    }
}

void person_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/people/-/new", show_new, PERMIT_PEOPLE},
        {"POST", "/console/people/-/new", receive_new, PERMIT_PEOPLE},
        {"GET", "/console/people/{id}", show_person, PERMIT_PEOPLE},
        {"GET", "/console/people/{id}/edit", show_edit, PERMIT_PEOPLE},
        {"POST", "/console/people/{id}/edit", receive_edit, PERMIT_PEOPLE},
        {"GET", "/console/people/{id}/erase", show_erase, PERMIT_PEOPLE},
        {"POST", "/console/people/{id}/erase", receive_erase, PERMIT_PEOPLE},
    };
    CONSOLE_ADD(w, places);
}
