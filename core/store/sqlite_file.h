// The database file and its directory: the lock, the version, the migrations. Any thread.
#pragma once

#include <stdint.h>

#include "store/sqlite_link.h"

#define SQLITE_FILE_NAME "dure.db"
#define LOCK_FILE_NAME   "lock"

// Makes the directory if it is not there and takes its lock; the descriptor, or -1 and why.
int directory_lock(const char *directory, struct fail *why);
void directory_unlock(int lock); // -1 is legal

// What brings a database from version−1 to `version`, beside the tables that are new in it, which
// are made from schema_tables: statements (NULL: none), and whether it is the version since which
// columns are packed.
struct migration {
    int version;
    const char *sql;
    bool packs;
};

// Brings the file to version `wanted`, one transaction a version; an empty file gets everything at
// once. Refuses other programs' databases and versions this program does not know.
CHECKED bool file_migrate(sqlite3 *db, const struct migration *steps, int wanted, struct fail *why);
CHECKED bool file_check_version(sqlite3 *db, struct fail *why); // for those who only look
CHECKED bool file_quick_check(sqlite3 *db, struct fail *why);

bool file_sync(const char *path);        // a directory too
bool file_sync_folder(const char *path); // the directory that the path lies in
