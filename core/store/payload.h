// Big payloads, stored once by the hash of their bytes (TABLE_PAYLOAD). What is above
// LIMIT_PAYLOAD_INLINE stands elsewhere only as its hash. Loop thread only.
#pragma once

#include <stddef.h>

#include "base/fail.h"
#include "base/hash.h"
#include "store/store.h"

// Puts the bytes away unless they are there; a read that the disk refuses is a `false`.
CHECKED bool payload_put(struct store *s, const void *data, size_t bytes, struct hash *out,
                         struct fail *why);
// The row's column PAYLOAD_BODY has the bytes; the caller ends it with row_done. FAIL_NOT_FOUND
// when there are none, FAIL_CORRUPT when they are not what the hash says.
CHECKED bool payload_get(struct store *s, const struct hash *hash, struct row *out,
                         struct fail *why);
