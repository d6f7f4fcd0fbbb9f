// The console's instances: the list with what each waits for, and one with its picture, history and
// work items.
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "people/outcome.h"
#include "plugin/view.h"
#include "web/act_words.h"
#include "web/admin.h"
#include "web/html.h"
#include "web/waits.h"

#define ITEMS_SHOWN 30 // the roll has them all

// "ns/name" of ?definition=, taken apart into `space` and `name` (both sized by the caller).
static bool read_definition(struct request *r, char space[200], char name[200])
{
    const char *text = request_query(r, "definition"), *slash = text ? strchr(text, '/') : NULL;
    if (!slash)
        return false;
    snprintf(space, 200, "%.*s", (int)(slash - text), text);
    snprintf(name, 200, "%s", slash + 1);
    return true;
}

static void write_filters(struct page *p)
{
    static const char *const statuses[] = {"waiting", "running",   "suspended",
                                           "faulted", "cancelled", "completed"};
    html(&p->out, "<p><a href=\"/console/instances\">%s</a> ", two(p, "모두", "All"));
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        html(&p->out, " <a href=\"/console/instances?status=%s\">", statuses[i]);
        console_write_state(p, statuses[i]);
        html(&p->out, "</a>");
    }
    html(&p->out, "</p>\n");
}

static void write_row(struct web *w, struct page *p, json instance)
{
    const char *id = json_get_text(instance, "id", "");
    json d = json_get(instance, "definition");
    const char *title = json_get_text(instance, "title", json_get_text(d, "name", id));
    html(&p->out, "<tr><td><a href=\"/console/instances/%u\">%s</a><td>", id, title);
    console_write_state(p, json_get_text(instance, "status", ""));
    html(&p->out, "<td>");
    struct fail why = {0};
    json shown = p->language == LANGUAGE_KO && json_has(instance, "waitsFor")
                     ? engine_show(w->opts.engine, id, &why)
                     : json_ref(instance);
    waits_write(w, p, shown);
    json_free(shown);
    html(&p->out, "<td>");
    web_write_moment(w, p, id, json_get_text(instance, "createdAt", ""), &p->out);
    json_free(d);
}

static void list_instances(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    char space[200], name[200];
    struct list_opts opts = {
        .status = request_query(r, "status"), .after = request_query(r, "after"), .limit = 50};
    if (read_definition(r, space, name)) {
        opts.namespace = space;
        opts.name = name;
    }
    json list = engine_list(w->opts.engine, &opts, &why), rows = console_rows(list);
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "진행" : "Instances", true);
    write_filters(&p);
    html(&p.out,
         "<div class=scroll tabindex=0><table><thead><tr><th scope=col>%s<th scope=col>%s<th "
         "scope=col>%s<th scope=col>%s</thead><tbody>",
         two(&p, "제목", "Title"), two(&p, "상태", "Status"), two(&p, "기다리는 것", "Waits for"),
         two(&p, "시작", "Since"));
    char *last = NULL;
    for (size_t i = 0; i < json_length(rows); i++) {
        json instance = json_at(rows, i);
        write_row(w, &p, instance);
        mem_free(last);
        last = mem_string(json_get_text(instance, "id", NULL));
        json_free(instance);
    }
    html(&p.out, "</table></div>\n");
    if (json_length(rows) == 0)
        html(&p.out, "<p>%s</p>", two(&p, "없습니다.", "None."));
    if (json_length(rows) == 50)
        html(&p.out, "<p><a href=\"/console/instances?after=%u%r%u\">%s</a></p>", last,
             opts.status ? "&amp;status=" : "", opts.status ? opts.status : "",
             two(&p, "더 보기", "More"));
    mem_free(last);
    page_reply(&p, 200);
    json_free(rows);
    json_free(list);
}

static void write_items(struct web *w, struct page *p, const char *instance)
{
    struct fail why = {0};
    json items = item_list(
        w->opts.people,
        &(struct item_list_opts){.instance = instance, .status = "open", .limit = ITEMS_SHOWN},
        &why);
    if (json_length(items) > 0)
        html(&p->out, "<h2>%s</h2><div class=scroll tabindex=0><table><tbody>",
             two(p, "열린 할 일", "Open work items"));
    for (size_t i = 0; i < json_length(items); i++) {
        json item = json_at(items, i), title = json_get(item, "title");
        const char *id = json_get_text(item, "id", ""),
                   *assignee = json_get_text(item, "assignee", NULL);
        html(&p->out, assignee ? "<tr><td>%s" : "<tr><td><a href=\"/f/%r\">",
             assignee ? text_in(p->language, title) : id);
        if (!assignee)
            html(&p->out, "%s</a>", text_in(p->language, title));
        html(&p->out, "<td>%s<td>", json_get_text(item, "task", ""));
        console_write_assignee(w, p, assignee);
        html(&p->out, two(p, "<td>답&nbsp;%d", "<td>answers:&nbsp;%d"),
             json_get_int(item, "answers", 0));
        json_free(title);
        json_free(item);
    }
    if (json_length(items) > 0)
        html(&p->out, "</table></div>\n");
    json_free(items);
}

