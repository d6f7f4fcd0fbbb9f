#include "store/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sqlite.h"
#include "store/sqlite_file.h"
#include "store/store.h"
#include "store/sums_vfs.h"

// All that a data directory in the making can have.
static const char *const own_names[] = {SQLITE_FILE_NAME, SQLITE_FILE_NAME "-wal",
                                        SQLITE_FILE_NAME "-shm", SQLITE_FILE_NAME "-journal",
                                        LOCK_FILE_NAME};

static void remove_partial(const char *directory)
{
    for (size_t i = 0; i < sizeof(own_names) / sizeof(*own_names); i++) {
        char *path = mem_printf("%s/%s", directory, own_names[i]);
        unlink(path);
        mem_free(path);
    }
    rmdir(directory);
}

static bool copy_pages(sqlite3 *from, sqlite3 *to, struct fail *why)
{
    if (!sums_are_kept(from))
        sums_unwanted(to);
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (copy == NULL)
        return link_fail(to, "restoring", why);
    int code = sqlite3_backup_step(copy, -1);
    if (sqlite3_backup_finish(copy) == SQLITE_OK)
        return true;
    return code == SQLITE_IOERR_DATA ? link_fail_damaged(from, "restoring", why)
                                     : link_fail(to, "restoring", why);
}

static bool copy_into(const char *file, const char *directory, struct fail *why)
{
    char *path = mem_printf("%s/%s", directory, SQLITE_FILE_NAME);
    sqlite3 *from = link_open(file, LINK_READ, NULL, why);
    sqlite3 *to = from != NULL ? link_open(path, LINK_WRITE, NULL, why) : NULL;
    bool copied = to != NULL && file_quick_check(from, why) && copy_pages(from, to, why);
    sqlite3_close(to);
    sqlite3_close(from);
    copied =
        copied && (chmod(path, 0600) == 0 || fail(why, FAIL_IO, "%s: %s", path, strerror(errno)));
    mem_free(path);
    return copied || fail_within(why, "the backup '%s'", file);
}

// Opening it brings it to this program's version; closing it copies the log into the file.
static bool examine(const char *directory, struct audit_report *report, struct fail *why)
{
    struct store_driver *driver =
        sqlite_driver_open(&(struct sqlite_opts){.directory = directory}, why);
    struct store *store =
        driver != NULL ? store_open(&(struct store_opts){.driver = driver}, why) : NULL;
    if (store == NULL)
        return false;
    bool whole = audit_verify(store, NULL, report, why);
    store_close(store);
    return whole || fail_within(why, "the backup is not whole");
}

static bool sync_path(const char *path, struct fail *why)
{
    return file_sync(path) || fail(why, FAIL_IO, "cannot sync '%s': %s", path, strerror(errno));
}

static bool sync_parent(const char *directory, struct fail *why)
{
    return file_sync_folder(directory) ||
           fail(why, FAIL_IO, "cannot sync the folder of '%s': %s", directory, strerror(errno));
}

// A name that nothing has: what was there may be all that is left of something.
static bool put_aside(const char *directory, char **before, struct fail *why)
{
    char *name = mem_printf("%s.before-%lld", directory, (long long)time(NULL));
    if (access(name, F_OK) == 0 || rename(directory, name) != 0) {
        fail(why, FAIL_IO, "cannot put '%s' aside as '%s': %s", directory, name, strerror(errno));
        mem_free(name);
        return false;
    }
    *before = name;
    return true;
}

static bool take_place(const struct restore_opts *opts, const char *partial,
                       struct restore_result *out, struct fail *why)
{
    bool there = rmdir(opts->directory) != 0 && errno != ENOENT; // an empty one is no loss
    int lock = -1;
    if (there && (lock = directory_lock(opts->directory, why)) < 0)
        return false;
    bool named = (!there || put_aside(opts->directory, &out->before, why)) &&
                 (rename(partial, opts->directory) == 0 ||
                  fail(why, FAIL_IO, "cannot name '%s': %s", opts->directory, strerror(errno)));
    directory_unlock(lock);
    return named && sync_parent(opts->directory, why);
}

static bool is_free(const struct restore_opts *opts, struct fail *why)
{
    char *path = mem_printf("%s/%s", opts->directory, SQLITE_FILE_NAME);
    bool there = access(path, F_OK) == 0;
    mem_free(path);
    if (access(opts->file, R_OK) != 0)
        return fail(why, FAIL_NOT_FOUND, "cannot read '%s': %s", opts->file, strerror(errno));
    return !there || opts->force ||
           fail(why, FAIL_CONFLICT,
                "'%s' is a data directory already; choose another, or say --force, which puts it "
                "aside under another name",
                opts->directory);
}

bool store_restore(const struct restore_opts *opts, struct restore_result *out, struct fail *why)
{
    if (!is_free(opts, why))
        return false;
    char *partial = mem_printf("%s.partial", opts->directory);
    char *lock = mem_printf("%s/%s", partial, LOCK_FILE_NAME);
    remove_partial(partial);
    bool restored = mkdir(partial, 0700) == 0 ||
                    fail(why, FAIL_IO, "cannot make '%s': %s", partial, strerror(errno));
    restored = restored && copy_into(opts->file, partial, why) &&
               examine(partial, &out->audit, why) && (unlink(lock) == 0 || errno == ENOENT) &&
               sync_path(partial, why) && take_place(opts, partial, out, why);
    if (!restored)
        remove_partial(partial);
    mem_free(lock);
    mem_free(partial);
    return restored;
}
