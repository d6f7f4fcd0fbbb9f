#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "store/log_file.h"
#include "store/sqlite_check.h"
#include "store/sqlite_file.h"
#include "store/sqlite_reader.h"
#include "store/sqlite_sums.h"
#include "store/sqlite_writer.h"
#include "store/sums_vfs.h"

#define RETRY_MS  50
#define WAL_PAGES 8000 // of 4 KiB: fewer means copying hot pages more often, more a longer recovery

#define CHECK_AT_ONCE_BYTES_MAX (128LL * 1024 * 1024) // larger ones are checked after the start

struct sqlite_driver {
    struct store_driver seam;     // first
    struct sqlite_writer *writer; // NULL: read only
    struct sqlite_reader *reader;
    struct sqlite_check *check; // NULL: none was needed
    int lock;
};

// From version−1 to version; see sqlite_file.h. Version 1 is where everything began; 2 and 4
// brought tables; since 3 ids, words and phrases are packed; since 5 pages may have sums, which an
// older program would not keep.
static const struct migration migrations[] = {{1, NULL, false}, {2, NULL, false}, {3, NULL, true},
                                              {4, NULL, false}, {5, NULL, false}, {0, NULL, false}};

static struct sqlite_driver *self(struct store_driver *d)
{
    return (struct sqlite_driver *)d;
}

static void driver_submit(struct store_driver *d, const struct batch *batch)
{
    must(self(d)->writer != NULL); // opened to look only
    sqlite_writer_submit(self(d)->writer, batch);
}

static uint64_t driver_acknowledged(struct store_driver *d, int64_t wait_ms)
{
    struct sqlite_writer *writer = self(d)->writer;
    return writer != NULL ? sqlite_writer_acknowledged(writer, wait_ms) : 0;
}

static bool driver_trouble(struct store_driver *d, struct fail *why)
{
    return self(d)->writer != NULL && sqlite_writer_trouble(self(d)->writer, why);
}

static bool driver_get(struct store_driver *d, enum table table, const struct value *key,
                       struct row *out, struct fail *why)
{
    return sqlite_reader_get(self(d)->reader, table, key, out, why);
}

static bool driver_scan(struct store_driver *d, const struct scan_opts *opts, void **cursor,
                        struct fail *why)
{
    *cursor = sqlite_cursor_open(self(d)->reader, opts, why);
    return *cursor != NULL;
}

static bool driver_next(struct store_driver *d, void *cursor, struct row *row, struct fail *why)
{
    (void)d;
    return sqlite_cursor_next(cursor, row, why);
}

static void driver_end(struct store_driver *d, void *cursor)
{
    (void)d;
    sqlite_cursor_close(cursor);
}

static void driver_set_wake(struct store_driver *d, void (*wake)(void *context), void *context)
{
    if (self(d)->writer != NULL)
        sqlite_writer_set_wake(self(d)->writer, wake, context);
}

// The writer closes last: it then copies the log into the file and removes it.
static void driver_close(struct store_driver *d)
{
    sqlite_check_stop(self(d)->check);
    sqlite_reader_free(self(d)->reader);
    if (self(d)->writer != NULL)
        sqlite_writer_stop(self(d)->writer);
    directory_unlock(self(d)->lock);
    mem_free(d);
}

static struct sqlite_driver *driver_new(void)
{
    struct sqlite_driver *driver = mem_new(struct sqlite_driver);
    driver->seam = (struct store_driver){.submit = driver_submit,
                                         .acknowledged = driver_acknowledged,
                                         .trouble = driver_trouble,
                                         .get = driver_get,
                                         .scan = driver_scan,
                                         .next = driver_next,
                                         .end = driver_end,
                                         .set_wake = driver_set_wake,
                                         .close = driver_close};
    driver->lock = -1;
    return driver;
}

static bool is_checked_at_once(sqlite3 *db, const struct sqlite_opts *opts)
{
    struct stat info;
    return !opts->skip_check && (stat(sqlite3_db_filename(db, NULL), &info) != 0 ||
                                 info.st_size <= CHECK_AT_ONCE_BYTES_MAX);
}

// What a process wrote and did not live to sync is read after it, and power that goes then would
// take it from under what was said meanwhile. Any commit syncs the log, with all that is in it.
static bool sync_what_is_there(sqlite3 *db, struct fail *why)
{
    char sql[80];
    snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", SCHEMA_VERSION);
    return link_run(db, sql, why);
}

static bool prepare_file(sqlite3 *db, const struct sqlite_opts *opts, struct fail *why)
{
    // The log's file shrinks to this after it grew in a rush.
    return link_run(db,
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                    "PRAGMA journal_size_limit=67108864",
                    why) &&
           file_migrate(db, migrations, SCHEMA_VERSION, why) && sync_what_is_there(db, why) &&
           (!is_checked_at_once(db, opts) || file_quick_check(db, why));
}

// SQLite would begin an empty database and throw away a log that it finds without its file.
static bool log_has_its_file(const char *path, struct fail *why)
{
    char *log = mem_printf("%s-wal", path);
    struct stat info;
    bool alone = access(path, F_OK) != 0 && stat(log, &info) == 0 && info.st_size > 0;
    mem_free(log);
    return !alone || fail(why, FAIL_CORRUPT,
                          "there is a log '%s-wal' and no database beside it; put the database "
                          "back, or move the log away and restore a backup ('dure restore')",
                          path);
}

// Personal data lies in the file and its log, which takes over the file's rights: they are the
// owner's alone, whatever the process allows by default.
static bool make_private_file(const char *path, struct fail *why)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(why, FAIL_IO, "cannot open the database '%s': %s", path, strerror(errno));
    close(file);
    return true;
}

