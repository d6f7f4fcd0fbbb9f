// Who asks: the one place where the API and the console learn which account, token or command is
// behind a request and what it may do. Accounts, sessions and tokens are rows of the store; guesses
// are counted by address. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "access/client.h"
#include "access/limiter.h"
#include "access/password.h"
#include "access/permission.h"
#include "engine/engine.h"
#include "net/request.h"
#include "json/json.h"

struct access;

struct access_opts {
    struct engine *engine;  // borrowed
    bool dev;               // whoever asks from the loopback may do everything (--dev)
    const char *local;      // the same, under this name in the audit chain (commands with --data)
    const char *token;      // the bootstrap token of an admin; NULL: none
    const char *public_url; // https: cookies go over TLS only; NULL: not known
    const struct proxies *proxies; // copied; NULL: none is trusted
    uv_loop_t *loop;               // passwords are hashed on its pool; NULL: there are none
    struct password_cost cost;     // tests take less
};
struct access *access_new(const struct access_opts *opts); // copies the texts
void access_free(struct access *x);                        // what is on the pool ends by itself

enum actor_kind {
    ACTOR_NOBODY,
    ACTOR_OPEN,      // --dev
    ACTOR_LOCAL,     // a command on this machine, over the data directory
    ACTOR_BOOTSTRAP, // DURE_TOKEN
    ACTOR_TOKEN,
    ACTOR_SESSION,  // an account that is logged in
    ACTOR_PROVIDER, // of OpenID Connect, which says who has which role
};
struct actor {
    enum actor_kind kind;
    const char *name;    // of the account, token or user; "" of nobody
    const char *display; // for people
    unsigned permissions;
    const char *csrf;    // what a form of this session must carry; NULL: none is asked for
    const char *session; // its id among the sessions of the account; NULL: none
    int retry_after_s;   // of nobody who has guessed too often; else 0
};

// Never NULL; the same answer for the whole request, and living as long.
const struct actor *access_check(struct access *x, struct request *r);
// Whether it has one of these permissions.
bool actor_may(const struct actor *actor, unsigned permissions);

// What a form has sent as its proof, compared in constant time.
bool access_csrf_fits(const struct actor *actor, const char *given);
// The Set-Cookie of a new session, or with "" of none; the caller frees it.
char *access_cookie(const struct access *x, const char *secret);
const char *access_cookie_name(const struct access *x);

// Seconds until this client may guess again; 0: now. And: this was a wrong guess.
int access_guess_wait_s(struct access *x, const struct request *r, enum guess kind);
void access_guessed(struct access *x, const struct request *r, enum guess kind);

// Puts an act into the audit chain, with who did it, in the batch of the act itself: among the acts
// (acts.h), and if it is on an instance into that instance's history, so that its case file has it.
// What is done in --dev is not recorded: nobody's name stands for it.
struct act {
    const char *act;      // "cancel", "deploy", …
    const char *instance; // NULL: on none
    json detail;          // borrowed; absent: nothing more to say
    bool only_there;      // into the instance's history only, as the start that is its first entry
};
void access_record(struct access *x, const struct actor *actor, const struct act *act);
