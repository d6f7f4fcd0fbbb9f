// The front's insides, shared by store.c (writes, reads, undo), commit.c (sealing, acknowledgement)
// and scan.c (merging). Loop thread only.
#pragma once

#include "base/hash.h"
#include "store/driver.h"
#include "store/memtable.h"
#include "store/store.h"

// The writes of a batch in order; a hole (NULL) where a later write to the same key took over.
struct log {
    struct version **items;
    size_t count, capacity;
};

struct waiter {
    store_committed *done;
    void *context;
};

// A sealed batch; it stays until it is durable and no scan needs its rows.
struct flight {
    struct flight *next;
    struct batch batch;
    struct write *writes;
    struct log log;
    struct waiter *waiters;
    size_t waiter_count;
    uint64_t submitted_ns;
    bool acknowledged;
};

struct store {
    struct store_driver *driver;
    struct random *random;
    struct memtable overlay;
    struct keyset prefixes[TABLE_COUNT][SCHEMA_KEYS_MAX]; // deleted prefixes by their length
    size_t prefix_count[TABLE_COUNT];
    size_t after_prefix[TABLE_COUNT]; // in the log, behind the last prefix deleted in this batch

    struct log log;   // the current batch
    uint64_t number;  // of the last write
    uint64_t sealed;  // the last commit's number
    struct hash head; // and its hash
    size_t *marks;
    size_t mark_count, mark_capacity;

    struct flight *oldest, **end;
    struct flight *unacknowledged; // the first
    size_t in_flight;
    size_t scans; // open; while there are any, nothing leaves the overlay
    bool polling;
    struct store_figures figures;
};

void store_pop(struct store *s, struct version *version); // out of the overlay
void store_evict(struct store *s);                        // what is durable and needed by no scan

// Do the driver's rows with this key count for a reader of this number, or has the overlay its own
// say on them?
bool store_shadows(const struct store *s, enum table table, const struct value *key,
                   uint64_t number);
