// Large payloads inside a state: written once under their content hash, and put back when the
// state is read. Loop thread only.
#pragma once

#include "store/store.h"
#include "json/json.h"

// Writes *state as JSON into out; payloads above LIMIT_PAYLOAD_INLINE become {"$payload": hex}.
void payloads_put(struct store *s, json *state, struct bytes *out);
void payloads_get(struct store *s, json *state);
