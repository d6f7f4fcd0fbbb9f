#include "json/json_key.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

#define KEYS          1024 // a power of two
#define KEY_BYTES_MAX 40   // what is longer is hardly a name

// Each name has one place; two that fall on the same one push each other out.
struct known {
    const char *text; // of `value`; NULL: free
    size_t bytes;
    json value;
};

static _Thread_local struct known *known;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;

static void forget(void *keys)
{
    struct known *table = keys;
    for (size_t i = 0; i < KEYS; i++)
        if (table[i].text)
            jv_free(table[i].value);
    mem_free(table);
    known = NULL;
}

static void prepare(void)
{
    must(pthread_key_create(&thread_end, forget) == 0);
}

static void make_table(void)
{
    must(pthread_once(&once, prepare) == 0);
    known = mem_zero(KEYS, sizeof *known);
    must(pthread_setspecific(thread_end, known) == 0);
}

// Length, both ends and the middle tell names apart well enough for a table that may forget.
static size_t place_of(const char *text, size_t bytes)
{
    const unsigned char *c = (const unsigned char *)text;
    uint32_t h = (uint32_t)bytes * 0x9E3779B1u;
    h = (h ^ c[0]) * 0x85EBCA6Bu;
    h = (h ^ c[bytes / 2]) * 0x85EBCA6Bu;
    h = (h ^ c[bytes - 1]) * 0x85EBCA6Bu;
    return (h ^ h >> 15) & (KEYS - 1);
}

json json_key_sized(const char *text, size_t bytes)
{
    if (bytes == 0 || bytes > KEY_BYTES_MAX)
        return json_string_sized(text, bytes);
    if (!known)
        make_table();
    struct known *k = &known[place_of(text, bytes)];
    if (k->text && k->bytes == bytes && memcmp(k->text, text, bytes) == 0)
        return jv_copy(k->value);
    if (k->text)
        jv_free(k->value);
    json value = json_string_sized(text, bytes);
    *k = (struct known){jv_string_value(value), bytes, value};
    return jv_copy(value);
}

json json_key(const char *text)
{
    return json_key_sized(text, strlen(text));
}
