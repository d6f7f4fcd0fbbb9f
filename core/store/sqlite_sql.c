#include "store/sqlite_sql.h"

static const char *const column_types[] = {
    [COLUMN_INTEGER] = "INTEGER", [COLUMN_TEXT] = "TEXT", [COLUMN_BLOB] = "BLOB"};

// A packed id or word is a blob, or a text where it is below all of them.
static const char *column_type(const struct column *column)
{
    return column->packing == PACK_ID || column->packing == PACK_WORD ? "ANY"
                                                                      : column_types[column->kind];
}

static bool has_integer_key(const struct table_description *t)
{
    return t->key_count == 1 && t->columns[0].kind == COLUMN_INTEGER;
}

static bool has_blobs(const struct table_description *t)
{
    for (int i = 0; i < t->column_count; i++)
        if (t->columns[i].kind == COLUMN_BLOB)
            return true;
    return false;
}

static const char *comma(int i)
{
    return i > 0 ? ", " : "";
}

static void add_columns(const struct table_description *t, int from, int to, struct bytes *out)
{
    for (int i = from; i < to; i++)
        bytes_printf(out, "%s\"%s\"", comma(i - from), t->columns[i].name);
}

static void create_index(enum table table, int index, struct bytes *out)
{
    const struct table_description *t = &schema_tables[table];
    const struct index_description *x = &t->indexes[index];
    struct schema_order order = schema_order_of(table, index);
    // A unique index has no ties, and an integer key is in every index anyway.
    int count = x->unique || has_integer_key(t) ? order.given : order.count;
    bytes_printf(out, "CREATE %sINDEX \"%s\" ON \"%s\"(", x->unique ? "UNIQUE " : "", x->name,
                 t->name);
    for (int i = 0; i < count; i++)
        bytes_printf(out, "%s\"%s\"", comma(i), t->columns[order.columns[i]].name);
    bytes_add(out, ")");
    if (t->columns[order.columns[0]].nullable)
        bytes_printf(out, " WHERE \"%s\" IS NOT NULL", t->columns[order.columns[0]].name);
    bytes_add(out, ";\n");
}

void sql_create(enum table table, struct bytes *out)
{
    const struct table_description *t = &schema_tables[table];
    bytes_printf(out, "CREATE TABLE \"%s\"(", t->name);
    for (int i = 0; i < t->column_count; i++)
        bytes_printf(out, "%s\"%s\" %s%s", comma(i), t->columns[i].name,
                     column_type(&t->columns[i]), t->columns[i].nullable ? "" : " NOT NULL");
    bytes_add(out, ", PRIMARY KEY(");
    add_columns(t, 0, t->key_count, out);
    bytes_printf(out, ")) STRICT%s;\n",
                 has_integer_key(t) || has_blobs(t) ? "" : ", WITHOUT ROWID");
    for (int i = 0; i < t->index_count; i++)
        create_index(table, i, out);
}

bool sql_has_packing(enum table table)
{
    const struct table_description *t = &schema_tables[table];
    for (int i = 0; i < t->column_count; i++)
        if (t->columns[i].packing != PACK_NONE)
            return true;
    return false;
}

void sql_pack(enum table table, struct bytes *out)
{
    static const char *const functions[] = {[PACK_NONE] = "",
                                            [PACK_ID] = "pack_id",
                                            [PACK_WORD] = "pack_word",
                                            [PACK_PHRASES] = "pack_phrases"};
    const struct table_description *t = &schema_tables[table];
    bytes_printf(out, "ALTER TABLE \"%s\" RENAME TO \"unpacked\";\n", t->name);
    for (int i = 0; i < t->index_count; i++)
        bytes_printf(out, "DROP INDEX \"%s\";\n", t->indexes[i].name);
    sql_create(table, out);
    bytes_printf(out, "INSERT INTO \"%s\"(", t->name);
    add_columns(t, 0, t->column_count, out);
    bytes_add(out, ") SELECT ");
    for (int i = 0; i < t->column_count; i++)
        bytes_printf(out, "%s%s(\"%s\")", comma(i), functions[t->columns[i].packing],
                     t->columns[i].name);
    bytes_add(out, " FROM \"unpacked\";\nDROP TABLE \"unpacked\";\n");
}

