// Groups in the console: who is in them on a date, joining and leaving on a date.
#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "web/admin.h"
#include "web/html.h"

static void write_join(struct page *p, const char *group, const char *person)
{
    html(&p->out, "<form method=post action=\"/console/groups/-/join\">");
    web_write_csrf(p);
    if (group)
        html(&p->out, "<input type=hidden name=group value=\"%s\">", group);
    else
        admin_write_input(p,
                          &(struct admin_input){.name = "group",
                                                .label = two(p, "그룹 이름", "Name of the group"),
                                                .required = true});
    admin_write_input(p, &(struct admin_input){.name = "person",
                                               .label = two(p, "사람의 아이디", "Id of the person"),
                                               .value = person,
                                               .required = true});
    admin_write_input(p, &(struct admin_input){.name = "since",
                                               .label = two(p, "부터", "Since"),
                                               .type = "date",
                                               .help = two(p, "비우면 처음부터입니다.",
                                                           "Empty: from the beginning.")});
    admin_write_input(
        p, &(struct admin_input){.name = "until",
                                 .label = two(p, "까지", "Until"),
                                 .type = "date",
                                 .help = two(p, "이날부터는 회원이 아닙니다. 비우면 끝이 없습니다.",
                                             "From this day on no member. Empty: no end.")});
    admin_write_input(p, &(struct admin_input){.name = "role", .label = two(p, "역할", "Role")});
    html(&p->out, "<button>%s</button></form>\n", two(p, "그룹에 넣기", "Add to the group"));
}

static void list_groups(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json groups = people_groups(w->opts.people, &why);
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "그룹" : "Groups", true);
    admin_write_done(&p);
    admin_write_refusal(&p, &why);
    admin_begin_table(
        &p, (const char *[]){two(&p, "그룹", "Group"), two(&p, "오늘 회원", "Members today")}, 2);
    for (size_t i = 0; i < json_length(groups); i++) {
        json group = json_at(groups, i);
        const char *name = json_get_text(group, "name", "");
        html(&p.out, "<tr><td><a href=\"/console/groups/%u\">%s</a><td class=number>%d", name, name,
             json_get_int(group, "members", 0));
        json_free(group);
    }
    admin_end_table(&p);
    if (json_length(groups) == 0)
        html(&p.out, "<p>%s</p>", two(&p, "아직 없습니다.", "None yet."));
    html(&p.out, "<h2>%s</h2><p>%s</p>", two(&p, "새 그룹", "A new group"),
         two(&p, "첫 회원을 넣으면 그룹이 생깁니다.", "A group begins with its first member."));
    write_join(&p, NULL, "");
    page_reply(&p, 200);
    json_free(groups);
}

// "As of" a date: the end of that day, so that who joined on it is in; today: this very moment.
static bool read_at(struct web *w, struct request *r, int64_t *at_ms, struct fail *why)
{
    const char *at = request_query(r, "at");
    *at_ms = engine_now_ms(w->opts.engine);
    if (!at || !*at)
        return true;
    struct fail bad = {0};
    if (!people_day(w->opts.people, at, at_ms, &bad))
        return fail_code(why, FAIL_INVALID, "bad_date", "%s", bad.message);
    return true;
}

static void write_member(struct web *w, struct page *p, const char *group, json m)
{
    const char *id = json_get_text(m, "person", "");
    bool holds = json_get_bool(m, "holds", false),
         erased = strcmp(json_get_text(m, "status", ""), PERSON_ERASED) == 0;
    html(&p->out, "<tr><td><a href=\"/console/people/%u\">%s</a><td>", id,
         erased ? two(p, "지운 사람", "erased") : json_get_text(m, "name", id));
    admin_write_day(w, p, json_get_text(m, "since", NULL));
    html(&p->out, "<td>");
    admin_write_day(w, p, json_get_text(m, "until", NULL));
    html(&p->out, "<td>%s<td>", json_get_text(m, "role", ""));
    if (!holds || json_has(m, "until"))
        return;
    html(&p->out, "<form method=post action=\"/console/groups/-/leave\" class=inline>");
    web_write_csrf(p);
    html(&p->out,
         "<input type=hidden "
         "name=group value=\"%s\"><input type=hidden name=person value=\"%s\"><label>%s <input "
         "type=date name=until></label><button class=quiet>%s</button></form>",
         group, id, two(p, "까지", "Until"), two(p, "빼기", "Take out"));
}

