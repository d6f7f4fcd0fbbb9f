// The sums of pages and frames: what is written fits, any bit that flips is found, at rest and at
// read time, and nothing that is whole is taken for damage.
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "store/log_file.h"
#include "store/log_frame.h"
#include "store/page_check.h"
#include "store/page_owner.h"
#include "store/sqlite_file.h"
#include "store/sums_vfs.h"
#include "store_world.h"

#define LINES_MAX (1 << 20)
#define FLIPS     64

// ---- the world

static char *path_of(const struct world *w, const char *name)
{
    static char path[4][128];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof(path[next]), "%s/%s", w->directory, name);
    return path[next];
}

// A row in every table, more than a page of each, and some that are deleted again, whose pages
// become free.
static void fill(struct store *s)
{
    static char body[3000];
    struct fail why;
    memset(body, 'x', sizeof(body) - 1);
    for (int n = 0; n < 4; n++)
        for (int table = 0; table < TABLE_COUNT; table++) {
            const struct table_description *t = &schema_tables[table];
            struct value columns[SCHEMA_COLUMNS_MAX];
            char text[32];
            snprintf(text, sizeof(text), "word%d", n);
            for (int i = 0; i < t->column_count; i++)
                columns[i] = t->columns[i].kind == COLUMN_INTEGER ? value_integer(n + 7)
                             : t->columns[i].kind == COLUMN_TEXT  ? value_text(text)
                                                                  : value_blob(text, 5);
            if (t->columns[t->column_count - 1].kind != COLUMN_INTEGER)
                columns[t->column_count - 1] = t->columns[t->column_count - 1].kind == COLUMN_TEXT
                                                   ? value_text(body)
                                                   : value_blob(body, sizeof(body));
            if (table == TABLE_HISTORY)
                columns[HISTORY_HASH] = value_blob(body, HASH_BYTES);
            if (table != TABLE_COMMIT)
                store_put(s, (enum table)table, columns);
        }
    store_seal(s, 1, NULL, NULL);
    assert_true(store_flush(s, 10000, &why));
    for (int n = 0; n < 40; n++) {
        char key[16];
        snprintf(key, sizeof(key), "key%d", n);
        store_put(s, TABLE_META, (struct value[]){value_text(key), value_text(body)});
    }
    store_seal(s, 2, NULL, NULL);
    for (int n = 0; n < 40; n++) {
        char key[16];
        snprintf(key, sizeof(key), "key%d", n);
        store_delete(s, TABLE_META, (struct value[]){value_text(key)});
    }
    store_seal(s, 3, NULL, NULL);
    assert_true(store_flush(s, 10000, &why));
}

// A data directory with rows, closed.
static int setup(void **state)
{
    struct world *w = world_new(WORLD_SQLITE);
    fill(w->store);
    store_close(w->store);
    w->store = NULL;
    *state = w;
    return 0;
}

static int setup_open(void **state)
{
    struct world *w = world_new(WORLD_SQLITE);
    fill(w->store);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    if (w->store != NULL)
        store_close(w->store);
    nftw(w->directory, world_remove, 16, FTW_DEPTH | FTW_PHYS);
    mem_free(w);
    return 0;
}

