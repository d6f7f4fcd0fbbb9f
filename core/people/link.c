// A token is base64url(item NUL person NUL expiry NUL) "." base64url(MAC). The MAC is keyed
// BLAKE2b over what stands before it; base64url without padding has one spelling only if the unused
// bits are zero, so the text itself is what is signed.
#include "people/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "people/directory.h"

#define BODY_BYTES_MAX 110
#define MAC_BYTES      24

_Static_assert(BASE64_SIZE(BODY_BYTES_MAX) + 1 + BASE64_SIZE(MAC_BYTES) <= LINK_SIZE,
               "a link fits");

static struct hash sign(const struct people *p, const char *text, size_t bytes)
{
    // One key serves several purposes, so each says which.
    static const char purpose[] = "dure link 1 ";
    char signed_text[LINK_SIZE + sizeof purpose];
    must(bytes <= LINK_SIZE);
    memcpy(signed_text, purpose, sizeof purpose);
    memcpy(signed_text + sizeof purpose, text, bytes);
    return hash_keyed(p->key, signed_text, bytes + sizeof purpose);
}

bool link_make(struct people *p, const char *item, const char *person, int64_t expires_ms,
               char out[LINK_SIZE], struct fail *why)
{
    char body[BODY_BYTES_MAX];
    person = person == NULL ? "" : person;
    size_t n = strlen(item) + 1, m = strlen(person) + 1;
    if (!people_key(p, why))
        return false;
    if (n + m + 22 > sizeof body)
        return fail(why, FAIL_LIMIT, "a link holds no longer id than '%.80s'", person);
    memcpy(body, item, n);
    memcpy(body + n, person, m);
    int length = expires_ms == INSTANT_NONE
                     ? 0
                     : snprintf(body + n + m, sizeof body - n - m, "%lld", (long long)expires_ms);
    base64_encode(body, n + m + (size_t)length, out);
    size_t bytes = strlen(out);
    struct hash mac = sign(p, out, bytes);
    out[bytes] = '.';
    base64_encode(mac.bytes, MAC_BYTES, out + bytes + 1);
    return true;
}

static bool is_signed(const struct people *p, const char *token, const char *dot)
{
    uint8_t mac[MAC_BYTES];
    size_t bytes = 0;
    struct hash wanted = sign(p, token, (size_t)(dot - token)), got = wanted;
    if (!base64_decode(dot + 1, strlen(dot + 1), mac, sizeof mac, &bytes) || bytes != MAC_BYTES)
        return false;
    // Compared in constant time, as whole hashes that agree past the part that is sent.
    memcpy(got.bytes, mac, MAC_BYTES);
    return hash_equal(&wanted, &got);
}

static bool bad_link(struct fail *why)
{
    return fail_code(why, FAIL_DENIED, "bad_link", "this link is not one of ours; copy all of it");
}

bool link_look(struct people *p, const char *token, char **item, char **person, bool *expired,
               struct fail *why)
{
    char body[BODY_BYTES_MAX + 1] = {0};
    size_t bytes = 0;
    *item = *person = NULL;
    const char *dot = strchr(token, '.');
    if (!people_key(p, why))
        return false;
    if (dot == NULL || strlen(token) >= LINK_SIZE || !is_signed(p, token, dot) ||
        !base64_decode(token, (size_t)(dot - token), body, BODY_BYTES_MAX, &bytes))
        return bad_link(why);
    const char *end = body + bytes, *name = memchr(body, 0, bytes);
    const char *expiry = name == NULL ? NULL : memchr(name + 1, 0, (size_t)(end - name - 1));
    if (expiry == NULL)
        return bad_link(why);
    expiry++;
    *expired = expiry < end && strtoll(expiry, NULL, 10) <= engine_now_ms(p->engine);
    *item = mem_string(body);
    *person = mem_string(name + 1);
    return true;
}

bool link_read(struct people *p, const char *token, char **item, char **person, struct fail *why)
{
    bool expired = false;
    if (!link_look(p, token, item, person, &expired, why))
        return false;
    if (!expired)
        return true;
    mem_free(*item);
    mem_free(*person);
    *item = *person = NULL;
    return fail_code(why, FAIL_DENIED, "link_expired", "this link is no longer valid");
}
