#include "store/sqlite_writer.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "store/sqlite_guard.h"
#include "store/sqlite_sql.h"

#define RETRY_MS_MAX   5000
#define GROUP_ROWS_MAX 20000 // of one transaction, so that none keeps the others waiting long
#define GUARD_IDLE_MS  2000  // who writes nothing looks so often whether its files are there
#define WAL_HARD_TIMES 4     // the log's length at which a checkpoint insists

struct job {
    struct job *next;
    const struct batch *batch;
    uint64_t commit;
};

struct job_queue {
    struct job *first, **end;
};

struct statements {
    sqlite3_stmt *begin, *commit, *rollback;
    sqlite3_stmt *put[TABLE_COUNT], *update_in_place[TABLE_COUNT];
    sqlite3_stmt *delete_rows[TABLE_COUNT][SCHEMA_KEYS_MAX + 1];
};

struct sqlite_writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, news; // for the thread; for the loop

    // Under the lock.
    struct job_queue waiting, durable;
    bool stopping;
    struct fail trouble; // FAIL_NONE: none
    void (*wake)(void *context);
    void *context;

    // The thread's own.
    sqlite3 *db;
    struct statements statements;
    struct file_guard guard;
    int64_t retry_ms;
    int wal_pages;     // since the last full checkpoint
    int wal_pages_due; // checkpoint then
    bool sync_failed;  // of the file: no checkpoint in this life any more

    bool in_line;      // there is no thread
    struct job *group; // in line: what was refused, to be tried again
};

static void *write_all(void *context);
static void write_in_line(struct sqlite_writer *w);

