// The log: each frame is held to its sum, a damaged one is neither read nor copied nor lost by
// looking; nothing that is whole is taken for damage.
#include "test.h"

#include "base/log.h"
#include "base/random.h"
#include "store/log_file.h"
#include "store/log_frame.h"
#include "store/sums_vfs.h"
#include "sums_world.h"

static struct log_report log_of(const struct world *w)
{
    return log_examine(w->directory, NULL, NULL);
}

TEST(log, a_log_in_use_is_whole)
{
    struct world *w = *state_;
    struct log_report log = log_of(w);
    assert_int_equal(log.state, LOG_WHOLE);
    assert_true(log.frames > 50);
    assert_true(pages_fit(w, NULL)); // of which the file has not one yet
}

TEST(log, any_bit_that_flips_in_the_log_is_found)
{
    struct world *w = *state_;
    const char *log = path_of(w, "dure.db-wal");
    struct random random;
    struct fail why = {0};
    int64_t frames = log_of(w).frames;
    random_seed(&random, 2);
    for (int i = 0; i < FLIPS + LOG_HEAD_BYTES; i++) {
        off_t at =
            i < LOG_HEAD_BYTES ? i : (off_t)random_below(&random, (uint64_t)LOG_FRAME_AT(frames));
        flip(log, at, i % 8);
        struct log_report report = log_of(w);
        if (report.state != LOG_DAMAGED)
            fail_msg("bit %d of byte %ld is not found", i % 8, (long)at);
        assert_false(log_is_whole(w->directory, &report, &why));
        if (at >= LOG_HEAD_BYTES)
            assert_int_equal(report.damaged, (at - LOG_HEAD_BYTES) / LOG_FRAME_BYTES + 1);
        assert_null(open_to_read(w, false, &why)); // and not lost by looking
        flip(log, at, i % 8);
    }
    assert_int_equal(log_of(w).state, LOG_WHOLE);
}

// The power went amid a commit, and of its frames the last came to the disk and the first did not;
// the index never came. That keeps nobody out.
TEST(log, a_torn_end_without_an_index_is_in_doubt)
{
    struct world *w = *state_;
    struct fail why = {0};
    off_t at = LOG_PAGE_AT(log_of(w).frames - 3);
    flip(path_of(w, "dure.db-wal"), at, 1);
    assert_int_equal(log_of(w).state, LOG_DAMAGED);
    assert_int_equal(rename(path_of(w, "dure.db-shm"), path_of(w, "shm")), 0);
    struct log_report report = log_of(w);
    assert_int_equal(report.state, LOG_DOUBTFUL);
    assert_true(log_is_whole(w->directory, &report, &why));
    assert_int_equal(rename(path_of(w, "shm"), path_of(w, "dure.db-shm")), 0);
    flip(path_of(w, "dure.db-wal"), at, 1);
}

static void flip_in_each_frame(const struct world *w, int64_t frames)
{
    for (int64_t n = 0; n < frames; n++)
        flip(path_of(w, "dure.db-wal"), LOG_PAGE_AT(n) + 2000, 1);
}

TEST(log, a_damaged_frame_is_not_read_and_not_copied)
{
    struct world *w = *state_;
    struct fail why = {0};
    int64_t rows, frames = log_of(w).frames;
    sqlite3 *db = link_open(path_of(w, "dure.db"), LINK_WRITE, NULL, &why);
    assert_non_null(db);
    assert_true(link_integer(db, "SELECT count(*) FROM sqlite_schema", &rows, &why));
    flip_in_each_frame(w, frames);
    assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL),
                     SQLITE_IOERR_DATA);
    assert_true(sums_damage_of(db).in_log);
    assert_false(link_integer(db, "SELECT count(*) FROM instance", &rows, &why));
    assert_non_null(strstr(why.message, "of the log (page"));
    flip_in_each_frame(w, frames);
    assert_int_equal(log_of(w).state, LOG_WHOLE);
    assert_true(link_integer(db, "SELECT count(*) FROM instance", &rows, &why));
    sqlite3_close(db);
}

// A transaction too large for the cache writes frames, changes their pages and writes them again
// without a sum, until it ends; or it is taken back.
static void overflow(sqlite3 *db, const char *end)
{
    struct fail why;
    char sql[160];
    assert_true(link_run(db, "PRAGMA cache_size=4; BEGIN", &why));
    for (int i = 0; i < 300; i++) {
        snprintf(sql, sizeof(sql),
                 "INSERT OR REPLACE INTO meta VALUES('n%d', hex(randomblob(500))); "
                 "UPDATE meta SET value=hex(zeroblob(%d)) WHERE key='n%d'",
                 i % 90, i, i / 2 % 90);
        assert_true(link_run(db, sql, &why));
    }
    assert_true(link_run(db, end, &why));
}

TEST(log, a_transaction_that_writes_its_frames_again_is_no_damage)
{
    struct world *w = *state_;
    struct fail why = {0};
    int64_t rows;
    sqlite3 *db = link_open(path_of(w, "dure.db"), LINK_WRITE, NULL, &why);
    assert_true(link_run(db, "PRAGMA journal_mode=WAL", &why));
    for (int i = 0; i < 3; i++) {
        overflow(db, "ROLLBACK");
        overflow(db, "COMMIT");
        assert_int_equal(log_of(w).state, LOG_WHOLE);
        assert_true(link_integer(db, "SELECT count(*) FROM meta WHERE key GLOB 'n*'", &rows, &why));
        assert_int_equal(rows, 90);
        assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL),
                         SQLITE_OK);
        assert_true(pages_fit(w, NULL));
    }
    sqlite3_close(db);
    assert_true(pages_fit(w, NULL));
}

// A checkpoint that was cut off amid a page: the log has it whole, and it is copied again.
TEST(log, a_page_that_a_checkpoint_left_torn_is_no_damage)
{
    struct world *w = *state_;
    struct fail why = {0};
    sqlite3 *db = link_open(path_of(w, "dure.db"), LINK_WRITE, NULL, &why);
    assert_true(link_run(db, "PRAGMA journal_mode=WAL; INSERT INTO meta VALUES('a','b')", &why));
    uint32_t page = root_of(w, "meta");
    int file = open(path_of(w, "dure.db"), O_RDWR);
    static const char half[PAGE_BYTES / 2] = "half";
    assert_int_equal(pwrite(file, half, sizeof(half), (off_t)(page - 1) * PAGE_BYTES),
                     sizeof(half));
    close(file);
    assert_true(pages_fit(w, NULL));
    int64_t rows;
    assert_true(link_integer(db, "SELECT count(*) FROM meta WHERE key='a'", &rows, &why));
    assert_int_equal(rows, 1);
    sqlite3_close(db);
    assert_true(pages_fit(w, NULL));
}

int main(void)
{
#define CLOSED(behaviour) cmocka_unit_test_setup_teardown(log_##behaviour, setup, teardown)
#define IN_USE(behaviour) cmocka_unit_test_setup_teardown(log_##behaviour, setup_open, teardown)
    const struct CMUnitTest tests[] = {
        IN_USE(a_log_in_use_is_whole),
        IN_USE(any_bit_that_flips_in_the_log_is_found),
        IN_USE(a_torn_end_without_an_index_is_in_doubt),
        IN_USE(a_damaged_frame_is_not_read_and_not_copied),
        CLOSED(a_transaction_that_writes_its_frames_again_is_no_damage),
        CLOSED(a_page_that_a_checkpoint_left_torn_is_no_damage),
    };
    log_configure(LOG_ERROR + 1, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
