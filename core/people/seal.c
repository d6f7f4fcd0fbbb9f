// base64url(nonce . ciphertext . tag), the text padded to a multiple of 64 bytes (ISO/IEC 7816-4).
// The key is keyed BLAKE2b over the step's address, so that nothing sealed in one step opens in
// another.
#include "people/seal.h"

#include <sodium.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"
#include "people/directory.h"

#define BLOCK_BYTES 64
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(HASH_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a hash is a key");

static struct hash step_key(const struct people *p, const struct step_address *step)
{
    // One key serves several purposes, so each says which.
    char *text =
        mem_printf("dure seal 1 %s %s %lld", step->instance, step->path, (long long)step->attempt);
    struct hash key = hash_keyed(p->key, text, strlen(text));
    mem_free(text);
    return key;
}

char *seal_close(struct people *p, const struct step_address *step, const char *text, size_t bytes,
                 struct fail *why)
{
    if (bytes > SEAL_BYTES_MAX) {
        (void)fail(why, FAIL_LIMIT, "a sealed text has at most %d bytes", SEAL_BYTES_MAX);
        return NULL;
    }
    if (!people_key(p, why))
        return NULL;
    size_t padded = (bytes / BLOCK_BYTES + 1) * BLOCK_BYTES, length = 0;
    size_t total = NONCE_BYTES + padded + TAG_BYTES;
    unsigned char *plain = mem_zero(padded, 1), *box = mem_zero(total, 1);
    memcpy(plain, text, bytes);
    must(sodium_pad(&length, plain, bytes, BLOCK_BYTES, padded) == 0 && length == padded);
    const struct port *port = engine_port(p->engine);
    port->secret(port->context, box, NONCE_BYTES);
    struct hash key = step_key(p, step);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box + NONCE_BYTES, NULL, plain, padded, NULL, 0,
                                               NULL, box, key.bytes);
    char *out = mem_zero(BASE64_SIZE(total), 1);
    base64_encode(box, total, out);
    sodium_memzero(plain, padded);
    sodium_memzero(&key, sizeof key);
    mem_free(plain);
    mem_free(box);
    return out;
}

// The length of the text in `plain`, which it makes NUL-terminated; false if it was not sealed
// here.
static bool open_box(const struct hash *key, const unsigned char *box, size_t total,
                     unsigned char *plain, size_t *bytes)
{
    unsigned long long padded = 0;
    if (total < NONCE_BYTES + TAG_BYTES + BLOCK_BYTES)
        return false;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &padded, NULL, box + NONCE_BYTES,
                                                   total - NONCE_BYTES, NULL, 0, box,
                                                   key->bytes) != 0 ||
        sodium_unpad(bytes, plain, (size_t)padded, BLOCK_BYTES) != 0)
        return false;
    plain[*bytes] = 0;
    return true;
}

char *seal_open(struct people *p, const struct step_address *step, const char *sealed,
                size_t *bytes, struct fail *why)
{
    if (!people_key(p, why))
        return NULL;
    size_t length = strlen(sealed), total = 0;
    unsigned char *box = mem_zero(length + 1, 1), *plain = mem_zero(length + 1, 1);
    struct hash key = step_key(p, step);
    bool good = base64_decode(sealed, length, box, length, &total) &&
                open_box(&key, box, total, plain, bytes);
    sodium_memzero(&key, sizeof key);
    mem_free(box);
    if (good)
        return (char *)plain;
    mem_free(plain);
    (void)fail(why, FAIL_CORRUPT, "this was not sealed by this step, or has been changed");
    return NULL;
}
