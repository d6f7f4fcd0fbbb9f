#include "base/hash.h"

#include <sodium.h>
#include <string.h>

#include "base/must.h"

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct hasher *)0)->opaque),
               "the hasher holds libsodium's state");
_Static_assert(_Alignof(crypto_generichash_state) <= _Alignof(struct hasher),
               "and is aligned for it");
_Static_assert(HASH_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");
_Static_assert(HASH_BYTES == crypto_generichash_KEYBYTES, "a key is as long as a hash");

__attribute__((constructor)) static void start(void)
{
    must(sodium_init() >= 0);
}

static crypto_generichash_state *state_of(struct hasher *h)
{
    return (crypto_generichash_state *)(void *)h->opaque;
}

void hasher_init(struct hasher *h)
{
    must(crypto_generichash_init(state_of(h), NULL, 0, HASH_BYTES) == 0);
}

void hasher_add(struct hasher *h, const void *data, size_t bytes)
{
    must(crypto_generichash_update(state_of(h), data, bytes) == 0);
}

void hasher_add_field(struct hasher *h, const void *data, size_t bytes)
{
    // Little-endian on every machine, or exported chains would not verify elsewhere.
    uint8_t length[8];
    for (size_t i = 0; i < sizeof(length); i++)
        length[i] = (uint8_t)((uint64_t)bytes >> (8 * i));
    hasher_add(h, length, sizeof(length));
    hasher_add(h, data, bytes);
}

struct hash hasher_done(struct hasher *h)
{
    struct hash hash;
    must(crypto_generichash_final(state_of(h), hash.bytes, HASH_BYTES) == 0);
    return hash;
}

struct hash hash_of(const void *data, size_t bytes)
{
    struct hash hash;
    must(crypto_generichash(hash.bytes, HASH_BYTES, data, bytes, NULL, 0) == 0);
    return hash;
}

struct hash hash_keyed(const uint8_t key[HASH_BYTES], const void *data, size_t bytes)
{
    struct hash hash;
    must(crypto_generichash(hash.bytes, HASH_BYTES, data, bytes, key, HASH_BYTES) == 0);
    return hash;
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return sodium_memcmp(a->bytes, b->bytes, HASH_BYTES) == 0;
}

void hash_hex(const struct hash *h, char out[HASH_HEX_SIZE])
{
    sodium_bin2hex(out, HASH_HEX_SIZE, h->bytes, HASH_BYTES);
}

bool hash_from_hex(const char *hex, struct hash *out)
{
    size_t length = strnlen(hex, HASH_HEX_SIZE), bytes = 0;
    return length == (size_t)HASH_BYTES * 2 &&
           sodium_hex2bin(out->bytes, HASH_BYTES, hex, length, NULL, &bytes, NULL) == 0 &&
           bytes == HASH_BYTES;
}

void base64_encode(const void *data, size_t bytes, char *out)
{
    sodium_bin2base64(out, BASE64_SIZE(bytes), data, bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static bool is_base64(const char *text, size_t length)
{
    // libsodium takes some bytes above 0x7F for letters, and a signed text would have twins.
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

bool base64_decode(const char *text, size_t length, void *out, size_t capacity, size_t *bytes)
{
    if (!is_base64(text, length))
        return false;
    return sodium_base642bin(out, capacity, text, length, NULL, bytes, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}
