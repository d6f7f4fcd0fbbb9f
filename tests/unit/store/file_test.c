// The data directory and its file: the lock, versions and migrations, what is not Dure's, damage,
// backups, reading beside a writer.
#include "test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/random.h"
#include "store/doctor.h"
#include "store/sqlite_file.h"
#include "store/sums_vfs.h"
#include "store_world.h"

#define TEXT_OF(x)    #x
#define TEXT_VALUE(x) TEXT_OF(x)
#define VERSION       TEXT_VALUE(SCHEMA_VERSION)
#define NEXT          (SCHEMA_VERSION + 1)

static void put_meta(struct store *s, const char *key, const char *value)
{
    store_put(s, TABLE_META, (struct value[]){value_text(key), value_text(value)});
}

static void commit(struct store *s)
{
    struct fail why;
    store_seal(s, 1, NULL, NULL);
    assert_true(store_flush(s, 1000, &why));
}

static struct store *open_at(const char *directory, bool read_only, struct fail *why)
{
    struct store_driver *driver = sqlite_driver_open(
        &(struct sqlite_opts){.directory = directory, .read_only = read_only}, why);
    return driver != NULL ? store_open(&(struct store_opts){.driver = driver}, why) : NULL;
}

static bool has_meta(struct store *s, const char *key, const char *value)
{
    struct fail why;
    struct row row;
    assert_true(store_get(s, TABLE_META, (struct value[]){value_text(key)}, &row, &why));
    bool same = row_is_there(&row) && strcmp(row_text(&row, META_VALUE), value) == 0;
    row_done(&row);
    return same;
}

// As one who keeps the sums edits it.
static void run_sql(const struct world *w, const char *sql)
{
    char path[128];
    sqlite3 *db;
    snprintf(path, sizeof(path), "%s/dure.db", w->directory);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, sums_vfs_over(NULL)),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void assert_refused(const struct world *w, enum fail_kind kind, const char *part)
{
    struct fail why = {0};
    assert_null(open_at(w->directory, false, &why));
    assert_int_equal(why.kind, kind);
    if (strstr(why.message, part) == NULL)
        fail_msg("'%s' does not say '%s'", why.message, part);
}

static int setup(void **state)
{
    *state = world_new(WORLD_SQLITE);
    return 0;
}

TEST(file, directory_is_locked_while_it_is_in_use)
{
    struct world *w = *state_;
    char owner[80];
    snprintf(owner, sizeof(owner), "in use by process %ld", (long)getpid());
    assert_refused(w, FAIL_BUSY, owner);
    world_reopen(w); // and free again once it is closed
}