static void write_views(struct web *w, struct page *p, const char *instance)
{
    struct fail why = {0};
    json views = w->opts.plugins ? plugins_views(w->opts.plugins, instance, &why) : json_absent();
    if (json_length(views) > 0)
        html(&p->out, "<h2>%s</h2><ul>", two(p, "명단과 집계", "Lists"));
    for (size_t i = 0; i < json_length(views); i++) {
        json view = json_at(views, i), title = json_get(view, "title");
        bool desk = strcmp(json_get_text(view, "name", ""), "desk") == 0; // a page of its own
        html(&p->out, "<li><a href=\"/console/instances/%u/%r%u%r%u\">%s</a>", instance,
             desk ? "desk/" : "views/", json_get_text(view, "task", ""), desk ? "" : "/",
             desk ? "" : json_get_text(view, "name", ""), text_in(p->language, title));
        json_free(title);
        json_free(view);
    }
    if (json_length(views) > 0)
        html(&p->out, "</ul>\n");
    json_free(views);
}

// What ended steps have left: where a clerk finds the tally or the list after the close.
static void write_outcomes(struct web *w, struct page *p, const char *instance)
{
    struct fail why = {0};
    json list = outcome_list(w->opts.people, instance, &why);
    if (json_length(list) > 0)
        html(&p->out, "<h2>%s</h2><ul>", two(p, "끝난 단계의 결과", "Outcomes of ended steps"));
    for (size_t i = 0; i < json_length(list); i++) {
        json outcome = json_at(list, i), title = json_get(outcome, "title"),
             result = json_get(outcome, "result");
        html(&p->out, "<li><a href=\"/console/instances/%u/outcomes/%u\">%s</a> %s", instance,
             json_get_text(outcome, "mark", ""), text_in(p->language, title),
             text_in(p->language, result));
        json_free(result);
        json_free(title);
        json_free(outcome);
    }
    if (json_length(list) > 0)
        html(&p->out, "</ul>\n");
    json_free(list);
}

static void show_outcome(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const char *id = request_param(r, "id");
    json outcome = outcome_show(w->opts.people, id, request_param(r, "mark"), &why);
    if (json_is_absent(outcome)) {
        page_fail(r, &why);
        return;
    }
    struct page p;
    json title = json_get(outcome, "title");
    page_begin(&p, r, text_in(language_of(r), title), true);
    web_write_outcome(w, &p, outcome);
    html(&p.out, "<p><a href=\"/console/instances/%u\">%s</a></p>", id,
         word(p.language, WORD_BACK));
    page_reply(&p, 200);
    json_free(title);
    json_free(outcome);
}

static void write_history(struct web *w, struct page *p, const char *id)
{
    struct fail why = {0};
    json history = engine_history(w->opts.engine, id, 0, 200, &why), rows = console_rows(history);
    html(&p->out, "<h2>%s</h2><div class=scroll tabindex=0><table><tbody>",
         two(p, "기록", "History"));
    for (size_t i = 0; i < json_length(rows); i++) {
        json row = json_at(rows, i), entries = json_get(row, "entries");
        for (size_t k = 0; k < json_length(entries); k++) {
            json entry = json_at(entries, k);
            const char *type = json_get_text(entry, "type", "");
            static const char family[] = "io.serverlessworkflow.";
            if (strncmp(type, family, sizeof family - 1) == 0)
                type += sizeof family - 1;
            html(&p->out, "<tr><td>");
            web_write_moment(w, p, id, json_get_text(row, "at", ""), &p->out);
            json by = json_get(entry, "by");
            if (strcmp(type, "act") == 0)
                html(&p->out, "<td>%s<td>%s", acts_name(p, json_get_text(entry, "act", "")),
                     json_get_text(by, "name", ""));
            else
                html(&p->out, "<td>%s<td>%s", waits_event_name(p, type),
                     json_get_text(entry, "reference", ""));
            json_free(by);
            json_free(entry);
        }
        json_free(entries);
        json_free(row);
    }
    html(&p->out, "</table></div>\n");
    json_free(rows);
    json_free(history);
}

#define CANCELS_WHEN "waiting running pending suspended"

