// The directory in the console: people to look through and to take out as CSV.
#include <string.h>

#include "base/mem.h"
#include "people/csv.h"
#include "web/admin.h"
#include "web/html.h"

#define SHOWN_MAX  200
#define EXPORT_MAX 50000

static const char *const plain[] = {"id", "name", "email", "phone", "language", "status"};
#define PLAIN_COUNT (sizeof plain / sizeof *plain)

static void write_tools(struct page *p, const char *query)
{
    html(&p->out,
         "<form class=search role=search><label for=q>%s</label><span class=row><input type=search "
         "id=q name=q value=\"%s\"><button class=quiet>%s</button></span></form>\n"
         "<p class=row><a class=button href=\"/console/people/-/new\">%s</a><a class=\"button "
         "quiet\" href=\"/console/people/-/import\">%s</a><a class=\"button quiet\" "
         "href=\"/console/people/-/export.csv\">%s</a><a href=\"/console/groups\">%s</a></p>\n",
         two(p, "이름, 아이디, 전자우편으로 찾기", "Look for a name, id or e-mail"), query,
         two(p, "찾기", "Search"), two(p, "사람 더하기", "Add a person"),
         two(p, "CSV에서 가져오기", "Import CSV"), word(p->language, WORD_DOWNLOAD_CSV),
         two(p, "그룹 보기", "Groups"));
}

static void write_groups(struct page *p, json groups)
{
    for (size_t i = 0; i < json_length(groups); i++) {
        json group = json_at(groups, i);
        html(&p->out, "%r<a href=\"/console/groups/%u\">%s</a>", i ? ", " : "", json_text(group),
             json_text(group));
        json_free(group);
    }
}

static void list_people(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const char *query = request_query(r, "q") ? request_query(r, "q") : "";
    json people = people_find(w->opts.people, query, SHOWN_MAX, &why);
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "사람" : "People", true);
    admin_write_done(&p);
    admin_write_refusal(&p, &why);
    write_tools(&p, query);
    admin_begin_table(&p,
                      (const char *[]){two(&p, "이름", "Name"), two(&p, "아이디", "Id"),
                                       word(p.language, WORD_EMAIL), two(&p, "그룹", "Groups")},
                      4);
    for (size_t i = 0; i < json_length(people); i++) {
        json person = json_at(people, i), groups = json_get(person, "groups");
        const char *id = json_get_text(person, "id", "");
        html(&p.out, "<tr><td><a href=\"/console/people/%u\">%s</a><td>%s<td>%s<td>", id,
             json_get_text(person, "name", ""), id, json_get_text(person, "email", ""));
        write_groups(&p, groups);
        json_free(groups);
        json_free(person);
    }
    admin_end_table(&p);
    if (json_length(people) == 0)
        html(&p.out, "<p>%s</p>",
             *query ? two(&p, "찾는 사람이 없습니다.", "Nobody by that name.")
                    : two(&p, "아직 명부가 비어 있습니다. 사람을 더하거나 CSV에서 가져오십시오.",
                          "The directory is empty. Add a person or import a CSV."));
    if (json_length(people) == SHOWN_MAX)
        html(&p.out, "<p>%s</p>",
             two(&p, "처음 200명만 보입니다. 찾기로 좁혀 주십시오.",
                 "Only the first 200 are shown. Please narrow it down with the search."));
    page_reply(&p, 200);
    json_free(people);
}

// ---- CSV: what the import takes back

static void add_cell(struct bytes *out, const char *text, bool first)
{
    if (!first)
        bytes_add_char(out, ',');
    csv_write_cell(out, text, strlen(text));
}

// Names of attributes that are text, of anybody.
static json attribute_names(json people)
{
    json names = json_object();
    for (size_t i = 0; i < json_length(people); i++) {
        struct json_cursor cursor = JSON_CURSOR_START;
        const char *name = NULL;
        json person = json_at(people, i), attributes = json_get(person, "attributes"), value;
        while (json_next(attributes, &cursor, &name, &value))
            if (json_is_string(value))
                json_set_bool(&names, name, true);
        json_free(attributes);
        json_free(person);
    }
    return names;
}

// Undated memberships only: those are what an import of `groups` sets.
static void add_groups(struct bytes *out, json person)
{
    struct bytes text;
    json memberships = json_get(person, "memberships");
    bytes_init(&text, 1 << 20);
    for (size_t i = 0; i < json_length(memberships); i++) {
        json m = json_at(memberships, i);
        if (!json_has(m, "since") && !json_has(m, "until"))
            bytes_printf(&text, "%s%s", text.length ? ";" : "", json_get_text(m, "group", ""));
        json_free(m);
    }
    add_cell(out, text.data, false);
    bytes_done(&text);
    json_free(memberships);
}

static void add_person(struct bytes *out, json person, json names)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name = NULL;
    json ignored, attributes = json_get(person, "attributes");
    for (size_t c = 0; c < PLAIN_COUNT; c++)
        add_cell(out, json_get_text(person, plain[c], ""), c == 0);
    add_groups(out, person);
    while (json_next(names, &cursor, &name, &ignored))
        add_cell(out, json_get_text(attributes, name, ""), false);
    bytes_add(out, "\r\n");
    json_free(attributes);
}

static void export_people(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json people = people_find(w->opts.people, "", EXPORT_MAX, &why);
    if (json_is_absent(people)) {
        page_fail(r, &why);
        return;
    }
    struct bytes out;
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name = NULL;
    json names = attribute_names(people), ignored;
    bytes_init(&out, 64u << 20);
    bytes_add(&out, CSV_BOM);
    for (size_t c = 0; c < PLAIN_COUNT; c++)
        add_cell(&out, plain[c], c == 0);
    add_cell(&out, "groups", false);
    while (json_next(names, &cursor, &name, &ignored))
        add_cell(&out, name, false);
    bytes_add(&out, "\r\n");
    for (size_t i = 0; i < json_length(people); i++) {
        json person = json_at(people, i);
        add_person(&out, person, names);
        json_free(person);
    }
    web_record(w, r, "export-people", NULL, json_absent());
    request_set_header(r, "Content-Disposition", "attachment; filename=\"people.csv\"");
    request_set_header(r, "Cache-Control", "no-store");
    request_reply_take(r, 200, "text/csv; charset=utf-8", &out);
    json_free(names);
    json_free(people);
}

void people_list_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/people", list_people, PERMIT_PEOPLE},
        {"GET", "/console/people/-/export.csv", export_people, PERMIT_PEOPLE},
    };
    CONSOLE_ADD(w, places);
}
