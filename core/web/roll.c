// Who was asked in an open step, who has answered, and the button that reminds the others.
#include <string.h>

#include "base/mem.h"
#include "people/remind.h"
#include "web/admin.h"
#include "web/html.h"

#define ROWS_MAX 1000

static void write_figures(struct web *w, struct page *p, json roll)
{
    const char *closes = json_get_text(roll, "closesAt", NULL),
               *reminded = json_get_text(roll, "remindedAt", NULL),
               *instance = request_param(p->request, "id");
    html(&p->out, "<ul class=cards><li><strong>%d / %d</strong>%s<li><strong>%d</strong>%s</ul>",
         json_get_int(roll, "answered", 0), json_get_int(roll, "asked", 0),
         two(p, "답함", "have answered"), json_get_int(roll, "waiting", 0),
         two(p, "아직", "not yet"));
    html(&p->out, "<dl class=facts>");
    if (closes) {
        html(&p->out, "<dt>%s<dd>", word(p->language, WORD_CLOSES_AT));
        web_write_moment(w, p, instance, closes, &p->out);
    }
    if (reminded) {
        html(&p->out, "<dt>%s<dd>", two(p, "마지막 알림", "Last reminder"));
        web_write_moment(w, p, instance, reminded, &p->out);
    }
    html(&p->out, "</dl>\n");
}

static void write_button(struct web *w, struct page *p, json roll)
{
    if (json_get_bool(roll, "ended", false)) {
        html(&p->out, "<p class=\"notice warn\">%s</p>\n",
             two(p, "끝난 일입니다. 더는 답을 받지 않습니다.",
                 "This is over; no more answers are taken."));
        return;
    }
    if (json_get_int(roll, "waiting", 0) == 0 || !web_may(w, p->request, PERMIT_OPERATE))
        return;
    html(&p->out, "<form method=post action=\"%s\">", request_path(p->request));
    web_write_csrf(p);
    html(&p->out, "<p class=row><button>%s</button> <span class=help>%s</span></p></form>\n",
         two(p, "아직 답하지 않은 사람에게 알리기", "Remind those who have not answered"),
         two(p, "한 사람에 메일 한 통, 한 시간에 한 번입니다.",
             "One mail a person, once an hour at most."));
}

static void write_filters(struct page *p, const char *show)
{
    static const struct {
        const char *show, *ko, *en;
    } filters[] = {
        {"", "모두", "All"}, {"waiting", "아직", "Not yet"}, {"answered", "답함", "Answered"}};
    html(&p->out, "<nav aria-label=\"%s\"><ul class=filters>", two(p, "가려 보기", "Filter"));
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        html(&p->out, "<li><a href=\"?show=%s\"%r>%s</a>", filters[i].show,
             strcmp(show, filters[i].show) == 0 ? " aria-current=true" : "",
             two(p, filters[i].ko, filters[i].en));
    html(&p->out, "</ul></nav>\n");
}

static void write_person(struct web *w, struct page *p, json his)
{
    struct fail why = {0};
    const char *id = json_get_text(his, "person", "");
    json person = people_get(w->opts.people, id, &why);
    const char *email = json_get_text(person, "email", "");
    int64_t asked = json_get_int(his, "asked", 0), waiting = json_get_int(his, "waiting", 0);
    html(&p->out, "<tr><td>%s<td>", json_get_text(person, "name", id));
    html(&p->out, "<span class=\"state %s\">%s</span>", waiting > 0 ? "waiting" : "completed",
         waiting > 0 ? two(p, "아직", "not yet") : two(p, "답함", "answered"));
    if (asked > 1)
        html(&p->out, " %d/%d", asked - waiting, asked);
    html(&p->out, "<td>%s", *email ? email : two(p, "주소 없음", "no address"));
    json_free(person);
}

static void write_people(struct web *w, struct page *p, json roll, const char *show)
{
    json people = json_get(roll, "people");
    size_t shown = 0;
    admin_begin_table(p,
                      (const char *[]){two(p, "이름", "Name"), two(p, "답", "Answer"),
                                       word(p->language, WORD_EMAIL)},
                      3);
    for (size_t i = 0; i < json_length(people) && shown < ROWS_MAX; i++) {
        json his = json_at(people, i);
        bool waits = json_get_int(his, "waiting", 0) > 0;
        if (!*show || waits == (strcmp(show, "waiting") == 0)) {
            write_person(w, p, his);
            shown++;
        }
        json_free(his);
    }
    admin_end_table(p);
    if (shown == ROWS_MAX)
        html(&p->out, "<p>%s</p>",
             two(p, "처음 1,000명만 보입니다.", "Only the first 1,000 are shown."));
    json_free(people);
}

static void reply_roll(struct web *w, struct request *r, const struct fail *refusal)
{
    struct fail why = {0};
    const char *show = request_query(r, "show");
    json roll = item_roll(w->opts.people, request_param(r, "id"), request_param(r, "task"), &why);
    if (json_is_absent(roll)) {
        page_fail(r, &why);
        return;
    }
    struct page p;
    json title = json_get(roll, "title");
    const char *text = text_in(language_of(r), title);
    page_begin(&p, r, *text ? text : request_param(r, "task"), true);
    admin_write_done(&p);
    admin_write_refusal(&p, refusal);
    write_figures(w, &p, roll);
    write_button(w, &p, roll);
    write_filters(&p, show ? show : "");
    write_people(w, &p, roll, show ? show : "");
    html(&p.out, "<p><a href=\"/console/instances/%u\">%s</a></p>", request_param(r, "id"),
         word(p.language, WORD_BACK));
    page_reply(&p, refusal->kind == FAIL_NONE ? 200 : problem_status(refusal));
    json_free(title);
    json_free(roll);
}

static void show_roll(void *context, struct request *r)
{
    struct fail none = {0};
    reply_roll(context, r, &none);
}

static void receive_remind(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json told;
    const char *by = web_actor(w, r)->name;
    if (!item_remind(w->opts.people, request_param(r, "id"), request_param(r, "task"),
                     *by ? by : "console", &told, &why)) {
        if (why.kind == FAIL_NOT_FOUND)
            page_fail(r, &why);
        else
            reply_roll(w, r, &why);
        return;
    }
    json_set_text(&told, "task", request_param(r, "task"));
    web_record(w, r, "remind", request_param(r, "id"), told);
    char *location = mem_printf("%s?done=reminded", request_path(r));
    web_redirect_after_commit(w, r, location);
    mem_free(location);
}

void roll_write_links(struct web *w, struct page *p, const char *instance)
{
    struct fail why = {0};
    json rolls = item_rolls(w->opts.people, instance, &why);
    for (size_t i = 0; i < json_length(rolls); i++) {
        json roll = json_at(rolls, i), title = json_get(roll, "title");
        html(&p->out,
             "<p><a class=\"button quiet\" href=\"/console/instances/%u/roll/%u\">%s: %s</a>",
             instance, json_get_text(roll, "task", ""),
             two(p, "답한 사람과 아직인 사람", "Who has answered"), text_in(p->language, title));
        json_free(title);
        json_free(roll);
    }
    json_free(rolls);
}

void roll_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/instances/{id}/roll/{task}", show_roll, PERMIT_OPERATE | PERMIT_PEOPLE},
        {"POST", "/console/instances/{id}/roll/{task}", receive_remind, PERMIT_OPERATE},
    };
    CONSOLE_ADD(w, places);
}
