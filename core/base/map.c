#include "base/map.h"

#include <limits.h>
#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"

// `slots` holds index + 1 into `entries`, 0 where nothing ever was. A slot whose entry was removed
// keeps pointing at it and so serves as its own tombstone; growing drops those. The hash is keyed
// (SipHash), because keys come from outside and must not be chosen to collide; the order of
// iteration never depends on it.

#define ENTRIES_FIRST 8

_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "SipHash gives 64 bits");

static uint8_t hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void hash_key_make(void)
{
    random_secret(hash_key, sizeof(hash_key));
}

static uint64_t hash_text(const char *key)
{
    uint64_t hash;
    pthread_once(&hash_key_once, hash_key_make);
    must(crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key, strlen(key),
                          hash_key) == 0);
    return hash;
}

void map_init(struct map *m)
{
    *m = (struct map){0};
}

void map_done(struct map *m)
{
    for (size_t i = 0; i < m->used; i++)
        mem_free(m->entries[i].key);
    mem_free(m->entries);
    mem_free(m->slots);
    map_init(m);
}

void map_clear(struct map *m)
{
    map_done(m);
}

static struct map_entry *find(const struct map *m, const char *key)
{
    if (m->count == 0)
        return NULL;
    uint64_t hash = hash_text(key);
    size_t mask = m->slot_count - 1;
    for (size_t at = hash & mask; m->slots[at] != 0; at = (at + 1) & mask) {
        struct map_entry *e = &m->entries[m->slots[at] - 1];
        if (e->key && e->hash == hash && strcmp(e->key, key) == 0)
            return e;
    }
    return NULL;
}

void *map_get(const struct map *m, const char *key)
{
    const struct map_entry *e = find(m, key);
    return e ? e->value : NULL;
}

bool map_has(const struct map *m, const char *key)
{
    return find(m, key) != NULL;
}

static void put_slot(struct map *m, size_t index)
{
    size_t mask = m->slot_count - 1, at = m->entries[index].hash & mask;
    while (m->slots[at] != 0)
        at = (at + 1) & mask;
    m->slots[at] = (int)index + 1;
}

// Closes the holes, doubles if it is still more than half full, and lays the slots out anew. There
// are twice as many slots as entries, so a probe always meets an empty one.
static void rebuild(struct map *m)
{
    size_t live = 0;
    for (size_t i = 0; i < m->used; i++)
        if (m->entries[i].key)
            m->entries[live++] = m->entries[i];
    must(live == m->count);
    m->used = live;
    if (m->capacity == 0)
        m->capacity = ENTRIES_FIRST;
    else if (live > m->capacity / 2)
        m->capacity *= 2;
    must(m->capacity <= INT_MAX / 2);
    m->entries = mem_resize(m->entries, m->capacity * sizeof(*m->entries));
    m->slot_count = m->capacity * 2;
    mem_free(m->slots);
    m->slots = mem_zero(m->slot_count, sizeof(*m->slots));
    for (size_t i = 0; i < live; i++)
        put_slot(m, i);
}

void *map_put(struct map *m, const char *key, void *value)
{
    struct map_entry *e = find(m, key);
    if (e) {
        void *before = e->value;
        e->value = value;
        return before;
    }
    if (m->used == m->capacity)
        rebuild(m);
    m->entries[m->used] = (struct map_entry){mem_string(key), value, hash_text(key)};
    put_slot(m, m->used++);
    m->count++;
    return NULL;
}

void *map_remove(struct map *m, const char *key)
{
    struct map_entry *e = find(m, key);
    if (!e)
        return NULL;
    mem_free(e->key);
    e->key = NULL;
    m->count--;
    return e->value;
}

bool map_next(const struct map *m, size_t *i, struct map_entry **entry)
{
    while (*i < m->used) {
        struct map_entry *e = &m->entries[(*i)++];
        if (e->key) {
            *entry = e;
            return true;
        }
    }
    return false;
}
