// Sessions of the console: a random id in a cookie, stored hashed. A session ends after four hours
// without a request, after a day in any case, on log-out, on a new password, when the account is
// disabled. That it was used is written a few times an hour, not at each request. Loop thread only.
#pragma once

#include "access/access.h"
#include "base/hash.h"

#define SESSION_IDLE_MS       (4 * INT64_C(3600000))
#define SESSION_WHOLE_MS      (24 * INT64_C(3600000))
#define SESSION_SEEN_MS_EVERY (15 * INT64_C(60000)) // how exactly its last use is known
#define SESSIONS_MAX          20                    // of one account; the oldest goes
#define SESSION_SIZE          44                    // of the secret as text

// Makes one for an account that has shown who it is; `secret` goes into the cookie.
CHECKED bool session_new(struct access *x, const char *account, const char *agent,
                         char secret[SESSION_SIZE], struct fail *why);
// The account behind a secret, while the session lasts; touches it. NULL if there is none.
char *session_account(struct access *x, const char *secret);
CHECKED bool session_end(struct access *x, const char *secret, struct fail *why);
// All of an account, but the one with the hash `keep` (hex; NULL: none).
CHECKED bool sessions_end(struct access *x, const char *account, const char *keep,
                          struct fail *why);
// One by its hash as hex, if it is of the account.
CHECKED bool session_end_one(struct access *x, const char *account, const char *hex,
                             struct fail *why);
// [{id, createdAt, seenAt, agent}], the newest first; `id` is the hash as hex.
json session_list(struct access *x, const char *account, struct fail *why);
struct hash session_hash(const char *secret);
// What forms of the session carry: follows from the secret, tells nothing of it.
void session_csrf(const char *secret, char out[SESSION_SIZE]);
