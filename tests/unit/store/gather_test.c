// What is gathered of the log: few writes, every failure told to the transaction whose pieces it
// hit, and nothing written late.
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/fault_vfs.h"
#include "store/log_gather.h"
#include "store/sqlite_link.h"
#include "store/sums_vfs.h"
#include "store_world.h"

#define FRAMES_MAX 100

// ---- a file below that counts

struct file {
    sqlite3_file base; // first
    unsigned char bytes[LOG_FRAME_AT(FRAMES_MAX)];
    int writes, fails_at, size_last;
    struct log_gather gather;
};

static int write_below(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
    struct file *f = (struct file *)file;
    f->size_last = bytes;
    assert_true(offset + bytes <= (int64_t)sizeof(f->bytes));
    bool fails = ++f->writes == f->fails_at;
    memcpy(f->bytes + offset, data, (size_t)(fails ? bytes / 2 : bytes));
    return fails ? SQLITE_FULL : SQLITE_OK;
}

static int setup(void **state)
{
    static const sqlite3_io_methods methods = {.iVersion = 1, .xWrite = write_below};
    struct file *f = mem_new(struct file);
    f->base.pMethods = &methods;
    log_gather_init(&f->gather, &f->base);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct file *f = *state;
    log_gather_done(&f->gather);
    mem_free(f);
    return 0;
}

static int put_head(struct file *f, int frame, bool commits)
{
    unsigned char head[LOG_FRAME_HEAD_BYTES] = {[3] = 1, [7] = commits};
    return log_gather_write(&f->gather, head, sizeof(head), LOG_FRAME_AT(frame));
}

static int put_page(struct file *f, int frame, char with)
{
    char page[PAGE_BYTES];
    memset(page, with, sizeof(page));
    return log_gather_write(&f->gather, page, sizeof(page), LOG_PAGE_AT(frame));
}

static int put_frame(struct file *f, int frame, char with, bool commits)
{
    int code = put_head(f, frame, commits);
    return code != SQLITE_OK ? code : put_page(f, frame, with);
}

static void put_frames(struct file *f, int from, int to, char with)
{
    for (int frame = from; frame < to; frame++)
        assert_int_equal(put_frame(f, frame, with, false), SQLITE_OK);
}

static char first_of(const struct file *f, int frame)
{
    return (char)f->bytes[LOG_PAGE_AT(frame)];
}

static char last_of(const struct file *f, int frame)
{
    return (char)f->bytes[LOG_FRAME_AT(frame + 1) - 1];
}

TEST(gather, a_commit_comes_down_in_one_write)
{
    struct file *f = *state_;
    put_frames(f, 0, 9, 'a');
    assert_int_equal(f->writes, 0);
    assert_int_equal(put_frame(f, 9, 'a', true), SQLITE_OK);
    assert_int_equal(f->writes, 1);
    assert_int_equal(f->size_last, 10 * LOG_FRAME_BYTES);
    for (int frame = 0; frame < 10; frame++)
        assert_true(first_of(f, frame) == 'a' && last_of(f, frame) == 'a');
    log_gather_end(&f->gather);
    assert_int_equal(put_frame(f, 10, 'b', true), SQLITE_OK);
    assert_int_equal(f->writes, 2);
    assert_true(last_of(f, 10) == 'b');
}

TEST(gather, what_has_no_room_comes_down_in_whole_frames)
{
    struct file *f = *state_;
    put_frames(f, 0, 2 * LOG_GATHER_FRAMES + 1, 'a');
    assert_int_equal(f->writes, 2);
    assert_int_equal(f->size_last, LOG_GATHER_BYTES);
    assert_int_equal(put_frame(f, 2 * LOG_GATHER_FRAMES + 1, 'a', true), SQLITE_OK);
    assert_int_equal(f->writes, 3);
    for (int frame = 0; frame < 2 * LOG_GATHER_FRAMES + 2; frame++)
        assert_true(first_of(f, frame) == 'a' && last_of(f, frame) == 'a');
}

TEST(gather, a_look_at_what_is_here_brings_it_down_and_one_before_it_does_not)
{
    struct file *f = *state_;
    put_frames(f, 3, 5, 'a');
    assert_int_equal(log_gather_ready(&f->gather, PAGE_BYTES, LOG_PAGE_AT(2)), SQLITE_OK);
    assert_int_equal(f->writes, 0);
    assert_int_equal(log_gather_ready(&f->gather, PAGE_BYTES, LOG_PAGE_AT(3)), SQLITE_OK);
    assert_int_equal(f->writes, 1);
    assert_true(last_of(f, 4) == 'a');
}

