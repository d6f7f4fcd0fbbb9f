#include "store/chain.h"

#include <string.h>

static void add_number(struct hasher *h, int64_t n)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)n >> (8 * i));
    hasher_add_field(h, bytes, sizeof(bytes));
}

struct hash chain_next(const struct hash *before, const struct chain_entry *entry)
{
    struct hasher h;
    hasher_init(&h);
    hasher_add_field(&h, before->bytes, HASH_BYTES);
    if (entry->instance != NULL)
        hasher_add_field(&h, entry->instance, strlen(entry->instance));
    add_number(&h, entry->seq);
    add_number(&h, entry->at_ms);
    hasher_add_field(&h, entry->body, entry->body_bytes);
    return hasher_done(&h);
}

struct hash chain_personal(const void *salt, size_t salt_bytes, const void *body, size_t body_bytes)
{
    struct hasher h;
    hasher_init(&h);
    hasher_add_field(&h, salt, salt_bytes);
    hasher_add_field(&h, body, body_bytes);
    return hasher_done(&h);
}
