// The store as the loop sees it: rows that are there as soon as they are put, and durable once
// their batch is. All puts since the last seal are one batch; sealing hands it to the driver, whose
// writer commits it in one transaction with the disk's own guarantee (fsync); what is put meanwhile
// is the next batch. Batches commit in order. Until a batch is durable its rows live in an overlay
// through which every read goes, so that a step sees what the steps before it wrote.
//
//      put/delete ──> overlay (current batch) ──seal──> in flight ──(durable)──> driver
//      get/scan  <── overlay over in-flight batches over driver
//
// If a commit fails, the driver keeps it and tries again with back-off; nothing is lost and nothing
// later overtakes it. store_trouble says what is wrong meanwhile. Loop thread only; the wake
// callback comes on any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "store/schema.h"

struct random;
struct store;
struct store_driver; // the seam: see store/driver.h

enum value_kind { VALUE_NULL, VALUE_INTEGER, VALUE_TEXT, VALUE_BLOB };

// A column's value. In arguments data is borrowed; in rows read it lives as long as the row.
struct value {
    enum value_kind kind;
    int64_t integer;
    const char *data; // text is NUL-terminated as well
    size_t bytes;
};

static inline struct value value_null(void)
{
    return (struct value){.kind = VALUE_NULL};
}
static inline struct value value_integer(int64_t n)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = n};
}
struct value value_text(const char *s); // NULL gives null
struct value value_text_sized(const char *s, size_t bytes);
struct value value_blob(const void *data, size_t bytes);

// A row read. Counted: the row stays valid until row_done, whatever is written meanwhile.
struct row {
    const struct value *columns; // NULL when there is no row
    void *hold;
};
void row_done(struct row *row);
bool row_is_there(const struct row *row);
const char *row_text(const struct row *row, int column); // NULL where null; borrowed from the row
int64_t row_integer(const struct row *row, int column);  // 0 where null
bool row_is_null(const struct row *row, int column);

struct store_opts {
    struct store_driver *driver; // taken
    void (*wake)(void *context); // an acknowledgement waits for store_poll; any thread; may be NULL
    void *context;
    struct random *random; // salts and references; borrowed; NULL asks the system
};
struct store *store_open(const struct store_opts *opts, struct fail *why);
// Waits for what is in flight (a bounded time if the disk is in trouble: then it is logged and
// lost); what is not sealed is dropped. Calls no `done`: flush and poll first where they matter.
void store_close(struct store *s);
void store_abandon(struct store *s); // closes as a crash does: waits for nothing

void store_random(struct store *s, void *out, size_t bytes);
uint64_t store_next_commit(const struct store *s); // the number of the batch that is being filled

// Writes to the current batch. The last one on a key wins within it. Cannot fail: bounds were
// checked before. Columns of a unique index never change while their row is there.
void store_put(struct store *s, enum table table,
               const struct value *columns); // all columns, in order
void store_delete(struct store *s, enum table table, const struct value *key); // no-op if absent
// Deletes all rows whose first `count` key columns are these.
void store_delete_prefix(struct store *s, enum table table, const struct value *prefix, int count);

// Undo: everything since the mark is as if it had not been put. Marks nest; each ends with one of
// the two. A batch must not be sealed with an open mark.
size_t store_mark(struct store *s);
void store_undo(struct store *s, size_t mark);
void store_keep(struct store *s, size_t mark);

// The row with this key; columns == NULL if there is none. A read that the disk refuses is a
// `false`.
CHECKED bool store_get(struct store *s, enum table table, const struct value *key, struct row *out,
                       struct fail *why);

// Rows in the order of an index (-1: the primary key) whose first columns equal `prefix`, the next
// column within [from, to) where given (NULL: open), from `after` exclusive (a full row's index
// columns and key, to page on).
struct scan_opts {
    enum table table;
    int index; // of the table, by its name in schema.h; -1: its primary key
    const struct value *prefix;
    int prefix_count;
    const struct value *from, *to; // one value each, of the column after the prefix
    const struct row *after;       // a row read before: go on behind it
    bool descending;
};
struct scan;
CHECKED bool store_scan(struct store *s, const struct scan_opts *opts, struct scan **out,
                        struct fail *why);
// False at the end, or on a read error with why->kind set (FAIL_NONE at a plain end). The row must
// be row_done. Writing while a scan is open is allowed; the scan sees the store as it was when it
// began.
bool scan_next(struct scan *scan, struct row *row, struct fail *why);
void scan_done(struct scan *scan); // NULL is legal
size_t store_overlay_rows(const struct store *s);

// Seals the current batch; `done` (may be NULL) is called by store_poll, in order, once it is
// durable. Adds the commit's own row (TABLE_COMMIT), which chains the heads. A batch without writes
// makes no commit: `done` is called with the last one before, at once if that is durable, because
// an answer may rest on rows that are still in flight. Returns the commit's number.
typedef void store_committed(void *context, uint64_t commit);
uint64_t store_seal(struct store *s, int64_t now_ms, store_committed *done, void *context);
bool store_has_writes(const struct store *s); // in the current batch
size_t store_in_flight(const struct store *s);
void store_poll(struct store *s); // calls what is due; never waits
// Waits until all sealed batches are durable, or until trouble lasts longer than patience_ms; for
// commands and shutdown, not for the loop.
CHECKED bool store_flush(struct store *s, int64_t patience_ms, struct fail *why);

// What keeps commits from the disk now, or false.
bool store_trouble(const struct store *s, struct fail *why);

struct store_figures {
    uint64_t commits, rows_written, bytes_written;
    uint64_t commit_ns_sum, commit_ns_max; // time in the driver
};
struct store_figures store_figures(const struct store *s);
