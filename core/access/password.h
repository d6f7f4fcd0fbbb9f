// Passwords and their argon2id hashes. Hashing takes about a tenth of a second and 64 MiB on
// purpose, so it runs on libuv's pool, few at once; what waits is bounded. The object frees itself
// after passwords_close once nothing is left on the pool. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/fail.h"

#define PASSWORD_HASH_SIZE      128 // crypto_pwhash_STRBYTES
#define PASSWORD_CHARACTERS_MIN 10
#define PASSWORD_BYTES_MAX      1024

struct passwords;

struct password_cost { // 0: as usual; tests take less
    unsigned long long passes;
    size_t memory_bytes;
};
struct passwords *passwords_new(uv_loop_t *loop, const struct password_cost *cost);
void passwords_close(struct passwords *p); // NULL is legal

struct password_result {
    bool closing;     // the process ends: only free what is yours
    bool fits;        // of passwords_verify
    const char *hash; // of passwords_hash, and of passwords_verify where the old one is weaker than
                      // today's; else NULL
};
typedef void password_done(void *context, const struct password_result *result);

// Both copy; `done` comes once, later, from the loop. False if too many wait.
CHECKED bool passwords_hash(struct passwords *p, const char *password, password_done *done,
                            void *context, struct fail *why);
// Against a stored hash. NULL: there is none; it takes the same time and does not fit.
CHECKED bool passwords_verify(struct passwords *p, const char *password, const char *hash,
                              password_done *done, void *context, struct fail *why);

// The normal form in which a new password is hashed (NFC, or the same letters typed on another
// machine would not fit); refused where it is too short, or the account's name.
CHECKED bool password_check(const char *password, const char *account, struct fail *why);
CHECKED bool password_normal(const char *password, struct bytes *out, struct fail *why);
