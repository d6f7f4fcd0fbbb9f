// Whether the log beside the database was cut short. What a commit has written the kernel keeps
// also after the process was killed, and the log's index (dure.db-shm) tells how many pages were
// committed; a log that has fewer has lost commits. After the machine lost its power the index may
// be older or newer than the log: then nothing is said, or too much. Any thread; only before the
// database is opened.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// How many pages of the log are missing; 0: none, or nothing can be said.
int64_t log_pages_missing(const char *directory);
