// Rows in memory, ordered on demand: what the front's overlay and the memory driver's disk are made
// of. Each table finds rows by their primary key through a hash; a tree for an order (the primary
// key's or an index's) is filled only when a scan asks for it, because most rows of the overlay are
// durable and gone before anybody does: a write costs a hash and two pointers.
//
// A key may have several versions, each with the number of the write that made it, so that a scan
// sees the table as it was when it began. The memtable owns its versions (one reference each).
// Loop thread only.
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
    uint64_t secret;
    int columns;
};
void keyset_init(struct keyset *set, int columns);
void keyset_done(struct keyset *set); // gives the versions back
struct version *keyset_find(const struct keyset *set, const struct value *key);
void keyset_push(struct keyset *set, struct version *version); // becomes the newest of its key
void keyset_pop(struct keyset *set, struct version *version);  // anywhere in its chain

struct tree {
    struct schema_order order;
    struct tree_node *root;
    struct tree_node *waiting; // a list
    uint64_t removals;         // cursors look for their place again when it moves
    uint64_t inserted;
    size_t number; // among the table's trees
};

struct memtable {
    struct memtable_table {
        struct keyset keys;
        struct tree trees[1 + SCHEMA_INDEXES_MAX];
        size_t tree_count;
    } tables[TABLE_COUNT];
    size_t versions;
};

void memtable_init(struct memtable *m);
void memtable_done(struct memtable *m);
struct version *memtable_find(const struct memtable *m, enum table table, const struct value *key);
void memtable_push(struct memtable *m, struct version *version); // takes the reference
void memtable_pop(struct memtable *m, struct version *version);  // gives it back

// Walks the rows of a range as a reader of this number sees them; writing meanwhile is allowed.
struct memtable_cursor {
    struct tree *tree;
    const struct range *range; // borrowed
    uint64_t number;
    struct tree_node *node;
    struct version *last; // counted
    uint64_t removals;
    bool ended;
};
void memtable_seek(struct memtable_cursor *cursor, struct memtable *m, const struct range *range,
                   int index, uint64_t number);
struct version *memtable_next(struct memtable_cursor *cursor); // NULL at the end; borrowed
void memtable_cursor_done(struct memtable_cursor *cursor);
