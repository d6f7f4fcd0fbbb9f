// The driver on SQLite: one writer thread owns the only connection that writes and checkpoints
// (SQLite before 3.51.3 can corrupt a WAL that two connections reset); the loop reads through a
// connection of its own that never checkpoints; no mmap. WAL, synchronous=FULL, STRICT tables.
// sqlite_driver_open locks the data directory (file `lock`), runs quick_check, and migrates.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "store/driver.h"

struct sqlite_opts {
    const char *directory; // made if absent
    bool read_only;        // for commands that only look; takes no lock
    bool
        one_moment; // read_only: all reads see what was there at the first; the log grows meanwhile
    bool trusts;    // read_only: what is damaged is read as it stands, for those who look
    bool skip_check;    // no quick_check; else one at the start, and of a large file after it
    const char *vfs;    // SQLite's file system; NULL: the system's (tests bring one that fails)
    int64_t retry_ms;   // the first pause after a failed commit; 0: 50
    uint32_t wal_pages; // checkpoint once the log is that long; 0: 2000
    // No thread writes: a commit is tried when it is submitted, and again whenever the loop asks
    // what is acknowledged. For simulation, whose disk is its VFS: the directory is only a name
    // then.
    bool in_line;
};
struct store_driver *sqlite_driver_open(const struct sqlite_opts *opts, struct fail *why);

// A consistent copy of the database while it is in use, into a new file; any thread.
CHECKED bool sqlite_backup(const char *directory, const char *to_file, struct fail *why);
