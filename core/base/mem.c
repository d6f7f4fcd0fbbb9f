#include "base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define SMALL 1024 // bytes

static atomic_size_t fail_at;

// Counts down to the allocation that a test wants to fail; the flag is zero outside such tests.
static void *there(void *p)
{
    size_t left = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (__builtin_expect(left != 0, 0) && atomic_fetch_sub(&fail_at, 1) == 1)
        must_failed("memory is there", __FILE__, __LINE__, __func__);
    if (__builtin_expect(!p, 0))
        must_failed("memory is there", __FILE__, __LINE__, __func__);
    return p;
}

void *mem_alloc(size_t bytes)
{
    return there(malloc(bytes ? bytes : 1));
}

void *mem_zero(size_t count, size_t bytes)
{
    // What is small comes from malloc, which keeps small pieces at hand for each thread; calloc
    // does not. It refuses a product that overflows; zero of something is still an address to free.
    if (count > SMALL || bytes > SMALL || count * bytes > SMALL || count * bytes == 0)
        return there(count && bytes ? calloc(count, bytes) : calloc(1, 1));
    return memset(there(malloc(count * bytes)), 0, count * bytes);
}

void *mem_resize(void *p, size_t bytes)
{
    return there(realloc(p, bytes ? bytes : 1));
}

void *mem_copy(const void *p, size_t bytes)
{
    void *copy = mem_alloc(bytes);
    if (bytes)
        memcpy(copy, p, bytes);
    return copy;
}

char *mem_string(const char *s)
{
    return s ? mem_copy(s, strlen(s) + 1) : NULL;
}

char *mem_string_sized(const char *s, size_t bytes)
{
    must(bytes < SIZE_MAX);
    char *copy = mem_alloc(bytes + 1);
    if (bytes)
        memcpy(copy, s, bytes);
    copy[bytes] = 0;
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    must(length >= 0);
    char *text = mem_alloc((size_t)length + 1);
    int written = vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    must(written == length);
    return text;
}

void mem_free(void *p)
{
    free(p);
}

void mem_fail_at(size_t n)
{
    atomic_store(&fail_at, n);
}
