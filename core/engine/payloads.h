// Large payloads inside an instance's state: written once under their content hash, so that a state
// written at every step stays small, and put back when the state is read. A state keeps its values
// in one list, "V" (machine/encode.c); large ones become {"$payload": hex} there.
// What was written or read is remembered by identity, so that it is not hashed again at each
// commit. The owner embeds it. Loop thread only.
#pragma once

#include "base/hash.h"
#include "store/store.h"
#include "json/json.h"

struct payload {
    json value;
    char hex[HASH_HEX_SIZE];
};

struct payloads {
    struct payload *items;
    size_t count;
};

void payloads_done(struct payloads *p);
// For instance_write: writes the reference of a large value that lies (or is put) in the store.
bool payload_written(struct payloads *p, struct store *s, json value, struct bytes *out);
// For instance_read: in place of a reference the value that it names.
void payload_read(struct payloads *p, struct store *s, json *value);
