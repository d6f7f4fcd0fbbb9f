// What is wrong with a data directory, in words for its owner: rights, room, lock, version, the
// file's own soundness, tables against the schema, the log. Looks only; also beside a running
// server. The caller owns the report. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct doctor_report {
    size_t problems, hints;
    struct bytes *lines; // "ok: …", "hint: …", "problem: …", one a line; not NULL
};

// True if there is no problem.
bool store_doctor(const char *directory, struct doctor_report *report);
