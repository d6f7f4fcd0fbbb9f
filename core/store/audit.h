// The tamper-evident case file. Each commit of an instance appends one history row whose hash
// covers the row before it; each commit of the store chains the heads of all instances it touched
// (TABLE_COMMIT, made by store_seal). Personal payloads lie in rows of their own; history carries
// their salted hash, so that a person can be erased while the chain stays whole.
//
//      history hash(n) = H( hash(n−1) · instance · seq · at_ms · entries )
//      commit  hash(n) = H( hash(n−1) · seq · at_ms · heads ),  heads = sorted "instance seq hash"
//      lines
//
// Loop thread only, but audit_verify_case any.
#pragma once

#include <stdint.h>

#include "base/fail.h"
#include "base/hash.h"
#include "store/store.h"
#include "json/json.h"

struct audit_head {
    int64_t seq; // 0: none yet
    struct hash hash;
};

// Appends one row with these entries (a JSON array) and moves the head on. audit_append_text takes
// them as entry.h writes them, brackets included.
void audit_append(struct store *s, const char *instance, int64_t now_ms, json entries,
                  struct audit_head *head);
void audit_append_text(struct store *s, const char *instance, int64_t now_ms,
                       const struct bytes *entries, struct audit_head *head);

// Puts a personal payload away and returns what may stand in history: {"personal": ref, "hash":
// hex}.
json audit_personal(struct store *s, const char *instance, const char *person, json payload);
// The same under a name of the caller's own, by which it is found again; such names have a space,
// which the others never have.
struct audit_name {
    const char *instance, *reference;
    const char *person; // or NULL
};
json audit_personal_named(struct store *s, const struct audit_name *name, json payload);
// The payload behind such a reference; absent once erased.
CHECKED bool audit_personal_read(struct store *s, const char *instance, json reference,
                                 json *payload, struct fail *why);
// Blanks every personal payload of a person; returns how many.
CHECKED bool audit_erase_person(struct store *s, const char *person, int64_t *count,
                                struct fail *why);

// The same of one case, a few rows a call, behind the row that `after` keeps (the caller's, begins
// as no row; row_done is his); *left: there is more. What was put under a name of the caller's own
// for nobody in particular (the published ballots of a secret vote) stays.
CHECKED bool audit_erase_case(struct store *s, const char *instance, struct row *after, bool *left,
                              struct fail *why);

struct audit_report {
    int64_t instances, rows, commits, personal, erased, bad;
    struct bytes *details; // one line a finding; may be NULL
};
// Walks every chain, or one instance's; false when something does not fit (why names the first).
CHECKED bool audit_verify(struct store *s, const char *instance, struct audit_report *report,
                          struct fail *why);

// One case as JSON, complete enough to be verified without the store.
CHECKED bool audit_export(struct store *s, const char *instance, json *out, struct fail *why);
CHECKED bool audit_verify_case(json exported, struct audit_report *report, struct fail *why);
