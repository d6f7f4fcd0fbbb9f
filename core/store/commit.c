#include "store/front.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "store/chain.h"
#include "store/heads.h"

#define CLOSE_PATIENCE_MS 1000 // whoever has more to give flushes before
#define FLUSH_WAIT_MS     50

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// What stands in the log but need not be written: taken over within the batch, or deleted with its
// prefix.
static bool is_written(const struct version *version)
{
    return version != NULL && !version->within_prefix &&
           (version->newer == NULL || version->newer->commit != version->commit);
}

static int compare_heads(const void *a, const void *b)
{
    const struct value *x = (*(struct version *const *)a)->row.columns;
    const struct value *y = (*(struct version *const *)b)->row.columns;
    int c = value_compare(&x[HISTORY_INSTANCE], &y[HISTORY_INSTANCE]);
    return c != 0 ? c : value_compare(&x[HISTORY_SEQ], &y[HISTORY_SEQ]);
}

// The newest history row of each instance in this batch, sorted: the lines that are chained and the
// form that is stored.
static void write_heads(const struct log *log, struct bytes *lines, struct bytes *stored)
{
    struct version **heads = mem_alloc(log->count * sizeof(struct version *));
    size_t count = 0;
    for (size_t i = 0; i < log->count; i++) {
        struct version *v = log->items[i];
        if (is_written(v) && v->table == TABLE_HISTORY && v->kind == VERSION_ROW) {
            must(v->row.columns[HISTORY_HASH].bytes == HASH_BYTES);
            heads[count++] = v;
        }
    }
    if (count > 0)
        qsort(heads, count, sizeof(struct version *), compare_heads);
    struct heads_writer writer;
    heads_begin(&writer, lines, stored);
    for (size_t i = 0; i < count; i++) {
        const struct value *row = heads[i]->row.columns;
        struct hash hash;
        memcpy(hash.bytes, row[HISTORY_HASH].data, HASH_BYTES);
        if (i + 1 == count || value_compare(&row[HISTORY_INSTANCE],
                                            &heads[i + 1]->row.columns[HISTORY_INSTANCE]) != 0)
            heads_add(&writer, row[HISTORY_INSTANCE].data, row[HISTORY_SEQ].integer, &hash);
    }
    heads_end(&writer);
    mem_free(heads);
}

static void put_commit_row(struct store *s, int64_t now_ms)
{
    struct bytes lines, heads;
    bytes_init(&lines, SIZE_MAX / 4);
    bytes_init(&heads, SIZE_MAX / 4);
    write_heads(&s->log, &lines, &heads);
    int64_t seq = (int64_t)s->sealed + 1;
    s->head = chain_next(
        &s->head, &(struct chain_entry){
                      .seq = seq, .at_ms = now_ms, .body = lines.data, .body_bytes = lines.length});
    store_put(s, TABLE_COMMIT,
              (struct value[]){[COMMIT_SEQ] = value_integer(seq),
                               [COMMIT_AT_MS] = value_integer(now_ms),
                               [COMMIT_HEADS] = value_blob(heads.data, heads.length),
                               [COMMIT_HASH] = value_blob(s->head.bytes, HASH_BYTES)});
    bytes_done(&lines);
    bytes_done(&heads);
}

static void write_of(const struct version *version, struct write *write)
{
    static const enum write_kind kinds[] = {[VERSION_ROW] = WRITE_PUT,
                                            [VERSION_DELETED] = WRITE_DELETE,
                                            [VERSION_DELETED_PREFIX] = WRITE_DELETE_PREFIX};
    *write = (struct write){.kind = kinds[version->kind],
                            .table = version->table,
                            .count = (int)version->row.count,
                            .values = version->row.columns};
}

static struct flight *flight_new(struct store *s)
{
    struct flight *flight = mem_new(struct flight);
    flight->log = s->log;
    flight->writes = mem_alloc(s->log.count * sizeof(struct write));
    flight->batch = (struct batch){.commit = ++s->sealed, .writes = flight->writes};
    for (size_t i = 0; i < s->log.count; i++) {
        if (!is_written(s->log.items[i]))
            continue;
        write_of(s->log.items[i], &flight->writes[flight->batch.count++]);
        flight->batch.bytes += s->log.items[i]->row.bytes;
    }
    memset(s->after_prefix, 0, sizeof(s->after_prefix));
    // The next batch is probably as large; the log's memory goes with this one.
    size_t capacity = s->log.count < 64 ? 64 : s->log.count;
    s->log =
        (struct log){.items = mem_alloc(capacity * sizeof(struct version *)), .capacity = capacity};
    return flight;
}

