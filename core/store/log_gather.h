// Gathers what a transaction appends to SQLite's log, so that it goes to the file in few large
// writes: SQLite hands out each frame in two pieces, 24 bytes and a page, and a commit of 250
// frames was 500 writes. The frame that ends a commit brings all of it down within its own write,
// so a failure is told to the very commit, and nobody is told of one whose frames are still here.
// What is taken back is never written. The log's file owns it; its connection's thread.
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "store/log_frame.h"

// SQLite's layer over the system takes 17 bits of a write's length, and the rest for a full disk.
#define LOG_GATHER_FRAMES 31
#define LOG_GATHER_BYTES  (LOG_GATHER_FRAMES * LOG_FRAME_BYTES)

struct log_gather {
    sqlite3_file *below;
    unsigned char *bytes; // made when first needed
    int64_t at;           // where they go
    int count;
    int64_t end;     // behind the last piece the transaction has handed out
    int64_t lost_at; // what the transaction wrote from there on could not be written,
    int lost_code;   // and why; SQLITE_OK: nothing is lost
};

void log_gather_init(struct log_gather *g, sqlite3_file *below);
void log_gather_done(struct log_gather *g); // what is here was never committed
int log_gather_write(struct log_gather *g, const void *data, int bytes, int64_t offset);
// Before the file is read there.
int log_gather_ready(struct log_gather *g, int bytes, int64_t offset);
int log_gather_flush(struct log_gather *g);
// The transaction is over: what it has not committed is forgotten, and what it lost too.
void log_gather_end(struct log_gather *g);
