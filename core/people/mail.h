// Mail as a decision: a row by key (one mail a person and occasion) and an effect that sends it
// after the commit. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "engine/function_host.h"
#include "people/people.h"
#include "json/json.h"

struct mail_order {
    const char *key;    // occasion + recipient; the same key again is suppressed
    const char *to;     // address
    const char *person; // id or NULL
    const char *subject;
    const char *text, *html; // html NULL: made from text
    json attachments;        // [{name, type, text}]; absent: none
    json headers;            // {name: value}; absent: none
    bool mandatory;          // ignores opt-outs
};
// *sent false: suppressed (the key was used, the person opted out, or the address is bad).
CHECKED bool mail_send(struct people *p, const struct step_address *step,
                       const struct mail_order *order, bool *sent, struct fail *why);
// Newest first, before a sequence number (0: all): [{key, seq, at, to, person, subject, text, html,
// attachments, status, instance}].
json mail_list(struct people *p, int64_t before_seq, size_t limit, struct fail *why);
// Oldest first, behind a sequence number.
json mail_list_after(struct people *p, int64_t after_seq, size_t limit, struct fail *why);
// What became of it: "sent", "failed". No-op where there is no such mail.
CHECKED bool mail_settle(struct people *p, const char *key, const char *status, struct fail *why);
json mail_show(struct people *p, int64_t seq, struct fail *why);
