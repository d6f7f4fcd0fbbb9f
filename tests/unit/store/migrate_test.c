// A database of an older version opens, has every row it had, verifies and goes on. version1.sql is
// what a program of that version wrote, version1_case.json a case it exported.
#include "test.h"

#include <sqlite3.h>
#include <string.h>

#include "base/log.h"
#include "store/audit.h"
#include "store/doctor.h"
#include "store/page_check.h"
#include "store/row.h"
#include "store/sqlite_link.h"
#include "store_world.h"

#define FOLDER    DURE_SOURCE_DIR "/tests/unit/store/"
#define SLEEPING  "017V89VGM0RZ5BJH319TN57NC4"
#define FILE_MAX  100000
#define LINES_MAX 100000

static char *read_file(const char *path)
{
    static char text[FILE_MAX];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t bytes = fread(text, 1, sizeof(text) - 1, file);
    assert_in_range(bytes, 1, sizeof(text) - 2);
    text[bytes] = '\0';
    fclose(file);
    return text;
}

static sqlite3 *load_version_1(const char *path)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *error = NULL;
    if (sqlite3_exec(db, read_file(FOLDER "version1.sql"), NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    return db;
}

// A data directory with that database, opened: the store brings it up.
static int setup(void **state)
{
    struct world *w = mem_new(struct world);
    char path[96];
    snprintf(w->directory, sizeof(w->directory), "/tmp/dure-store-XXXXXX");
    assert_non_null(mkdtemp(w->directory));
    snprintf(path, sizeof(path), "%s/dure.db", w->directory);
    sqlite3_close(load_version_1(path));
    world_open(w);
    *state = w;
    return 0;
}

static void assert_same(sqlite3_stmt *old, int i, const struct value *now, const char *table)
{
    static const int types[] = {[VALUE_NULL] = SQLITE_NULL,
                                [VALUE_INTEGER] = SQLITE_INTEGER,
                                [VALUE_TEXT] = SQLITE_TEXT,
                                [VALUE_BLOB] = SQLITE_BLOB};
    bool same = types[now->kind] == sqlite3_column_type(old, i);
    if (same && now->kind == VALUE_INTEGER)
        same = now->integer == sqlite3_column_int64(old, i);
    else if (same && now->kind != VALUE_NULL)
        same = now->bytes == (size_t)sqlite3_column_bytes(old, i) &&
               (now->bytes == 0 || memcmp(now->data, sqlite3_column_blob(old, i), now->bytes) == 0);
    if (!same)
        fail_msg("%s.%s is not what it was", table, sqlite3_column_name(old, i));
}

// All rows of a table in the order of its key, from both; returns how many.
static int compare_table(struct store *s, sqlite3 *old, enum table table)
{
    const struct table_description *t = &schema_tables[table];
    struct bytes sql;
    sqlite3_stmt *rows;
    struct scan *scan;
    struct row row;
    struct fail why;
    int count = 0;
    bytes_init(&sql, 4096);
    bytes_printf(&sql, "SELECT * FROM \"%s\" ORDER BY ", t->name);
    for (int i = 0; i < t->key_count; i++)
        bytes_printf(&sql, "%s\"%s\"", i > 0 ? "," : "", t->columns[i].name);
    assert_int_equal(sqlite3_prepare_v2(old, sql.data, -1, &rows, NULL), SQLITE_OK);
    assert_true(store_scan(s, &(struct scan_opts){.table = table, .index = -1}, &scan, &why));
    for (; sqlite3_step(rows) == SQLITE_ROW; count++) {
        assert_true(scan_next(scan, &row, &why));
        for (int i = 0; i < sqlite3_column_count(rows); i++)
            assert_same(rows, i, &row.columns[i], t->name);
        row_done(&row);
    }
    assert_false(scan_next(scan, &row, &why));
    assert_int_equal(why.kind, FAIL_NONE);
    scan_done(scan);
    sqlite3_finalize(rows);
    bytes_done(&sql);
    return count;
}

TEST(migrate, every_row_is_what_it_was)
{
    struct world *w = *state_;
    sqlite3 *old = load_version_1(":memory:");
    int rows = 0;
    for (int table = 0; table < TABLE_COUNT; table++)
        if (schema_tables[table].since == 1)
            rows += compare_table(w->store, old, (enum table)table);
    assert_true(rows > 50);
    sqlite3_close(old);
}

static struct audit_report verified(struct store *s, const char *instance)
{
    struct audit_report report = {0};
    struct fail why = {0};
    if (!audit_verify(s, instance, &report, &why))
        fail_msg("%s", why.message);
    return report;
}

TEST(migrate, its_chain_verifies_and_goes_on)
{
    struct world *w = *state_;
    struct fail why;
    struct row row;
    assert_int_equal(verified(w->store, NULL).commits, 18);
    assert_true(
        store_get(w->store, TABLE_INSTANCE, (struct value[]){value_text(SLEEPING)}, &row, &why));
    assert_true(row_is_there(&row));
    struct audit_head head = {.seq = row_integer(&row, INSTANCE_HISTORY_SEQ)};
    memcpy(head.hash.bytes, row.columns[INSTANCE_HISTORY_HASH].data, HASH_BYTES);
    struct value columns[SCHEMA_COLUMNS_MAX];
    memcpy(columns, row.columns,
           (size_t)schema_tables[TABLE_INSTANCE].column_count * sizeof(*columns));
    json entries = json_array();
    json_append_take(&entries, json_string("woken"));
    audit_append(w->store, SLEEPING, 1369303200000, entries, &head);
    json_free(entries);
    columns[INSTANCE_HISTORY_SEQ] = value_integer(head.seq);
    columns[INSTANCE_HISTORY_HASH] = value_blob(head.hash.bytes, HASH_BYTES);
    store_put(w->store, TABLE_INSTANCE, columns);
    row_done(&row);
    store_seal(w->store, 1369303200000, NULL, NULL);
    assert_true(store_flush(w->store, 1000, &why));
    world_reopen(w);
    assert_int_equal(verified(w->store, NULL).commits, 19);
    assert_int_equal(verified(w->store, SLEEPING).rows, 2);
}

// What was chained as lines is still held to its hashes.
TEST(migrate, a_head_chained_before_is_held_to_its_hash)
{
    struct world *w = *state_;
    struct audit_report report = {0};
    struct fail why = {0};
    struct audit_head head = {0};
    json entries = json_array();
    json_append_take(&entries, json_string("forged"));
    audit_append(w->store, SLEEPING, 1369299600000, entries, &head);
    json_free(entries);
    assert_false(audit_verify(w->store, NULL, &report, &why));
    if (strstr(why.message, SLEEPING) == NULL)
        fail_msg("%s", why.message);
}

TEST(migrate, doctor_finds_nothing_wrong)
{
    struct world *w = *state_;
    struct bytes lines;
    bytes_init(&lines, LINES_MAX);
    struct doctor_report report = {.lines = &lines};
    if (!store_doctor(w->directory, &report))
        fail_msg("%s", lines.data);
    bytes_done(&lines);
}

static int64_t integer_of(const struct world *w, const char *sql)
{
    struct fail why;
    int64_t n;
    char path[96];
    snprintf(path, sizeof(path), "%s/dure.db", w->directory);
    sqlite3 *db = link_open(path, LINK_READ, NULL, &why);
    assert_non_null(db);
    assert_true(link_integer(db, sql, &n, &why));
    sqlite3_close(db);
    return n;
}

static bool has_sums(const struct world *w)
{
    struct bytes lines;
    struct page_report report = {.lines = &lines};
    bytes_init(&lines, LINES_MAX);
    if (!page_check(w->directory, &report))
        fail_msg("%s", lines.data);
    bytes_done(&lines);
    return report.kept;
}

// The pages that moving leaves behind are gone, too.
TEST(migrate, its_pages_get_sums_and_none_is_left_free)
{
    struct world *w = *state_;
    assert_true(has_sums(w));
    assert_int_equal(integer_of(w, "PRAGMA freelist_count"), 0);
}

// Somebody reads meanwhile: the server starts without sums, and gives them at the next start, also
// where a crash left a stump of the new file.
TEST(migrate, goes_on_without_sums_until_it_can_give_them)
{
    struct world *w = *state_;
    char path[96], stump[110];
    store_close(w->store);
    snprintf(path, sizeof(path), "%s/dure.db", w->directory);
    snprintf(stump, sizeof(stump), "%s.fresh", path);
    unlink(path);
    sqlite3 *reader = load_version_1(path);
    assert_int_equal(sqlite3_exec(reader, "PRAGMA journal_mode=WAL; BEGIN; SELECT * FROM meta",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    FILE *file = fopen(stump, "wb");
    assert_non_null(file);
    fputs("half of a file", file);
    fclose(file);
    world_open(w);
    assert_false(has_sums(w));
    assert_int_equal(verified(w->store, NULL).commits, 18);
    store_put(w->store, TABLE_META, (struct value[]){value_text("a"), value_text("1")});
    store_seal(w->store, 1369299600000, NULL, NULL);
    sqlite3_close(reader);
    world_reopen(w);
    assert_true(has_sums(w));
    assert_int_equal(integer_of(w, "SELECT count(*) FROM meta WHERE key='a'"), 1);
    assert_int_equal(access(stump, F_OK), -1);
    assert_int_equal(verified(w->store, NULL).commits, 19);
}

TEST(migrate, an_exported_case_still_verifies)
{
    UNUSED_STATE;
    struct audit_report report = {0};
    struct fail why = {0};
    json exported;
    const char *text = read_file(FOLDER "version1_case.json");
    assert_true(json_parse(text, strlen(text), &exported, &why));
    if (!audit_verify_case(exported, &report, &why))
        fail_msg("%s", why.message);
    assert_int_equal(report.rows, 2);
    assert_int_equal(report.personal, 1);
    json_free(exported);
}

int main(void)
{
#define MIGRATE_CASE(behaviour)                                                                    \
    cmocka_unit_test_setup_teardown(migrate_##behaviour, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        MIGRATE_CASE(every_row_is_what_it_was),
        MIGRATE_CASE(its_chain_verifies_and_goes_on),
        MIGRATE_CASE(a_head_chained_before_is_held_to_its_hash),
        MIGRATE_CASE(doctor_finds_nothing_wrong),
        MIGRATE_CASE(its_pages_get_sums_and_none_is_left_free),
        MIGRATE_CASE(goes_on_without_sums_until_it_can_give_them),
        cmocka_unit_test(migrate_an_exported_case_still_verifies),
    };
    log_configure(LOG_ERROR + 1, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
