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
    X(SITE, "두레", "Dure")                                                                                              \
    X(SITE_CONSOLE, "두레 콘솔", "Dure console")                                                                           \
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
    X(RECEIPT_KEEP_OVER, "이 주소를 보관하십시오. 보내신 내용을 여기에서 다시 볼 수 있습니다.",                                  \
      "Keep this address. Here you can read again what you sent.")                                                        \
    X(RECEIVED_AT, "받은 때", "Received")                                                                                 \
    X(YOU_ANSWERED, "보내신 내용", "What you sent")                                                                       \
    X(CHANGE, "고치기", "Change")                                                                                         \
    X(WITHDRAW, "취소하기", "Withdraw")                                                                                   \
    X(WITHDRAW_SURE, "취소하면 보내신 것이 없던 일이 되고, 정원이 있으면 그 자리는 다른 분께 돌아갑니다.", "If you withdraw, this is as if never sent; where places are limited, yours goes to others.")               \
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
    X(CLOSED_AT, "마감된 때", "Closed at")                                                                                \
    X(CLOSED_FORM, "더는 받지 않습니다. 이미 보내신 것은 받으신 접수증 주소에서 볼 수 있습니다.", "Nothing more is taken. What you have sent is at the address of your receipt.") \
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
    X(OUTCOME, "결과", "Outcome")                                                                                           \
    X(OUTCOME_PRIVATE, "이 결과는 참여한 분들께만 공개됩니다. 받으신 개인 링크로 열어 주십시오.", "This outcome is for those who took part. Open it by the link you were sent.") \
    X(MATERIAL, "참고 자료", "Material")                                                                                      \
    X(BEFORE, "지금까지의 결정", "What was decided before")                                                                      \
    X(PAGE_OF, "이 페이지를 받은 분", "This page is for")                                                                 \
    X(INBOX, "나의 할 일", "What waits for me")                                                                               \
    X(INBOX_EMPTY, "지금 기다리는 일이 없습니다.", "Nothing waits for you.")                                                          \
    X(INBOX_PAST, "지난 일", "What I have done")                                                                             \
    X(INBOX_ALL, "나의 할 일 모두 보기", "All that waits for me")                                                                 \
    X(NO_CLOSE, "마감 없음", "No closing time")                                                                               \
    X(STATE_SENT, "보냄", "Sent")                                                                                           \
    X(STATE_ENDED, "끝남", "Ended")                                                                                         \
    X(STANDS, "보내신 내용이 저장되어 있습니다", "Your answer stands")                                                                  \
    X(STANDS_SECRET, "비밀 투표에 참여하셨습니다", "You have cast a secret ballot")                                                   \
    X(STANDS_FINAL, "보내신 뒤에는 고칠 수 없습니다.", "It cannot be changed any more.")                                               \
    X(CHANGE_UNTIL, "고칠 수 있는 기한", "Can be changed until")                                                                 \
    X(CHANGE_TITLE, "답을 고치기", "Change my answer")                                                                         \
    X(CHANGE_RECEIPT, "투표할 때 받은 접수증", "The receipt of my ballot")                                                         \
    X(CHANGE_RECEIPT_HELP, "비밀 투표의 표는 접수증이 있어야 바꿀 수 있습니다.", "A secret ballot is changed with its receipt only.")          \
    X(OPENS_LATER, "아직 열리지 않았습니다. 시작한 뒤에 답하실 수 있습니다.", "This is not open yet. You can answer once it opens.")             \
    X(CAST, "투표하기", "Cast my ballot")                                                                                     \
    X(SCORE, "점수 내기", "Hand in scores")                                                                                   \
    X(DECIDE, "결정 보내기", "Send my decision")                                                                               \
    X(SIGN, "서명하기", "Sign")                                                                                               \
    X(SUM, "합계", "Total")                                                                                                 \
    X(SUM_SHOW, "합계 보기 (보내지 않음)", "Show the total (does not send)")                                                       \
    X(DELEGATE, "다른 분께 맡기기", "Hand over to somebody else")                                                                \
    X(DELEGATE_HELP, "자리를 비우는 동안 대신 결정할 분의 이름을 적어 주십시오.", "While you are absent: the name of who decides for you.")       \
    X(DELEGATE_WHO, "맡을 분", "Who takes it")                                                                               \
    X(DELEGATE_SEND, "맡기기", "Hand over")                                                                                  \
    X(DELEGATE_UNKNOWN, "그 이름의 분을 찾지 못했습니다. 명단에 있는 이름을 그대로 적어 주십시오.", "Nobody has that name. Write it as it is in the list of members.") \
    X(DELEGATE_MANY, "같은 이름이 여럿입니다. 전자우편 주소로 적어 주십시오.", "Several people have that name. Write the e-mail address instead.") \
    X(DELEGATED_TO, "맡기신 분", "Handed over to")                                                                            \
    X(RECUSE, "이해관계가 있어 물러나기", "Step aside for a conflict of interest")                                                   \
    X(RECUSE_REASON, "물러나는 까닭", "The reason")                                                                             \
    X(RECUSE_SEND, "물러나기", "Step aside")                                                                                  \
    X(RECUSED, "이 일에서 물러나셨습니다", "You have stepped aside from this")                                                       \
    X(REASON_NEEDED, "까닭을 적어 주십시오.", "Please give the reason.")                                                           \
    X(CLAIM_FREE, "여러분께 함께 온 일입니다. 먼저 맡는 분이 처리합니다.", "This was sent to several people. Whoever takes it first works on it.") \
    X(SHARED_FREE, "함께 온 일", "Sent to several") \
    X(SHARED_MINE, "맡으신 일", "You took this") \
    X(CLAIM, "제가 맡겠습니다", "I take it")                                                                                     \
    X(CLAIMED_MINE, "맡으신 일입니다", "You work on this")                                                                       \
    X(CLAIMED_BY, "이미 맡은 분이 있습니다", "Somebody else works on this")                                                         \
    X(GIVE_BACK, "돌려놓기", "Give it back")                                                                                  \
    X(TAKE_BACK, "취소하기", "Take it back")                                                                                  \
    X(REFUSED_DECIDED, "이미 결정되었습니다", "This has been decided")                                                             \
    X(REFUSED_ANSWERED, "이미 답하셨습니다", "You have answered this")                                                            \
    X(REFUSED_ELIGIBLE, "이 일은 다른 분께 여쭌 것입니다", "This asks somebody else")                                                  \
    X(REFUSED_LINK, "링크가 올바르지 않습니다. 받은 주소를 빠짐없이 열어 주십시오.", "This link is not complete. Open the whole address that you were sent.") \
    X(REFUSED_EXPIRED, "이 링크의 기한이 지났습니다.", "The time of this link is over.")                                              \
    X(REFUSED_ADDRESS, "주소를 다시 확인해 주십시오.", "Please check the address.")                                                   \
    X(REFUSED_POSSIBLE, "여기에서는 할 수 없는 일입니다.", "This cannot be done here.")                                                \
    X(REFUSED_RECEIPT, "이 접수증의 답이 없습니다.", "There is no answer with this receipt.")                                        \
    X(REFUSED_CONFLICT, "이해관계가 있어 답하실 수 없습니다", "You have a conflict of interest with this")                               \
    X(REFUSED_INVALID, "보내신 내용을 읽지 못했습니다. 다시 적어 주십시오.", "What was sent could not be read. Please write it again.")        \
    X(REFUSED_LARGE, "한 번에 보내기에 너무 큽니다. 파일이나 글을 줄여 다시 보내 주십시오.", "This is too large to be sent at once. Please send less.") \
    X(REFUSED_TEXT, "보내신 내용에 글자로 읽을 수 없는 것이 들어 있습니다. 그 부분을 다시 적어 주십시오.", "Part of what was sent cannot be read as text. Please type it again.") \
    X(REFUSED_FIELDS, "한 번에 보낼 수 있는 항목은 2,000개까지입니다.", "A form takes 2,000 answers at most.") \
    X(REFUSED_BROKEN, "양식이 온전하게 오지 않았습니다. 페이지를 새로 열어 다시 보내 주십시오.", "The form did not arrive whole. Please open the page again and send it once more.") \
    X(OUTCOME_PAGE, "누구나 볼 수 있는 결과 페이지", "The outcome as everybody may see it") \
    X(CHECK_TITLE, "내 표가 집계에 있는지 확인하기", "Is my ballot in the tally?")                                                     \
    X(CHECK_HELP, "투표할 때 받은 접수증을 적어 주십시오. 무엇에 투표했는지는 보이지 않습니다.", "Write the receipt you got when you voted. It does not show what you chose.") \
    X(CHECK_SEND, "확인하기", "Check")                                                                                        \
    X(CHECK_COUNTED, "이 접수증의 표가 집계에 들어 있습니다.", "The ballot of this receipt is in the tally.")                             \
    X(CHECK_WITHDRAWN, "이 접수증의 표는 거두어졌습니다.", "The ballot of this receipt was taken back.")                                \
    X(CHECK_NOT_YET, "아직 개표하지 않았습니다. 마감 뒤에 다시 확인해 주십시오.", "The ballots are not counted yet. Check again after the close.") \
    X(CHECK_UNKNOWN, "이 접수증의 표가 없습니다. 접수증을 다시 확인해 주십시오.", "No ballot has this receipt. Please look at the receipt again.") \
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
// What a refusal with this code says to a participant; NULL where the page knows no words for it.
const char *word_of_refusal(enum language l, const char *code);
// "2013년 5월 24일(금) 오후 6:00" or "Fri 24 May 2013, 18:00", in the zone.
void moment_in(enum language l, const struct zone *zone, int64_t ms, struct bytes *out);
