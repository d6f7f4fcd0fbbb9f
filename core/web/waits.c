// What an instance waits for and what has happened in it, said in Korean for the console; in
// English the engine's own sentences are good.
#include "web/waits.h"

#include <string.h>

#include "people/progress.h"
#include "web/html.h"

#define WAITS_SAID_MAX 5

struct name {
    const char *name, *ko;
};

static const char *find(const struct name *names, size_t count, const char *name,
                        const char *otherwise)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].ko;
    return otherwise;
}
#define FIND(names, name, otherwise) find(names, sizeof names / sizeof *names, name, otherwise)

// ---- waits

static bool say_answers(struct web *w, struct page *p, const char *instance, json wait)
{
    struct step_address step = {instance, json_get_text(wait, "path", ""),
                                json_get_int(wait, "attempt", 1)};
    struct item_counts n = item_counts(w->opts.people, &step);
    if (n.open == 0)
        return false;
    if (n.public == n.asked)
        html(&p->out, "열린 양식의 답 (지금까지 %d개)", n.answers);
    else
        html(&p->out, "답 (%d건 가운데 %d건)", n.asked, n.answered);
    return true;
}

static void say_call(struct web *w, struct page *p, const char *instance, json wait)
{
    static const struct name functions[] = {{"waitUntil", "정해진 때"},
                                            {"remind", "알림을 보낼 때"},
                                            {"notify", "메일 보내기"},
                                            {"occurrences", "다음 차례"}};
    const char *name = json_get_text(wait, "name", NULL);
    const char *known = name ? FIND(functions, name, NULL) : "밖에 보낸 요청의 대답";
    if (say_answers(w, p, instance, wait))
        return;
    if (known)
        html(&p->out, "%s", known);
    else
        html(&p->out, "기능 %s", name);
}

// Limits of time are no waits: what they limit is said.
static bool is_limit(json wait)
{
    const char *name = json_get_text(wait, "name", "");
    return strcmp(json_get_text(wait, "kind", ""), "timer") == 0 &&
           (strcmp(name, "timeout") == 0 || strcmp(name, "attempt") == 0);
}

static void say_wait(struct web *w, struct page *p, const char *instance, json wait)
{
    const char *kind = json_get_text(wait, "kind", "");
    if (strcmp(kind, "timer") == 0) {
        web_write_moment(w, p, instance, json_get_text(wait, "due", ""), &p->out);
        bool retry = strcmp(json_get_text(wait, "name", ""), "retry") == 0;
        html(&p->out, "%s", retry ? " (다시 해 보기)" : "");
    } else if (strcmp(kind, "event") == 0) {
        html(&p->out, "사건 %s", json_get_text(wait, "type", "(아무 종류)"));
    } else if (strcmp(kind, "child") == 0) {
        html(&p->out, "다른 흐름 %s의 끝", json_get_text(wait, "name", ""));
    } else {
        say_call(w, p, instance, wait);
    }
    html(&p->out, " <span class=quiet-text>(%s)</span>", json_get_text(wait, "task", ""));
}

static void say_waits(struct web *w, struct page *p, const char *instance, json waits)
{
    size_t said = 0, left = 0;
    for (size_t i = 0; i < json_length(waits); i++) {
        json wait = json_at(waits, i);
        if (is_limit(wait)) {
            json_free(wait);
            continue;
        }
        if (said < WAITS_SAID_MAX) {
            html(&p->out, "%r", said++ > 0 ? "; " : "");
            say_wait(w, p, instance, wait);
        } else {
            left++;
        }
        json_free(wait);
    }
    if (left > 0)
        html(&p->out, " 밖에 %d가지", (int64_t)left);
}

void waits_write(struct web *w, struct page *p, json shown)
{
    json waits = json_get(shown, "waits");
    if (p->language == LANGUAGE_KO && json_length(waits) > 0)
        say_waits(w, p, json_get_text(shown, "id", ""), waits);
    else
        html(&p->out, "%s", json_get_text(shown, "waitsFor", ""));
    json_free(waits);
}

// ---- history

const char *waits_event_name(const struct page *p, const char *type)
{
    static const struct name names[] = {{"workflow.started.v1", "시작"},
                                        {"workflow.completed.v1", "끝남"},
                                        {"workflow.faulted.v1", "오류로 멈춤"},
                                        {"workflow.cancelled.v1", "취소됨"},
                                        {"workflow.suspended.v1", "멈춤"},
                                        {"workflow.resumed.v1", "다시 계속"},
                                        {"workflow.correlation-started.v1", "사건을 기다림"},
                                        {"workflow.correlation-completed.v1", "사건이 옴"},
                                        {"task.created.v1", "단계가 생김"},
                                        {"task.started.v1", "단계 시작"},
                                        {"task.completed.v1", "단계 끝"},
                                        {"task.faulted.v1", "단계 오류"},
                                        {"task.cancelled.v1", "단계 취소"},
                                        {"task.suspended.v1", "단계 멈춤"},
                                        {"task.resumed.v1", "단계 계속"},
                                        {"task.retried.v1", "단계를 다시 함"},
                                        {"task.skipped.v1", "단계 건너뜀"},
                                        {"task.consumed.v1", "사건을 받음"},
                                        {"event-refused", "사건을 내보내지 못함"},
                                        {"event-dropped", "사건이 넘쳐 버려짐"},
                                        {"effect-failed", "밖의 일이 실패함"},
                                        {"effect-unknown", "밖의 일의 결과를 알 수 없음"},
                                        {"migrated", "새 판으로 옮김"},
                                        {"answered", "답이 옴"},
                                        {"refused", "답을 받지 않음"},
                                        {"reminded", "알림 보냄"},
                                        {"claimed", "맡음"},
                                        {"given_back", "돌려놓음"},
                                        {"personal-data-removed", "개인정보를 지움"},
                                        {"outcome", "결과가 나옴"},
                                        {"conflict", "이해관계로 뺌"},
                                        {"registered", "신청이 옴"},
                                        {"amended", "신청을 고침"},
                                        {"withdrawn", "신청을 취소함"},
                                        {"promoted", "대기에서 올라옴"},
                                        {"offered", "자리를 제안함"},
                                        {"offer_expired", "제안한 기한이 지남"},
                                        {"warning_settled", "확인할 것을 처리함"},
                                        {"capacity", "정원이 바뀜"},
                                        {"frozen", "명단을 확정함"},
                                        {"recused", "물러남"},
                                        {"item_withdrawn", "심사 대상이 철회됨"},
                                        {"key_missing", "개표 열쇠가 없음"}};
    return p->language == LANGUAGE_KO ? FIND(names, type, type) : type;
}