// A log that was cut short leaves a whole, older state, with which an unattended server goes on,
// and says so. One that is damaged has its commits still, which going on would write over.
static bool log_may_be_opened(const char *directory, struct fail *why)
{
    struct log_report log = log_examine(directory, NULL, NULL);
    if (log_is_whole(directory, &log, why))
        return true;
    if (log.state == LOG_DAMAGED || log_is_mixed(&log))
        return false;
    log_error("store", "log_cut_short", "pages=%lld way_out=\"%s\"", (long long)log.missing,
              why->message);
    return true;
}

static sqlite3 *open_prepared(const struct sqlite_opts *opts, const char *path, struct fail *why)
{
    sqlite3 *db = link_open(path, LINK_WRITE, opts->vfs, why);
    if (db != NULL && prepare_file(db, opts, why))
        return db;
    sqlite3_close(db);
    return NULL;
}

static bool start_writer(struct sqlite_driver *driver, const struct sqlite_opts *opts,
                         const char *path, struct fail *why)
{
    if (!opts->in_line && ((driver->lock = directory_lock(opts->directory, why)) < 0 ||
                           !log_has_its_file(path, why) || !make_private_file(path, why)))
        return false;
    if (!opts->in_line && !log_may_be_opened(opts->directory, why))
        return false;
    sqlite3 *db = open_prepared(opts, path, why);
    if (db != NULL && opts->vfs == NULL && !sums_are_kept(db)) {
        file_give_sums(db);
        db = open_prepared(opts, path, why);
    }
    if (db == NULL)
        return false;
    if (!opts->skip_check && !is_checked_at_once(db, opts))
        driver->check = sqlite_check_start(path);
    driver->writer = sqlite_writer_start(&(struct sqlite_writer_opts){
        .db = db,
        .directory = opts->in_line || opts->vfs ? NULL : opts->directory,
        .retry_ms = opts->retry_ms > 0 ? opts->retry_ms : RETRY_MS,
        .wal_pages = opts->wal_pages > 0 ? opts->wal_pages : WAL_PAGES,
        .in_line = opts->in_line});
    return true;
}

static bool start_reader(struct sqlite_driver *driver, const struct sqlite_opts *opts,
                         const char *path, struct fail *why)
{
    if (opts->read_only && !opts->in_line && access(path, R_OK) != 0)
        return fail(why, FAIL_NOT_FOUND, "there is no database '%s' to read: %s", path,
                    strerror(errno));
    struct log_report log = {0};
    if (opts->read_only && !opts->in_line)
        log = log_examine(opts->directory, NULL, NULL);
    if (!log_is_whole(opts->directory, &log, why))
        return false;
    sqlite3 *db = link_open(path, opts->trusts ? LINK_TRUST : LINK_READ, opts->vfs, why);
    if (db == NULL)
        return false;
    driver->reader = sqlite_reader_new(db, !opts->read_only);
    return !opts->read_only ||
           (file_check_version(db, why) && (opts->skip_check || file_quick_check(db, why)) &&
            (!opts->one_moment || link_run(db, "BEGIN", why)));
}

struct store_driver *sqlite_driver_open(const struct sqlite_opts *opts, struct fail *why)
{
    struct sqlite_driver *driver = driver_new();
    char *path = mem_printf("%s/%s", opts->directory, SQLITE_FILE_NAME);
    bool open = (opts->read_only || start_writer(driver, opts, path, why)) &&
                start_reader(driver, opts, path, why);
    mem_free(path);
    if (open)
        return &driver->seam;
    driver_close(&driver->seam);
    return NULL;
}

static bool copy(sqlite3 *from, sqlite3 *to, struct fail *why)
{
    if (!sums_are_kept(from))
        sums_unwanted(to);
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL)
        return link_fail(to, "backing up", why);
    // In one read transaction: one moment's state.
    int code = sqlite3_backup_step(backup, -1);
    if (sqlite3_backup_finish(backup) != SQLITE_OK)
        return code == SQLITE_IOERR_DATA ? link_fail_damaged(from, "backing up", why)
                                         : link_fail(to, "backing up", why);
    return link_run(to, "PRAGMA journal_mode=DELETE", why) && file_check_version(to, why) &&
           file_quick_check(to, why);
}

// The copy gets its name only when it is whole and on the disk, so that nobody mistakes a torn one
// for a backup.
bool sqlite_backup(const char *directory, const char *to_file, struct fail *why)
{
    if (access(to_file, F_OK) == 0)
        return fail(why, FAIL_CONFLICT, "'%s' is there already; choose another file", to_file);
    char *path = mem_printf("%s/%s", directory, SQLITE_FILE_NAME);
    char *partial = mem_printf("%s.partial", to_file);
    unlink(partial);
    struct log_report log = log_examine(directory, NULL, NULL);
    sqlite3 *from =
        log_is_whole(directory, &log, why) ? link_open(path, LINK_READ, NULL, why) : NULL;
    sqlite3 *to = from != NULL && make_private_file(partial, why)
                      ? link_open(partial, LINK_WRITE, NULL, why)
                      : NULL;
    bool copied = to != NULL && copy(from, to, why);
    sqlite3_close(to);
    sqlite3_close(from);
    if (copied && (rename(partial, to_file) != 0 || !file_sync_folder(to_file)))
        copied = fail(why, FAIL_IO, "cannot name the backup '%s': %s", to_file, strerror(errno));
    if (!copied)
        unlink(partial);
    mem_free(partial);
    mem_free(path);
    return copied;
}
