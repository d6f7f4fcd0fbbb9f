// Reads through a connection of the loop's own. Loop thread only.
#pragma once

#include "store/driver.h"
#include "store/sqlite_link.h"

struct sqlite_reader;
struct sqlite_cursor;

// Takes the connection. What is read is decided upon, where `decides`: then damage ends the process
// with last words that name page and table, and is no failure that somebody could take for "there
// is no such row".
struct sqlite_reader *sqlite_reader_new(sqlite3 *db, bool decides);
void sqlite_reader_free(struct sqlite_reader *reader);

CHECKED bool sqlite_reader_get(struct sqlite_reader *reader, enum table table,
                               const struct value *key, struct row *out, struct fail *why);
// The snapshot is fixed here, by reading the first row.
struct sqlite_cursor *sqlite_cursor_open(struct sqlite_reader *reader, const struct scan_opts *opts,
                                         struct fail *why);
bool sqlite_cursor_next(struct sqlite_cursor *cursor, struct row *row, struct fail *why);
void sqlite_cursor_close(struct sqlite_cursor *cursor);
