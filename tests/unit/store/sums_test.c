// The sums of pages: what is written fits, any bit that flips is found, at rest and at read time,
// and who decides stops at it.
#include "test.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/random.h"
#include "store/audit.h"
#include "store/page_sum.h"
#include "store/sums_vfs.h"
#include "sums_world.h"

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
        char page[48];
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

// ---- beside the chains

static void append_history(struct world *w)
{
    struct audit_head head = {0};
    struct fail why;
    json entries = json_array();
    json_append_take(&entries, json_string("decided"));
    audit_append(w->store, "case", 7, entries, &head);
    json_free(entries);
    store_seal(w->store, 7, NULL, NULL);
    assert_true(store_flush(w->store, 10000, &why));
}

static int setup_case(void **state)
{
    struct world *w = world_new(WORLD_SQLITE);
    append_history(w);
    store_put(w->store, TABLE_TIMER,
              (struct value[]){value_text("case"), value_text("/do"), value_integer(1),
                               value_text("close"), value_integer(9), value_text("machine")});
    store_seal(w->store, 8, NULL, NULL);
    store_close(w->store);
    w->store = NULL;
    *state = w;
    return 0;
}

// As one who keeps the sums edits it.
static void edit(const struct world *w, const char *sql)
{
    struct fail why;
    sqlite3 *db = link_open(path_of(w, "dure.db"), LINK_WRITE, NULL, &why);
    assert_non_null(db);
    if (!link_run(db, sql, &why))
        fail_msg("%s", why.message);
    sqlite3_close(db);
}

static bool chain_is_whole(const struct world *w, bool trusts, struct fail *why)
{
    struct audit_report report = {0};
    struct store *s = open_to_read(w, trusts, why);
    assert_non_null(s);
    bool whole = audit_verify(s, NULL, &report, why);
    store_close(s);
    return whole;
}

TEST(sums, damage_hides_no_finding_of_the_chain)
{
    struct world *w = *state_;
    struct fail why = {0};
    unsigned char page[PAGE_BYTES], *entries = NULL;
    uint32_t number = root_of(w, "history");
    int file = open(path_of(w, "dure.db"), O_RDONLY);
    assert_int_equal(pread(file, page, PAGE_BYTES, (off_t)(number - 1) * PAGE_BYTES), PAGE_BYTES);
    close(file);
    entries = memmem(page, PAGE_BYTES, "decided", 7);
    assert_non_null(entries);
    flip(path_of(w, "dure.db"), (off_t)(number - 1) * PAGE_BYTES + (entries - page), 1);
    assert_false(pages_fit(w, "it belongs to table 'history'"));
    assert_false(chain_is_whole(w, true, &why));
    assert_string_equal(why.message, "history of 'case' was changed at 1");
}

// Sums are against accidents. Who makes them anew meets the chain where there is one; of rows
// without a hash (timers, state, items, persons, …) nobody finds his change.
TEST(sums, who_makes_sums_anew_is_found_by_the_chain_alone)
{
    struct world *w = *state_;
    struct fail why = {0};
    edit(w, "UPDATE timer SET due_ms=10");
    assert_true(pages_fit(w, NULL));
    assert_true(chain_is_whole(w, false, &why));
    edit(w, "UPDATE history SET at_ms=at_ms+1");
    assert_true(pages_fit(w, NULL));
    assert_false(chain_is_whole(w, false, &why));
    assert_string_equal(why.message, "history of 'case' was changed at 1");
}

// A server is at work beside: what it commits meanwhile is no finding.
TEST(sums, who_looks_sees_one_moment)
{
    struct world *w = *state_;
    struct fail why = {0};
    struct store_driver *driver = sqlite_driver_open(
        &(struct sqlite_opts){.directory = w->directory, .read_only = true, .one_moment = true},
        &why);
    struct store *eye = store_open(&(struct store_opts){.driver = driver}, &why);
    struct row row;
    store_put(w->store, TABLE_META, (struct value[]){value_text("late"), value_text("1")});
    store_seal(w->store, 9, NULL, NULL);
    assert_true(store_flush(w->store, 10000, &why));
    assert_true(store_get(eye, TABLE_META, (struct value[]){value_text("late")}, &row, &why));
    assert_false(row_is_there(&row));
    store_close(eye);
}

int main(void)
{
#define CASED(behaviour)  cmocka_unit_test_setup_teardown(sums_##behaviour, setup_case, teardown)
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
        CLOSED(a_backup_has_them_and_a_damaged_database_makes_none),
        CLOSED(an_edit_by_another_program_is_found),
        CASED(damage_hides_no_finding_of_the_chain),
        CASED(who_makes_sums_anew_is_found_by_the_chain_alone),
        IN_USE(who_looks_sees_one_moment),
    };
    log_configure(LOG_ERROR + 1, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
