// Memory that is given back all at once: for things built together and dropped together (a parsed
// document, a compiled definition, one request). The owner embeds it. One thread at a time.
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head;
    size_t used_bytes; // over all blocks
};

void arena_init(struct arena *a);
void arena_done(struct arena *a);
void *arena_alloc(struct arena *a, size_t bytes); // zeroed, aligned for any type
char *arena_string(struct arena *a, const char *s);
char *arena_string_sized(struct arena *a, const char *s, size_t bytes);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