static void flip(const char *path, off_t at, int bit)
{
    unsigned char byte;
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= (unsigned char)(1u << bit);
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

static off_t size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static bool pages_fit(const struct world *w, const char *part)
{
    struct bytes lines;
    struct page_report report = {.lines = &lines};
    bytes_init(&lines, LINES_MAX);
    bool fit = page_check(w->directory, &report);
    assert_true(report.kept);
    assert_true(fit == (report.bad == 0));
    if (part != NULL && strstr(lines.data, part) == NULL)
        fail_msg("'%s' does not say '%s'", lines.data, part);
    bytes_done(&lines);
    return fit;
}

static struct store *open_to_read(const struct world *w, bool trusts, struct fail *why)
{
    struct store_driver *driver = sqlite_driver_open(
        &(struct sqlite_opts){
            .directory = w->directory, .read_only = true, .trusts = trusts, .skip_check = true},
        why);
    return driver != NULL ? store_open(&(struct store_opts){.driver = driver}, why) : NULL;
}

// Reads all rows; false where one is refused.
static bool reads(struct store *s, enum table table, struct fail *why)
{
    struct scan *scan;
    struct row row;
    why->kind = FAIL_NONE;
    if (!store_scan(s, &(struct scan_opts){.table = table, .index = -1}, &scan, why))
        return false;
    while (scan_next(scan, &row, why))
        row_done(&row);
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

// ---- pages at rest

TEST(sums, every_page_fits_as_it_was_written)
{
    struct world *w = *state_;
    assert_true(pages_fit(w, NULL));
}

TEST(sums, any_bit_that_flips_in_the_file_is_found)
{
    struct world *w = *state_;
    const char *file = path_of(w, "dure.db");
    struct random random;
    random_seed(&random, 1);
    off_t bytes = size_of(file);
    for (int i = 0; i < FLIPS; i++) {
        off_t at = (off_t)random_below(&random, (uint64_t)bytes);
        char page[40];
        snprintf(page, sizeof(page), "page %d of the database is damaged",
                 (int)(at / PAGE_BYTES) + 1);
        flip(file, at, i % 8);
        if (pages_fit(w, page))
            fail_msg("bit %d of byte %ld is not found", i % 8, (long)at);
        flip(file, at, i % 8);
    }
    assert_true(pages_fit(w, NULL));
}

// Also of those that say how the file is to be read, and of the sum itself.
TEST(sums, any_bit_of_the_header_is_found)
{
    struct world *w = *state_;
    const char *file = path_of(w, "dure.db");
    for (off_t at = 0; at < 100; at++) {
        struct fail why = {0};
        flip(file, at, (int)(at % 8));
        assert_false(pages_fit(w, "page 1 of the database is damaged: it belongs to the list of"));
        struct store *s = open_to_read(w, false, &why);
        if (s != NULL)
            fail_msg("with byte %ld flipped it opens", (long)at);
        flip(file, at, (int)(at % 8));
    }
    for (off_t at = PAGE_BYTES - PAGE_SUM_BYTES; at < PAGE_BYTES; at++) {
        flip(file, at, 0);
        assert_false(pages_fit(w, "page 1 of"));
        flip(file, at, 0);
    }
}

TEST(sums, a_page_in_another_ones_place_is_found)
{
    struct world *w = *state_;
    unsigned char page[PAGE_BYTES], old[PAGE_BYTES];
    int file = open(path_of(w, "dure.db"), O_RDWR);
    assert_int_equal(pread(file, page, PAGE_BYTES, 4 * PAGE_BYTES), PAGE_BYTES);
    assert_int_equal(pread(file, old, PAGE_BYTES, 7 * PAGE_BYTES), PAGE_BYTES);
    assert_int_equal(pwrite(file, page, PAGE_BYTES, 7 * PAGE_BYTES), PAGE_BYTES);
    assert_false(pages_fit(w, "page 8 of the database is damaged"));
    assert_int_equal(pwrite(file, old, PAGE_BYTES, 7 * PAGE_BYTES), PAGE_BYTES);
    close(file);
    assert_true(pages_fit(w, NULL));
}

TEST(sums, a_page_that_was_never_written_is_found)
{
    struct world *w = *state_;
    static const char nothing[PAGE_BYTES];
    int file = open(path_of(w, "dure.db"), O_RDWR);
    assert_int_equal(pwrite(file, nothing, PAGE_BYTES, 9 * PAGE_BYTES), PAGE_BYTES);
    close(file);
    assert_false(pages_fit(w, "page 10 of the database is damaged"));
}

// ---- pages that are read

// The first page of a table or index, by its name.
static uint32_t root_of(const struct world *w, const char *name)
{
    struct fail why;
    int64_t page;
    char sql[120];
    sqlite3 *db = link_open(path_of(w, "dure.db"), LINK_TRUST, NULL, &why);
    assert_non_null(db);
    snprintf(sql, sizeof(sql), "SELECT rootpage FROM sqlite_schema WHERE name='%s'", name);
    assert_true(link_integer(db, sql, &page, &why));
    sqlite3_close(db);
    return (uint32_t)page;
}

TEST(sums, a_bit_in_each_table_is_refused_when_it_is_read)
{
    struct world *w = *state_;
    const char *file = path_of(w, "dure.db");
    for (int table = 0; table < TABLE_COUNT; table++) {
        const char *name = schema_tables[table].name;
        struct fail why = {0};
        char said[160], owner[80];
        uint32_t page = root_of(w, name);
        off_t at = (off_t)(page - 1) * PAGE_BYTES + PAGE_BYTES - 100;
        snprintf(said, sizeof(said), "table '%s': reading: page %u of the database is damaged",
                 name, (unsigned)page);
        snprintf(owner, sizeof(owner),
                 "page %u of the database is damaged: it belongs to table "
                 "'%s'",
                 (unsigned)page, name);
        flip(file, at, table % 8);
        assert_false(pages_fit(w, owner));
        struct store *s = open_to_read(w, false, &why); // which reads the last commit
        assert_true(s == NULL || !reads(s, (enum table)table, &why));
        assert_int_equal(why.kind, FAIL_CORRUPT);
        if (strstr(why.message, said) == NULL || strstr(why.message, "'dure restore'") == NULL)
            fail_msg("'%s' does not say '%s'", why.message, said);
        store_close(s);
        flip(file, at, table % 8);
    }
}

static int tables_read(const struct world *w, bool trusts)
{
    struct fail why = {0};
    int read = 0;
    struct store *s = open_to_read(w, trusts, &why);
    assert_non_null(s);
    for (int table = 0; table < TABLE_COUNT; table++)
        read += reads(s, (enum table)table, &why);
    store_close(s);
    return read;
}

// A bit of a text keeps every form there is.
TEST(sums, who_looks_at_damage_reads_on)
{
    struct world *w = *state_;
    uint32_t page = root_of(w, "meta");
    char text[16] = "";
    int file = open(path_of(w, "dure.db"), O_RDONLY);
    while (memcmp(text, "xxxxxxxxxxxxxxxx", sizeof(text)) != 0)
        assert_int_equal(pread(file, text, sizeof(text), (off_t)page++ * PAGE_BYTES + 2000),
                         sizeof(text));
    close(file);
    flip(path_of(w, "dure.db"), (off_t)(page - 1) * PAGE_BYTES + 2000, 0);
    assert_int_equal(tables_read(w, false), TABLE_COUNT - 1);
    assert_int_equal(tables_read(w, true), TABLE_COUNT);
}

TEST(sums, damage_of_an_index_is_named_with_its_table)
{
    struct world *w = *state_;
    uint32_t page = root_of(w, "timer_due");
    flip(path_of(w, "dure.db"), (off_t)(page - 1) * PAGE_BYTES + 1000, 3);
    assert_false(pages_fit(w, "it belongs to index 'timer_due' of table 'timer'"));
}

TEST(sums, a_damaged_database_does_not_start)
{
    struct world *w = *state_;
    struct fail why = {0};
    flip(path_of(w, "dure.db"), (off_t)(root_of(w, "item") - 1) * PAGE_BYTES + 4000, 3);
    assert_null(sqlite_driver_open(&(struct sqlite_opts){.directory = w->directory}, &why));
    assert_int_equal(why.kind, FAIL_CORRUPT);
    assert_non_null(strstr(why.message, "it belongs to table 'item'"));
    assert_non_null(strstr(why.message, "'dure restore'"));
}

// In a process of its own: what it does there, and how it ended.
static int end_of(void (*run)(struct world *w), struct world *w, char *words, size_t size)
{
    int out[2], status;
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        run(w);
        _exit(0);
    }
    close(out[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(out[0], words + length, size - 1 - length)) > 0;)
        length += (size_t)n;
    words[length] = '\0';
    close(out[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void serve_and_read(struct world *w)
{
    struct fail why = {0};
    struct store_driver *driver = sqlite_driver_open(
        &(struct sqlite_opts){.directory = w->directory, .skip_check = true}, &why);
    struct store *s = store_open(&(struct store_opts){.driver = driver}, &why);
    reads(s, TABLE_ACCOUNT, &why);
}

static void serve_and_write(struct world *w)
{
    struct fail why = {0};
    struct store_driver *driver = sqlite_driver_open(
        &(struct sqlite_opts){.directory = w->directory, .skip_check = true}, &why);
    struct store *s = store_open(&(struct store_opts){.driver = driver}, &why);
    store_put(s, TABLE_TIMER,
              (struct value[]){value_text("a"), value_text("/do"), value_integer(1),
                               value_text("n"), value_integer(9), value_text("machine")});
    store_seal(s, 9, NULL, NULL);
    if (!store_flush(s, 60000, &why))
        _exit(1);
}

// A failure that is handed up could be taken for "there is no account yet".
TEST(sums, who_decides_stops_with_last_words)
{
    struct world *w = *state_;
    char words[4096];
    uint32_t account = root_of(w, "account"), due = root_of(w, "timer_due");
    flip(path_of(w, "dure.db"), (off_t)(account - 1) * PAGE_BYTES + 4000, 3);
    flip(path_of(w, "dure.db"), (off_t)(due - 1) * PAGE_BYTES + 4000, 3);
    assert_int_equal(end_of(serve_and_read, w, words, sizeof(words)), SIGABRT);
    if (strstr(words, "table 'account': reading: page") == NULL)
        fail_msg("the last words are: %s", words);
    assert_int_equal(end_of(serve_and_write, w, words, sizeof(words)), SIGABRT);
    if (strstr(words, "table 'timer': writing: page") == NULL ||
        strstr(words, "'dure restore'") == NULL)
        fail_msg("the last words are: %s", words);
}

// ---- the log

static struct log_report log_of(const struct world *w)
{
    return log_examine(w->directory, NULL, NULL);
}

TEST(sums, a_log_in_use_is_whole)
{
    struct world *w = *state_;
    struct log_report log = log_of(w);
    assert_int_equal(log.state, LOG_WHOLE);
    assert_true(log.frames > 50);
    assert_true(pages_fit(w, NULL)); // of which the file has not one yet
}

TEST(sums, any_bit_that_flips_in_the_log_is_found)
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

static void flip_in_each_frame(const struct world *w, int64_t frames)
{
    for (int64_t n = 0; n < frames; n++)
        flip(path_of(w, "dure.db-wal"), LOG_PAGE_AT(n) + 2000, 1);
}

TEST(sums, a_damaged_frame_is_not_read_and_not_copied)
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

TEST(sums, a_transaction_that_writes_its_frames_again_is_no_damage)
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
TEST(sums, a_page_that_a_checkpoint_left_torn_is_no_damage)
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

// ---- copies

TEST(sums, a_backup_has_them_and_a_damaged_database_makes_none)
{
    struct world *w = *state_;
    struct fail why = {0};
    const char *copy = path_of(w, "copy"), *in_copy = path_of(w, "copy/dure.db");
    struct world other = {0};
    mkdir(copy, 0700);
    snprintf(other.directory, sizeof(other.directory), "%s", copy);
    assert_true(sqlite_backup(w->directory, in_copy, &why));
    assert_true(pages_fit(&other, NULL));
    unlink(in_copy);
    flip(path_of(w, "dure.db"), (off_t)(root_of(w, "person") - 1) * PAGE_BYTES + 4000, 3);
    assert_false(sqlite_backup(w->directory, in_copy, &why));
    assert_int_equal(why.kind, FAIL_CORRUPT);
    assert_non_null(strstr(why.message, "of the database is damaged"));
    assert_int_equal(access(in_copy, F_OK), -1);
}

// A shell that knows nothing of sums leaves them wrong.
TEST(sums, an_edit_by_another_program_is_found)
{
    struct world *w = *state_;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_of(w, "dure.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE timer SET due_ms=1; PRAGMA wal_checkpoint(TRUNCATE)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_false(pages_fit(w, "table 'timer'"));
}

int main(void)
{
#define CLOSED(behaviour) cmocka_unit_test_setup_teardown(sums_##behaviour, setup, teardown)
#define IN_USE(behaviour) cmocka_unit_test_setup_teardown(sums_##behaviour, setup_open, teardown)
    const struct CMUnitTest tests[] = {
        CLOSED(every_page_fits_as_it_was_written),
        CLOSED(any_bit_that_flips_in_the_file_is_found),
        CLOSED(any_bit_of_the_header_is_found),
        CLOSED(a_page_in_another_ones_place_is_found),
        CLOSED(a_page_that_was_never_written_is_found),
        CLOSED(a_bit_in_each_table_is_refused_when_it_is_read),
        CLOSED(who_looks_at_damage_reads_on),
        CLOSED(damage_of_an_index_is_named_with_its_table),
        CLOSED(a_damaged_database_does_not_start),
        CLOSED(who_decides_stops_with_last_words),
        IN_USE(a_log_in_use_is_whole),
        IN_USE(any_bit_that_flips_in_the_log_is_found),
        IN_USE(a_damaged_frame_is_not_read_and_not_copied),
        CLOSED(a_transaction_that_writes_its_frames_again_is_no_damage),
        CLOSED(a_page_that_a_checkpoint_left_torn_is_no_damage),
        CLOSED(a_backup_has_them_and_a_damaged_database_makes_none),
        CLOSED(an_edit_by_another_program_is_found),
    };
    log_configure(LOG_ERROR + 1, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
