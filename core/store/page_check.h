// Looks at every page of a data directory's database itself, also those that nobody reads (free
// ones, and what lies behind damage): which do not fit their sums, and whose they are. Looks only;
// also beside a running server, whose checkpoints it does not mistake for damage. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct page_report {
    bool kept;           // its pages have sums; else nothing was looked at
    int64_t pages, bad;  // how many there are, and do not fit
    struct bytes *lines; // "page 12 of the database is damaged: it belongs to 'timer' …"; not NULL
};

// True if all pages fit. Such as the log has a newer copy of do not count: they are copied again.
bool page_check(const char *directory, struct page_report *report);