// It ends what others take part in, so it takes two steps.
static void write_cancel(struct page *p, const char *id)
{
    html(&p->out, "<details class=aside><summary>%s</summary><p>%s</p>",
         two(p, "모두 취소하기", "Cancel all of it"),
         two(p, "열린 양식과 투표가 닫히고 보낼 메일이 나가지 않습니다. 되돌릴 수 없습니다.",
             "Open forms and ballots close and no more mail goes out. This cannot be undone."));
    html(&p->out, "<form method=post action=\"/console/instances/%u/cancel\">", id);
    web_write_csrf(p);
    html(&p->out, "<button class=alert>%s</button></form></details>\n",
         two(p, "취소하기", "Cancel"));
}

#define MIGRATES_WHEN CANCELS_WHEN " faulted"

// To the latest version, where that is another; which one is said on the button and sent with it,
// so that nobody goes to one that was deployed meanwhile.
static void write_migrate(struct web *w, struct page *p, const char *id, json of)
{
    struct fail why = {0};
    struct definition_ref ref = {json_get_text(of, "namespace", ""), json_get_text(of, "name", ""),
                                 NULL};
    const struct definition *latest = engine_definition(w->opts.engine, &ref, &why);
    if (!latest || strcmp(latest->version, json_get_text(of, "version", "")) == 0)
        return;
    html(&p->out, "<form method=post action=\"/console/instances/%u/migrate\">", id);
    web_write_csrf(p);
    html(&p->out,
         "<input type=hidden name=version value=\"%s\"><button class=quiet>%s %s</button></form>",
         latest->version, two(p, "새 판으로 옮기기:", "Move to version"), latest->version);
}

static void write_controls(struct web *w, struct page *p, const char *id, json shown)
{
    const char *status = json_get_text(shown, "status", "");
    static const struct {
        const char *verb, *ko, *en, *when;
    } controls[] = {{"pause", "멈추기", "Pause", "waiting running pending"},
                    {"resume", "계속하기", "Resume", "suspended"},
                    {"retry", "다시 하기", "Retry", "faulted"}};
    html(&p->out, "<div class=row>");
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        if (!strstr(controls[i].when, status))
            continue;
        html(&p->out, "<form method=post action=\"/console/instances/%u/%r\">", id,
             controls[i].verb);
        web_write_csrf(p);
        html(&p->out, "<button class=quiet>%s</button></form>",
             two(p, controls[i].ko, controls[i].en));
    }
    if (strstr(MIGRATES_WHEN, status)) {
        json of = json_get(shown, "definition");
        write_migrate(w, p, id, of);
        json_free(of);
    }
    html(&p->out, "</div>\n");
    if (strstr(CANCELS_WHEN, status))
        write_cancel(p, id);
}

