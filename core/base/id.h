// Ids: 26 characters of Crockford base32, 48 bits of milliseconds and 80 random bits (the ULID
// layout), so they sort by the time they were made. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

#define ID_LENGTH 26

struct id {
    char text[ID_LENGTH + 1];
};

struct id id_new(int64_t now_ms, struct random *random);
bool id_is_valid(const char *s);

// A number below 2^40 in eight digits of the same alphabet, which sort as the numbers do: rows
// whose key begins so lie in the order in which they were made, and a tree of them grows at its
// end.
#define ID_NUMBER_DIGITS 8
void id_write_number(uint64_t number, char out[ID_NUMBER_DIGITS + 1]);
