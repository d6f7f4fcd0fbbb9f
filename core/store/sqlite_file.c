#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "store/page_owner.h"
#include "store/sqlite_sql.h"
#include "store/sums_vfs.h"

#define LOCK_TRIES    3
#define LOCK_PAUSE_MS 10

// Makes the directory and those above it.
static bool make_directory(const char *directory, struct fail *why)
{
    char *path = mem_string(directory);
    bool made = true;
    for (char *slash = path + 1; made && *slash != '\0'; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        made = mkdir(path, 0755) == 0 || errno == EEXIST;
        *slash = '/';
    }
    made = made && (mkdir(path, 0700) == 0 || errno == EEXIST);
    mem_free(path);
    if (!made)
        return fail(why, FAIL_IO, "cannot make the data directory '%s': %s", directory,
                    strerror(errno));
    return true;
}

static bool refuse_lock(int lock, const char *directory, struct fail *why)
{
    char owner[32] = "";
    if (errno != EWOULDBLOCK)
        return fail(why, FAIL_IO, "cannot lock the data directory '%s': %s", directory,
                    strerror(errno));
    ssize_t bytes = pread(lock, owner, sizeof(owner) - 1, 0);
    owner[bytes > 0 ? bytes : 0] = '\0';
    return fail(why, FAIL_BUSY,
                "the data directory '%s' is in use by process %s; stop it, or talk to it with "
                "--server",
                directory, atol(owner) > 0 ? owner : "(unknown)");
}

int directory_lock(const char *directory, struct fail *why)
{
    if (!make_directory(directory, why))
        return -1;
    char *path = mem_printf("%s/%s", directory, LOCK_FILE_NAME);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    mem_free(path);
    if (lock < 0) {
        fail(why, FAIL_IO,
             "cannot make the lock file in '%s': %s; let this user write there, on a disk that is "
             "mounted for writing",
             directory, strerror(errno));
        return -1;
    }
    // Somebody who only looks (the doctor) may hold it for a moment.
    int taken = -1;
    for (int tries = 0; taken != 0 && tries < LOCK_TRIES; tries++) {
        taken = flock(lock, LOCK_EX | LOCK_NB);
        if (taken != 0 && errno == EWOULDBLOCK && tries + 1 < LOCK_TRIES)
            nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_MS * 1000000L}, NULL);
    }
    if (taken != 0) {
        refuse_lock(lock, directory, why);
        close(lock);
        return -1;
    }
    // The number is for people; the lock is the kernel's and goes with the process.
    char owner[32];
    int bytes = snprintf(owner, sizeof(owner), "%ld", (long)getpid());
    if (ftruncate(lock, 0) != 0 || pwrite(lock, owner, (size_t)bytes, 0) != bytes)
        log_warn("store", "lock_without_owner", "directory=\"%s\"", directory);
    return lock;
}

void directory_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

static bool create_tables(sqlite3 *db, int from_version, int to_version, struct fail *why)
{
    struct bytes sql;
    bytes_init(&sql, 1024 * 1024);
    for (int table = 0; table < TABLE_COUNT; table++)
        if (schema_tables[table].since >= from_version && schema_tables[table].since <= to_version)
            sql_create((enum table)table, &sql);
    must(!sql.overflowed);
    bool made = link_run(db, sql.data, why);
    bytes_done(&sql);
    return made;
}

static bool set_version(sqlite3 *db, int version, struct fail *why)
{
    char sql[120];
    snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d",
             SQLITE_APPLICATION_ID, version);
    return link_run(db, sql, why);
}

// Every table that was there before is made anew, packed.
static bool pack_tables(sqlite3 *db, int version, struct fail *why)
{
    struct bytes sql;
    bytes_init(&sql, 1024 * 1024);
    for (int table = 0; table < TABLE_COUNT; table++)
        if (schema_tables[table].since < version && sql_has_packing((enum table)table))
            sql_pack((enum table)table, &sql);
    must(!sql.overflowed);
    bool packed = link_add_packing(db, why) && link_run(db, sql.data, why);
    bytes_done(&sql);
    return packed;
}