static void queue_init(struct job_queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void queue_add(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct job *queue_take(struct job_queue *queue)
{
    struct job *job = queue->first;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    return job;
}

static void queue_free(struct job_queue *queue)
{
    while (queue->first != NULL)
        mem_free(queue_take(queue));
}

static void drop(struct job *job)
{
    for (struct job *next; job != NULL; job = next) {
        next = job->next;
        mem_free(job);
    }
}

static int note_wal_pages(void *context, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    ((struct sqlite_writer *)context)->wal_pages = pages;
    return SQLITE_OK;
}

struct sqlite_writer *sqlite_writer_start(const struct sqlite_writer_opts *opts)
{
    struct sqlite_writer *w = mem_new(struct sqlite_writer);
    pthread_condattr_t monotonic;
    w->db = opts->db;
    w->retry_ms = opts->retry_ms;
    w->wal_pages_due = (int)opts->wal_pages;
    queue_init(&w->waiting);
    queue_init(&w->durable);
    if (opts->directory != NULL)
        file_guard_init(&w->guard, opts->directory);
    sqlite3_wal_hook(w->db, note_wal_pages, w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &monotonic);
    pthread_cond_init(&w->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    w->in_line = opts->in_line;
    int code = w->in_line ? 0 : pthread_create(&w->thread, NULL, write_all, w);
    must(code == 0);
    return w;
}

void sqlite_writer_set_wake(struct sqlite_writer *w, void (*wake)(void *context), void *context)
{
    pthread_mutex_lock(&w->lock);
    w->wake = wake;
    w->context = context;
    pthread_mutex_unlock(&w->lock);
}

void sqlite_writer_submit(struct sqlite_writer *w, const struct batch *batch)
{
    struct job *job = mem_new(struct job);
    job->batch = batch;
    job->commit = batch->commit;
    pthread_mutex_lock(&w->lock);
    queue_add(&w->waiting, job);
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    if (w->in_line)
        write_in_line(w);
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

uint64_t sqlite_writer_acknowledged(struct sqlite_writer *w, int64_t wait_ms)
{
    uint64_t commit = 0;
    if (w->in_line)
        write_in_line(w);
    pthread_mutex_lock(&w->lock);
    if (wait_ms > 0 && !w->in_line && w->durable.first == NULL) {
        struct timespec until = in_ms(wait_ms);
        while (w->durable.first == NULL && pthread_cond_timedwait(&w->news, &w->lock, &until) == 0)
            continue;
    }
    if (w->durable.first != NULL) {
        struct job *job = queue_take(&w->durable);
        commit = job->commit;
        mem_free(job);
    }
    pthread_mutex_unlock(&w->lock);
    return commit;
}

bool sqlite_writer_trouble(struct sqlite_writer *w, struct fail *why)
{
    pthread_mutex_lock(&w->lock);
    bool trouble = w->trouble.kind != FAIL_NONE;
    if (trouble)
        *why = w->trouble;
    pthread_mutex_unlock(&w->lock);
    return trouble;
}

static void finalize(struct statements *s)
{
    sqlite3_finalize(s->begin);
    sqlite3_finalize(s->commit);
    sqlite3_finalize(s->rollback);
    for (int table = 0; table < TABLE_COUNT; table++) {
        sqlite3_finalize(s->put[table]);
        sqlite3_finalize(s->update_in_place[table]);
        for (int i = 0; i <= SCHEMA_KEYS_MAX; i++)
            sqlite3_finalize(s->delete_rows[table][i]);
    }
}

void sqlite_writer_stop(struct sqlite_writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    int code = w->in_line ? 0 : pthread_join(w->thread, NULL);
    must(code == 0);
    drop(w->group);
    queue_free(&w->waiting);
    queue_free(&w->durable);
    finalize(&w->statements);
    code = sqlite3_close(w->db);
    must(code == SQLITE_OK);
    file_guard_done(&w->guard);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->news);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

// The thread from here on.

static bool step(struct sqlite_writer *w, sqlite3_stmt *statement, struct fail *why)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE || code == SQLITE_ROW) {
        sqlite3_reset(statement);
        return true;
    }
    link_fail(w->db, "writing", why);
    sqlite3_reset(statement);
    if ((code & 0xff) == SQLITE_CONSTRAINT) {
        log_error("store", "constraint", "reason=\"%s\"", why->message);
        must_not_reach(); // rows were checked when they were put: this is ours
    }
    return false;
}

static sqlite3_stmt *prepared(struct sqlite_writer *w, sqlite3_stmt **place,
                              void (*text)(enum table table, struct bytes *out), enum table table,
                              struct fail *why)
{
    struct bytes sql;
    bytes_init(&sql, 16384);
    text(table, &sql);
    *place = link_prepare(w->db, sql.data, true, why);
    bytes_done(&sql);
    return *place;
}

static bool run_with_values(struct sqlite_writer *w, sqlite3_stmt *statement,
                            const struct write *write, struct fail *why)
{
    for (int i = 0; i < write->count; i++)
        link_bind(statement, i + 1, &schema_tables[write->table].columns[i], &write->values[i],
                  false);
    return step(w, statement, why);
}

static bool put_row(struct sqlite_writer *w, const struct write *write, struct fail *why)
{
    sqlite3_stmt **place = &w->statements.update_in_place[write->table], *statement = *place;
    if (sql_wants_update_in_place(write->table)) {
        if (statement == NULL &&
            (statement = prepared(w, place, sql_update_in_place, write->table, why)) == NULL)
            return false;
        if (!run_with_values(w, statement, write, why))
            return false;
        if (sqlite3_changes(w->db) > 0)
            return true;
    }
    place = &w->statements.put[write->table];
    if ((statement = *place) == NULL &&
        (statement = prepared(w, place, sql_upsert, write->table, why)) == NULL)
        return false;
    return run_with_values(w, statement, write, why);
}

static bool delete_rows(struct sqlite_writer *w, const struct write *write, struct fail *why)
{
    sqlite3_stmt **statement = &w->statements.delete_rows[write->table][write->count];
    if (*statement == NULL) {
        struct bytes sql;
        bytes_init(&sql, 16384);
        sql_delete(write->table, write->count, &sql);
        *statement = link_prepare(w->db, sql.data, true, why);
        bytes_done(&sql);
    }
    return *statement != NULL && run_with_values(w, *statement, write, why);
}

static bool write_batch(struct sqlite_writer *w, const struct batch *batch, struct fail *why)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct write *write = &batch->writes[i];
        bool written =
            write->kind == WRITE_PUT ? put_row(w, write, why) : delete_rows(w, write, why);
        if (!written)
            return fail_within(why, "table '%s'", schema_tables[write->table].name);
    }
    return true;
}

