#include "people/sentence.h"

#include <string.h>

static const struct sentence {
    const char *code, *ko, *en;
} sentences[] = {
    {"closed", "마감되었습니다. 더 받지 않습니다.", "This is closed and takes no more answers."},
    {"not_open", "아직 시작되지 않았습니다.", "This has not opened yet."},
    {"already_answered", "이미 답하셨습니다. 먼저 하신 답이 그대로 유효합니다.",
     "This has been answered; the first answer stands."},
    {"already_decided", "이미 결정되었습니다.", "This has been decided already."},
    {"already_voted", "이미 투표하셨습니다. 처음 던진 표가 그대로 유효합니다.",
     "You have voted; your first ballot stands."},
    {"already_registered", "이미 신청되어 있습니다.", "This is registered already."},
    {"not_eligible", "이 일에 참여할 자격이 없습니다. 다른 사람에게 묻는 것입니다.",
     "You are not eligible here; this asks somebody else."},
    {"unknown_receipt", "이 접수증의 답이 없습니다.", "There is no answer with this receipt."},
    {"receipt_needed", "접수증이 필요합니다. 내실 때 받은 접수증으로 다시 해 주십시오.",
     "This needs the receipt that you got with your answer."},
    {"already_claimed", "다른 사람이 이미 맡았습니다.", "Somebody else is working on this."},
    {"withdrawn", "이미 거두어들인 답입니다.", "This answer has been withdrawn."},
    {"conflict", "다른 것과 겹치거나 이해관계가 있어 받을 수 없습니다.",
     "This conflicts with something else, or you are too close to it."},
    {"offer_expired", "제안의 기한이 지났습니다.", "The offer has expired."},
    {"request_key_reused", "같은 요청이 다른 내용으로 이미 처리되었습니다. 새로 시작해 주십시오.",
     "This request was used before with another content; please begin anew."},
    {"resident_number", "주민등록번호는 받지 않습니다. 지우고 다시 보내 주십시오.",
     "Resident registration numbers are kept nowhere; take it out and send again."},
    {"paused", "잠시 멈춘 상태입니다. 나중에 다시 해 주십시오.",
     "This is paused for now; please try again later."},
    {"failed", "지금은 처리할 수 없습니다. 담당자에게 알려 주십시오.",
     "This could not be done; please tell whoever runs it."},
    {"broken", "지금은 처리할 수 없습니다. 잠시 뒤에 다시 해 주십시오.",
     "This could not be done now; please try again in a while."},
    {"disk", "지금은 저장할 수 없습니다. 잠시 뒤에 다시 해 주십시오.",
     "Nothing can be stored just now; please try again in a while."},
    {"busy", "지금은 붐빕니다. 잠시 뒤에 다시 해 주십시오.",
     "The server is busy; please try again in a while."},
    {"invalid", "보내신 내용이 양식에 맞지 않습니다.", "What was sent does not fit the form."},
    {"limit", "보내신 내용이 너무 큽니다.", "What was sent is too large."},
};

void sentence_add(const struct fail *why, json *reply)
{
    if (json_has(*reply, "message") || json_has(*reply, "violations"))
        return;
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        const struct sentence *s = &sentences[i];
        if (strcmp(s->code, why->code) != 0)
            continue;
        json message = json_object();
        json_set_text(&message, "ko", s->ko);
        json_set_text(&message, "en", s->en);
        if (!json_is_object(*reply))
            json_swap_take(reply, json_object());
        json_set_text(reply, "code", s->code);
        json_set_take(reply, "message", message);
        return;
    }
}
