// The SQL text of the tables and statements, made from schema_tables. Any thread.
//
// A table whose key is one integer uses it as the rowid. One without blobs (waits, memberships) is
// WITHOUT ROWID: its rows are small and lie where their key is. The others keep their rows, which
// may be large, in order of arrival, and their key in an index of its own: large rows in a tree
// without rowids leave few to a page, and appending is the cheapest write there is.
//
// An index ends with the columns of the primary key, so that paging has a whole order to go by. One
// whose first column is mostly null (an instance's parent) leaves the nulls out.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "store/schema.h"

void sql_create(enum table table, struct bytes *out); // the table and its indexes
// Makes the table anew as schema.c has it now and fills it with what lies there unpacked (with the
// functions of link_add_packing); for migrations. No column may have come or gone.
void sql_pack(enum table table, struct bytes *out);
bool sql_has_packing(enum table table);
void sql_get(enum table table, struct bytes *out);
void sql_upsert(enum table table, struct bytes *out);
// The same for a row that is there with the same indexed columns: touches no index.
void sql_update_in_place(enum table table, struct bytes *out);
bool sql_wants_update_in_place(enum table table);
void sql_delete(enum table table, int key_columns, struct bytes *out);

// What of a scan shows in its text; the rest is bound: prefix at SQL_PREFIX on, and so forth.
struct sql_scan {
    enum table table;
    int index;
    int prefix_count;
    uint32_t prefix_nulls, after_nulls; // bits by place in the order
    bool from, to, after, descending;
};
enum { SQL_PREFIX = 1, SQL_FROM = SQL_PREFIX + SCHEMA_ORDER_MAX, SQL_TO, SQL_AFTER };
void sql_scan(const struct sql_scan *scan, struct bytes *out);
uint64_t sql_scan_key(const struct sql_scan *scan); // equal for equal texts
