// Rows in memory, ordered on demand: what the front's overlay and the memory driver's disk are made
// of. Each table finds rows by their primary key through a hash; a tree for an order (the primary
// key's or an index's) is filled only when a scan asks for it, because most rows of the overlay are
// durable and gone before anybody does: a write costs a hash and two pointers.
//
// The memtable owns its versions. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/keyset.h"

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
