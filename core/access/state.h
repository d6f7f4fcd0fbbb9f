// What the files of this room share: the struct behind `struct access`. Nobody else includes this.
// Loop thread only.
#pragma once

#include "access/access.h"
#include "access/acts.h"
#include "access/client.h"
#include "access/limiter.h"
#include "access/password.h"
#include "base/random.h"
#include "store/store.h"

struct access {
    struct engine *engine;
    struct store *store;
    struct acts acts;
    struct limiter limiter;
    struct passwords *passwords; // NULL where there is no loop
    struct proxies proxies;
    bool dev, secure;
    char *local;
    bool has_token;
    struct hash token; // of the bootstrap token
    struct random random;
};

int64_t access_now_ms(const struct access *x);
// 256 bits that nobody guesses, as text.
#define SECRET_BYTES 32
#define SECRET_SIZE  BASE64_SIZE(SECRET_BYTES)
void access_secret(struct access *x, char out[SECRET_SIZE]);
// A change from outside begins; false while the disk refuses commits.
CHECKED bool access_may_change(struct access *x, struct fail *why);
