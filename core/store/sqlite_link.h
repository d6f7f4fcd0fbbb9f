// A connection to the database file and what every user of one needs: opening with the house's
// settings, failures in words, statements, rows. A connection belongs to one thread at a time.
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "base/fail.h"
#include "store/store.h"

#define SQLITE_APPLICATION_ID 0x44555245 // "DURE"

#define LINK_DAMAGE_WAY_OUT                                                                        \
    "; keep a copy of the data directory as it is, see 'dure doctor', and restore a backup "       \
    "('dure restore')"

enum link_use {
    LINK_WRITE, // the only one that writes and checkpoints
    LINK_READ,  // never checkpoints, not even as the last to close
    LINK_TRUST  // reads, and takes what is damaged as it stands: for those who look at it
};

// Opens the file, whose pages are held to their sums (sums_vfs.h); NULL and why. `vfs` is what lies
// below, NULL the system's.
sqlite3 *link_open(const char *path, enum link_use use, const char *vfs, struct fail *why);

// Says what SQLite said, as one of the world's failures; returns false.
bool link_fail(sqlite3 *db, const char *doing, struct fail *why);
// The same where a page or frame did not fit its sum (SQLITE_IOERR_DATA).
bool link_fail_damaged(sqlite3 *db, const char *doing, struct fail *why);
// Ends the process with last words: nobody may decide upon what is damaged.
_Noreturn void link_stop(const struct fail *why);
CHECKED bool link_run(sqlite3 *db, const char *sql, struct fail *why);
CHECKED bool link_integer(sqlite3 *db, const char *sql, int64_t *out, struct fail *why);
// `persistent`: kept for the connection's life. NULL and why when it does not compile.
sqlite3_stmt *link_prepare(sqlite3 *db, const char *sql, bool persistent, struct fail *why);

// Binds a value of this column as it lies in the file. The value must stay until the statement is
// reset, unless `copied`.
void link_bind(sqlite3_stmt *statement, int place, const struct column *column,
               const struct value *value, bool copied);
// The row it stands on: all columns of the table.
struct row link_row(sqlite3_stmt *statement, enum table table);
// Makes the functions pack_id(x), pack_word(x) and pack_phrases(x), by which a migration packs what
// lies there.
CHECKED bool link_add_packing(sqlite3 *db, struct fail *why);
