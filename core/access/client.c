#include "access/client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/mem.h"

#define FORWARDED_BYTES_MAX 8192
#define WORD_SIZE           128

// An address as bytes; "::ffff:1.2.3.4" is 1.2.3.4. Ports and brackets, which some proxies write,
// are taken off.
static bool read_address(const char *text, struct network *out)
{
    char plain[WORD_SIZE];
    snprintf(plain, sizeof plain, "%s", *text == '[' ? text + 1 : text);
    char *end = *text == '[' ? strchr(plain, ']') : NULL, *colon = strchr(plain, ':');
    if (end)
        *end = 0;
    else if (colon && !strchr(colon + 1, ':'))
        *colon = 0;
    *out = (struct network){.family = AF_INET, .bits = 32};
    if (inet_pton(AF_INET, plain, out->address) == 1)
        return true;
    *out = (struct network){.family = AF_INET6, .bits = 128};
    if (inet_pton(AF_INET6, plain, out->address) != 1)
        return false;
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (memcmp(out->address, mapped, sizeof mapped) == 0) {
        struct network four = {.family = AF_INET, .bits = 32};
        memcpy(four.address, out->address + 12, 4);
        *out = four;
    }
    return true;
}

static bool read_network(const char *word, struct network *out, struct fail *why)
{
    char address[WORD_SIZE], *end = NULL;
    const char *slash = strchr(word, '/');
    snprintf(address, sizeof address, "%.*s", slash ? (int)(slash - word) : (int)strlen(word),
             word);
    bool good = read_address(address, out);
    long bits = good && slash ? strtol(slash + 1, &end, 10) : out->bits;
    good = good && bits >= 0 && bits <= out->bits && (!end || (!*end && slash[1]));
    out->bits = (int)bits;
    return good || fail(why, FAIL_INVALID,
                        "trusted_proxies: '%.60s' is no address or network (10.0.0.0/8)", word);
}

bool proxies_read(const char *text, struct proxies *out, struct fail *why)
{
    *out = (struct proxies){.count = 0};
    for (const char *at = text ? text : ""; *at;) {
        char word[WORD_SIZE];
        at += strspn(at, ", ");
        size_t bytes = strcspn(at, ", ");
        if (bytes == 0)
            break;
        if (out->count == PROXIES_MAX || bytes >= sizeof word)
            return fail(why, FAIL_LIMIT, "trusted_proxies: name %d networks at most", PROXIES_MAX);
        memcpy(word, at, bytes);
        word[bytes] = 0;
        at += bytes;
        if (!read_network(word, &out->networks[out->count++], why))
            return false;
    }
    return true;
}

static bool is_within(const struct network *n, const struct network *address)
{
    if (n->family != address->family)
        return false;
    int whole = n->bits / 8, rest = n->bits % 8;
    uint8_t mask = (uint8_t)(0xFF << (8 - rest));
    return memcmp(n->address, address->address, (size_t)whole) == 0 &&
           (rest == 0 || ((n->address[whole] ^ address->address[whole]) & mask) == 0);
}

static bool is_trusted(const struct proxies *proxies, const struct network *address)
{
    for (size_t i = 0; i < proxies->count; i++)
        if (is_within(&proxies->networks[i], address))
            return true;
    return false;
}

static void write_client(const struct network *address, char out[CLIENT_SIZE])
{
    uint8_t kept[16] = {0};
    memcpy(kept, address->address, address->family == AF_INET ? 4 : 8);
    if (!inet_ntop(address->family, kept, out, CLIENT_SIZE))
        snprintf(out, CLIENT_SIZE, "?");
}

// The last word of the list before `end`, which moves to the comma before it.
static bool previous_word(const char *list, size_t *end, char word[WORD_SIZE])
{
    while (*end > 0 && strchr(", \t", list[*end - 1]))
        (*end)--;
    size_t begin = *end;
    while (begin > 0 && !strchr(", \t", list[begin - 1]))
        begin--;
    snprintf(word, WORD_SIZE, "%.*s", (int)(*end - begin), list + begin);
    *end = begin;
    return *word != 0;
}

// From the right: each proxy adds whom it has heard, so what stands left of the first that is not
// trusted is only what that one says.
void client_address(const struct proxies *proxies, const char *peer, const char *forwarded,
                    char out[CLIENT_SIZE])
{
    struct network address, next;
    char word[WORD_SIZE];
    size_t end = strlen(forwarded);
    if (!read_address(peer, &address)) {
        snprintf(out, CLIENT_SIZE, "?");
        return;
    }
    while (is_trusted(proxies, &address) && previous_word(forwarded, &end, word) &&
           read_address(word, &next))
        address = next;
    write_client(&address, out);
}

static void join(void *context, const char *name, const char *value)
{
    struct bytes *all = context;
    if (strcasecmp(name, "X-Forwarded-For") == 0)
        bytes_printf(all, "%s,", value);
}

void client_of(const struct proxies *proxies, const struct request *r, char out[CLIENT_SIZE])
{
    struct bytes forwarded;
    bytes_init(&forwarded, FORWARDED_BYTES_MAX);
    if (proxies->count > 0)
        request_each_header(r, join, &forwarded);
    client_address(proxies, request_peer(r), forwarded.overflowed ? "" : forwarded.data, out);
    bytes_done(&forwarded);
}
