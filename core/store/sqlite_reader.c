#include "store/sqlite_reader.h"

#include "base/mem.h"
#include "base/must.h"
#include "store/row.h"
#include "store/sqlite_sql.h"

#define SCANS_KEPT 128

struct kept_scan {
    uint64_t key;
    sqlite3_stmt *statement;
    bool busy;
};

struct sqlite_reader {
    sqlite3 *db;
    bool decides;
    sqlite3_stmt *get[TABLE_COUNT];
    struct kept_scan scans[SCANS_KEPT];
    size_t scan_count;
    size_t cursors;
};

struct sqlite_cursor {
    struct sqlite_reader *reader;
    enum table table;
    sqlite3_stmt *statement;
    struct kept_scan *kept; // NULL: the statement is the cursor's own
    int code;               // of the last step
    bool fresh;             // the row it stands on was not handed out yet
};

struct sqlite_reader *sqlite_reader_new(sqlite3 *db, bool decides)
{
    struct sqlite_reader *reader = mem_new(struct sqlite_reader);
    reader->db = db;
    reader->decides = decides;
    return reader;
}

void sqlite_reader_free(struct sqlite_reader *reader)
{
    if (reader == NULL)
        return;
    must(reader->cursors == 0);
    for (int i = 0; i < TABLE_COUNT; i++)
        sqlite3_finalize(reader->get[i]);
    for (size_t i = 0; i < reader->scan_count; i++)
        sqlite3_finalize(reader->scans[i].statement);
    int code = sqlite3_close(reader->db);
    must(code == SQLITE_OK);
    mem_free(reader);
}

static bool refused(struct sqlite_reader *reader, enum table table, struct fail *why)
{
    fail_within(why, "table '%s'", schema_tables[table].name);
    if (reader->decides && why->kind == FAIL_CORRUPT)
        link_stop(why);
    return false;
}

static sqlite3_stmt *prepare_get(struct sqlite_reader *reader, enum table table, struct fail *why)
{
    struct bytes sql;
    bytes_init(&sql, 16384);
    sql_get(table, &sql);
    reader->get[table] = link_prepare(reader->db, sql.data, true, why);
    bytes_done(&sql);
    return reader->get[table];
}

bool sqlite_reader_get(struct sqlite_reader *reader, enum table table, const struct value *key,
                       struct row *out, struct fail *why)
{
    *out = (struct row){0};
    sqlite3_stmt *statement = reader->get[table];
    if (statement == NULL && (statement = prepare_get(reader, table, why)) == NULL)
        return refused(reader, table, why);
    for (int i = 0; i < schema_tables[table].key_count; i++)
        link_bind(statement, i + 1, &schema_tables[table].columns[i], &key[i], false);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = link_row(statement, table);
    bool good = code == SQLITE_ROW || code == SQLITE_DONE || link_fail(reader->db, "reading", why);
    sqlite3_reset(statement);
    return good || refused(reader, table, why);
}

// A bound that the row to go on behind makes needless is left out, so that the seek goes to the row
// rather than to the bound.
static struct sql_scan shape_of(const struct scan_opts *opts, const struct schema_order *order)
{
    struct sql_scan shape = {.table = opts->table,
                             .index = opts->index,
                             .prefix_count = opts->prefix_count,
                             .from = opts->from != NULL,
                             .to = opts->to != NULL,
                             .after = opts->after != NULL,
                             .descending = opts->descending};
    for (int i = 0; i < opts->prefix_count; i++)
        if (opts->prefix[i].kind == VALUE_NULL)
            shape.prefix_nulls |= 1u << i;
    for (int i = opts->prefix_count; shape.after && i < order->count; i++)
        if (opts->after->columns[order->columns[i]].kind == VALUE_NULL)
            shape.after_nulls |= 1u << i;
    if (!shape.after || opts->prefix_count == order->count)
        return shape;
    const struct value *after = &opts->after->columns[order->columns[opts->prefix_count]];
    if (shape.from && !shape.descending && value_compare(after, opts->from) >= 0)
        shape.from = false;
    if (shape.to && shape.descending && value_compare(after, opts->to) < 0 &&
        after->kind != VALUE_NULL)
        shape.to = false;
    return shape;
}

