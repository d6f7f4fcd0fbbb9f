#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

// Blocks double from about 1 KiB to 64 KiB. What is larger than a quarter of the next block gets
// one of its own, put behind the head, so that the head's rest stays in use. The first is, with its
// head, what malloc counts as small: for each large piece it would join all small free ones anew,
// and every request has an arena.
#define BLOCK_MIN 960
#define BLOCK_MAX (64 * 1024)
#define ALIGN     _Alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    max_align_t data[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_done(struct arena *a)
{
    for (struct arena_block *b = a->head, *next; b; b = next) {
        next = b->next;
        mem_free(b);
    }
    arena_init(a);
}

static struct arena_block *block_new(size_t size)
{
    struct arena_block *b = mem_alloc(sizeof(*b) + size);
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

static struct arena_block *block_with_room(struct arena *a, size_t bytes)
{
    struct arena_block *head = a->head;
    if (head && head->size - head->used >= bytes)
        return head;
    size_t size = head ? head->size * 2 : BLOCK_MIN;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (bytes > size / 4 && head) {
        struct arena_block *own = block_new(bytes);
        own->next = head->next;
        head->next = own;
        return own;
    }
    struct arena_block *block = block_new(bytes > size ? bytes : size);
    block->next = head;
    a->head = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    must(bytes < SIZE_MAX / 2);
    size_t rounded = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (rounded == 0)
        rounded = ALIGN;
    struct arena_block *block = block_with_room(a, rounded);
    void *p = (char *)block->data + block->used;
    block->used += rounded;
    a->used_bytes += rounded;
    must(block->used <= block->size);
    return memset(p, 0, rounded);
}

char *arena_string(struct arena *a, const char *s)
{
    return s ? arena_string_sized(a, s, strlen(s)) : NULL;
}

char *arena_string_sized(struct arena *a, const char *s, size_t bytes)
{
    must(bytes < SIZE_MAX / 2);
    char *copy = arena_alloc(a, bytes + 1);
    if (bytes)
        memcpy(copy, s, bytes);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    must(length >= 0);
    char *text = arena_alloc(a, (size_t)length + 1);
    int written = vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    must(written == length);
    return text;
}