TEST(gather, a_page_in_place_comes_after_its_frame)
{
    struct file *f = *state_;
    put_frames(f, 0, 3, 'a');
    assert_int_equal(put_page(f, 1, 'b'), SQLITE_OK);
    assert_int_equal(f->writes, 2);
    assert_true(last_of(f, 0) == 'a' && last_of(f, 1) == 'b' && last_of(f, 2) == 'a');
    assert_int_equal(put_frame(f, 3, 'c', true), SQLITE_OK);
    assert_int_equal(f->writes, 3);
    // The heads that are made anew after it go down at once: no sync may follow.
    assert_int_equal(put_head(f, 1, false), SQLITE_OK);
    assert_int_equal(put_head(f, 3, true), SQLITE_OK);
    assert_int_equal(f->writes, 5);
    assert_true(f->bytes[LOG_FRAME_AT(3) + 7] == 1);
}

TEST(gather, what_is_taken_back_is_never_written)
{
    struct file *f = *state_;
    assert_int_equal(put_frame(f, 0, 'a', true), SQLITE_OK);
    log_gather_end(&f->gather);
    put_frames(f, 1, 4, 'x');
    log_gather_end(&f->gather); // a rollback, and somebody else commits there
    memset(f->bytes + LOG_FRAME_AT(1), 'o', 3 * LOG_FRAME_BYTES);
    assert_int_equal(log_gather_ready(&f->gather, PAGE_BYTES, LOG_PAGE_AT(1)), SQLITE_OK);
    assert_int_equal(log_gather_flush(&f->gather), SQLITE_OK);
    assert_int_equal(put_frame(f, 4, 'b', true), SQLITE_OK);
    assert_true(first_of(f, 1) == 'o' && last_of(f, 3) == 'o' && last_of(f, 4) == 'b');
    assert_int_equal(f->writes, 2);
}

// Without locks (locking_mode=exclusive), and where a savepoint is rolled back.
TEST(gather, a_frame_that_begins_anew_takes_back_what_is_behind)
{
    struct file *f = *state_;
    put_frames(f, 0, 6, 'x');
    put_frames(f, 2, 3, 'a');
    assert_int_equal(put_frame(f, 3, 'a', true), SQLITE_OK);
    assert_int_equal(f->writes, 1);
    assert_int_equal(f->size_last, 4 * LOG_FRAME_BYTES);
    assert_true(last_of(f, 1) == 'x' && first_of(f, 2) == 'a' && last_of(f, 3) == 'a');
    assert_true(first_of(f, 4) == 0);
    put_frames(f, 4, 6, 'x');
    assert_int_equal(put_frame(f, 4, 'b', true), SQLITE_OK);
    assert_true(last_of(f, 4) == 'b' && first_of(f, 5) == 0);
}

TEST(gather, a_failure_is_told_to_the_commit_and_the_next_one_succeeds)
{
    struct file *f = *state_;
    f->fails_at = 1;
    put_frames(f, 0, 3, 'a');
    assert_int_equal(put_frame(f, 3, 'a', true), SQLITE_FULL);
    log_gather_end(&f->gather);
    assert_int_equal(log_gather_flush(&f->gather), SQLITE_OK);
    put_frames(f, 0, 2, 'b');
    assert_int_equal(put_frame(f, 2, 'b', true), SQLITE_OK);
    assert_int_equal(f->writes, 2);
    assert_true(first_of(f, 0) == 'b' && last_of(f, 2) == 'b' && first_of(f, 3) == 0);
}

// A program that goes on after a read that failed.
TEST(gather, a_log_with_a_hole_is_not_committed)
{
    struct file *f = *state_;
    f->fails_at = 2;
    assert_int_equal(put_frame(f, 0, 'a', true), SQLITE_OK);
    log_gather_end(&f->gather);
    put_frames(f, 1, 4, 'b');
    assert_int_equal(log_gather_ready(&f->gather, PAGE_BYTES, LOG_PAGE_AT(2)), SQLITE_FULL);
    assert_int_equal(log_gather_ready(&f->gather, PAGE_BYTES, LOG_PAGE_AT(3)), SQLITE_FULL);
    assert_int_equal(log_gather_ready(&f->gather, PAGE_BYTES, LOG_PAGE_AT(0)), SQLITE_OK);
    assert_int_equal(put_frame(f, 4, 'b', true), SQLITE_FULL);
    assert_int_equal(put_page(f, 2, 'b'), SQLITE_FULL);
    assert_int_equal(f->writes, 2);
    put_frames(f, 1, 2, 'c'); // the transaction begins anew
    assert_int_equal(put_frame(f, 2, 'c', true), SQLITE_OK);
    assert_int_equal(log_gather_ready(&f->gather, PAGE_BYTES, LOG_PAGE_AT(2)), SQLITE_OK);
    assert_true(last_of(f, 0) == 'a' && first_of(f, 1) == 'c' && last_of(f, 2) == 'c');
}

