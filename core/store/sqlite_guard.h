// Whether the files that are written to are still those of the data directory. A file that was
// removed, or replaced by another, takes writes and syncs as before, and nobody will ever read them
// again; so each commit looks before it begins and before it is acknowledged. It costs a stat(2) a
// file. The caller embeds it. One thread at a time.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/fail.h"

#define GUARD_FILES 4

struct file_guard {
    char *paths[GUARD_FILES]; // NULL: nothing is guarded
    dev_t devices[GUARD_FILES];
    ino_t inodes[GUARD_FILES];
};

// Remembers the files as they are: database, log, the log's index, lock. Once they are all there.
void file_guard_init(struct file_guard *g, const char *directory);
void file_guard_done(struct file_guard *g);
CHECKED bool file_guard_check(const struct file_guard *g, struct fail *why);