static bool run_step(sqlite3 *db, const struct migration *step, struct fail *why)
{
    return (step->sql == NULL || link_run(db, step->sql, why)) &&
           (!step->packs || pack_tables(db, step->version, why));
}

static bool apply(sqlite3 *db, const struct migration *steps, int version, bool fresh,
                  struct fail *why)
{
    if (!create_tables(db, fresh ? 1 : version, version, why))
        return false;
    for (const struct migration *step = steps; !fresh && step->version != 0; step++)
        if (step->version == version && !run_step(db, step, why))
            return false;
    return set_version(db, version, why);
}

static bool migrate_to(sqlite3 *db, const struct migration *steps, int version, bool fresh,
                       struct fail *why)
{
    if (!link_run(db, "BEGIN IMMEDIATE", why))
        return false;
    if (apply(db, steps, version, fresh, why) && link_run(db, "COMMIT", why))
        return true;
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return fail_within(why, "bringing the database to version %d", version);
}

// Version 0 with tables in it is somebody else's; so is another application's number.
static bool read_version(sqlite3 *db, int wanted, int64_t *version, struct fail *why)
{
    int64_t application, tables;
    if (!link_integer(db, "PRAGMA application_id", &application, why) ||
        !link_integer(db, "PRAGMA user_version", version, why) ||
        !link_integer(db, "SELECT count(*) FROM sqlite_master", &tables, why))
        return false;
    bool empty = *version == 0 && application == 0 && tables == 0;
    if (!empty && (application != SQLITE_APPLICATION_ID || *version < 1))
        return fail(why, FAIL_INVALID,
                    "'%s' is not a database of Dure; choose another data directory",
                    sqlite3_db_filename(db, NULL));
    if (*version > wanted)
        return fail(why, FAIL_UNSUPPORTED,
                    "the database has version %lld and this program knows versions up to %d; "
                    "install a newer Dure, or restore a backup made before the upgrade",
                    (long long)*version, wanted);
    return true;
}

bool file_migrate(sqlite3 *db, const struct migration *steps, int wanted, struct fail *why)
{
    int64_t version;
    if (!read_version(db, wanted, &version, why))
        return false;
    if (version == 0)
        return migrate_to(db, steps, wanted, true, why);
    for (int next = (int)version + 1; next <= wanted; next++) {
        if (!migrate_to(db, steps, next, false, why))
            return false;
        log_info("store", "migrated", "version=%d", next);
    }
    return true;
}

bool file_check_version(sqlite3 *db, struct fail *why)
{
    int64_t version;
    if (!read_version(db, SCHEMA_VERSION, &version, why))
        return false;
    if (version < SCHEMA_VERSION)
        return fail(why, FAIL_UNSUPPORTED,
                    "the database has version %lld of %d; start 'dure serve' once to bring it up",
                    (long long)version, SCHEMA_VERSION);
    return true;
}

static void fail_damaged(sqlite3 *db, uint32_t page, struct fail *why)
{
    struct page_owner owner = {.page = page};
    page_owners(sqlite3_db_filename(db, NULL), &owner, 1);
    fail(why, FAIL_CORRUPT,
         "page %u of the database is damaged: it belongs to %s" LINK_DAMAGE_WAY_OUT, (unsigned)page,
         owner.words);
}

bool file_quick_check(sqlite3 *db, struct fail *why)
{
    sqlite3_stmt *statement = link_prepare(db, "PRAGMA quick_check(1)", false, why);
    if (statement == NULL)
        return false;
    int code = sqlite3_step(statement);
    const char *says = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    bool whole = says != NULL && strcmp(says, "ok") == 0;
    struct sums_damage damage = sums_damage_of(db);
    if (!whole && damage.there && !damage.in_log)
        fail_damaged(db, damage.page, why);
    else if (!whole && says != NULL)
        fail(why, FAIL_CORRUPT,
             "the database is damaged: %s; restore a backup, or see 'dure doctor'", says);
    else if (!whole)
        link_fail(db, "checking the database", why);
    sqlite3_finalize(statement);
    return whole;
}

bool file_sync(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return synced;
}

bool file_sync_folder(const char *path)
{
    char *folder = mem_string(path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    bool synced = file_sync(slash != NULL ? folder : ".");
    mem_free(folder);
    return synced;
}