static void write_data(struct page *p, json shown)
{
    static const struct {
        const char *key, *ko, *en;
    } parts[] = {{"error", "오류", "Error"},
                 {"output", "나온 자료", "Output"},
                 {"input", "받은 자료", "Input"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json part = json_get(shown, parts[i].key);
        console_write_json(p, two(p, parts[i].ko, parts[i].en), part);
        json_free(part);
    }
}

// Until when its personal data is there, or since when it is not.
static void write_kept(struct web *w, struct page *p, json shown)
{
    const char *id = json_get_text(shown, "id", ""),
               *until = json_get_text(shown, "keptUntil", NULL),
               *removed = json_get_text(shown, "personalDataRemovedAt", NULL);
    if (!until && !removed)
        return;
    html(&p->out, "<p>%s ",
         removed
             ? two(p,
                   "보관 기간이 끝나 이 건의 개인정보를 지웠습니다. 기록과 수는 남아 있습니다. "
                   "지운 때:",
                   "The personal data of this case was removed, since it is kept no longer. Its "
                   "history and numbers stay. Removed:")
             : two(p, "이 건의 개인정보를 지우는 때:",
                   "The personal data of this case is kept until:"));
    web_write_moment(w, p, id, removed ? removed : until, &p->out);
    html(&p->out, "</p>\n");
}

static void show_instance(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const char *id = request_param(r, "id");
    json shown = engine_show(w->opts.engine, id, &why), d = json_get(shown, "definition");
    if (json_is_absent(shown)) {
        page_fail(r, &why);
        return;
    }
    struct page p;
    page_begin(&p, r, json_get_text(shown, "title", json_get_text(d, "name", id)), true);
    const char *status = json_get_text(shown, "status", ""),
               *waits = json_get_text(shown, "waitsFor", "");
    html(&p.out, "<dl class=facts><dt>%s<dd>", two(&p, "상태", "Status"));
    console_write_state(&p, status);
    if (*waits) {
        html(&p.out, "<dt>%s<dd>", two(&p, "기다리는 것", "Waits for"));
        waits_write(w, &p, shown);
    }
    html(&p.out,
         "<dt>%s<dd><a href=\"/console/definitions/%u/%u/%u\">%s/%s "
         "%s</a><dt>%s<dd><code>%s</code><dt>%s<dd>",
         two(&p, "정의", "Definition"), json_get_text(d, "namespace", ""),
         json_get_text(d, "name", ""), json_get_text(d, "version", ""),
         json_get_text(d, "namespace", ""), json_get_text(d, "name", ""),
         json_get_text(d, "version", ""), two(&p, "번호", "Id"), id, two(&p, "시작", "Since"));
    web_write_moment(w, &p, id, json_get_text(shown, "createdAt", ""), &p.out);
    html(&p.out, "</dl>\n");
    admin_write_done(&p);
    write_kept(w, &p, shown);
    const char *incident = json_get_text(shown, "incident", NULL);
    if (incident)
        html(&p.out, "<div class=refusal role=alert>%s</div>", incident);
    if (*status && web_may(w, r, PERMIT_OPERATE))
        write_controls(w, &p, id, shown);
    write_outcomes(w, &p, id);
    write_views(w, &p, id);
    roll_write_links(w, &p, id);
    write_items(w, &p, id);
    html(&p.out,
         "<h2>%s</h2><p class=graph><img src=\"/console/instances/%u/graph.svg\" alt=\"%s\"></p>",
         two(&p, "흐름", "Flow"), id,
         two(&p, "흐름 그림. 각 단계의 상태는 기록에 있습니다.",
             "Picture of the flow; the history has each step's state."));
    write_data(&p, shown);
    if (web_may(w, r, PERMIT_AUDIT))
        html(&p.out,
             "<p class=row><a class=\"button quiet\" href=\"/api/v1/instances/%u/case\">%s</a></p>",
             id, two(&p, "검증할 수 있는 기록으로 받기", "Download the case file"));
    if (web_may(w, r, PERMIT_AUDIT | PERMIT_OPERATE))
        write_history(w, &p, id);
    page_reply(&p, 200);
    json_free(d);
    json_free(shown);
}

static void draw_instance(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    json shown = engine_show(w->opts.engine, request_param(r, "id"), &why),
         d = json_get(shown, "definition");
    struct definition_ref ref = {json_get_text(d, "namespace", ""), json_get_text(d, "name", ""),
                                 json_get_text(d, "version", NULL)};
    struct definition *definition =
        json_is_absent(shown) ? NULL : engine_definition(w->opts.engine, &ref, &why);
    if (definition) {
        json states = json_get(shown, "tasks");
        console_draw(w, r, definition, states);
        json_free(states);
    } else {
        request_fail(r, &why);
    }
    json_free(d);
    json_free(shown);
}

static void go_back(struct web *w, struct request *r, const char *id)
{
    char *location = mem_printf("/console/instances/%s", id);
    web_redirect_after_commit(w, r, location);
    mem_free(location);
}

static void migrate(struct web *w, struct request *r, const char *id)
{
    struct fail why = {0};
    const struct form *form = request_form(r, &why);
    const char *version = form ? form_text(form, "version", NULL) : NULL;
    if (!form || !engine_migrate(w->opts.engine, id, version, &why)) {
        page_fail(r, &why);
        return;
    }
    json detail = json_object();
    json_set_text(&detail, "version", version);
    web_record(w, r, "migrate", id, detail);
    go_back(w, r, id);
}

static void control(void *context, struct request *r)
{
    static const char *const verbs[] = {"cancel", "pause", "resume", "retry"};
    struct web *w = context;
    struct fail why = {0};
    const char *verb = request_param(r, "verb"), *id = request_param(r, "id");
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(verb, verbs[i]) != 0)
            continue;
        if (!engine_control(w->opts.engine, id, (enum control)i, "from the console", &why)) {
            page_fail(r, &why);
            return;
        }
        web_record(w, r, verb, id, json_absent());
        go_back(w, r, id);
        return;
    }
    if (strcmp(verb, "migrate") == 0) {
        migrate(w, r, id);
        return;
    }
    fail(&why, FAIL_NOT_FOUND, "there is no '%s'", verb);
    page_fail(r, &why);
}

void instances_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/instances", list_instances, PERMIT_VIEW},
        {"GET", "/console/instances/{id}", show_instance, PERMIT_VIEW},
        {"GET", "/console/instances/{id}/outcomes/{mark}", show_outcome, PERMIT_VIEW},
        {"GET", "/console/instances/{id}/graph.svg", draw_instance, PERMIT_VIEW},
        {"POST", "/console/instances/{id}/{verb}", control, PERMIT_OPERATE},
    };
    CONSOLE_ADD(w, places);
}
