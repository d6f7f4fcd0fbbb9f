// Counts guesses by whom and of what kind, in a table of fixed size, and says how long somebody who
// guessed too often has to wait. A guess costs `refill` of a kind's time and `burst` of them may be
// owed (the generic cell rate algorithm), so that a slip of the finger costs nothing. Where the
// table is full, who owes least is forgotten first. Times are given, never read. The owner embeds
// it. Loop thread only.
#pragma once

#include <stdint.h>

#include "base/hash.h"

enum guess {
    GUESS_LOGIN_PAIR,    // a password, by address and account
    GUESS_LOGIN_ADDRESS, // a password, by address
    GUESS_LOGIN_ACCOUNT, // a password, by account: a guess from many places
    GUESS_SECRET,        // a token, session or log-in state, by address
    GUESS_LINK,          // a personal link or receipt, by address
    GUESS_COUNT,
};

#define LIMITER_WAYS 8
#define LIMITER_SETS 1024

struct limiter {
    uint8_t key[HASH_BYTES]; // so that nobody can choose who shares a place with whom
    struct limiter_slot {
        uint64_t who;
        int64_t paid_ms; // when all is paid for; 0: free
    } slots[LIMITER_SETS][LIMITER_WAYS];
};

void limiter_init(struct limiter *l, const uint8_t key[HASH_BYTES]);
// Seconds until the next guess may be made; 0: now.
int limiter_wait_s(const struct limiter *l, enum guess kind, const char *who, int64_t now_ms);
void limiter_count(struct limiter *l, enum guess kind, const char *who, int64_t now_ms);
// It was no guess after all.
void limiter_forgive(struct limiter *l, enum guess kind, const char *who);
