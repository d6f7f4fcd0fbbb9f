#include "store/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/last_words.h"
#include "base/mem.h"
#include "store/log_file.h"
#include "store/page_check.h"
#include "store/sqlite_file.h"

#define FREE_BYTES_FEW (256LL * 1024 * 1024)
#define LOG_BYTES_MANY (256LL * 1024 * 1024)
#define MESSAGES_MAX   20 // of the integrity check

static void say(struct doctor_report *r, const char *kind, const char *format, ...) PRINTF(3, 4);

static void say(struct doctor_report *r, const char *kind, const char *format, ...)
{
    char text[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    bytes_printf(r->lines, "%s: %s\n", kind, text);
    r->problems += strcmp(kind, "problem") == 0;
    r->hints += strcmp(kind, "hint") == 0;
}

static long long file_bytes(const char *directory, const char *name, mode_t *mode)
{
    struct stat info;
    char *path = mem_printf("%s/%s", directory, name);
    int code = stat(path, &info);
    mem_free(path);
    if (mode != NULL)
        *mode = code == 0 ? info.st_mode & 0777 : 0;
    return code == 0 ? (long long)info.st_size : -1;
}

static void check_room(const char *directory, struct doctor_report *r)
{
    struct statvfs disk;
    if (statvfs(directory, &disk) != 0) {
        say(r, "problem", "the disk of '%s' cannot be asked: %s", directory, strerror(errno));
        return;
    }
    long long left = (long long)disk.f_bavail * (long long)disk.f_frsize;
    if ((disk.f_flag & ST_RDONLY) != 0)
        say(r, "problem", "the disk is mounted read-only; mount it for writing");
    else if (left < FREE_BYTES_FEW)
        say(r, "problem", "only %lld MB are free; make room, or commits will stop", left >> 20);
    else
        say(r, "ok", "%lld MB are free", left >> 20);
}

static void check_rights(const char *directory, struct doctor_report *r)
{
    mode_t mode;
    if (access(directory, R_OK | W_OK | X_OK) != 0)
        say(r, "problem", "this user may not write in '%s': %s", directory, strerror(errno));
    if (file_bytes(directory, SQLITE_FILE_NAME, &mode) >= 0 && (mode & 077) != 0)
        say(r, "hint",
            "others may read the database (mode %03o), which holds personal data; chmod 600 it",
            (unsigned)mode);
}

static void check_lock(const char *directory, struct doctor_report *r)
{
    char *path = mem_printf("%s/%s", directory, LOCK_FILE_NAME);
    int lock = open(path, O_RDONLY | O_CLOEXEC);
    char owner[32] = "";
    mem_free(path);
    if (lock < 0) {
        say(r, "ok", "no server has used this directory yet");
        return;
    }
    ssize_t bytes = pread(lock, owner, sizeof(owner) - 1, 0);
    owner[bytes > 0 ? bytes : 0] = '\0';
    if (flock(lock, LOCK_SH | LOCK_NB) == 0)
        say(r, "ok", "no server is running on it");
    else
        say(r, "ok", "process %s is running on it", owner);
    close(lock);
}

static void check_last_words(const char *directory, struct doctor_report *r)
{
    struct last_words crash;
    time_t at;
    struct tm utc;
    char when[32];
    last_words_read(directory, &crash);
    if (crash.text[0] == '\0')
        return;
    at = (time_t)(crash.at_ms / 1000);
    gmtime_r(&at, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
    say(r, "hint",
        "the server crashed at %s and has not started since: %.400s; start it again: what is in "
        "hand in two crashes in a row is held, and the console names it",
        when, crash.text);
}

static bool check_log(const char *directory, struct doctor_report *r)
{
    long long bytes = file_bytes(directory, SQLITE_FILE_NAME "-wal", NULL);
    struct log_report log = log_examine(directory, NULL, NULL);
    struct fail why;
    bool whole = log_is_whole(directory, &log, &why);
    if (!whole)
        say(r, "problem", "%s", why.message);
    if (log.state == LOG_DOUBTFUL)
        say(r, "hint",
            "the log cannot be read from frame %lld on, and its index does not tell how far it was "
            "committed: it is what the last commit left when the power went, or damaged there; "
            "the start goes on with what is before it",
            (long long)log.damaged);
    if (bytes > LOG_BYTES_MANY)
        say(r, "hint",
            "the log has %lld MB; some reader (a backup, an open shell) holds it, or checkpoints "
            "fail: see the server's own log",
            bytes >> 20);
    else if (bytes > 0)
        say(r, "ok", "the log has %lld KB", bytes >> 10);
    return whole;
}

// The bytes of every page; what SQLite finds in them comes after.
static void check_sums(const char *directory, struct doctor_report *r)
{
    struct page_report pages = {.lines = mem_new(struct bytes)};
    bytes_init(pages.lines, r->lines->max);
    page_check(directory, &pages);
    char *rest = pages.lines->data;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        if (line[0] != '\0')
            say(r, "problem", "%s", line);
    if (pages.bad > 0)
        say(r, "hint",
            "nothing is decided upon these pages: the server stops where it needs one; stop it, "
            "keep a copy of the directory as it is, restore a backup ('dure restore')");
    else if (pages.kept)
        say(r, "ok", "each of %lld pages fits its sum", (long long)pages.pages);
    else
        say(r, "hint",
            "the pages have no sums, so that a bit that flips in them may not be found: make room "
            "on the disk for a second copy of the database, and start 'dure serve' again");
    bytes_done(pages.lines);
    mem_free(pages.lines);
}

static void check_pages(sqlite3 *db, struct doctor_report *r)
{
    struct fail why;
    char sql[64];
    size_t before = r->problems;
    snprintf(sql, sizeof(sql), "PRAGMA integrity_check(%d)", MESSAGES_MAX);
    sqlite3_stmt *statement = link_prepare(db, sql, false, &why);
    int code = SQLITE_ERROR;
    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        if (text != NULL && strcmp(text, "ok") != 0)
            say(r, "problem", "the file is damaged: %s", text);
    }
    if (code != SQLITE_DONE) {
        link_fail(db, "checking the pages", &why);
        say(r, "problem", "%s", why.message);
    }
    sqlite3_finalize(statement);
    if (r->problems == before)
        say(r, "ok", "every page and index is sound");
    else
        say(r, "hint", "stop the server, keep a copy of the directory as it is, restore a backup");
}

// The columns of one table by name and order, as the file has them: "id,namespace,…".
static void file_columns(sqlite3 *db, enum table table, struct bytes *out)
{
    struct fail why;
    char sql[160];
    snprintf(sql, sizeof(sql), "SELECT name FROM pragma_table_info('%s') ORDER BY cid",
             schema_tables[table].name);
    sqlite3_stmt *statement = link_prepare(db, sql, false, &why);
    while (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
        bytes_printf(out, "%s,", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
}

static void check_table(sqlite3 *db, enum table table, struct doctor_report *r)
{
    const struct table_description *t = &schema_tables[table];
    struct bytes found, wanted;
    bytes_init(&found, 16384);
    bytes_init(&wanted, 16384);
    file_columns(db, table, &found);
    for (int i = 0; i < t->column_count; i++)
        bytes_printf(&wanted, "%s,", t->columns[i].name);
    if (found.length == 0)
        say(r, "problem", "table '%s' is missing", t->name);
    else if (strcmp(found.data, wanted.data) != 0)
        say(r, "problem", "table '%s' has the columns %s not %s", t->name, found.data, wanted.data);
    bytes_done(&found);
    bytes_done(&wanted);
}

static void check_indexes(sqlite3 *db, enum table table, struct doctor_report *r)
{
    const struct table_description *t = &schema_tables[table];
    for (int i = 0; i < t->index_count; i++) {
        struct fail why;
        char sql[160];
        int64_t count = 0;
        snprintf(sql, sizeof(sql),
                 "SELECT count(*) FROM sqlite_master WHERE type='index' AND name='%s'",
                 t->indexes[i].name);
        if (!link_integer(db, sql, &count, &why))
            say(r, "problem", "%s", why.message);
        else if (count == 0)
            say(r, "problem", "index '%s' is missing", t->indexes[i].name);
    }
}

static bool has_database(const char *directory, struct doctor_report *r)
{
    long long bytes = file_bytes(directory, SQLITE_FILE_NAME, NULL);
    if (bytes < 0)
        say(r, "problem", "there is no database in '%s'; is it the right directory?", directory);
    else
        say(r, "ok", "the database has %lld KB", bytes >> 10);
    return bytes >= 0;
}

static void check_database(const char *directory, struct doctor_report *r)
{
    struct fail why;
    char *path = mem_printf("%s/%s", directory, SQLITE_FILE_NAME);
    sqlite3 *db = link_open(path, LINK_TRUST, NULL, &why); // sums were looked at
    mem_free(path);
    if (db == NULL || !file_check_version(db, &why)) {
        say(r, "problem", "%s", why.message);
        sqlite3_close(db);
        return;
    }
    check_pages(db, r);
    size_t before = r->problems;
    for (int table = 0; table < TABLE_COUNT; table++) {
        check_table(db, (enum table)table, r);
        check_indexes(db, (enum table)table, r);
    }
    if (r->problems == before)
        say(r, "ok", "all tables are as version %d wants them", SCHEMA_VERSION);
    sqlite3_close(db);
}

bool store_doctor(const char *directory, struct doctor_report *report)
{
    report->problems = report->hints = 0;
    if (access(directory, F_OK) != 0) {
        say(report, "problem", "there is no directory '%s'", directory);
        return false;
    }
    check_rights(directory, report);
    check_room(directory, report);
    check_lock(directory, report);
    check_last_words(directory, report);
    // Whoever opens a log that is not whole makes its index anew, and nobody finds that again.
    bool log_is_good = check_log(directory, report);
    if (!has_database(directory, report))
        return false;
    check_sums(directory, report);
    if (log_is_good)
        check_database(directory, report);
    return report->problems == 0;
}
