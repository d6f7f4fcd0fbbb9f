#include "people/mail_token.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"
#include "people/address.h"
#include "people/directory.h"

#define MAC_BYTES      16
#define MARK_SIZE      48
#define MAC_DIGITS     16 // of a return path: local parts have 64 bytes in all
#define BODY_BYTES_MAX (ADDRESS_BYTES + 1 + PURPOSE_BYTES_MAX + 1)

_Static_assert(BASE64_SIZE(BODY_BYTES_MAX) + 1 + BASE64_SIZE(MAC_BYTES) <= MAIL_TOKEN_SIZE,
               "a token fits");

// One key serves several purposes, so each says which.
static struct hash sign(const struct people *p, const char *purpose, const char *text)
{
    char *whole = mem_printf("%s %s", purpose, text);
    struct hash mac = hash_keyed(p->key, whole, strlen(whole));
    mem_free(whole);
    return mac;
}

// ---- the return path

static void write_mark(const struct people *p, int64_t seq, char out[MARK_SIZE])
{
    char number[24], hex[HASH_HEX_SIZE];
    snprintf(number, sizeof number, "%" PRId64, seq);
    struct hash mac = sign(p, "dure bounce 1", number);
    hash_hex(&mac, hex);
    snprintf(out, MARK_SIZE, "%s-%.*s", number, MAC_DIGITS, hex);
}

bool mail_return_path(struct people *p, const char *bounces, int64_t seq, char out[MAIL_TOKEN_SIZE],
                      struct fail *why)
{
    char mark[MARK_SIZE];
    const char *at = strrchr(bounces, '@');
    if (!people_key(p, why))
        return false;
    must(at);
    write_mark(p, seq, mark);
    int length =
        snprintf(out, MAIL_TOKEN_SIZE, "%.*s+%s%s", (int)(at - bounces), bounces, mark, at);
    return (length > 0 && length < MAIL_TOKEN_SIZE) ||
           fail(why, FAIL_LIMIT, "the address for bounces is too long");
}

// Relays may change the case of what stands before the '@'; digits of a MAC do not mind.
static bool same_mark(const char *a, const char *b, size_t length)
{
    unsigned difference = 0;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned)(tolower((unsigned char)a[i]) ^ b[i]);
    return difference == 0;
}

bool mail_of_return_path(struct people *p, const char *address, int64_t *seq)
{
    struct fail why;
    char mark[MARK_SIZE];
    const char *plus = strchr(address, '+'), *at = strrchr(address, '@');
    if (!plus || !at || at < plus || !people_key(p, &why))
        return false;
    size_t length = (size_t)(at - plus - 1), digits = strspn(plus + 1, "0123456789");
    if (digits == 0 || digits > 18 || length >= sizeof mark)
        return false;
    int64_t number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (plus[1 + i] - '0');
    write_mark(p, number, mark);
    if (strlen(mark) != length || !same_mark(plus + 1, mark, length))
        return false;
    *seq = number;
    return true;
}

bool mail_message_key(struct people *p, const char *key, char out[HASH_HEX_SIZE], struct fail *why)
{
    if (!people_key(p, why))
        return false;
    struct hash mac = sign(p, "dure message 1", key);
    hash_hex(&mac, out);
    return true;
}

// ---- opting out

bool optout_token(struct people *p, const char *who, const char *purpose, char out[MAIL_TOKEN_SIZE],
                  struct fail *why)
{
    char body[BODY_BYTES_MAX];
    size_t n = strlen(who) + 1, m = strlen(purpose) + 1;
    if (!people_key(p, why))
        return false;
    if (n + m > sizeof body)
        return fail(why, FAIL_LIMIT, "a link holds no longer purpose than '%.80s'", purpose);
    memcpy(body, who, n);
    memcpy(body + n, purpose, m);
    base64_encode(body, n + m, out);
    struct hash mac = sign(p, "dure optout 1", out);
    size_t bytes = strlen(out);
    out[bytes] = '.';
    base64_encode(mac.bytes, MAC_BYTES, out + bytes + 1);
    return true;
}

static bool is_signed(const struct people *p, const char *token, const char *dot)
{
    uint8_t mac[MAC_BYTES];
    size_t bytes = 0;
    char *body = mem_string_sized(token, (size_t)(dot - token));
    struct hash wanted = sign(p, "dure optout 1", body), got = wanted;
    mem_free(body);
    if (!base64_decode(dot + 1, strlen(dot + 1), mac, sizeof mac, &bytes) || bytes != MAC_BYTES)
        return false;
    memcpy(got.bytes, mac, MAC_BYTES);
    return hash_equal(&wanted, &got);
}

bool optout_read(struct people *p, const char *token, char **who, char **purpose, struct fail *why)
{
    char body[BODY_BYTES_MAX + 1] = {0};
    size_t bytes = 0;
    *who = *purpose = NULL;
    const char *dot = strchr(token, '.');
    if (!people_key(p, why))
        return false;
    bool good = dot && strlen(token) < MAIL_TOKEN_SIZE && is_signed(p, token, dot) &&
                base64_decode(token, (size_t)(dot - token), body, BODY_BYTES_MAX, &bytes);
    const char *end = good ? memchr(body, 0, bytes) : NULL;
    if (!end)
        return fail_code(why, FAIL_DENIED, "bad_link",
                         "this link is not one of ours; copy all of it");
    *who = mem_string(body);
    *purpose = mem_string(end + 1);
    return true;
}
