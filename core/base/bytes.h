// Growing bytes with a largest size. Always ends with a zero that does not count, so data is also a
// C string. Appending over the largest size sets `overflowed`, appends nothing more and is reported
// once at the end: writers need not check each step. The owner embeds it. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    char *data; // never NULL after bytes_init
    size_t length;
    size_t capacity;
    size_t max;
    bool overflowed;
};

void bytes_init(struct bytes *b, size_t max_bytes);
void bytes_done(struct bytes *b);
void bytes_clear(struct bytes *b); // keeps the memory
bool bytes_append(struct bytes *b, const void *data, size_t length);
bool bytes_add(struct bytes *b, const char *s);
bool bytes_add_char(struct bytes *b, char c);
bool bytes_add_int(struct bytes *b, int64_t n); // decimal
bool bytes_printf(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *bytes_take(struct bytes *b,
                 size_t *length); // the caller frees with mem_free; b is empty after
