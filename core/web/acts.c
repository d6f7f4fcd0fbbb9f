// What was done by whom, newest first, from the audit chain: for auditors.
#include "access/acts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/act_words.h"
#include "web/console.h"
#include "web/html.h"

#define ROWS 100

static void write_act(struct page *p, const char *at, json act)
{
    json by = json_get(act, "by"), detail = json_get(act, "detail");
    const char *said = acts_name(p, json_get_text(act, "act", "")),
               *instance = json_get_text(act, "instance", NULL);
    html(&p->out, "<tr><td>");
    console_write_when(p, at);
    html(&p->out, "<td>%s<td>%s<td>", json_get_text(by, "name", ""), said);
    if (instance)
        html(&p->out, "<a href=\"/console/instances/%u\">%s</a> ", instance, instance);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json value;
    while (json_is_object(detail) && json_next(detail, &cursor, &key, &value)) {
        char *text = json_is_string(value) ? mem_string(json_text(value)) : json_dump(value);
        const char *word = acts_value(p, key, text);
        html(&p->out, "%s%s%s ", acts_key(p, key), *word ? ": " : "", word);
        mem_free(text);
    }
    json_free(detail);
    json_free(by);
}

static void show(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    const char *given = request_query(r, "before");
    int64_t before = given ? strtoll(given, NULL, 10) : INT64_MAX, last = 0;
    json list = acts_list(w->opts.engine, before, ROWS, &why);
    if (json_is_absent(list)) {
        page_fail(r, &why);
        return;
    }
    struct page p;
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "행위 기록" : "Acts", true);
    p.zone = people_zone(w->opts.people);
    html(&p.out,
         "<p>%s</p><div class=scroll tabindex=0><table><thead><tr><th scope=col>%s<th "
         "scope=col>%s<th "
         "scope=col>%s<th scope=col>%s</thead><tbody>",
         two(&p, "감사 사슬에 들어 있는 기록입니다. dure verify로 확인할 수 있습니다.",
             "These entries stand in the audit chain; dure verify proves them."),
         two(&p, "때", "When"), two(&p, "누가", "Who"), two(&p, "무엇을", "What"),
         two(&p, "자세히", "Details"));
    for (size_t i = 0; i < json_length(list); i++) {
        json row = json_at(list, i), acts = json_get(row, "acts");
        last = json_get_int(row, "seq", 0);
        for (size_t k = 0; k < json_length(acts); k++) {
            json act = json_at(acts, k);
            write_act(&p, json_get_text(row, "at", ""), act);
            json_free(act);
        }
        json_free(acts);
        json_free(row);
    }
    html(&p.out, "</table></div>\n");
    if (json_length(list) == 0)
        html(&p.out, "<p>%s</p>", two(&p, "아직 없습니다.", "None yet."));
    if (last > 1)
        html(&p.out, "<p><a href=\"/console/acts?before=%d\">%s</a></p>", last,
             two(&p, "더 보기", "More"));
    page_reply(&p, 200);
    json_free(list);
}

void acts_routes(struct web *w)
{
    static const struct console_place places[] = {{"GET", "/console/acts", show, PERMIT_AUDIT}};
    CONSOLE_ADD(w, places);
}
