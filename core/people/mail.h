// Mail as a decision: a row by key (one mail a person and occasion) and an effect that sends it
// after the commit. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "engine/function_host.h"
#include "people/address.h"
#include "people/people.h"
#include "json/json.h"

#define MAIL_SUBJECT_BYTES_MAX 500

struct mail_order {
    const char *key;    // occasion + recipient; the same key again is suppressed
    const char *to;     // address
    const char *person; // id or NULL
    const char *subject;
    const char *text, *html; // html NULL: made from text
    json attachments;        // [{name, type, text}]; absent: none
    json headers;            // {name: value}; absent: none
    bool mandatory;          // ignores opt-outs and quiet hours
    const char *purpose;     // of optional mail, by which it can be opted out of; NULL: ""
    json quiet;              // {from, to}, unless the person has quiet hours; absent: none
    const struct zone *zone; // of `quiet`; NULL: the directory's
};
enum mail_fate {
    MAIL_SENT,       // will go after the commit
    MAIL_DELAYED,    // will go when the quiet hours end
    MAIL_KEY_USED,   // suppressed: the person was written on this occasion
    MAIL_OPTED_OUT,  // suppressed, with a row in the mailbox
    MAIL_NO_ADDRESS, // suppressed: none, or what is none
    MAIL_BOUNCING,   // suppressed, with a row: mail to the address comes back
};
const char *mail_fate_name(enum mail_fate fate); // "sent", "opted_out", …
CHECKED bool mail_send(struct people *p, const struct step_address *step,
                       const struct mail_order *order, enum mail_fate *fate, struct fail *why);

// For the executor, when the time has come: whether the mail may still go. A mail that may not any
// more is settled as suppressed, and *why_not says why (borrowed for ever).
bool mail_may_go(struct people *p, const char *key, const char **why_not);
// A bounce of the mail with this key, at once (the server refused the recipient) or days later:
// notes it at the mail, marks or counts the address. No-op where there is no such mail.
CHECKED bool mail_bounced(struct people *p, const char *key, const struct bounce *bounce,
                          struct fail *why);
// The same of a report that came later, which is believed in this alone, that the mail came back:
// it is about the address that the mail went to, whatever it says, and counts once for a mail.
enum bounce_fate { BOUNCE_MARKED, BOUNCE_COUNTED, BOUNCE_KNOWN };
CHECKED bool mail_reported(struct people *p, int64_t seq, const struct bounce *bounce,
                           enum bounce_fate *fate, struct fail *why);
// The key of the mail with a number; NULL if there is none. By mem_free.
char *mail_key_of(struct people *p, int64_t seq);

// Newest first, before a sequence number (0: all): [{key, seq, at, to, person, subject, text, html,
// attachments, status, instance, note?, bounce?}].
json mail_list(struct people *p, int64_t before_seq, size_t limit, struct fail *why);
// Oldest first, behind a sequence number.
json mail_list_after(struct people *p, int64_t after_seq, size_t limit, struct fail *why);
// What became of it: "sent", "failed"; `note` (NULL: none) is a sentence for whoever looks at it.
// No-op where there is no such mail.
CHECKED bool mail_settle(struct people *p, const char *key, const char *status, const char *note,
                         struct fail *why);
json mail_show(struct people *p, int64_t seq, struct fail *why);
json mail_find(struct people *p, const char *key, struct fail *why); // absent if there is none
