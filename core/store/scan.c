// A scan merges two ordered streams: the overlay's rows and the driver's. Both are fixed when it
// begins: the overlay by the number of the last write, the driver by its own snapshot. The driver
// may already have committed a batch whose acknowledgement is not in; that is harmless, because
// until then (and as long as any scan is open) the overlay has the same rows and deletions, and
// where it has a say on a key, the driver's row is passed over. So the streams never hold the same
// key.
#include "store/front.h"

#include "base/mem.h"
#include "base/must.h"

struct scan {
    struct store *store;
    struct range range;
    uint64_t number;
    struct memtable_cursor overlay;
    struct version *overlay_next; // borrowed from the cursor; NULL at its end
    void *cursor;                 // the driver's; NULL at its end
    struct row driver_next;       // what it gave and was not yet handed out
    bool failed;
};

bool store_scan(struct store *s, const struct scan_opts *opts, struct scan **out, struct fail *why)
{
    must(opts->index >= -1 && opts->index < schema_tables[opts->table].index_count);
    struct scan *scan = mem_new(struct scan);
    scan->store = s;
    scan->number = s->number;
    range_init(&scan->range, opts);
    if (!s->driver->scan(s->driver, opts, &scan->cursor, why)) {
        range_done(&scan->range);
        mem_free(scan);
        *out = NULL;
        return false;
    }
    s->scans++;
    memtable_seek(&scan->overlay, &s->overlay, &scan->range, opts->index, scan->number);
    scan->overlay_next = memtable_next(&scan->overlay);
    *out = scan;
    return true;
}

static void end_driver(struct scan *scan)
{
    if (scan->cursor != NULL)
        scan->store->driver->end(scan->store->driver, scan->cursor);
    scan->cursor = NULL;
}

// Fetches the driver's next row that counts; true at its end as well.
static bool fill_from_driver(struct scan *scan, struct fail *why)
{
    struct store_driver *d = scan->store->driver;
    while (scan->cursor != NULL && !row_is_there(&scan->driver_next)) {
        why->kind = FAIL_NONE;
        if (!d->next(d, scan->cursor, &scan->driver_next, why)) {
            end_driver(scan);
            scan->failed = why->kind != FAIL_NONE;
            return !scan->failed;
        }
        if (store_shadows(scan->store, scan->range.table, scan->driver_next.columns, scan->number))
            row_done(&scan->driver_next);
    }
    return true;
}

static bool overlay_is_first(const struct scan *scan)
{
    if (scan->overlay_next == NULL || !row_is_there(&scan->driver_next))
        return scan->overlay_next != NULL;
    int c =
        row_compare(&scan->range.order, scan->overlay_next->row.columns, scan->driver_next.columns);
    must(c != 0);
    return scan->range.descending ? c > 0 : c < 0;
}

bool scan_next(struct scan *scan, struct row *row, struct fail *why)
{
    *row = (struct row){0};
    why->kind = FAIL_NONE;
    must(!scan->failed);
    if (!fill_from_driver(scan, why))
        return false;
    if (overlay_is_first(scan)) {
        *row = row_of(row_data_ref(&scan->overlay_next->row));
        scan->overlay_next = memtable_next(&scan->overlay);
        return true;
    }
    *row = scan->driver_next;
    scan->driver_next = (struct row){0};
    return row_is_there(row);
}

void scan_done(struct scan *scan)
{
    if (scan == NULL)
        return;
    struct store *s = scan->store;
    row_done(&scan->driver_next);
    end_driver(scan);
    memtable_cursor_done(&scan->overlay);
    range_done(&scan->range);
    mem_free(scan);
    must(s->scans > 0);
    if (--s->scans == 0)
        store_evict(s);
}
