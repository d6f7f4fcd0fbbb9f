#include "web/words.h"

#include <string.h>
#include <strings.h>

static const char *const words[WORD_COUNT][2] = {
#define X(name, ko, en) [WORD_##name] = {ko, en},
    WORDS(X)
#undef X
};

const char *language_code(enum language l)
{
    return l == LANGUAGE_EN ? "en" : "ko";
}

const char *word(enum language l, enum word w)
{
    return words[w][l];
}

static bool is_english(const char *code)
{
    return strncasecmp(code, "en", 2) == 0;
}

enum language language_of(const struct request *r)
{
    const char *asked = request_query(r, "lang");
    if (!asked)
        asked = request_cookie(r, "lang");
    if (asked)
        return is_english(asked) ? LANGUAGE_EN : LANGUAGE_KO;
    // The first of the two that the browser names; its weights follow that order.
    const char *accept = request_header(r, "Accept-Language");
    if (!accept)
        return LANGUAGE_KO;
    const char *ko = strcasestr(accept, "ko"), *en = strcasestr(accept, "en");
    return en && (!ko || en < ko) ? LANGUAGE_EN : LANGUAGE_KO;
}

const char *text_in(enum language l, json text)
{
    if (json_is_string(text))
        return json_text(text);
    const char *other = json_get_text(text, l == LANGUAGE_EN ? "ko" : "en", "");
    return json_get_text(text, language_code(l), other);
}

const char *word_of_refusal(enum language l, const char *code)
{
    static const struct {
        const char *code;
        enum word word;
    } known[] = {{"closed", WORD_CLOSED},
                 {"not_open", WORD_NOT_OPEN},
                 {"already_decided", WORD_REFUSED_DECIDED},
                 {"already_answered", WORD_REFUSED_ANSWERED},
                 {"already_voted", WORD_REFUSED_ANSWERED},
                 {"request_key_reused", WORD_REFUSED_ANSWERED},
                 {"already_claimed", WORD_CLAIMED_BY},
                 {"not_eligible", WORD_REFUSED_ELIGIBLE},
                 {"bad_link", WORD_REFUSED_LINK},
                 {"link_expired", WORD_REFUSED_EXPIRED},
                 {"not_possible", WORD_REFUSED_POSSIBLE},
                 {"unknown_receipt", WORD_REFUSED_RECEIPT},
                 {"conflict", WORD_REFUSED_CONFLICT},
                 {"bad_text", WORD_REFUSED_TEXT},
                 {"too_many_fields", WORD_REFUSED_FIELDS},
                 {"broken_form", WORD_REFUSED_BROKEN},
                 {"recused", WORD_RECUSED},
                 {"withdrawn", WORD_WITHDRAWN}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].code, code) == 0)
            return word(l, known[i].word);
    return NULL;
}

void moment_in(enum language l, const struct zone *zone, int64_t ms, struct bytes *out)
{
    static const char *const days_ko[] = {"일", "월", "화", "수", "목", "금", "토"};
    static const char *const days_en[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months_en[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct local_time t = zone_local(zone, ms);
    int day = t.weekday % 7;
    if (l == LANGUAGE_EN) {
        bytes_printf(out, "%s %d %s %d, %02d:%02d", days_en[day], t.day, months_en[t.month - 1],
                     t.year, t.hour, t.minute);
        return;
    }
    int hour = t.hour % 12 == 0 ? 12 : t.hour % 12;
    bytes_printf(out, "%d년 %d월 %d일(%s) %s %d:%02d", t.year, t.month, t.day, days_ko[day],
                 t.hour < 12 ? "오전" : "오후", hour, t.minute);
}
