#include "store/keyset.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"

#define BUCKETS_LEAST 64

__extension__ typedef unsigned __int128 wide;

struct version *version_new(enum table table, enum version_kind kind, const struct value *columns,
                            int count)
{
    size_t trees = kind == VERSION_ROW ? 1 + (size_t)schema_tables[table].index_count : 0;
    struct row_data *row = row_data_new(sizeof(struct version) + trees * sizeof(struct tree_node),
                                        columns, (size_t)count);
    struct version *version = (struct version *)row;
    version->table = table;
    version->kind = kind;
    return version;
}

struct version *version_seen(struct version *newest, uint64_t number)
{
    struct version *v = newest;
    while (v != NULL && v->number > number)
        v = v->older;
    return v;
}

// Multiplies to twice the width and folds. The word is masked by a secret, or a word that equals
// the mask would wipe out all that came before it, for whoever knows the mask.
static uint64_t mix(uint64_t h, uint64_t word, uint64_t mask)
{
    wide product = (wide)(h ^ 0x9e3779b97f4a7c15u) * (word ^ mask);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t mix_bytes(uint64_t h, const char *data, size_t bytes, uint64_t mask)
{
    uint64_t length = bytes, word = 0;
    for (; bytes >= sizeof(word); data += sizeof(word), bytes -= sizeof(word)) {
        memcpy(&word, data, sizeof(word));
        h = mix(h, word, mask);
    }
    word = 0;
    if (bytes > 0)
        memcpy(&word, data, bytes);
    return mix(mix(h, word, mask), length, mask);
}

// Keys come from outside too (request keys, record keys), so the hash has secrets of its own:
// nobody can choose keys that fall into one bucket. No order ever follows from it.
static uint64_t hash_key(const struct keyset *set, const struct value *key)
{
    uint64_t h = set->secrets[0];
    for (int i = 0; i < set->columns; i++) {
        if (key[i].kind == VALUE_INTEGER)
            h = mix(h, (uint64_t)key[i].integer, set->secrets[1]);
        else
            h = mix_bytes(h, key[i].data, key[i].bytes, set->secrets[1]);
    }
    return h;
}

static bool same_key(const struct value *a, const struct value *b, int count)
{
    for (int i = count - 1; i >= 0; i--)
        if (value_compare(&a[i], &b[i]) != 0)
            return false;
    return true;
}

void keyset_init(struct keyset *set, int columns)
{
    *set = (struct keyset){.columns = columns, .bucket_count = BUCKETS_LEAST};
    random_secret(set->secrets, sizeof(set->secrets));
    set->buckets = mem_zero(set->bucket_count, sizeof(struct version *));
}

void keyset_done(struct keyset *set)
{
    for (size_t i = 0; i < set->bucket_count; i++) {
        struct version *after;
        for (struct version *newest = set->buckets[i]; newest != NULL; newest = after) {
            after = newest->next;
            struct version *older;
            for (struct version *v = newest; v != NULL; v = older) {
                older = v->older;
                row_data_unref(&v->row);
            }
        }
    }
    mem_free(set->buckets);
    *set = (struct keyset){0};
}

static struct version **find_in_bucket(const struct keyset *set, uint64_t hash,
                                       const struct value *key)
{
    struct version **place = &set->buckets[hash & (set->bucket_count - 1)];
    while (*place != NULL &&
           ((*place)->hash != hash || !same_key((*place)->row.columns, key, set->columns)))
        place = &(*place)->next;
    return place;
}

struct version *keyset_find(const struct keyset *set, const struct value *key)
{
    if (set->count == 0)
        return NULL;
    return *find_in_bucket(set, hash_key(set, key), key);
}

// Grows by doubling and shrinks only when nearly empty, so that a table that breathes with the
// batches does not move its buckets each time.
static void resize(struct keyset *set, size_t bucket_count)
{
    struct version **buckets = mem_zero(bucket_count, sizeof(struct version *));
    for (size_t i = 0; i < set->bucket_count; i++) {
        struct version *after;
        for (struct version *v = set->buckets[i]; v != NULL; v = after) {
            after = v->next;
            struct version **place = &buckets[v->hash & (bucket_count - 1)];
            v->next = *place;
            *place = v;
        }
    }
    mem_free(set->buckets);
    set->buckets = buckets;
    set->bucket_count = bucket_count;
}

void keyset_push(struct keyset *set, struct version *version)
{
    must(version->row.count >= (uint32_t)set->columns);
    version->hash = hash_key(set, version->row.columns);
    struct version **place = find_in_bucket(set, version->hash, version->row.columns);
    struct version *older = *place;
    version->older = older;
    version->newer = NULL;
    *place = version;
    if (older != NULL) {
        must(older->newer == NULL && older->number < version->number);
        version->next = older->next;
        older->next = NULL;
        older->newer = version;
        return;
    }
    version->next = NULL;
    if (++set->count > set->bucket_count)
        resize(set, set->bucket_count * 2);
}

void keyset_pop(struct keyset *set, struct version *version)
{
    struct version *older = version->older, *newer = version->newer;
    if (older != NULL)
        older->newer = newer;
    if (newer != NULL) {
        newer->older = older;
    } else {
        struct version **place = find_in_bucket(set, version->hash, version->row.columns);
        must(*place == version);
        if (older != NULL)
            older->next = version->next;
        *place = older != NULL ? older : version->next;
        if (older == NULL && --set->count < set->bucket_count / 64 &&
            set->bucket_count > BUCKETS_LEAST * 64)
            resize(set, set->bucket_count / 8);
    }
    version->older = version->newer = version->next = NULL;
}
