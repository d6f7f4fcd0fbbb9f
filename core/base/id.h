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
