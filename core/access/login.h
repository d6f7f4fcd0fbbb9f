// Logging in with a password, and changing it. An unknown account takes the time and gets the
// answer of a wrong password. Failures are counted by address, by account, and by both; whoever
// comes in is forgiven. Loop thread only.
#pragma once

#include "access/account.h"
#include "access/session.h"

struct login {
    struct request *request; // for its address and its browser; need not live until `done`
    const char *account, *password;
};
struct login_result {
    bool closing; // the process ends: only free what is yours
    bool good;
    const char *account; // as stored
    const char *secret;  // of the new session, for its cookie
    struct fail why;     // `wrong_login`, `too_many_tries` (retry_after_s), `busy`
    int retry_after_s;
};
typedef void login_done(void *context, const struct login_result *result);
// `done` comes once, at once or later.
void login_try(struct access *x, const struct login *login, login_done *done, void *context);
// Who has shown elsewhere who he is: a session for that account.
CHECKED bool login_known(struct access *x, const char *account, const char *how,
                         const struct request *r, char secret[SESSION_SIZE], struct fail *why);
void login_out(struct access *x, const struct actor *actor, const struct request *r);

// Hashes the password and makes the account (or changes it, `is_new` false): `done` as above, with
// no secret. `current`: the password now, which is asked for first and counted as a log-in is;
// NULL: an admin sets it.
struct password_change {
    const struct actor *by; // copied as far as needed
    struct account_change change;
    const char *password, *current;
    struct request *request;
    bool is_new;
};
void password_set(struct access *x, const struct password_change *change, login_done *done,
                  void *context);
