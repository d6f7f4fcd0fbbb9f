// The console's overview and definitions. Plain words about the engine: this is for admins and
// operators.
#include "web/console.h"

#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "web/html.h"
#include "web/picture.h"

const char *two(const struct page *p, const char *ko, const char *en)
{
    return p->language == LANGUAGE_KO ? ko : en;
}

void console_write_state(struct page *p, const char *status)
{
    static const struct {
        const char *status, *ko;
    } names[] = {{"completed", "끝남"},   {"waiting", "기다림"},    {"running", "진행 중"},
                 {"pending", "시작 전"},  {"suspended", "멈춤"},    {"cancelled", "취소됨"},
                 {"faulted", "오류"},     {"open", "열림"},         {"done", "끝남"},
                 {"closed", "닫힘"},      {"skipped", "건너뜀"},    {"sent", "보냄"},
                 {"failed", "실패"},      {"queued", "대기"},       {"kept", "보관"},
                 {"registered", "등록"},  {"offered", "자리 제안"}, {"withdrawn", "취소"},
                 {"expired", "기한 지남"}};
    const char *said = status;
    for (size_t i = 0; i < sizeof names / sizeof *names && p->language == LANGUAGE_KO; i++)
        if (strcmp(names[i].status, status) == 0)
            said = names[i].ko;
    html(&p->out, "<span class=\"state %s\">%s</span>", status, said);
}

void console_write_json(struct page *p, const char *heading, json value)
{
    if (json_is_absent(value) || json_is_null(value))
        return;
    struct bytes text;
    bytes_init(&text, 1 << 20);
    json_write(value, JSON_PRETTY, &text);
    html(&p->out, "<details class=aside><summary>%s</summary><pre tabindex=0>%s</pre></details>\n",
         heading, text.data);
    bytes_done(&text);
}

json console_rows(json list)
{
    return json_is_array(list) ? json_ref(list) : json_get(list, "items");
}

static void write_figure(struct page *p, const char *label, json figures, const char *name)
{
    json value = json_get(figures, name);
    if (json_is_number(value))
        html(&p->out, "<li><strong>%d</strong>%s", (int64_t)json_double(value), label);
    json_free(value);
}

static void show_overview(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "현황" : "Overview", true);
    json by_status = json_object();
    static const char *const statuses[] = {"waiting", "running", "suspended", "faulted"};
    html(&p.out, "<ul class=cards>");
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        json list =
            engine_list(w->opts.engine,
                        &(struct list_opts){.status = statuses[i], .limit = LIMIT_PAGE_ROWS}, &why);
        json rows = console_rows(list);
        size_t count = json_length(rows);
        html(&p.out, "<li><a href=\"/console/instances?status=%s\"><strong>%d%r</strong></a>",
             statuses[i], (int64_t)count, count == LIMIT_PAGE_ROWS ? "+" : "");
        console_write_state(&p, statuses[i]);
        json_free(rows);
        json_free(list);
    }
    json figures = engine_figures(w->opts.engine);
    write_figure(&p, two(&p, "사건", "incidents"), figures, "incidents");
    html(&p.out, "</ul>\n");
    json incidents = engine_incidents(w->opts.engine, 50);
    html(&p.out, "<h2>%s</h2>", two(&p, "살펴볼 일", "Needs a look"));
    if (json_length(incidents) == 0)
        html(&p.out, "<p>%s</p>", two(&p, "없습니다.", "Nothing."));
    for (size_t i = 0; i < json_length(incidents); i++) {
        json incident = json_at(incidents, i);
        const char *id = json_get_text(incident, "instance", json_get_text(incident, "id", ""));
        html(&p.out, "<p class=\"notice warn\"><a href=\"/console/instances/%u\">%s</a> %s</p>", id,
             id, json_get_text(incident, "incident", ""));
        json_free(incident);
    }
    struct fail trouble = {0};
    if (store_trouble(engine_store(w->opts.engine), &trouble))
        html(&p.out, "<div class=refusal role=alert>%s</div>", trouble.message);
    page_reply(&p, 200);
    json_free(incidents);
    json_free(figures);
    json_free(by_status);
}

