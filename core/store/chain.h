// The links of the audit chain (see audit.h): what a hash covers, in one place for those who write
// and those who verify. Numbers enter as eight bytes, lowest first; each field has its length
// before it, so that two can never be read as one. The hash before the first is all zeros. Any
// thread.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct chain_entry {
    const char *instance; // NULL in a commit
    int64_t seq;
    int64_t at_ms;
    const char *body; // entries, or heads
    size_t body_bytes;
};
struct hash chain_next(const struct hash *before, const struct chain_entry *entry);

// What stands in history for a personal payload.
struct hash chain_personal(const void *salt, size_t salt_bytes, const void *body,
                           size_t body_bytes);
