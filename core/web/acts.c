// What was done by whom, newest first, from the audit chain: for auditors.
#include "access/acts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/console.h"
#include "web/html.h"

#define ROWS 100

const char *acts_name(const struct page *p, const char *act)
{
    static const struct {
        const char *act, *ko;
    } names[] = {{"log-in", "로그인"},
                 {"log-in-failed", "로그인 실패"},
                 {"log-out", "로그아웃"},
                 {"account-add", "계정 추가"},
                 {"account-change", "계정 변경"},
                 {"token-create", "토큰 발급"},
                 {"token-revoke", "토큰 폐기"},
                 {"deploy", "정의 배포"},
                 {"cancel", "취소"},
                 {"pause", "멈춤"},
                 {"resume", "계속"},
                 {"retry", "다시 하기"},
                 {"repair", "결과 확인"},
                 {"migrate", "새 판으로 옮김"},
                 {"answer", "대신 답함"},
                 {"person-put", "사람 변경"},
                 {"add-person", "사람 추가"},
                 {"change-person", "사람 변경"},
                 {"erase-person", "사람 지움"},
                 {"people-import", "명단 들이기"},
                 {"export-people", "명단 내보내기"},
                 {"group-join", "그룹에 넣음"},
                 {"group-leave", "그룹에서 뺌"},
                 {"remind", "알림 보냄"},
                 {"check-in", "출석 확인"},
                 {"adjourn", "회의를 마침"},
                 {"claim", "일을 맡김"},
                 {"give-back", "맡은 일을 돌려놓음"},
                 {"export-case", "사건 기록 내보내기"},
                 {"verify-case", "사건 기록 검증"},
                 {"start", "시작"}};
    for (size_t i = 0; i < sizeof names / sizeof *names && p->language == LANGUAGE_KO; i++)
        if (strcmp(names[i].act, act) == 0)
            return names[i].ko;
    return act;
}

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
        html(&p->out, "%s: %s ", key, text);
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
