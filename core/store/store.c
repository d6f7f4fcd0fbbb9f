// The overlay is a memtable of versions. Every write gets the next number; a scan remembers the
// number at which it began and sees of each key the newest version up to it. Deletions are versions
// too: a row of the driver counts only where the overlay has no version of its key and no deleted
// prefix covers it. Within a batch a write takes the place of an earlier one on its key, unless a
// mark or a scan still needs that.
#include "store/store.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "store/front.h"

static bool read_head(struct store *s, struct fail *why)
{
    struct scan *scan;
    struct row row;
    if (!store_scan(s, &(struct scan_opts){.table = TABLE_COMMIT, .index = -1, .descending = true},
                    &scan, why))
        return false;
    why->kind = FAIL_NONE;
    if (scan_next(scan, &row, why)) {
        s->sealed = (uint64_t)row_integer(&row, COMMIT_SEQ);
        if (row.columns[COMMIT_HASH].bytes == HASH_BYTES)
            memcpy(s->head.bytes, row.columns[COMMIT_HASH].data, HASH_BYTES);
        else
            fail(why, FAIL_CORRUPT, "commit %llu has no whole hash", (unsigned long long)s->sealed);
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

struct store *store_open(const struct store_opts *opts, struct fail *why)
{
    must(opts->driver != NULL);
    struct store *s = mem_new(struct store);
    s->driver = opts->driver;
    s->random = opts->random;
    s->end = &s->oldest;
    memtable_init(&s->overlay);
    s->driver->set_wake(s->driver, opts->wake, opts->context);
    if (read_head(s, why))
        return s;
    store_abandon(s);
    return NULL;
}

static void flight_free(struct flight *flight)
{
    mem_free(flight->writes);
    mem_free(flight->log.items);
    mem_free(flight->waiters);
    mem_free(flight);
}

// Deleted prefixes belong to their keysets, rows and deleted keys to the memtable.
void store_abandon(struct store *s)
{
    if (s == NULL)
        return;
    must(s->scans == 0);
    s->driver->close(s->driver);
    for (struct flight *flight = s->oldest, *next; flight != NULL; flight = next) {
        next = flight->next;
        flight_free(flight);
    }
    for (int table = 0; table < TABLE_COUNT; table++)
        for (int i = 0; i < SCHEMA_KEYS_MAX; i++)
            if (s->prefixes[table][i].columns > 0)
                keyset_done(&s->prefixes[table][i]);
    memtable_done(&s->overlay);
    mem_free(s->log.items);
    mem_free(s->marks);
    mem_free(s);
}

void store_random(struct store *s, void *out, size_t bytes)
{
    if (s->random == NULL) {
        random_secret(out, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)out)[i] = (uint8_t)random_below(s->random, 256);
}

uint64_t store_next_commit(const struct store *s)
{
    return s->sealed + 1;
}

static void log_append(struct log *log, struct version *version)
{
    if (log->count == log->capacity) {
        log->capacity = log->capacity ? log->capacity * 2 : 64;
        log->items = mem_resize(log->items, log->capacity * sizeof(struct version *));
    }
    version->place = log->count;
    log->items[log->count++] = version;
}

static size_t innermost_mark(const struct store *s)
{
    return s->mark_count > 0 ? s->marks[s->mark_count - 1] : 0;
}

static bool has_unique_index(enum table table)
{
    for (int i = 0; i < schema_tables[table].index_count; i++)
        if (schema_tables[table].indexes[i].unique)
            return true;
    return false;
}

static void number_version(struct store *s, struct version *version)
{
    version->number = ++s->number;
    version->commit = s->sealed + 1;
}

// A write that takes over keeps the place of the one before it, so that a row written a million
// times in a batch costs one entry. Not where a prefix was deleted since, which has to come before
// it, nor where a unique value may have passed from row to row meanwhile.
static void write_version(struct store *s, struct version *version)
{
    number_version(s, version);
    memtable_push(&s->overlay, version);
    struct version *older = version->older;
    bool takes_over = older != NULL && older->commit == version->commit && s->scans == 0 &&
                      older->place >= innermost_mark(s);
    if (takes_over && older->place >= s->after_prefix[version->table] &&
        !has_unique_index(version->table)) {
        version->place = older->place;
        s->log.items[older->place] = version;
    } else {
        log_append(&s->log, version);
        if (takes_over)
            s->log.items[older->place] = NULL;
    }
    if (takes_over)
        memtable_pop(&s->overlay, older);
}

void store_put(struct store *s, enum table table, const struct value *columns)
{
    must(row_fits(table, columns, schema_tables[table].column_count));
    write_version(s, version_new(table, VERSION_ROW, columns, schema_tables[table].column_count));
}

static void delete_key(struct store *s, enum table table, const struct value *key,
                       bool within_prefix)
{
    struct version *version =
        version_new(table, VERSION_DELETED, key, schema_tables[table].key_count);
    version->within_prefix = within_prefix;
    write_version(s, version);
}

void store_delete(struct store *s, enum table table, const struct value *key)
{
    must(row_fits(table, key, schema_tables[table].key_count));
    struct version *newest = memtable_find(&s->overlay, table, key);
    if (newest == NULL || newest->kind == VERSION_ROW)
        delete_key(s, table, key, false);
}

// Rows of the overlay under the prefix get their deletions one by one; the prefix itself hides the
// driver's. A second deletion in the same batch has nothing to add to the first.
static void delete_driver_prefix(struct store *s, enum table table, const struct value *prefix,
                                 int count)
{
    struct keyset *set = &s->prefixes[table][count];
    if (set->columns == 0)
        keyset_init(set, count);
    struct version *newest = keyset_find(set, prefix);
    if (newest != NULL && newest->commit == s->sealed + 1)
        return;
    struct version *version = version_new(table, VERSION_DELETED_PREFIX, prefix, count);
    number_version(s, version);
    keyset_push(set, version);
    s->prefix_count[table]++;
    log_append(&s->log, version);
    s->after_prefix[table] = s->log.count;
}

void store_delete_prefix(struct store *s, enum table table, const struct value *prefix, int count)
{
    must(count > 0 && count <= schema_tables[table].key_count && row_fits(table, prefix, count));
    if (count == schema_tables[table].key_count) {
        store_delete(s, table, prefix);
        return;
    }
    uint64_t before = s->number;
    delete_driver_prefix(s, table, prefix, count);
    if (s->overlay.tables[table].keys.count == 0)
        return;
    struct range range;
    range_init(&range, &(struct scan_opts){
                           .table = table, .index = -1, .prefix = prefix, .prefix_count = count});
    struct memtable_cursor cursor;
    memtable_seek(&cursor, &s->overlay, &range, -1, before);
    for (struct version *v; (v = memtable_next(&cursor)) != NULL;)
        delete_key(s, table, v->row.columns, true);
    memtable_cursor_done(&cursor);
    range_done(&range);
}

size_t store_mark(struct store *s)
{
    if (s->mark_count == s->mark_capacity) {
        s->mark_capacity = s->mark_capacity ? s->mark_capacity * 2 : 8;
        s->marks = mem_resize(s->marks, s->mark_capacity * sizeof(size_t));
    }
    s->marks[s->mark_count] = s->log.count;
    return s->mark_count++;
}

void store_pop(struct store *s, struct version *version)
{
    if (version->kind != VERSION_DELETED_PREFIX) {
        memtable_pop(&s->overlay, version);
        return;
    }
    keyset_pop(&s->prefixes[version->table][version->row.count], version);
    s->prefix_count[version->table]--;
    row_data_unref(&version->row);
}

void store_undo(struct store *s, size_t mark)
{
    must(mark + 1 == s->mark_count); // the innermost
    size_t place = s->marks[--s->mark_count];
    while (s->log.count > place) {
        struct version *version = s->log.items[--s->log.count];
        if (version != NULL)
            store_pop(s, version);
    }
}

void store_keep(struct store *s, size_t mark)
{
    must(mark + 1 == s->mark_count);
    s->mark_count--;
}

static bool prefix_is_deleted(const struct store *s, enum table table, const struct value *key,
                              uint64_t number)
{
    for (int count = 1; count < schema_tables[table].key_count; count++) {
        const struct keyset *set = &s->prefixes[table][count];
        if (set->count > 0 && version_seen(keyset_find(set, key), number) != NULL)
            return true;
    }
    return false;
}

bool store_shadows(const struct store *s, enum table table, const struct value *key,
                   uint64_t number)
{
    return version_seen(memtable_find(&s->overlay, table, key), number) != NULL ||
           (s->prefix_count[table] > 0 && prefix_is_deleted(s, table, key, number));
}

bool store_get(struct store *s, enum table table, const struct value *key, struct row *out,
               struct fail *why)
{
    must(row_fits(table, key, schema_tables[table].key_count));
    *out = (struct row){0};
    struct version *newest = memtable_find(&s->overlay, table, key);
    if (newest != NULL) {
        if (newest->kind == VERSION_ROW)
            *out = row_of(row_data_ref(&newest->row));
        return true;
    }
    if (s->prefix_count[table] > 0 && prefix_is_deleted(s, table, key, s->number))
        return true;
    return s->driver->get(s->driver, table, key, out, why);
}

size_t store_overlay_rows(const struct store *s)
{
    return s->overlay.versions;
}

bool store_has_writes(const struct store *s)
{
    return s->log.count > 0;
}

size_t store_in_flight(const struct store *s)
{
    return s->in_flight;
}

bool store_trouble(const struct store *s, struct fail *why)
{
    return s->driver->trouble(s->driver, why);
}

struct store_figures store_figures(const struct store *s)
{
    return s->figures;
}
