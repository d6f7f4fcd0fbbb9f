#include "web/act_words.h"

#include <string.h>

#include "web/words.h"

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
                 {"claim", "일을 맡음"},
                 {"give-back", "맡은 일을 돌려놓음"},
                 {"export-case", "사건 기록 내보내기"},
                 {"verify-case", "사건 기록 검증"},
                 {"mail-bounce", "되돌아온 메일"},
                 {"opt-in", "메일 다시 받음"},
                 {"opt-out", "메일 거절"},
                 {"start", "시작"}};
    for (size_t i = 0; i < sizeof names / sizeof *names && p->language == LANGUAGE_KO; i++)
        if (strcmp(names[i].act, act) == 0)
            return names[i].ko;
    return act;
}

const char *acts_key(const struct page *p, const char *key)
{
    static const struct {
        const char *key, *ko, *en;
    } names[] = {{"account", "계정", "account"},
                 {"added", "더함", "added"},
                 {"case", "사건", "case"},
                 {"changed", "바꿈", "changed"},
                 {"definition", "정의", "definition"},
                 {"digest", "명단의 지문", "digest of the list"},
                 {"group", "그룹", "group"},
                 {"hard", "영구 반송", "for good"},
                 {"id", "번호", "id"},
                 {"item", "할 일", "work item"},
                 {"on", "누구", "on"},
                 {"outcome", "결과", "outcome"},
                 {"password", "비밀번호를 바꿈", "password changed"},
                 {"path", "자리", "place"},
                 {"person", "사람", "person"},
                 {"presence", "출석", "presence"},
                 {"purpose", "용도", "purpose"},
                 {"reason", "사유", "reason"},
                 {"role", "역할", "role"},
                 {"roles", "역할", "roles"},
                 {"rows", "줄", "rows"},
                 {"scope", "권한", "scope"},
                 {"sent", "보냄", "sent"},
                 {"since", "부터", "since"},
                 {"status", "상태", "status"},
                 {"task", "단계", "step"},
                 {"token", "토큰", "token"},
                 {"unsent", "못 보냄", "not sent"},
                 {"until", "까지", "until"},
                 {"version", "판", "version"},
                 {"waiting", "답하지 않은 사람", "have not answered"},
                 {"with", "방법", "with"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].key, key) == 0)
            return p->language == LANGUAGE_KO ? names[i].ko : names[i].en;
    return key;
}

const char *acts_value(const struct page *p, const char *key, const char *text)
{
    static const struct {
        const char *key, *value, *ko, *en;
    } words[] = {{"password", "true", "", ""},
                 {"hard", "true", "예", "yes"},
                 {"hard", "false", "아니오", "no"},
                 {"status", "active", "사용", "active"},
                 {"status", "disabled", "막힘", "disabled"},
                 {"outcome", "done", "일어났음", "it has happened"},
                 {"outcome", "failed", "실패했음", "it has failed"},
                 {"outcome", "retry", "다시 하게 함", "to be tried again"},
                 {"presence", "in", "들어옴", "in"},
                 {"presence", "out", "나감", "out"},
                 {"with", "password", "비밀번호", "password"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].key, key) == 0 && strcmp(words[i].value, text) == 0)
            return p->language == LANGUAGE_KO ? words[i].ko : words[i].en;
    return text;
}