static void add_key_condition(const struct table_description *t, int count, struct bytes *out)
{
    for (int i = 0; i < count; i++)
        bytes_printf(out, "%s\"%s\"=?%d", i > 0 ? " AND " : "", t->columns[i].name, i + 1);
}

void sql_get(enum table table, struct bytes *out)
{
    const struct table_description *t = &schema_tables[table];
    bytes_add(out, "SELECT ");
    add_columns(t, 0, t->column_count, out);
    bytes_printf(out, " FROM \"%s\" WHERE ", t->name);
    add_key_condition(t, t->key_count, out);
}

void sql_upsert(enum table table, struct bytes *out)
{
    const struct table_description *t = &schema_tables[table];
    bytes_printf(out, "INSERT INTO \"%s\" VALUES(", t->name);
    for (int i = 0; i < t->column_count; i++)
        bytes_printf(out, "%s?%d", comma(i), i + 1);
    bytes_add(out, ") ON CONFLICT(");
    add_columns(t, 0, t->key_count, out);
    bytes_add(out, ") DO ");
    if (t->key_count == t->column_count) {
        bytes_add(out, "NOTHING");
        return;
    }
    bytes_add(out, "UPDATE SET ");
    for (int i = t->key_count; i < t->column_count; i++)
        bytes_printf(out, "%s\"%s\"=?%d", comma(i - t->key_count), t->columns[i].name, i + 1);
}

bool sql_wants_update_in_place(enum table table)
{
    return table == TABLE_INSTANCE || table == TABLE_ITEM;
}

static bool is_indexed(const struct table_description *t, int column)
{
    for (int i = 0; i < t->index_count; i++)
        for (int n = 0; n < t->indexes[i].column_count; n++)
            if (t->indexes[i].columns[n] == column)
                return true;
    return false;
}

void sql_update_in_place(enum table table, struct bytes *out)
{
    const struct table_description *t = &schema_tables[table];
    bytes_printf(out, "UPDATE \"%s\" SET ", t->name);
    int set = 0;
    for (int i = t->key_count; i < t->column_count; i++)
        if (!is_indexed(t, i))
            bytes_printf(out, "%s\"%s\"=?%d", comma(set++), t->columns[i].name, i + 1);
    bytes_add(out, " WHERE ");
    add_key_condition(t, t->key_count, out);
    for (int i = t->key_count; i < t->column_count; i++)
        if (is_indexed(t, i)) // the plus keeps the planner off the index itself
            bytes_printf(out, " AND +\"%s\" IS ?%d", t->columns[i].name, i + 1);
}

void sql_delete(enum table table, int key_columns, struct bytes *out)
{
    const struct table_description *t = &schema_tables[table];
    bytes_printf(out, "DELETE FROM \"%s\" WHERE ", t->name);
    add_key_condition(t, key_columns, out);
}

static bool bit(uint32_t bits, int i)
{
    return (bits >> i & 1) != 0;
}

// (a, b) > (?, ?), which the index can seek by; but a comparison with null is never true, so where
// a column may be null the steps are spelled out: a > ? or (a is ? and b > ?).
static void add_after_with_nulls(const struct sql_scan *scan, const struct schema_order *order,
                                 struct bytes *out)
{
    const struct column *columns = schema_tables[scan->table].columns;
    bytes_add(out, "(0");
    for (int i = scan->prefix_count; i < order->count; i++) {
        const struct column *last = &columns[order->columns[i]];
        if (scan->descending && bit(scan->after_nulls, i))
            continue; // nothing comes before a null
        bytes_add(out, " OR (");
        for (int n = scan->prefix_count; n < i; n++)
            bytes_printf(out, "\"%s\" IS ?%d AND ", columns[order->columns[n]].name, SQL_AFTER + n);
        if (bit(scan->after_nulls, i))
            bytes_printf(out, "\"%s\" IS NOT NULL", last->name);
        else if (scan->descending && last->nullable)
            bytes_printf(out, "(\"%s\"<?%d OR \"%s\" IS NULL)", last->name, SQL_AFTER + i,
                         last->name);
        else
            bytes_printf(out, "\"%s\"%s?%d", last->name, scan->descending ? "<" : ">",
                         SQL_AFTER + i);
        bytes_add(out, ")");
    }
    bytes_add(out, ")");
}

