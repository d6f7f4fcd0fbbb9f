// Text keys to pointers. Iterates in the order of insertion, so that nothing depends on a hash.
// Keys are copied, values borrowed. The owner embeds it. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry {
    char *key;
    void *value;
    uint64_t hash; // of the key
};

struct map {
    struct map_entry *entries; // dense, in order of insertion; key NULL where removed
    size_t count;              // live entries
    size_t used;               // slots of `entries` in use, removed ones included
    size_t capacity;
    int *slots; // open addressing into entries
    size_t slot_count;
};

void map_init(struct map *m);
void map_done(struct map *m);
void *map_get(const struct map *m, const char *key); // NULL if absent
bool map_has(const struct map *m, const char *key);
void *map_put(struct map *m, const char *key, void *value); // the value that was there, or NULL
void *map_remove(struct map *m, const char *key);           // the value that was there, or NULL
void map_clear(struct map *m);

// for (size_t i = 0; map_next(m, &i, &entry);) — entries may be removed while walking.
bool map_next(const struct map *m, size_t *i, struct map_entry **entry);