TEST(file, is_its_owners_alone)
{
    struct world *w = *state_;
    struct stat info;
    char path[128];
    put_meta(w->store, "a", "1");
    commit(w->store);
    static const char *const names[] = {"dure.db", "dure.db-wal", "dure.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", w->directory, names[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

TEST(file, newer_version_is_refused_with_the_way_out)
{
    struct world *w = *state_;
    store_close(w->store);
    run_sql(w, "PRAGMA user_version=99");
    assert_refused(w, FAIL_UNSUPPORTED, "install a newer Dure");
    run_sql(w, "PRAGMA user_version=" VERSION);
    world_open(w);
}

TEST(file, other_programs_databases_are_refused)
{
    struct world *w = *state_;
    store_close(w->store);
    run_sql(w, "PRAGMA application_id=7");
    assert_refused(w, FAIL_INVALID, "not a database of Dure");
    run_sql(w, "PRAGMA application_id=0; PRAGMA user_version=0");
    assert_refused(w, FAIL_INVALID, "not a database of Dure");
    run_sql(w, "PRAGMA application_id=1146442309; PRAGMA user_version=" VERSION);
    world_open(w);
}

// Steps to versions that are still to come, which this test brings.
TEST(file, migrates_step_by_step_or_not_at_all)
{
    struct world *w = *state_;
    struct fail why;
    char path[128];
    int64_t version;
    put_meta(w->store, "a", "1");
    commit(w->store);
    store_close(w->store);
    snprintf(path, sizeof(path), "%s/dure.db", w->directory);
    sqlite3 *db = link_open(path, LINK_WRITE, NULL, &why);
    assert_non_null(db);
    const struct migration broken[] = {
        {NEXT, "ALTER TABLE meta ADD COLUMN note TEXT", false},
        {NEXT + 1, "UPDATE meta SET note='x'; UPDATE nothing SET a=1", false},
        {0, NULL, false}};
    assert_false(file_migrate(db, broken, NEXT + 1, &why));
    assert_non_null(strstr(why.message, "bringing the database to version"));
    assert_true(link_integer(db, "PRAGMA user_version", &version, &why));
    assert_int_equal(version, NEXT);
    assert_true(link_integer(db, "SELECT count(*) FROM meta WHERE note IS NULL", &version, &why));
    assert_int_equal(version, 1);
    const struct migration whole[] = {{NEXT, "ALTER TABLE meta ADD COLUMN note TEXT", false},
                                      {NEXT + 1, "UPDATE meta SET note='x'", false},
                                      {0, NULL, false}};
    assert_true(file_migrate(db, whole, NEXT + 1, &why));
    assert_true(link_integer(db, "SELECT count(*) FROM meta WHERE note='x'", &version, &why));
    assert_int_equal(version, 1);
    assert_true(
        link_run(db, "ALTER TABLE meta DROP COLUMN note; PRAGMA user_version=" VERSION, &why));
    sqlite3_close(db);
    world_open(w);
    assert_true(has_meta(w->store, "a", "1"));
}

static void overwrite(const char *path, off_t offset, size_t bytes)
{
    static char noise[4096];
    memset(noise, 0x5a, sizeof(noise));
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, noise, bytes, offset), bytes);
    close(file);
}

TEST(file, damage_is_found_at_the_start)
{
    struct world *w = *state_;
    char path[128];
    for (int i = 0; i < 500; i++) {
        char key[16];
        snprintf(key, sizeof(key), "key%d", i);
        put_meta(w->store, key, "some text that fills the pages");
    }
    commit(w->store);
    store_close(w->store);
    snprintf(path, sizeof(path), "%s/dure.db", w->directory);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    overwrite(path, info.st_size - 4096, 4096); // the last page: one of meta's
    assert_refused(w, FAIL_CORRUPT, "restore a backup");
    overwrite(path, 0, 100); // and the head
    assert_refused(w, FAIL_CORRUPT, "restore a backup");
    unlink(path);
    world_open(w);
}

TEST(file, reader_looks_beside_the_writer)
{
    struct world *w = *state_;
    struct fail why;
    put_meta(w->store, "a", "1");
    commit(w->store);
    struct store *reader = open_at(w->directory, true, &why);
    assert_non_null(reader);
    assert_true(has_meta(reader, "a", "1"));
    put_meta(w->store, "a", "2");
    commit(w->store);
    assert_true(has_meta(reader, "a", "2"));
    store_close(reader);
    reader = open_at("/nonexistent/dure", true, &why);
    assert_null(reader);
    assert_int_equal(why.kind, FAIL_NOT_FOUND);
}

TEST(file, backup_is_one_moment_of_a_store_at_work)
{
    struct world *w = *state_;
    struct fail why;
    char file[128], copy[96], path[160];
    for (int i = 0; i < 200; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%d", i);
        put_meta(w->store, "a", number);
        put_meta(w->store, "b", number);
        store_seal(w->store, 1, NULL, NULL);
    }
    snprintf(copy, sizeof(copy), "%s/restored", w->directory);
    snprintf(file, sizeof(file), "%s/backup.db", w->directory);
    assert_true(sqlite_backup(w->directory, file, &why));
    assert_false(sqlite_backup(w->directory, file, &why));
    assert_int_equal(why.kind, FAIL_CONFLICT);
    assert_int_equal(mkdir(copy, 0700), 0);
    snprintf(path, sizeof(path), "%s/dure.db", copy);
    assert_int_equal(rename(file, path), 0);
    struct store *restored = open_at(copy, false, &why);
    assert_non_null(restored);
    struct row a;
    assert_true(store_get(restored, TABLE_META, (struct value[]){value_text("a")}, &a, &why));
    if (row_is_there(&a))
        assert_true(has_meta(restored, "b", row_text(&a, META_VALUE)));
    row_done(&a);
    store_close(restored);
    assert_false(sqlite_backup("/nonexistent/dure", file, &why));
}

// 60 MB are written: the log would be longer than that if it were not begun anew after 8,000 pages.
TEST(file, log_stays_bounded)
{
    struct world *w = *state_;
    static char body[100000];
    struct stat info;
    char path[128];
    struct random random;
    random_seed(&random, 1);
    for (int i = 0; i < 600; i++) {
        for (size_t n = 0; n < sizeof(body); n += 64)
            body[n] = (char)random_below(&random, 256);
        store_put(w->store, TABLE_PAYLOAD,
                  (struct value[]){value_blob(&(char){(char)(i % 100)}, 1),
                                   value_blob(body, sizeof(body))});
        commit(w->store);
    }
    snprintf(path, sizeof(path), "%s/dure.db-wal", w->directory);
    assert_int_equal(stat(path, &info), 0);
    assert_in_range(info.st_size, 1, 40 * 1024 * 1024);
}

static void assert_doctor_says(const char *directory, bool healthy, const char *part)
{
    struct bytes lines;
    struct doctor_report report = {.lines = &lines};
    bytes_init(&lines, 100000);
    bool found = store_doctor(directory, &report);
    if (found != healthy || strstr(lines.data, part) == NULL)
        fail_msg("the doctor says: %s", lines.data);
    bytes_done(&lines);
}

TEST(file, doctor_says_what_is_wrong)
{
    struct world *w = *state_;
    char path[128], running[64];
    struct stat info;
    put_meta(w->store, "a", "1");
    commit(w->store);
    snprintf(running, sizeof(running), "process %ld is running on it", (long)getpid());
    assert_doctor_says(w->directory, true, running);
    store_close(w->store);
    assert_doctor_says(w->directory, true, "all tables are as version " VERSION " wants them");
    run_sql(w, "DROP INDEX timer_due; ALTER TABLE meta ADD COLUMN note TEXT");
    assert_doctor_says(w->directory, false, "problem: index 'timer_due' is missing");
    assert_doctor_says(w->directory, false,
                       "problem: table 'meta' has the columns key,value,note,");
    snprintf(path, sizeof(path), "%s/dure.db", w->directory);
    assert_int_equal(chmod(path, 0644), 0);
    assert_doctor_says(w->directory, false, "hint: others may read the database");
    assert_int_equal(stat(path, &info), 0);
    overwrite(path, 4096, 4096);
    assert_doctor_says(w->directory, false, "problem: the file is damaged");
    overwrite(path, 0, 100);
    assert_doctor_says(w->directory, false, "problem: ");
    unlink(path);
    assert_doctor_says(w->directory, false, "is it the right directory?");
    assert_doctor_says("/nonexistent", false, "there is no directory");
    world_open(w);
}

int main(void)
{
#define FILE_CASE(behaviour)                                                                       \
    cmocka_unit_test_setup_teardown(file_##behaviour, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        FILE_CASE(directory_is_locked_while_it_is_in_use),
        FILE_CASE(is_its_owners_alone),
        FILE_CASE(newer_version_is_refused_with_the_way_out),
        FILE_CASE(other_programs_databases_are_refused),
        FILE_CASE(migrates_step_by_step_or_not_at_all),
        FILE_CASE(damage_is_found_at_the_start),
        FILE_CASE(reader_looks_beside_the_writer),
        FILE_CASE(backup_is_one_moment_of_a_store_at_work),
        FILE_CASE(log_stays_bounded),
        FILE_CASE(doctor_says_what_is_wrong),
    };
    log_configure(LOG_ERROR + 1, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