// ---- under SQLite, on a disk that fails

static sqlite3 *open_on_disk(const char *directory)
{
    char path[128];
    struct fail why = {0};
    snprintf(path, sizeof(path), "%s/dure.db", directory);
    sqlite3 *db = link_open(path, LINK_WRITE, "gather", &why);
    assert_non_null(db);
    return db;
}

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void expect_rows(sqlite3 *db, int first_part, int all)
{
    struct fail why;
    int64_t got;
    assert_true(link_integer(db, "SELECT count(*) FROM t WHERE n < 40", &got, &why));
    assert_int_equal(got, first_part);
    assert_true(link_integer(db, "SELECT count(*) FROM t", &got, &why));
    assert_int_equal(got, all);
}

#define ROWS(from, to)                                                                             \
    "WITH RECURSIVE c(n) AS (VALUES(" #from ") UNION ALL SELECT n+1 FROM c WHERE n+1<" #to ") "    \
    "INSERT INTO t SELECT n, randomblob(2000) FROM c;"

// What is done at once, and how many rows there are then.
struct work {
    const char *sql;
    int rows;
};
// One spills, writes its own frames again and takes a savepoint back.
static const struct work spilling = {
    "BEGIN IMMEDIATE;" ROWS(40, 140) "UPDATE t SET b=randomblob(2001) WHERE n%3=0;"
                                     "SAVEPOINT s;" ROWS(140, 170) "ROLLBACK TO s;" ROWS(
                                         170, 200) "COMMIT",
    170};
static const struct work plain = {"BEGIN IMMEDIATE;" ROWS(40, 50) "COMMIT", 50};

struct trial {
    const char *mode;
    const struct work *work;
    bool full, half;
};

static void look_at_whole_log(const char *directory, struct fault_disk *disk, int rows)
{
    struct fail why;
    int64_t whole;
    fault_disk_cut(disk, FAULT_CUT_KILL, NULL); // the next one reads it from its beginning
    sqlite3 *db = open_on_disk(directory);
    expect_rows(db, 40, rows);
    assert_true(link_integer(db,
                             "SELECT count(*) FROM pragma_integrity_check "
                             "WHERE integrity_check='ok'",
                             &whole, &why));
    assert_int_equal(whole, 1);
    sqlite3_close(db);
}

// It is not there, and comes when it is tried again; who reads beside it sees the one or the other.
static bool fail_once(const struct trial *t, const char *directory, struct fault_disk *disk,
                      long at)
{
    struct faults *faults = fault_disk_faults(disk);
    sqlite3 *db = open_on_disk(directory);
    char pragma[160];
    snprintf(pragma, sizeof(pragma),
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=%s; PRAGMA wal_autocheckpoint=0; "
             "PRAGMA cache_size=12; PRAGMA cache_spill=12;",
             t->mode);
    assert_true(run(db, pragma));
    assert_true(run(db, "CREATE TABLE t(n INTEGER PRIMARY KEY, b BLOB);" ROWS(0, 40)));
    sqlite3 *reader = open_on_disk(directory);
    faults->full = t->full;
    faults->short_writes = t->half;
    faults->fail_count = 1;
    faults->fail_at = faults->operations + at;
    bool committed = run(db, t->work->sql);
    bool reached = faults->operations >= faults->fail_at;
    assert_true(committed == !reached);
    assert_true(sqlite3_get_autocommit(db) || run(db, "ROLLBACK"));
    expect_rows(reader, 40, committed ? t->work->rows : 40);
    expect_rows(db, 40, committed ? t->work->rows : 40);
    assert_true(committed || run(db, t->work->sql));
    expect_rows(reader, 40, t->work->rows);
    sqlite3_close(reader);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(db);
    return reached;
}

