// A backup becomes a data directory: copied beside it, brought to this program's version, checked
// page by page and along the audit chain, and named only when all that is well. What was there
// before is kept under another name. Any thread.
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "store/audit.h"

struct restore_opts {
    const char *file, *directory;
    bool force; // over a data directory that is there
};
struct restore_result {
    struct audit_report audit; // details: the caller's, or NULL
    char *before;              // where the old directory lies now, or NULL; by mem_free
};
CHECKED bool store_restore(const struct restore_opts *opts, struct restore_result *out,
                           struct fail *why);