static void write_members(struct web *w, struct page *p, const char *group, json list, bool holding)
{
    admin_begin_table(p,
                      (const char *[]){two(p, "이름", "Name"), two(p, "부터", "Since"),
                                       two(p, "까지 (그날 제외)", "Until (excluded)"),
                                       two(p, "역할", "Role"), ""},
                      5);
    for (size_t i = 0; i < json_length(list); i++) {
        json m = json_at(list, i);
        if (json_get_bool(m, "holds", false) == holding)
            write_member(w, p, group, m);
        json_free(m);
    }
    admin_end_table(p);
}

static size_t holding(json list)
{
    size_t count = 0;
    for (size_t i = 0; i < json_length(list); i++) {
        json m = json_at(list, i);
        count += json_get_bool(m, "holds", false);
        json_free(m);
    }
    return count;
}

static void reply_group(struct web *w, struct request *r, const char *group, const struct fail *why)
{
    struct fail bad = *why, unread = {0};
    int64_t at_ms;
    const char *at = request_query(r, "at");
    bool dated = read_at(w, r, &at_ms, &bad);
    json list = people_memberships(w->opts.people, group, at_ms, &unread);
    struct page p;
    page_begin(&p, r, group, true);
    admin_write_done(&p);
    admin_write_refusal(&p, &bad);
    size_t members = holding(list);
    html(&p.out,
         "<form><label for=at>%s</label><span class=row><input type=date id=at name=at "
         "value=\"%s\"><button class=quiet>%s</button></span></form>\n"
         "<p><strong>%d</strong> %s</p>\n",
         two(&p, "이날의 회원", "Members on"), dated && at ? at : "", two(&p, "보기", "Show"),
         (int64_t)members, two(&p, "명", "members"));
    write_members(w, &p, group, list, true);
    if (json_length(list) > members) {
        html(&p.out, "<h2>%s</h2>",
             two(&p, "지난 회원과 앞으로의 회원", "Past and future members"));
        write_members(w, &p, group, list, false);
    }
    html(&p.out, "<h2>%s</h2>", two(&p, "회원 넣기", "Add a member"));
    write_join(&p, group, "");
    html(&p.out, "<p><a href=\"/console/groups\">%s</a></p>", word(p.language, WORD_BACK));
    page_reply(&p, bad.kind == FAIL_NONE ? 200 : problem_status(&bad));
    json_free(list);
}

static void show_group(void *context, struct request *r)
{
    struct fail none = {0};
    reply_group(context, r, request_param(r, "group"), &none);
}

static void go_to_group(struct web *w, struct request *r, const char *group, const char *done)
{
    struct bytes location;
    bytes_init(&location, 4096);
    html(&location, "/console/groups/%u?done=%s", group, done);
    web_redirect_after_commit(w, r, location.data);
    bytes_done(&location);
}

static const char *given(const struct form *form, const char *name)
{
    const char *text = form_text(form, name, "");
    return *text ? text : NULL;
}

static void record(struct web *w, struct request *r, const char *act, const struct form *form)
{
    static const char *const names[] = {"group", "person", "since", "until", "role"};
    json detail = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (given(form, names[i]))
            json_set_text(&detail, names[i], given(form, names[i]));
    web_record(w, r, act, NULL, detail);
}

static void receive_join(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const struct form *form = admin_form(r);
    if (!form)
        return;
    const char *group = form_text(form, "group", "");
    if (!people_join(w->opts.people, group, form_text(form, "person", ""), given(form, "since"),
                     given(form, "until"), given(form, "role"), &why)) {
        reply_group(w, r, group, &why);
        return;
    }
    record(w, r, "group-join", form);
    go_to_group(w, r, group, "joined");
}

static void receive_leave(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    int64_t left;
    const struct form *form = admin_form(r);
    if (!form)
        return;
    const char *group = form_text(form, "group", ""), *person = form_text(form, "person", "");
    bool good = people_leave(w->opts.people, group, person, given(form, "until"), &left, &why);
    if (good && left == 0)
        good = fail_code(&why, FAIL_CONFLICT, "not_a_member", "no membership holds at that time");
    if (!good) {
        reply_group(w, r, group, &why);
        return;
    }
    record(w, r, "group-leave", form);
    go_to_group(w, r, group, "left");
}

void groups_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/groups", list_groups, PERMIT_PEOPLE},
        {"GET", "/console/groups/{group}", show_group, PERMIT_PEOPLE},
        {"POST", "/console/groups/-/join", receive_join, PERMIT_PEOPLE},
        {"POST", "/console/groups/-/leave", receive_leave, PERMIT_PEOPLE},
    };
    CONSOLE_ADD(w, places);
}
