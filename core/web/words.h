// What the pages say, in Korean and English, and which of the two a request wants. Engine words
// never reach a participant. Loop thread only.
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "calendar/zone.h"
#include "net/request.h"
#include "json/json.h"

enum language { LANGUAGE_KO, LANGUAGE_EN };
const char *language_code(enum language l); // "ko"
// ?lang=, else the cookie `lang`, else Accept-Language, else Korean.
enum language language_of(const struct request *r);

// clang-format off
#define WORDS(X)                                                                                                          \
    X(SEND, "보내기", "Send")                                                                                             \
    X(SAVE, "고치기", "Save changes")                                                                                     \
    X(YES, "예", "Yes")                                                                                                   \
    X(NO, "아니오", "No")                                                                                                 \
    X(REQUIRED, "필수", "required")                                                                                       \
    X(OPTIONAL, "선택", "optional")                                                                                       \
    X(ONE_PER_LINE, "한 줄에 하나씩 적어 주십시오.", "One per line.")                                                      \
    X(CHOOSE, "고르십시오", "Choose")                                                                                     \
    X(PLEASE_MEND, "아래 항목을 고쳐 주십시오", "Please mend these answers")                                               \
    X(CLOSES_AT, "마감", "Closes")                                                                                        \
    X(OPENS_AT, "시작", "Opens")                                                                                          \
    X(RECEIPT, "접수증", "Receipt")                                                                                       \
    X(RECEIPT_KEEP, "이 주소를 보관하십시오. 여기에서 고치거나 취소할 수 있습니다.",                                       \
      "Keep this address. Here you can change or withdraw what you sent.")                                                \
    X(RECEIVED_AT, "받은 때", "Received")                                                                                 \
    X(YOU_ANSWERED, "보내신 내용", "What you sent")                                                                       \
    X(CHANGE, "고치기", "Change")                                                                                         \
    X(WITHDRAW, "취소하기", "Withdraw")                                                                                   \
    X(WITHDRAW_SURE, "취소하면 자리가 다른 분께 돌아갑니다.", "If you withdraw, your place goes to others.")               \
    X(WITHDRAWN, "취소되었습니다", "Withdrawn")                                                                           \
    X(REGISTERED, "등록되었습니다", "You are registered")                                                                 \
    X(WAITING, "대기 명단에 올랐습니다", "You are on the waiting list")                                                   \
    X(WAITING_PLACE, "대기 순번", "Place on the waiting list")                                                            \
    X(OFFERED, "자리가 났습니다", "A place is free for you")                                                              \
    X(OFFER_UNTIL, "받을 수 있는 기한", "The offer stands until")                                                         \
    X(ACCEPT_OFFER, "자리 받기", "Accept the place")                                                                      \
    X(DECLINE_OFFER, "사양하기", "Decline")                                                                               \
    X(THANKS, "고맙습니다. 잘 받았습니다.", "Thank you. We have it.")                                                     \
    X(SECRET_RECEIPT, "비밀 투표입니다. 이 접수증은 다시 볼 수 없으니 적어 두십시오. 집계에서 내 표를 찾을 때 씁니다.", \
      "This ballot is secret. The receipt is shown only now: note it down. With it you find your ballot in the tally.") \
    X(OTHER_SITE, "다른 사이트에서 보낸 요청은 받지 않습니다.", "A request from another site is not taken.") \
    X(WARNINGS, "확인해 주십시오", "Please check")                                                                        \
    X(SEATS_LEFT, "남은 자리", "Places left")                                                                             \
    X(CLOSED, "마감되었습니다", "This is closed")                                                                         \
    X(NOT_OPEN, "아직 열리지 않았습니다", "This is not open yet")                                                         \
    X(NOTHING_HERE, "여기에는 아무것도 없습니다", "There is nothing here")                                                \
    X(NOT_POSSIBLE, "처리하지 못했습니다", "That was not possible")                                                       \
    X(TRY_LATER, "잠시 뒤에 다시 해 주십시오", "Please try again in a moment")                                            \
    X(BACK, "돌아가기", "Back")                                                                                           \
    X(PARTICIPANTS, "참가자 명단", "Participants")                                                                        \
    X(TOTAL, "합계", "Total")                                                                                             \
    X(NOBODY, "아직 아무도 없습니다", "Nobody yet")                                                                       \
    X(MAILBOX, "메일함", "Mailbox")                                                                                       \
    X(SKIP, "본문으로", "Skip to content")                                                                                \
    X(PERSONAL_PAGE, "개인 페이지", "Your page")                                                                          \
    X(EMAIL, "전자우편", "E-mail")                                                                                        \
    X(DOWNLOAD_CSV, "CSV로 받기", "Download as CSV")
// clang-format on

enum word {
#define X(name, ko, en) WORD_##name,
    WORDS(X)
#undef X
        WORD_COUNT
};
const char *word(enum language l, enum word w);

// A text people read: a string, or {ko, en}. Borrowed from `text`; "" if it is neither.
const char *text_in(enum language l, json text);
// "2013년 5월 24일(금) 오후 6:00" or "Fri 24 May 2013, 18:00", in the zone.
void moment_in(enum language l, const struct zone *zone, int64_t ms, struct bytes *out);
