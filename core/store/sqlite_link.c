#include "store/sqlite_link.h"

#include <pthread.h>

#include "base/log.h"
#include "base/must.h"
#include "store/sums_vfs.h"

#define BUSY_TIMEOUT_MS 5000
#define PAGES_AT_HAND   256 // of each connection, a megabyte

static const char settings[] = "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; "
                               "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; "
                               "PRAGMA wal_autocheckpoint=0;";

static bool configure(sqlite3 *db, enum link_use use, struct fail *why)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, use != LINK_WRITE, NULL);
    if (use == LINK_WRITE)
        sums_wanted(db);
    if (use == LINK_TRUST)
        sums_trust(db);
    if (!link_run(db, settings, why))
        return false;
    // Small caches: rows come one behind the other, so few pages are hot, and the system keeps the
    // others anyway. Erased personal data must not linger in free space of a page.
    return use == LINK_WRITE ? link_run(db, "PRAGMA cache_size=-8192; PRAGMA secure_delete=ON", why)
                             : link_run(db, "PRAGMA cache_size=-4096; PRAGMA query_only=ON", why);
}

// The accounts of memory that SQLite keeps for the process take a lock at each allocation, and two
// threads would wait for each other there. A reader gives back all its pages after each commit of
// the writer: those it needs for a batch come from a piece of its own and not from malloc, which
// would join and split all that lies around them.
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, PAGES_AT_HAND);
    sqlite3_initialize();
}

sqlite3 *link_open(const char *path, enum link_use use, const char *vfs, struct fail *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    sqlite3 *db = NULL;
    int flags =
        SQLITE_OPEN_NOMUTEX |
        (use == LINK_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    if (sqlite3_open_v2(path, &db, flags, sums_vfs_over(vfs)) == SQLITE_OK &&
        configure(db, use, why))
        return db;
    if (db != NULL && sqlite3_errcode(db) != SQLITE_OK)
        link_fail(db, "opening the database", why);
    fail_within(why, "%s", path);
    sqlite3_close(db);
    return NULL;
}

static enum fail_kind kind_of(int code)
{
    if (code == SQLITE_IOERR_DATA)
        return FAIL_CORRUPT;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return FAIL_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return FAIL_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return FAIL_BUSY;
    case SQLITE_TOOBIG:
        return FAIL_LIMIT;
    default:
        return FAIL_IO;
    }
}

static const char *way_out(int code, enum fail_kind kind)
{
    // Something was broken off, and who only reads may not take it back.
    if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY)
        return "; start 'dure serve' once to finish what a crash broke off";
    if (kind == FAIL_FULL)
        return "; make room on the disk";
    if (kind == FAIL_CORRUPT)
        return LINK_DAMAGE_WAY_OUT;
    return kind == FAIL_IO ? "; check the disk and the rights on the data directory" : "";
}

bool link_fail_damaged(sqlite3 *db, const char *doing, struct fail *why)
{
    struct sums_damage damage = sums_damage_of(db);
    if (damage.in_log)
        return fail(why, FAIL_CORRUPT,
                    "%s: frame %u of the log (page %u of the database) is damaged: its sum does "
                    "not fit" LINK_DAMAGE_WAY_OUT,
                    doing, (unsigned)damage.frame, (unsigned)damage.page);
    return fail(why, FAIL_CORRUPT,
                "%s: page %u of the database is damaged: its sum does not fit" LINK_DAMAGE_WAY_OUT,
                doing, (unsigned)damage.page);
}

bool link_fail(sqlite3 *db, const char *doing, struct fail *why)
{
    int code = sqlite3_extended_errcode(db);
    if (code == SQLITE_IOERR_DATA)
        return link_fail_damaged(db, doing, why);
    enum fail_kind kind = kind_of(code);
    return fail(why, kind, "%s: %s (sqlite %d)%s", doing, sqlite3_errmsg(db), code,
                way_out(code, kind));
}

void link_stop(const struct fail *why)
{
    log_error("store", "damaged", "reason=\"%s\"", why->message);
    must_failed("the database is whole", __FILE__, __LINE__, why->message);
}

bool link_run(sqlite3 *db, const char *sql, struct fail *why)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return link_fail(db, "the database", why);
}

sqlite3_stmt *link_prepare(sqlite3 *db, const char *sql, bool persistent, struct fail *why)
{
    sqlite3_stmt *statement = NULL;
    unsigned flags = persistent ? SQLITE_PREPARE_PERSISTENT : 0;
    if (sqlite3_prepare_v3(db, sql, -1, flags, &statement, NULL) == SQLITE_OK)
        return statement;
    link_fail(db, "preparing", why);
    return NULL;
}

bool link_integer(sqlite3 *db, const char *sql, int64_t *out, struct fail *why)
{
    sqlite3_stmt *statement = link_prepare(db, sql, false, why);
    if (statement == NULL)
        return false;
    bool there = sqlite3_step(statement) == SQLITE_ROW;
    *out = there ? sqlite3_column_int64(statement, 0) : 0;
    if (sqlite3_finalize(statement) != SQLITE_OK || !there)
        return link_fail(db, "the database", why);
    return true;
}
