// A table of JSON values, written as it grows: a value that occurs in several places of a state (an
// input passed from task to task unchanged) is written once, and read back as one. Values are told
// apart by their identity, not by comparing them. The owner embeds it; values are borrowed and must
// outlive it. One thread at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "machine/instance.h"
#include "json/json.h"

struct values {
    struct bytes text; // the values, separated by commas
    json *items;
    size_t *slots;     // open addressing: place + 1
    size_t slot_count; // power of two; twice the items' capacity
    size_t count;
    value_written *written; // may be NULL
    void *context;
};

void values_init(struct values *v, size_t max_bytes, value_written *written, void *context);
void values_done(struct values *v);
// Its place in the table; −1 for absent.
int64_t values_add(struct values *v, json value);
