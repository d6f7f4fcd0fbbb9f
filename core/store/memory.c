#include "store/memory.h"

#include "base/mem.h"
#include "base/must.h"
#include "store/memtable.h"

struct memory_disk {
    struct memtable rows;
    uint64_t number;
    struct memory_faults faults;
};

struct queued {
    struct queued *next;
    const struct batch *batch;
    uint64_t commit;
    bool refused;
};

struct queue {
    struct queued *first, **end;
};

struct memory_driver {
    struct store_driver seam; // first
    struct memory_disk *disk;
    struct queue waiting, durable;
    size_t cursors; // nothing is applied while one is open: that is their snapshot
    void (*wake)(void *context);
    void *context;
};

struct memory_cursor {
    struct range range;
    struct memtable_cursor rows;
};

struct memory_disk *memory_disk_new(void)
{
    struct memory_disk *disk = mem_new(struct memory_disk);
    memtable_init(&disk->rows);
    return disk;
}

void memory_disk_free(struct memory_disk *disk)
{
    if (disk == NULL)
        return;
    memtable_done(&disk->rows);
    mem_free(disk);
}

struct memory_faults *memory_disk_faults(struct memory_disk *disk)
{
    return &disk->faults;
}

static struct memory_driver *self(struct store_driver *d)
{
    return (struct memory_driver *)d;
}

static void enqueue(struct queue *queue, struct queued *item)
{
    item->next = NULL;
    *queue->end = item;
    queue->end = &item->next;
}

static struct queued *dequeue(struct queue *queue)
{
    struct queued *item = queue->first;
    queue->first = item->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    return item;
}

// SQLite would refuse a second row with a unique value, so the memory has to notice it too.
static void check_unique(struct memory_disk *disk, const struct version *version)
{
    const struct table_description *t = &schema_tables[version->table];
    for (int i = 0; i < t->index_count; i++) {
        if (!t->indexes[i].unique)
            continue;
        struct value prefix[SCHEMA_KEYS_MAX];
        for (int n = 0; n < t->indexes[i].column_count; n++)
            prefix[n] = version->row.columns[t->indexes[i].columns[n]];
        struct range range;
        range_init(&range, &(struct scan_opts){.table = version->table,
                                               .index = i,
                                               .prefix = prefix,
                                               .prefix_count = t->indexes[i].column_count});
        struct memtable_cursor cursor;
        memtable_seek(&cursor, &disk->rows, &range, i, disk->number);
        must(memtable_next(&cursor) != NULL); // the row itself
        must(memtable_next(&cursor) == NULL); // and no other with its unique columns
        memtable_cursor_done(&cursor);
        range_done(&range);
    }
}

static void put(struct memory_disk *disk, const struct write *write)
{
    struct version *version = version_new(write->table, VERSION_ROW, write->values, write->count);
    version->number = ++disk->number;
    memtable_push(&disk->rows, version);
    if (version->older != NULL)
        memtable_pop(&disk->rows, version->older);
    check_unique(disk, version);
}

static void delete_prefix(struct memory_disk *disk, const struct write *write)
{
    struct range range;
    range_init(&range, &(struct scan_opts){.table = write->table,
                                           .index = -1,
                                           .prefix = write->values,
                                           .prefix_count = write->count});
    struct memtable_cursor cursor;
    memtable_seek(&cursor, &disk->rows, &range, -1, disk->number);
    for (struct version *v; (v = memtable_next(&cursor)) != NULL;)
        memtable_pop(&disk->rows, v);
    memtable_cursor_done(&cursor);
    range_done(&range);
}

static void apply(struct memory_disk *disk, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct write *write = &batch->writes[i];
        switch (write->kind) {
        case WRITE_PUT:
            put(disk, write);
            break;
        case WRITE_DELETE: {
            struct version *v = memtable_find(&disk->rows, write->table, write->values);
            if (v != NULL)
                memtable_pop(&disk->rows, v);
            break;
        }
        case WRITE_DELETE_PREFIX:
            delete_prefix(disk, write);
            break;
        }
    }
}

// Applies what waits, unless the disk is slow, full or being read.
static void work(struct memory_driver *m)
{
    struct memory_faults *faults = &m->disk->faults;
    bool news = false;
    while (m->waiting.first != NULL && faults->hold == 0 && m->cursors == 0) {
        struct queued *item = m->waiting.first;
        if (!item->refused && faults->refuse_next > 0) {
            faults->refuse_next--;
            item->refused = true;
            break;
        }
        apply(m->disk, item->batch);
        item->batch = NULL;
        news = news || m->durable.first == NULL;
        enqueue(&m->durable, dequeue(&m->waiting));
    }
    if (news && m->wake != NULL)
        m->wake(m->context);
}

