// Values and rows as the store's own files see them: one block of memory a row, counted, its
// columns and their bytes together. A row is immutable once made. The counts are not atomic: rows
// belong to the loop; a driver's thread may read the values of a batch, never count. Loop thread
// only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/schema.h"
#include "store/store.h"

struct row_data {
    struct value *columns; // in the same block
    uint32_t references;
    uint32_t count;
    size_t bytes; // of the data, for accounts
};

// A block that begins with `head_bytes` of the caller's (at least sizeof(struct row_data)), zeroed
// but for the row itself, which copies the values.
struct row_data *row_data_new(size_t head_bytes, const struct value *columns, size_t count);
struct row_data *row_data_ref(struct row_data *data);
void row_data_unref(struct row_data *data); // NULL is legal

struct row row_of(struct row_data *data); // takes the reference

// NULL before integers before text before blobs; text and blobs by their bytes (SQLite's BINARY).
int value_compare(const struct value *a, const struct value *b);
int row_compare(const struct schema_order *order, const struct value *a, const struct value *b);

// Do these values fit the table's first `count` columns? What is written is ours: a misfit is a
// bug.
bool row_fits(enum table table, const struct value *columns, int count);

// Which rows of an order a scan wants; made once, so that the arguments may go.
struct range {
    enum table table;
    struct schema_order order;
    struct row_data *bounds; // holds the values below
    const struct value *prefix;
    int prefix_count;
    const struct value *from, *to, *after; // NULL: open; `after` is a full row
    bool descending;
};
void range_init(struct range *range, const struct scan_opts *opts);
void range_done(struct range *range);
int range_place(const struct range *range, const struct value *row); // -1 before, 0 in, 1 behind
