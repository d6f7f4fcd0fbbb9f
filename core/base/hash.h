// BLAKE2b-256 (RFC 7693), by libsodium, and the encodings that go with it. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_BYTES    32
#define HASH_HEX_SIZE (HASH_BYTES * 2 + 1)

struct hash {
    uint8_t bytes[HASH_BYTES];
};

struct hasher {
    _Alignas(64) uint8_t opaque[384];
};

void hasher_init(struct hasher *h);
void hasher_add(struct hasher *h, const void *data, size_t bytes);
// A length before the data, so that two fields can never be read as one.
void hasher_add_field(struct hasher *h, const void *data, size_t bytes);
struct hash hasher_done(struct hasher *h);

struct hash hash_of(const void *data, size_t bytes);
bool hash_equal(const struct hash *a, const struct hash *b); // in constant time
void hash_hex(const struct hash *h, char out[HASH_HEX_SIZE]);
bool hash_from_hex(const char *hex, struct hash *out);

// Keyed (a MAC), for signed links; the key has HASH_BYTES bytes.
struct hash hash_keyed(const uint8_t key[HASH_BYTES], const void *data, size_t bytes);

// base64url without padding (RFC 4648 section 5); out has room for base64_size(bytes).
#define BASE64_SIZE(bytes) (((bytes)*4 + 2) / 3 + 1)
void base64_encode(const void *data, size_t bytes, char *out);
bool base64_decode(const char *text, size_t length, void *out, size_t capacity, size_t *bytes);
