// A file system of SQLite's over another one, that keeps sums: each page of a database gets its sum
// when it is written to the file (page_sum.h) and is held to it when it is read; each frame of the
// log is held to the sum that SQLite gave it. What does not fit is refused with SQLITE_IOERR_DATA,
// and the connection can be asked what it was. Files beside these are none of its business.
//
//      SQLite ──page──> copy + sum ──> file below         (the checkpoint, and a new file)
//      SQLite <──page── fits? <─────── file below, log below
//
// A database is held to sums if its header says that its pages have 8 reserved bytes; a new one
// gets them. Any thread; a connection's files are its thread's.
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

// The name of the one that lies over this one (NULL: the system's), made when it is first asked
// for. The one below is looked up by its name whenever a file is opened.
const char *sums_vfs_over(const char *below);

struct sums_damage {
    bool there, in_log;
    uint32_t page;  // of the database
    uint32_t frame; // of the log, from 1
};

// What was refused last on this connection.
struct sums_damage sums_damage_of(sqlite3 *db);
bool sums_are_kept(sqlite3 *db);
// What is damaged is read as it stands: for those who look at it.
void sums_trust(sqlite3 *db);
// What this connection makes anew, an empty database or a copy by VACUUM INTO, will have sums.
void sums_wanted(sqlite3 *db);
// Into this empty database pages without sums will be copied. Before the first write.
void sums_unwanted(sqlite3 *db);