static void add_after(const struct sql_scan *scan, const struct schema_order *order,
                      struct bytes *out)
{
    const struct column *columns = schema_tables[scan->table].columns;
    bool nullable = false;
    for (int i = scan->prefix_count; i < order->count; i++)
        nullable = nullable || columns[order->columns[i]].nullable;
    if (nullable) {
        add_after_with_nulls(scan, order, out);
        return;
    }
    bytes_add(out, "(");
    for (int i = scan->prefix_count; i < order->count; i++)
        bytes_printf(out, "%s\"%s\"", comma(i - scan->prefix_count),
                     columns[order->columns[i]].name);
    bytes_printf(out, ")%s(", scan->descending ? "<" : ">");
    for (int i = scan->prefix_count; i < order->count; i++)
        bytes_printf(out, "%s?%d", comma(i - scan->prefix_count), SQL_AFTER + i);
    bytes_add(out, ")");
}

static void add_conditions(const struct sql_scan *scan, const struct schema_order *order,
                           struct bytes *out)
{
    const struct column *columns = schema_tables[scan->table].columns;
    bytes_add(out, " WHERE 1");
    for (int i = 0; i < scan->prefix_count; i++) {
        const char *name = columns[order->columns[i]].name;
        if (bit(scan->prefix_nulls, i))
            bytes_printf(out, " AND \"%s\" IS NULL", name);
        else
            bytes_printf(out, " AND \"%s\"=?%d", name, SQL_PREFIX + i);
    }
    if (scan->from)
        bytes_printf(out, " AND \"%s\">=?%d", columns[order->columns[scan->prefix_count]].name,
                     SQL_FROM);
    if (scan->to)
        bytes_printf(out, " AND \"%s\"<?%d", columns[order->columns[scan->prefix_count]].name,
                     SQL_TO);
    if (scan->after && scan->prefix_count < order->count) {
        bytes_add(out, " AND ");
        add_after(scan, order, out);
    } else if (scan->after) {
        bytes_add(out, " AND 0"); // the prefix is a whole key: there is nothing behind it
    }
}

// Statistics are not kept, so the planner is told which index is meant; a partial one only where
// the conditions leave the nulls out.
static bool index_serves(const struct sql_scan *scan, const struct schema_order *order)
{
    if (scan->index < 0)
        return false;
    if (!schema_tables[scan->table].columns[order->columns[0]].nullable)
        return true;
    if (scan->prefix_count > 0)
        return !bit(scan->prefix_nulls, 0);
    return scan->from || scan->to;
}

void sql_scan(const struct sql_scan *scan, struct bytes *out)
{
    const struct table_description *t = &schema_tables[scan->table];
    struct schema_order order = schema_order_of(scan->table, scan->index);
    bytes_add(out, "SELECT ");
    add_columns(t, 0, t->column_count, out);
    bytes_printf(out, " FROM \"%s\"", t->name);
    if (index_serves(scan, &order))
        bytes_printf(out, " INDEXED BY \"%s\"", t->indexes[scan->index].name);
    add_conditions(scan, &order, out);
    bytes_add(out, " ORDER BY ");
    for (int i = 0; i < order.count; i++)
        bytes_printf(out, "%s\"%s\"%s", comma(i), t->columns[order.columns[i]].name,
                     scan->descending ? " DESC" : "");
}

uint64_t sql_scan_key(const struct sql_scan *scan)
{
    uint64_t key = (uint64_t)scan->table;
    key = key << 4 | (uint64_t)(scan->index + 1);
    key = key << 4 | (uint64_t)scan->prefix_count;
    key = key << SCHEMA_ORDER_MAX | scan->prefix_nulls;
    key = key << SCHEMA_ORDER_MAX | scan->after_nulls;
    return key << 4 | (uint64_t)scan->from << 3 | (uint64_t)scan->to << 2 |
           (uint64_t)scan->after << 1 | (uint64_t)scan->descending;
}
