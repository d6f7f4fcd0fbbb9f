#include "store/sqlite_link.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "base/must.h"
#include "store/row.h"

#define BUSY_TIMEOUT_MS 5000

static const char settings[] = "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; "
                               "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; "
                               "PRAGMA wal_autocheckpoint=0;";

static bool configure(sqlite3 *db, enum link_use use, struct fail *why)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, use == LINK_READ, NULL);
    if (!link_run(db, settings, why))
        return false;
    // Erased personal data must not linger in free space of a page.
    return use == LINK_READ
               ? link_run(db, "PRAGMA cache_size=-16384; PRAGMA query_only=ON", why)
               : link_run(db, "PRAGMA cache_size=-65536; PRAGMA secure_delete=ON", why);
}

// The accounts of memory that SQLite keeps for the process take a lock at each allocation, and two
// threads would wait for each other there.
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
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
    if (sqlite3_open_v2(path, &db, flags, vfs) == SQLITE_OK && configure(db, use, why))
        return db;
    if (db != NULL && sqlite3_errcode(db) != SQLITE_OK)
        link_fail(db, "opening the database", why);
    fail_within(why, "%s", path);
    sqlite3_close(db);
    return NULL;
}

static enum fail_kind kind_of(int code)
{
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

static const char *way_out(enum fail_kind kind)
{
    if (kind == FAIL_FULL)
        return "; make room on the disk";
    if (kind == FAIL_CORRUPT)
        return "; restore a backup, or see 'dure doctor'";
    return kind == FAIL_IO ? "; check the disk and the rights on the data directory" : "";
}

bool link_fail(sqlite3 *db, const char *doing, struct fail *why)
{
    int code = sqlite3_extended_errcode(db);
    enum fail_kind kind = kind_of(code);
    return fail(why, kind, "%s: %s (sqlite %d)%s", doing, sqlite3_errmsg(db), code, way_out(kind));
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

void link_bind(sqlite3_stmt *statement, int place, const struct value *value, bool copied)
{
    sqlite3_destructor_type life = copied ? SQLITE_TRANSIENT : SQLITE_STATIC;
    int code = SQLITE_OK;
    must(value->bytes < INT_MAX);
    switch (value->kind) {
    case VALUE_NULL:
        code = sqlite3_bind_null(statement, place);
        break;
    case VALUE_INTEGER:
        code = sqlite3_bind_int64(statement, place, value->integer);
        break;
    case VALUE_TEXT:
        code = sqlite3_bind_text(statement, place, value->data, (int)value->bytes, life);
        break;
    case VALUE_BLOB: // a null pointer would bind a null
        code = sqlite3_bind_blob(statement, place, value->bytes > 0 ? value->data : "",
                                 (int)value->bytes, value->bytes > 0 ? life : SQLITE_STATIC);
        break;
    }
    must(code == SQLITE_OK);
}

static struct value column_of(sqlite3_stmt *statement, int i)
{
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return value_integer(sqlite3_column_int64(statement, i));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        return value_text_sized(text, (size_t)sqlite3_column_bytes(statement, i));
    }
    case SQLITE_BLOB: {
        const void *data = sqlite3_column_blob(statement, i);
        return value_blob(data, (size_t)sqlite3_column_bytes(statement, i));
    }
    default:
        return value_null();
    }
}

struct row link_row(sqlite3_stmt *statement)
{
    struct value columns[SCHEMA_COLUMNS_MAX];
    int count = sqlite3_column_count(statement);
    must(count <= SCHEMA_COLUMNS_MAX);
    for (int i = 0; i < count; i++)
        columns[i] = column_of(statement, i);
    return row_of(row_data_new(sizeof(struct row_data), columns, (size_t)count));
}