static bool run_kept(struct sqlite_writer *w, sqlite3_stmt **statement, const char *sql,
                     struct fail *why)
{
    if (*statement == NULL && (*statement = link_prepare(w->db, sql, true, why)) == NULL)
        return false;
    return step(w, *statement, why);
}

// All or nothing. Whether a COMMIT that failed has left the transaction open depends on the
// failure, so the connection is asked.
static bool write_group(struct sqlite_writer *w, const struct job *first, struct fail *why)
{
    bool written = run_kept(w, &w->statements.begin, "BEGIN IMMEDIATE", why);
    for (const struct job *job = first; written && job != NULL; job = job->next)
        written = write_batch(w, job->batch, why);
    if (written && run_kept(w, &w->statements.commit, "COMMIT", why))
        return true;
    if (why->kind == FAIL_CORRUPT)
        link_stop(why); // trying again would change nothing
    struct fail ignored;
    if (!sqlite3_get_autocommit(w->db) &&
        !run_kept(w, &w->statements.rollback, "ROLLBACK", &ignored))
        log_error("store", "rollback_failed", "reason=\"%s\"", ignored.message);
    must(sqlite3_get_autocommit(w->db)); // else the next try would begin inside this one
    return false;
}

// After a sync of the file that failed nobody knows what the kernel has forgotten, and SQLite does
// not copy again what an earlier checkpoint had copied without a sync. The log still has all of it:
// it is not begun anew and not removed, so the next start copies it from its beginning.
static void leave_log_alone(struct sqlite_writer *w)
{
    w->sync_failed = true;
    sqlite3_db_config(w->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    log_error("store", "sync_failed",
              "way_out=\"look after the disk, then restart Dure: until then "
              "the log grows\"");
}

// Passive checkpoints copy what no reader needs and wait for nobody; the log starts anew when the
// next commit finds all of it copied. Should readers keep it from that for long, the log is waited
// for, up to the busy timeout. A failure is no trouble: the log is durable, only longer.
static void checkpoint(struct sqlite_writer *w, bool idle)
{
    if (w->sync_failed || w->wal_pages < (idle ? w->wal_pages_due : 2 * w->wal_pages_due))
        return;
    bool insist = w->wal_pages >= WAL_HARD_TIMES * w->wal_pages_due;
    int length = 0, copied = 0;
    int code = sqlite3_wal_checkpoint_v2(
        w->db, NULL, insist ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &length,
        &copied);
    struct fail why;
    if (code != SQLITE_OK && sqlite3_extended_errcode(w->db) == SQLITE_IOERR_DATA &&
        !link_fail(w->db, "copying the log", &why))
        link_stop(&why);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        log_warn("store", "checkpoint_failed", "pages=%d reason=\"%s\"", w->wal_pages,
                 sqlite3_errmsg(w->db));
    if (code != SQLITE_OK && sqlite3_extended_errcode(w->db) == SQLITE_IOERR_FSYNC)
        leave_log_alone(w);
    w->wal_pages = code == SQLITE_OK && copied == length ? 0 : w->wal_pages;
}

// Cuts from the queue what goes into one transaction: at least one batch.
static struct job *take_group(struct sqlite_writer *w)
{
    struct job_queue group;
    queue_init(&group);
    size_t rows = 0;
    do {
        rows += w->waiting.first->batch->count;
        queue_add(&group, queue_take(&w->waiting));
    } while (w->waiting.first != NULL && rows + w->waiting.first->batch->count <= GROUP_ROWS_MAX);
    return group.first;
}

// Under the lock.
static void end_trouble(struct sqlite_writer *w)
{
    if (w->trouble.kind != FAIL_NONE)
        log_info("store", "disk_recovered", "reason=\"%s\"", w->trouble.message);
    w->trouble.kind = FAIL_NONE;
}

static void acknowledge(struct sqlite_writer *w, struct job *first)
{
    pthread_mutex_lock(&w->lock);
    bool was_empty = w->durable.first == NULL;
    while (first != NULL) {
        struct job *next = first->next;
        queue_add(&w->durable, first);
        first = next;
    }
    end_trouble(w);
    void (*wake)(void *context) = was_empty ? w->wake : NULL;
    void *context = w->context;
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
    if (wake != NULL)
        wake(context);
}

// Under the lock.
static void note_trouble(struct sqlite_writer *w, const struct fail *why)
{
    if (w->trouble.kind == FAIL_NONE)
        log_error("store", "disk_trouble", "kind=%s reason=\"%s\"", fail_kind_name(why->kind),
                  why->message);
    w->trouble = *why;
}

// Reports the trouble and pauses; false when the store closes meanwhile.
static bool pause_in_trouble(struct sqlite_writer *w, const struct fail *why, int64_t pause_ms)
{
    pthread_mutex_lock(&w->lock);
    note_trouble(w, why);
    struct timespec until = in_ms(pause_ms);
    while (!w->stopping && pthread_cond_timedwait(&w->work, &w->lock, &until) == 0)
        continue;
    bool stopping = w->stopping;
    pthread_mutex_unlock(&w->lock);
    return !stopping;
}

// What is written between two looks at the files that were there both times is where it belongs.
// Writing the same batch again changes nothing.
static bool write_guarded(struct sqlite_writer *w, const struct job *group, struct fail *why)
{
    return file_guard_check(&w->guard, why) && write_group(w, group, why) &&
           file_guard_check(&w->guard, why);
}

static void write_until_durable(struct sqlite_writer *w, struct job *group)
{
    struct fail why = {0};
    int64_t pause_ms = w->retry_ms;
    while (!write_guarded(w, group, &why)) {
        if (!pause_in_trouble(w, &why, pause_ms)) {
            drop(group);
            return;
        }
        pause_ms = pause_ms * 2 < RETRY_MS_MAX ? pause_ms * 2 : RETRY_MS_MAX;
    }
    acknowledge(w, group);
}

// One round of what the thread does for ever; a disk that refuses is asked again in the next.
static void write_in_line(struct sqlite_writer *w)
{
    struct fail why = {0};
    if (w->group == NULL && w->waiting.first != NULL)
        w->group = take_group(w);
    if (w->group == NULL)
        return;
    if (!write_guarded(w, w->group, &why)) {
        pthread_mutex_lock(&w->lock);
        note_trouble(w, &why);
        pthread_mutex_unlock(&w->lock);
        return;
    }
    acknowledge(w, w->group);
    w->group = NULL;
    checkpoint(w, w->waiting.first == NULL);
}

// Waits for work; under the lock, which it gives away meanwhile. Trouble that nobody has met yet is
// told too, and is over when the files are back.
static void wait_for_work(struct sqlite_writer *w)
{
    struct fail why = {0};
    struct timespec until = in_ms(GUARD_IDLE_MS);
    if (pthread_cond_timedwait(&w->work, &w->lock, &until) != ETIMEDOUT)
        return;
    if (!file_guard_check(&w->guard, &why))
        note_trouble(w, &why);
    else
        end_trouble(w);
}

static void *write_all(void *context)
{
    struct sqlite_writer *w = context;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->waiting.first == NULL && !w->stopping)
            wait_for_work(w);
        if (w->stopping)
            break;
        struct job *group = take_group(w);
        pthread_mutex_unlock(&w->lock);
        write_until_durable(w, group);
        pthread_mutex_lock(&w->lock);
        bool idle = w->waiting.first == NULL;
        pthread_mutex_unlock(&w->lock);
        checkpoint(w, idle);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}
