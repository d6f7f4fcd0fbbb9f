// Chains of versions by the first columns of their rows. A key may have several versions, each with
// the number of the write that made it, so that a scan sees the table as it was when it began. A
// keyset owns its versions (one reference each) from push to pop. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/row.h"

enum version_kind {
    VERSION_ROW,
    VERSION_DELETED,       // only the key columns
    VERSION_DELETED_PREFIX // only the prefix columns; lives in a keyset of its own
};

struct tree_node {
    struct tree_node *left, *right, *up; // left/right link the waiting ones while not in the tree
    uint32_t priority;
    bool placed;
};

struct version {
    struct row_data row;           // first: row.hold points here
    struct version *older, *newer; // of the same key
    struct version *next;          // in its bucket; the newest of a key only
    uint64_t hash;
    uint64_t number; // of the write; grows
    uint64_t commit;
    size_t place; // in the log of its batch
    enum table table;
    enum version_kind kind;
    bool within_prefix;       // deleted with its prefix: the driver need not be told again
    struct tree_node nodes[]; // rows only: the primary key's order, then one an index
};

// A version with a copy of the values; the caller owns the reference until it is pushed.
struct version *version_new(enum table table, enum version_kind kind, const struct value *columns,
                            int count);
// The newest of the chain that a reader of this number may see, or NULL.
struct version *version_seen(struct version *newest, uint64_t number);

// Chains of versions by the first columns.
struct keyset {
    struct version **buckets;
    size_t bucket_count; // a power of two
    size_t count;        // keys
    uint64_t secrets[2];
    int columns;
};
void keyset_init(struct keyset *set, int columns);
void keyset_done(struct keyset *set); // gives the versions back
struct version *keyset_find(const struct keyset *set, const struct value *key);
void keyset_push(struct keyset *set, struct version *version); // becomes the newest of its key
void keyset_pop(struct keyset *set, struct version *version);  // anywhere in its chain