static sqlite3_stmt *prepare_scan(struct sqlite_reader *reader, const struct sql_scan *shape,
                                  bool persistent, struct fail *why)
{
    struct bytes sql;
    bytes_init(&sql, 16384);
    sql_scan(shape, &sql);
    sqlite3_stmt *statement = link_prepare(reader->db, sql.data, persistent, why);
    bytes_done(&sql);
    return statement;
}

static bool find_statement(struct sqlite_cursor *cursor, const struct sql_scan *shape,
                           struct fail *why)
{
    struct sqlite_reader *reader = cursor->reader;
    uint64_t key = sql_scan_key(shape);
    for (size_t i = 0; i < reader->scan_count; i++) {
        struct kept_scan *kept = &reader->scans[i];
        if (kept->key == key && !kept->busy) {
            kept->busy = true;
            cursor->kept = kept;
            cursor->statement = kept->statement;
            return true;
        }
    }
    bool keep = reader->scan_count < SCANS_KEPT;
    cursor->statement = prepare_scan(reader, shape, keep, why);
    if (cursor->statement == NULL)
        return false;
    if (keep) {
        cursor->kept = &reader->scans[reader->scan_count++];
        *cursor->kept =
            (struct kept_scan){.key = key, .statement = cursor->statement, .busy = true};
    }
    return true;
}

static void bind_scan(sqlite3_stmt *statement, const struct scan_opts *opts,
                      const struct schema_order *order, const struct sql_scan *shape)
{
    const struct column *columns = schema_tables[opts->table].columns;
    const struct column *bounded = &columns[order->columns[opts->prefix_count % order->count]];
    for (int i = 0; i < opts->prefix_count; i++)
        if (opts->prefix[i].kind != VALUE_NULL)
            link_bind(statement, SQL_PREFIX + i, &columns[order->columns[i]], &opts->prefix[i],
                      true);
    if (shape->from)
        link_bind(statement, SQL_FROM, bounded, opts->from, true);
    if (shape->to)
        link_bind(statement, SQL_TO, bounded, opts->to, true);
    int places = sqlite3_bind_parameter_count(statement);
    for (int i = opts->prefix_count; shape->after && i < order->count; i++)
        if (SQL_AFTER + i <= places)
            link_bind(statement, SQL_AFTER + i, &columns[order->columns[i]],
                      &opts->after->columns[order->columns[i]], true);
}

struct sqlite_cursor *sqlite_cursor_open(struct sqlite_reader *reader, const struct scan_opts *opts,
                                         struct fail *why)
{
    struct schema_order order = schema_order_of(opts->table, opts->index);
    struct sql_scan shape = shape_of(opts, &order);
    struct sqlite_cursor *cursor = mem_new(struct sqlite_cursor);
    cursor->reader = reader;
    cursor->table = opts->table;
    reader->cursors++;
    if (find_statement(cursor, &shape, why)) {
        bind_scan(cursor->statement, opts, &order, &shape);
        cursor->code = sqlite3_step(cursor->statement);
        cursor->fresh = true;
        if (cursor->code == SQLITE_ROW || cursor->code == SQLITE_DONE)
            return cursor;
        link_fail(reader->db, "reading", why);
    }
    sqlite_cursor_close(cursor);
    refused(reader, opts->table, why);
    return NULL;
}

bool sqlite_cursor_next(struct sqlite_cursor *cursor, struct row *row, struct fail *why)
{
    *row = (struct row){0};
    if (cursor->code == SQLITE_ROW && !cursor->fresh)
        cursor->code = sqlite3_step(cursor->statement);
    cursor->fresh = false;
    if (cursor->code == SQLITE_ROW)
        *row = link_row(cursor->statement, cursor->table);
    else if (cursor->code != SQLITE_DONE && !link_fail(cursor->reader->db, "reading", why))
        refused(cursor->reader, cursor->table, why);
    return cursor->code == SQLITE_ROW;
}

void sqlite_cursor_close(struct sqlite_cursor *cursor)
{
    if (cursor->kept != NULL) {
        sqlite3_reset(cursor->statement);
        cursor->kept->busy = false;
    } else {
        sqlite3_finalize(cursor->statement);
    }
    must(cursor->reader->cursors > 0);
    cursor->reader->cursors--;
    mem_free(cursor);
}
