// The statements made from the tables: every scan that the front can ask for compiles, goes by its
// index and sorts nothing.
#include "test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "store/sqlite_sql.h"

static sqlite3 *new_database(void)
{
    sqlite3 *db;
    struct bytes sql;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    bytes_init(&sql, 1024 * 1024);
    for (int table = 0; table < TABLE_COUNT; table++)
        sql_create((enum table)table, &sql);
    char *error = NULL;
    if (sqlite3_exec(db, sql.data, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    bytes_done(&sql);
    return db;
}

static void assert_compiles(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sqlite3_errmsg(db), sql);
    sqlite3_finalize(statement);
}

static void explain(sqlite3 *db, const char *sql, char *plan, size_t size)
{
    sqlite3_stmt *statement;
    char text[8192];
    size_t used = 0;
    snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
    plan[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW && used < size)
        used += (size_t)snprintf(plan + used, size - used, "%s; ",
                                 (const char *)sqlite3_column_text(statement, 3));
    sqlite3_finalize(statement);
}

// A scan of a partial index in its whole length has to find the nulls elsewhere and may sort, and
// so may one of a single row: all columns of a unique index.
static bool may_sort(const struct sql_scan *scan, const struct schema_order *order)
{
    const struct index_description *indexes = schema_tables[scan->table].indexes;
    if (scan->index >= 0 && indexes[scan->index].unique && scan->prefix_count >= order->given)
        return true;
    bool partial =
        scan->index >= 0 && schema_tables[scan->table].columns[order->columns[0]].nullable;
    return partial && scan->prefix_count == 0 && !scan->from && !scan->to;
}

static void check_plan(sqlite3 *db, const struct sql_scan *scan)
{
    struct schema_order order = schema_order_of(scan->table, scan->index);
    struct bytes sql;
    char plan[2048];
    bytes_init(&sql, 16384);
    sql_scan(scan, &sql);
    assert_false(sql.overflowed);
    assert_compiles(db, sql.data);
    explain(db, sql.data, plan, sizeof(plan));
    if (!may_sort(scan, &order)) {
        if (strstr(plan, "TEMP B-TREE") != NULL)
            fail_msg("sorts: %s\n%s", sql.data, plan);
        bool seeks = scan->prefix_count > 0 || scan->from || scan->to;
        if (seeks && strstr(plan, "SEARCH") == NULL)
            fail_msg("does not seek: %s\n%s", sql.data, plan);
    }
    bytes_done(&sql);
}

static void check_bounds(sqlite3 *db, struct sql_scan scan)
{
    struct schema_order order = schema_order_of(scan.table, scan.index);
    for (int bits = 0; bits < 16; bits++) {
        scan.from = (bits & 1) != 0;
        scan.to = (bits & 2) != 0;
        scan.after = (bits & 4) != 0;
        scan.descending = (bits & 8) != 0;
        if ((scan.from || scan.to || scan.after) && scan.prefix_count == order.count)
            continue;
        check_plan(db, &scan);
    }
}

TEST(sql, every_scan_goes_by_its_index_and_sorts_nothing)
{
    UNUSED_STATE;
    sqlite3 *db = new_database();
    for (int table = 0; table < TABLE_COUNT; table++)
        for (int index = -1; index < schema_tables[table].index_count; index++) {
            struct schema_order order = schema_order_of((enum table)table, index);
            for (int prefix = 0; prefix <= order.count; prefix++)
                check_bounds(db, (struct sql_scan){.table = (enum table)table,
                                                   .index = index,
                                                   .prefix_count = prefix});
        }
    sqlite3_close(db);
}

static int index_changes(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    char text[8192];
    int count = 0;
    snprintf(text, sizeof(text), "EXPLAIN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        count += strcmp((const char *)sqlite3_column_text(statement, 1), "IdxInsert") == 0;
    sqlite3_finalize(statement);
    return count;
}

TEST(sql, a_row_updated_in_place_touches_no_index)
{
    UNUSED_STATE;
    sqlite3 *db = new_database();
    for (int i = 0; i < TABLE_COUNT; i++) {
        struct bytes sql;
        bytes_init(&sql, 16384);
        sql_update_in_place((enum table)i, &sql);
        if (sql_wants_update_in_place((enum table)i))
            assert_int_equal(index_changes(db, sql.data), 0);
        bytes_done(&sql);
    }
    assert_true(sql_wants_update_in_place(TABLE_ITEM)); // at each answer
    assert_true(index_changes(db, "UPDATE item SET status = ?1 WHERE id = ?2") > 0);
    sqlite3_close(db);
}

TEST(sql, every_write_compiles)
{
    UNUSED_STATE;
    sqlite3 *db = new_database();
    for (int i = 0; i < TABLE_COUNT; i++) {
        enum table table = (enum table)i;
        struct bytes sql;
        bytes_init(&sql, 16384);
        sql_get(table, &sql);
        assert_compiles(db, sql.data);
        bytes_clear(&sql);
        sql_upsert(table, &sql);
        assert_compiles(db, sql.data);
        bytes_clear(&sql);
        sql_update_in_place(table, &sql);
        assert_true(!sql_wants_update_in_place(table) || sql.length > 0);
        if (sql_wants_update_in_place(table))
            assert_compiles(db, sql.data);
        for (int count = 1; count <= schema_tables[i].key_count; count++) {
            char plan[1024];
            bytes_clear(&sql);
            sql_delete(table, count, &sql);
            explain(db, sql.data, plan, sizeof(plan));
            assert_non_null(strstr(plan, "SEARCH"));
        }
        bytes_done(&sql);
    }
    sqlite3_close(db);
}

TEST(sql, different_scans_have_different_keys)
{
    UNUSED_STATE;
    struct sql_scan a = {.table = TABLE_TIMER, .index = 0, .after = true};
    struct sql_scan b = a;
    assert_true(sql_scan_key(&a) == sql_scan_key(&b));
    b.descending = true;
    assert_true(sql_scan_key(&a) != sql_scan_key(&b));
    b = a, b.after_nulls = 1u << (SCHEMA_ORDER_MAX - 1);
    assert_true(sql_scan_key(&a) != sql_scan_key(&b));
    b = a, b.prefix_nulls = 1;
    assert_true(sql_scan_key(&a) != sql_scan_key(&b));
    b = a, b.index = -1;
    assert_true(sql_scan_key(&a) != sql_scan_key(&b));
}

RUN(CASE(sql, every_scan_goes_by_its_index_and_sorts_nothing),
    CASE(sql, a_row_updated_in_place_touches_no_index), CASE(sql, every_write_compiles),
    CASE(sql, different_scans_have_different_keys))