static void list_definitions(void *context, struct request *r)
{
    struct web *w = context;
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "정의" : "Definitions", true);
    json list = engine_definitions(w->opts.engine), rows = console_rows(list);
    html(&p.out,
         "<div class=scroll tabindex=0><table><thead><tr><th scope=col>%s<th scope=col>%s<th "
         "scope=col>%s</thead><tbody>",
         two(&p, "제목", "Title"), two(&p, "이름", "Name"), two(&p, "판", "Version"));
    for (size_t i = 0; i < json_length(rows); i++) {
        json d = json_at(rows, i);
        const char *space = json_get_text(d, "namespace", ""), *name = json_get_text(d, "name", ""),
                   *version = json_get_text(d, "version", "");
        html(&p.out, "<tr><td><a href=\"/console/definitions/%u/%u/%u\">%s</a><td>%s/%s<td>%s",
             space, name, version, json_get_text(d, "title", name), space, name, version);
        json_free(d);
    }
    html(&p.out, "</table></div>\n");
    if (json_length(rows) == 0)
        html(&p.out, "<p>%s <code>dure deploy FILE</code></p>",
             two(&p, "아직 없습니다.", "None yet."));
    page_reply(&p, 200);
    json_free(rows);
    json_free(list);
}

struct definition *console_definition(struct web *w, struct request *r)
{
    struct fail why = {0};
    struct definition_ref ref = {request_param(r, "namespace"), request_param(r, "name"),
                                 request_param(r, "version")};
    struct definition *d = engine_definition(w->opts.engine, &ref, &why);
    if (!d)
        page_fail(r, &why);
    return d;
}

static void show_definition(void *context, struct request *r)
{
    struct web *w = context;
    struct definition *d = console_definition(w, r);
    if (!d)
        return;
    struct page p;
    page_begin(&p, r, d->title ? d->title : d->name, true);
    html(&p.out, "<p>%s</p><dl class=facts><dt>%s<dd>%s/%s<dt>%s<dd>%s<dt>%s<dd>%s</dl>",
         d->summary ? d->summary : "", two(&p, "이름", "Name"), d->namespace, d->name,
         two(&p, "판", "Version"), d->version, two(&p, "시간대", "Zone"), zone_name(d->zone));
    html(&p.out, "<p><a class=button href=\"/console/instances?definition=%u/%u\">%s</a></p>",
         d->namespace, d->name, two(&p, "진행 보기", "Its instances"));
    if (web_may(w, r, PERMIT_AUTHOR))
        html(&p.out, "<p><a href=\"/console/definitions/%u/%u/%u/mails\">%s</a></p>", d->namespace,
             d->name, d->version, two(&p, "보낼 메일 미리 보기", "Preview of its mails"));
    html(&p.out,
         "<p class=graph><img src=\"/console/definitions/%u/%u/%u/graph.svg\" alt=\"%s\"></p>",
         d->namespace, d->name, d->version, two(&p, "흐름 그림", "Picture of the flow"));
    html(&p.out, "<details><summary>%s</summary><pre tabindex=0>%s</pre></details>",
         two(&p, "원문", "Text"), d->document->source);
    page_reply(&p, 200);
}

// ---- pictures: the request waits for the child process

struct drawing {
    struct request *request; // NULL once the client has gone
};

static void on_gone(void *context, struct request *r)
{
    struct drawing *drawing = context;
    (void)r;
    drawing->request = NULL;
}

static void on_drawn(void *context, struct bytes *svg, const struct fail *why)
{
    struct drawing *drawing = context;
    if (drawing->request && svg) {
        request_set_header(drawing->request, "Content-Security-Policy",
                           "default-src 'none'; style-src 'unsafe-inline'");
        request_reply_take(drawing->request, 200, "image/svg+xml", svg);
    } else if (drawing->request) {
        request_fail(drawing->request, why);
    }
    mem_free(drawing);
}

void console_draw(struct web *w, struct request *r, const struct definition *d, json states)
{
    struct bytes dot;
    bytes_init(&dot, 8u << 20);
    graph_dot(d, states, &dot);
    struct drawing *drawing = mem_new(struct drawing);
    drawing->request = r;
    request_on_abort(r, on_gone, drawing);
    picture_draw(w->opts.loop, dot.data, dot.length, on_drawn, drawing);
    bytes_done(&dot);
}

static void draw_definition(void *context, struct request *r)
{
    struct web *w = context;
    struct definition *d = console_definition(w, r);
    if (d)
        console_draw(w, r, d, json_absent());
}

void console_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console", show_overview, PERMIT_VIEW},
        {"GET", "/console/definitions", list_definitions, PERMIT_VIEW},
        {"GET", "/console/definitions/{namespace}/{name}/{version}", show_definition, PERMIT_VIEW},
        {"GET", "/console/definitions/{namespace}/{name}/{version}/graph.svg", draw_definition,
         PERMIT_VIEW},
    };
    CONSOLE_ADD(w, places);
}
