// The check of a large database after the start: quick_check reads the whole file, which takes
// seconds where there are gigabytes, and nobody should wait for that after a crash. A thread with a
// read-only connection of its own; a finding goes to the log. Loop thread.
#pragma once

#include <stdbool.h>

struct sqlite_check;

struct sqlite_check *sqlite_check_start(const char *path);
// Breaks off what is not done yet; NULL is legal.
void sqlite_check_stop(struct sqlite_check *check);