static void add_waiter(struct flight *flight, store_committed *done, void *context)
{
    if (done == NULL)
        return;
    flight->waiters =
        mem_resize(flight->waiters, (flight->waiter_count + 1) * sizeof(struct waiter));
    flight->waiters[flight->waiter_count++] = (struct waiter){done, context};
}

static struct flight *newest_flight(struct store *s)
{
    struct flight *flight = s->unacknowledged;
    while (flight->next != NULL)
        flight = flight->next;
    return flight;
}

uint64_t store_seal(struct store *s, int64_t now_ms, store_committed *done, void *context)
{
    must(s->mark_count == 0);
    if (!store_has_writes(s)) {
        if (s->in_flight > 0)
            add_waiter(newest_flight(s), done, context);
        else if (done != NULL)
            done(context, s->sealed);
        return s->sealed;
    }
    put_commit_row(s, now_ms);
    struct flight *flight = flight_new(s);
    add_waiter(flight, done, context);
    *s->end = flight;
    s->end = &flight->next;
    if (s->unacknowledged == NULL)
        s->unacknowledged = flight;
    s->in_flight++;
    s->figures.commits++;
    s->figures.rows_written += flight->batch.count;
    s->figures.bytes_written += flight->batch.bytes;
    flight->submitted_ns = clock_ns();
    uint64_t commit = flight->batch.commit;
    s->driver->submit(s->driver, &flight->batch);
    return commit;
}

void store_evict(struct store *s)
{
    while (s->scans == 0 && s->oldest != NULL && s->oldest->acknowledged) {
        struct flight *flight = s->oldest;
        s->oldest = flight->next;
        if (s->oldest == NULL)
            s->end = &s->oldest;
        for (size_t i = 0; i < flight->log.count; i++)
            if (flight->log.items[i] != NULL)
                store_pop(s, flight->log.items[i]);
        mem_free(flight->writes);
        mem_free(flight->log.items);
        mem_free(flight->waiters);
        mem_free(flight);
    }
}

static void acknowledge(struct store *s, uint64_t commit, bool tell)
{
    struct flight *flight = s->unacknowledged;
    must(flight != NULL && flight->batch.commit == commit);
    flight->acknowledged = true;
    s->unacknowledged = flight->next;
    s->in_flight--;
    uint64_t took_ns = clock_ns() - flight->submitted_ns;
    s->figures.commit_ns_sum += took_ns;
    if (took_ns > s->figures.commit_ns_max)
        s->figures.commit_ns_max = took_ns;

    struct waiter *waiters = flight->waiters;
    size_t count = flight->waiter_count;
    flight->waiters = NULL;
    store_evict(s);
    for (size_t i = 0; tell && i < count; i++)
        waiters[i].done(waiters[i].context, commit);
    mem_free(waiters);
}

void store_poll(struct store *s)
{
    must(!s->polling); // a `done` may write and seal, not poll
    s->polling = true;
    for (uint64_t commit; (commit = s->driver->acknowledged(s->driver, 0)) != 0;)
        acknowledge(s, commit, true);
    s->polling = false;
}

// Counts the waiting it asked for rather than the clock's, so that a driver that never waits
// (memory) takes no time to give up.
static bool wait_for_flights(struct store *s, int64_t patience_ms, bool tell, struct fail *why)
{
    int64_t wait_ms = patience_ms < FLUSH_WAIT_MS ? patience_ms + 1 : FLUSH_WAIT_MS;
    for (int64_t waited_ms = 0; s->in_flight > 0;) {
        uint64_t commit = s->driver->acknowledged(s->driver, wait_ms);
        if (commit != 0) {
            acknowledge(s, commit, tell);
            waited_ms = 0;
            continue;
        }
        if (!s->driver->trouble(s->driver, why))
            continue;
        waited_ms += wait_ms;
        if (waited_ms > patience_ms)
            return fail_within(why, "%zu commits wait for the disk", s->in_flight);
    }
    return true;
}

bool store_flush(struct store *s, int64_t patience_ms, struct fail *why)
{
    must(!s->polling);
    s->polling = true;
    bool flushed = wait_for_flights(s, patience_ms, true, why);
    s->polling = false;
    return flushed;
}

void store_close(struct store *s)
{
    struct fail why;
    if (s == NULL)
        return;
    if (!wait_for_flights(s, CLOSE_PATIENCE_MS, false, &why))
        log_error("store", "closed_with_loss", "commits=%zu reason=\"%s\"", s->in_flight,
                  why.message);
    store_abandon(s);
}