// Each write and sync fails in turn.
static void fail_each_in_turn(struct trial t)
{
    char directory[] = "/tmp/dure-gather-XXXXXX";
    must(mkdtemp(directory) != NULL);
    bool reached = true;
    for (long at = 1; reached; at += 1 + at / 8) {
        struct fault_disk *disk = fault_disk_new("gather");
        reached = fail_once(&t, directory, disk, at);
        look_at_whole_log(directory, disk, t.work->rows);
        fault_disk_free(disk);
    }
    nftw(directory, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

TEST(gather, each_failure_ends_its_own_commit)
{
    UNUSED_STATE;
    fail_each_in_turn((struct trial){"FULL", &plain, true, true});
    fail_each_in_turn((struct trial){"FULL", &spilling, false, false});
    fail_each_in_turn((struct trial){"FULL", &spilling, true, true});
}

TEST(gather, each_failure_ends_its_own_commit_without_syncs_too)
{
    UNUSED_STATE;
    fail_each_in_turn((struct trial){"NORMAL", &plain, false, false});
    fail_each_in_turn((struct trial){"NORMAL", &spilling, true, true});
    fail_each_in_turn((struct trial){"OFF", &plain, true, true});
    fail_each_in_turn((struct trial){"OFF", &spilling, false, true});
}

// What a transaction spilled is read from the log by itself. Where it cannot be written for that,
// the look fails, and so does the commit of a program that goes on.
TEST(gather, a_transaction_reads_what_it_has_spilled)
{
    UNUSED_STATE;
    char directory[] = "/tmp/dure-gather-XXXXXX";
    static const char all[] = "SELECT count(*) FROM t WHERE length(b)=2000";
    struct fail why = {0};
    int64_t rows;
    must(mkdtemp(directory) != NULL);
    struct fault_disk *disk = fault_disk_new("gather");
    struct faults *faults = fault_disk_faults(disk);
    sqlite3 *db = open_on_disk(directory);
    assert_true(run(db, "PRAGMA journal_mode=WAL; PRAGMA cache_size=12; PRAGMA cache_spill=12;"
                        "CREATE TABLE t(n INTEGER PRIMARY KEY, b BLOB);"));
    long operations = faults->operations;
    assert_true(run(db, "BEGIN IMMEDIATE;" ROWS(0, 60)));
    assert_int_equal(faults->operations, operations);
    assert_true(link_integer(db, all, &rows, &why));
    assert_int_equal(rows, 60);
    assert_int_equal(faults->operations, operations + 1);
    assert_true(run(db, "ROLLBACK; BEGIN IMMEDIATE;" ROWS(0, 60)));
    faults->fail_at = faults->operations + 1;
    faults->fail_count = 1;
    assert_false(link_integer(db, all, &rows, &why));
    assert_int_equal(why.kind, FAIL_IO);
    assert_false(run(db, "COMMIT"));
    assert_true(sqlite3_get_autocommit(db) || run(db, "ROLLBACK"));
    expect_rows(db, 0, 0);
    assert_true(run(db, "BEGIN IMMEDIATE;" ROWS(0, 60) "COMMIT"));
    expect_rows(db, 40, 60);
    sqlite3_close(db);
    fault_disk_free(disk);
    nftw(directory, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// One connection takes back what it has spilled; another commits at the same place of the log, and
// the first reads it.
TEST(gather, what_one_took_back_never_comes_down_over_anothers_commit)
{
    UNUSED_STATE;
    char directory[] = "/tmp/dure-gather-XXXXXX";
    must(mkdtemp(directory) != NULL);
    struct fault_disk *disk = fault_disk_new("gather");
    sqlite3 *one = open_on_disk(directory);
    assert_true(run(one, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; "
                         "PRAGMA cache_size=12; PRAGMA cache_spill=12;"
                         "CREATE TABLE t(n INTEGER PRIMARY KEY, b BLOB);" ROWS(0, 40)));
    sqlite3 *other = open_on_disk(directory);
    assert_true(run(one, "BEGIN IMMEDIATE;" ROWS(40, 80) "ROLLBACK"));
    long operations = fault_disk_faults(disk)->operations;
    assert_true(run(other, ROWS(40, 90)));
    assert_true(fault_disk_faults(disk)->operations > operations);
    operations = fault_disk_faults(disk)->operations;
    expect_rows(one, 40, 90);
    assert_int_equal(fault_disk_faults(disk)->operations, operations);
    assert_true(run(one, ROWS(90, 100)));
    expect_rows(other, 40, 100);
    sqlite3_close(one);
    expect_rows(other, 40, 100);
    sqlite3_close(other);
    fault_disk_free(disk);
    nftw(directory, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
#define ALONE(behaviour) cmocka_unit_test_setup_teardown(gather_##behaviour, setup, teardown)
    const struct CMUnitTest tests[] = {
        ALONE(a_commit_comes_down_in_one_write),
        ALONE(what_has_no_room_comes_down_in_whole_frames),
        ALONE(a_look_at_what_is_here_brings_it_down_and_one_before_it_does_not),
        ALONE(a_page_in_place_comes_after_its_frame),
        ALONE(what_is_taken_back_is_never_written),
        ALONE(a_frame_that_begins_anew_takes_back_what_is_behind),
        ALONE(a_failure_is_told_to_the_commit_and_the_next_one_succeeds),
        ALONE(a_log_with_a_hole_is_not_committed),
        cmocka_unit_test(gather_each_failure_ends_its_own_commit),
        cmocka_unit_test(gather_each_failure_ends_its_own_commit_without_syncs_too),
        cmocka_unit_test(gather_a_transaction_reads_what_it_has_spilled),
        cmocka_unit_test(gather_what_one_took_back_never_comes_down_over_anothers_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
