// Whether the log beside the database is whole: each frame is held to its sum, and their number to
// the log's index (dure.db-shm), which tells how many were committed. What a commit has written the
// kernel keeps also after the process was killed, so a log that has fewer has lost commits; SQLite
// itself takes the first frame that does not fit for the log's end, and says nothing. Without an
// index, or with one of another log (the machine lost its power), frames behind the first that does
// not fit may be what a commit that was never told has left: that is doubt, and keeps nobody out.
// Any thread; before the database is opened, or beside a process that has it open.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

enum log_state {
    LOG_WHOLE,    // or none
    LOG_DOUBTFUL, // it may be opened
    LOG_CUT_SHORT,
    LOG_DAMAGED
};

struct log_report {
    enum log_state state;
    int64_t frames;         // committed ones that are there and whole, from the beginning
    int64_t missing;        // how many were committed behind them; 0: that cannot be told
    int64_t copied;         // as many may have been copied into the file already
    int64_t damaged;        // the first frame that does not fit, from 1; 0: the log's head
    uint32_t page;          // that it was of
    uint32_t database_size; // in pages, after the last commit of those frames; 0: it does not say
};

// `visit` (may be NULL) gets each page of which the log has a newer copy than the file.
typedef void log_page(void *context, uint32_t page);
struct log_report log_examine(const char *directory, log_page *visit, void *context);

// False, and what is wrong and what to do, where the log is not whole.
bool log_is_whole(const char *directory, const struct log_report *report, struct fail *why);
// The file has some pages of commits that the log lost, so no state is whole any more.
bool log_is_mixed(const struct log_report *report);
