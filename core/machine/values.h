// A table of JSON values: a value that occurs in several places of a state (an input passed from
// task to task unchanged) is written once, and read back as one. Values are told apart by their
// identity, not by comparing them. The owner embeds it. One thread at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "json/json.h"

struct values {
    json list;       // the values, in the order they were first met
    size_t *slots;   // open addressing: place in the list + 1
    size_t capacity; // power of two
    size_t count;
};

void values_init(struct values *v);
void values_done(struct values *v);
// Its place in the table; −1 for absent.
int64_t values_add(struct values *v, json value);
