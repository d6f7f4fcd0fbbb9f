// The thread that writes (or the caller itself, where everything must happen in one order): takes
// sealed batches in order, commits all that have gathered in one transaction, checkpoints between
// transactions. When the disk refuses it keeps the batches and tries again, later and later;
// nothing is dropped or overtaken. Functions here are the loop's; a lock guards the two queues,
// because the loop must also be able to wait for a bounded time.
#pragma once

#include "store/driver.h"
#include "store/sqlite_link.h"

struct sqlite_writer;

struct sqlite_writer_opts {
    sqlite3 *db;           // taken; the thread's from now on
    const char *directory; // whose files are guarded; borrowed for the call; NULL: not
    int64_t retry_ms;      // the first pause; doubles up to RETRY_MS_MAX
    uint32_t wal_pages;    // checkpoint once the log is that long
    bool in_line;          // no thread: submit and acknowledged do its work
};
struct sqlite_writer *sqlite_writer_start(const struct sqlite_writer_opts *opts);
void sqlite_writer_set_wake(struct sqlite_writer *w, void (*wake)(void *context), void *context);
void sqlite_writer_submit(struct sqlite_writer *w, const struct batch *batch);
uint64_t sqlite_writer_acknowledged(struct sqlite_writer *w, int64_t wait_ms);
bool sqlite_writer_trouble(struct sqlite_writer *w, struct fail *why);
// Finishes the transaction in hand; what waits behind it is lost. Closes the connection.
void sqlite_writer_stop(struct sqlite_writer *w);