static void memory_submit(struct store_driver *d, const struct batch *batch)
{
    struct memory_driver *m = self(d);
    struct queued *item = mem_new(struct queued);
    item->batch = batch;
    item->commit = batch->commit;
    enqueue(&m->waiting, item);
    work(m);
}

static uint64_t memory_acknowledged(struct store_driver *d, int64_t wait_ms)
{
    struct memory_driver *m = self(d);
    (void)wait_ms;
    work(m);
    if (m->durable.first == NULL)
        return 0;
    struct queued *item = dequeue(&m->durable);
    uint64_t commit = item->commit;
    mem_free(item);
    return commit;
}

static bool memory_trouble(struct store_driver *d, struct fail *why)
{
    struct memory_driver *m = self(d);
    if (m->waiting.first == NULL)
        return false;
    if (m->waiting.first->refused)
        fail(why, FAIL_FULL, "the disk is full; make room and the commits go on by themselves");
    else
        fail(why, FAIL_BUSY, "the disk does not answer");
    return true;
}

static bool reads_fail(struct memory_driver *m, struct fail *why)
{
    struct memory_faults *faults = &m->disk->faults;
    if (faults->fail_read_at == 0 || --faults->fail_read_at > 0)
        return false;
    fail(why, FAIL_IO, "the disk refuses to read");
    return true;
}

static bool memory_get(struct store_driver *d, enum table table, const struct value *key,
                       struct row *out, struct fail *why)
{
    *out = (struct row){0};
    if (reads_fail(self(d), why))
        return false;
    struct version *v = memtable_find(&self(d)->disk->rows, table, key);
    *out = v != NULL ? row_of(row_data_ref(&v->row)) : (struct row){0};
    return true;
}

static bool memory_scan(struct store_driver *d, const struct scan_opts *opts, void **cursor,
                        struct fail *why)
{
    struct memory_driver *m = self(d);
    if (reads_fail(m, why))
        return false;
    struct memory_cursor *c = mem_new(struct memory_cursor);
    range_init(&c->range, opts);
    memtable_seek(&c->rows, &m->disk->rows, &c->range, opts->index, m->disk->number);
    m->cursors++;
    *cursor = c;
    return true;
}

static bool memory_next(struct store_driver *d, void *cursor, struct row *row, struct fail *why)
{
    struct memory_cursor *c = cursor;
    *row = (struct row){0};
    if (reads_fail(self(d), why))
        return false;
    struct version *v = memtable_next(&c->rows);
    *row = v != NULL ? row_of(row_data_ref(&v->row)) : (struct row){0};
    return v != NULL;
}

static void memory_end(struct store_driver *d, void *cursor)
{
    struct memory_driver *m = self(d);
    struct memory_cursor *c = cursor;
    memtable_cursor_done(&c->rows);
    range_done(&c->range);
    mem_free(c);
    must(m->cursors > 0);
    if (--m->cursors == 0)
        work(m);
}

static void memory_set_wake(struct store_driver *d, void (*wake)(void *context), void *context)
{
    self(d)->wake = wake;
    self(d)->context = context;
}

static void memory_close(struct store_driver *d)
{
    struct memory_driver *m = self(d);
    must(m->cursors == 0);
    while (m->waiting.first != NULL) {
        if (m->disk->faults.crash_applies_held)
            apply(m->disk, m->waiting.first->batch);
        mem_free(dequeue(&m->waiting));
    }
    while (m->durable.first != NULL)
        mem_free(dequeue(&m->durable));
    mem_free(m);
}

struct store_driver *memory_driver_new(struct memory_disk *disk)
{
    struct memory_driver *m = mem_new(struct memory_driver);
    m->seam = (struct store_driver){.submit = memory_submit,
                                    .acknowledged = memory_acknowledged,
                                    .trouble = memory_trouble,
                                    .get = memory_get,
                                    .scan = memory_scan,
                                    .next = memory_next,
                                    .end = memory_end,
                                    .set_wake = memory_set_wake,
                                    .close = memory_close};
    m->disk = disk;
    m->waiting.end = &m->waiting.first;
    m->durable.end = &m->durable.first;
    return &m->seam;
}
