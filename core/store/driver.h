// The store's seam: what a driver must do. Two live here (memory.h, sqlite.h); PostgreSQL comes
// behind the same one. tests/unit/store runs one suite over all of them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "store/schema.h"
#include "store/store.h"

enum write_kind { WRITE_PUT, WRITE_DELETE, WRITE_DELETE_PREFIX };

struct write {
    enum write_kind kind;
    enum table table;
    int count;                  // values: all columns, the key, or the prefix
    const struct value *values; // owned by the batch
};

// One transaction. The front owns it and frees it after it was acknowledged; the driver's thread
// may read it until then.
struct batch {
    uint64_t commit;
    const struct write *writes;
    size_t count;
    size_t bytes;
};

struct store_driver {
    // Applies the batch durably, now or on a thread of the driver's; exactly one acknowledgement a
    // batch, in order. The driver keeps trying until it succeeds or is closed.
    void (*submit)(struct store_driver *d, const struct batch *batch);
    // The next acknowledged commit, or 0. `wait_ms` 0 does not wait.
    uint64_t (*acknowledged)(struct store_driver *d, int64_t wait_ms);
    bool (*trouble)(struct store_driver *d, struct fail *why);
    // Reads see all acknowledged batches (and may see the one after).
    bool (*get)(struct store_driver *d, enum table table, const struct value *key, struct row *out,
                struct fail *why);
    bool (*scan)(struct store_driver *d, const struct scan_opts *opts, void **cursor,
                 struct fail *why);
    bool (*next)(struct store_driver *d, void *cursor, struct row *row, struct fail *why);
    void (*end)(struct store_driver *d, void *cursor);
    void (*set_wake)(struct store_driver *d, void (*wake)(void *context), void *context);
    void (*close)(struct store_driver *d); // frees d
};
