#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

#define CAPACITY_FIRST 64

void bytes_init(struct bytes *b, size_t max_bytes)
{
    must(max_bytes < SIZE_MAX / 2);
    *b = (struct bytes){.data = mem_alloc(CAPACITY_FIRST), .capacity = CAPACITY_FIRST};
    b->max = max_bytes;
    b->data[0] = 0;
}

void bytes_done(struct bytes *b)
{
    mem_free(b->data);
    *b = (struct bytes){0};
}

void bytes_clear(struct bytes *b)
{
    must(b->data);
    b->length = 0;
    b->data[0] = 0;
    b->overflowed = false;
}

// Makes room for `more` bytes and the final zero; `capacity` counts that zero.
static bool reserve(struct bytes *b, size_t more)
{
    must(b->data);
    must(b->length <= b->max);
    if (b->overflowed || more > b->max - b->length) {
        b->overflowed = true;
        return false;
    }
    size_t needed = b->length + more + 1;
    if (needed > b->capacity) {
        b->capacity = needed > b->capacity * 2 ? needed : b->capacity * 2;
        b->data = mem_resize(b->data, b->capacity);
    }
    return true;
}

bool bytes_append(struct bytes *b, const void *data, size_t length)
{
    if (!reserve(b, length))
        return false;
    if (length)
        memcpy(b->data + b->length, data, length);
    b->length += length;
    b->data[b->length] = 0;
    return true;
}

bool bytes_add(struct bytes *b, const char *s)
{
    return bytes_append(b, s, strlen(s));
}

bool bytes_add_char(struct bytes *b, char c)
{
    if (!b->overflowed && b->length + 1 < b->capacity && b->length < b->max) {
        b->data[b->length++] = c;
        b->data[b->length] = 0;
        return true;
    }
    return bytes_append(b, &c, 1);
}

bool bytes_add_int(struct bytes *b, int64_t n)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (n < 0)
        digits[--at] = '-';
    return bytes_append(b, digits + at, sizeof digits - at);
}

bool bytes_printf(struct bytes *b, const char *format, ...)
{
    must(b->data);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = b->capacity - b->length;
    int length = vsnprintf(b->data + b->length, room, format, args);
    va_end(args);
    must(length >= 0);
    bool fits = reserve(b, (size_t)length);
    if (fits && (size_t)length >= room)
        vsnprintf(b->data + b->length, (size_t)length + 1, format, again);
    va_end(again);
    if (fits)
        b->length += (size_t)length;
    b->data[b->length] = 0;
    return fits;
}

char *bytes_take(struct bytes *b, size_t *length)
{
    must(b->data);
    char *data = b->data;
    if (length)
        *length = b->length;
    bytes_init(b, b->max);
    return data;
}
