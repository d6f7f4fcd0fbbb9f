// Memory that is there or ends the process: what comes from outside is bounded before it gets here,
// so running out is the machine's failure, not the caller's. Any thread.
#pragma once

#include <stddef.h>

void *mem_alloc(size_t bytes);              // not zeroed
void *mem_zero(size_t count, size_t bytes); // zeroed, overflow-checked
void *mem_resize(void *p, size_t bytes);    // mem_resize(NULL, n) is mem_alloc(n)
void *mem_copy(const void *p, size_t bytes);
char *mem_string(const char *s);                     // NULL stays NULL
char *mem_string_sized(const char *s, size_t bytes); // adds the final zero
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mem_free(void *p);

#define mem_new(type) ((type *)mem_zero(1, sizeof(type)))

// Tests only: the n-th allocation from now ends the process as if memory were gone; 0 turns it off.
void mem_fail_at(size_t n);
