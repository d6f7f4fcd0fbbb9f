// The pages have no room for a sum, so all rows move to a new file, by VACUUM INTO, which also
// leaves behind the pages that nobody needs any more. The new file is checked and synced before it
// takes the old one's name in one step; a crash before that leaves the old file, and a stump that
// the next try writes over. Rejected: VACUUM in place, which wants room for two copies, one of them
// where the system has its temporary files. Before the name changes there must be no log, because
// it would be taken for the new file's.
//
// Where that does not work (no room, somebody reads) the server starts without sums: an upgrade of
// an unattended machine must not keep its people out. Each start tries again, and the doctor says
// so.
#include "store/sqlite_sums.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/page_sum.h"
#include "store/sqlite_file.h"
#include "store/sums_vfs.h"

#define PATIENCE_MS   200
#define ROOM_TO_SPARE (64LL * 1024 * 1024) // commits go on while the disk has two copies

static bool has_room(sqlite3 *db, const char *file, struct fail *why)
{
    struct statvfs disk;
    int64_t pages, unused;
    if (!link_integer(db, "PRAGMA page_count", &pages, why) ||
        !link_integer(db, "PRAGMA freelist_count", &unused, why))
        return false;
    if (statvfs(file, &disk) != 0)
        return fail(why, FAIL_IO, "the disk cannot be asked: %s", strerror(errno));
    long long left = (long long)disk.f_bavail * (long long)disk.f_frsize;
    long long wanted = (long long)(pages - unused) * PAGE_BYTES + ROOM_TO_SPARE;
    return left >= wanted || fail(why, FAIL_FULL, "%lld MB are free and %lld are needed",
                                  left >> 20, (wanted >> 20) + 1);
}

// Refused while anybody else has the database open.
static bool end_log(sqlite3 *db, struct fail *why)
{
    sqlite3_busy_timeout(db, PATIENCE_MS);
    sqlite3_stmt *statement = link_prepare(db, "PRAGMA journal_mode=DELETE", false, why);
    if (statement == NULL)
        return false;
    bool ended = sqlite3_step(statement) == SQLITE_ROW &&
                 strcmp((const char *)sqlite3_column_text(statement, 0), "delete") == 0;
    sqlite3_finalize(statement);
    return ended || link_fail(db, "ending the log", why);
}

static bool make_empty(const char *file, struct fail *why)
{
    int made = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (made < 0)
        return fail(why, FAIL_IO, "cannot make '%s': %s", file, strerror(errno));
    close(made);
    return true;
}

static bool copy_rows(sqlite3 *db, const char *file, struct fail *why)
{
    sqlite3_stmt *statement = link_prepare(db, "VACUUM INTO ?1", false, why);
    if (statement == NULL)
        return false;
    sqlite3_bind_text(statement, 1, file, -1, SQLITE_STATIC);
    bool copied = sqlite3_step(statement) == SQLITE_DONE;
    return (sqlite3_finalize(statement) == SQLITE_OK && copied) ||
           link_fail(db, "copying the rows", why);
}

static bool is_good(const char *file, struct fail *why)
{
    sqlite3 *db = link_open(file, LINK_READ, NULL, why);
    bool good = db != NULL && file_check_version(db, why) && file_quick_check(db, why) &&
                (sums_are_kept(db) || fail(why, FAIL_CORRUPT, "the new file has no sums"));
    sqlite3_close(db);
    return good;
}

static void remove_stump(const char *fresh)
{
    char *journal = mem_printf("%s-journal", fresh);
    unlink(fresh);
    unlink(journal);
    mem_free(journal);
}

// Once it has the name there is no way back, since commits go there; the first of them syncs the
// directory too.
static bool take_name(const char *fresh, const char *file, struct fail *why)
{
    if (!file_sync(fresh) || rename(fresh, file) != 0)
        return fail(why, FAIL_IO, "cannot name '%s': %s", file, strerror(errno));
    if (!file_sync_folder(file))
        log_warn("store", "directory_not_synced", "reason=\"%s\"", strerror(errno));
    return true;
}

void file_give_sums(sqlite3 *db)
{
    struct fail why = {0};
    char *file = mem_string(sqlite3_db_filename(db, NULL));
    char *fresh = mem_printf("%s.fresh", file);
    log_info("store", "giving_sums", "file=\"%s\"", file);
    remove_stump(fresh);
    bool made = has_room(db, file, &why) && end_log(db, &why) && make_empty(fresh, &why) &&
                copy_rows(db, fresh, &why) && is_good(fresh, &why);
    sqlite3_close(db);
    if (made && take_name(fresh, file, &why))
        log_info("store", "has_sums", "file=\"%s\"", file);
    else
        log_warn("store", "pages_without_sums",
                 "reason=\"%s\" way_out=\"Dure goes on without; start it again when that is "
                 "mended\"",
                 why.message);
    remove_stump(fresh);
    mem_free(fresh);
    mem_free(file);
}
