// A frame of SQLite's log (WAL): a head of 24 bytes and a page. Its sum goes on from that of the
// frame before it, the first one's from the log's own head. SQLite looks at these sums only when it
// recovers a log; Dure looks whenever it reads a frame. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/page_sum.h"

#define LOG_HEAD_BYTES       32
#define LOG_FRAME_HEAD_BYTES 24
#define LOG_FRAME_BYTES      (LOG_FRAME_HEAD_BYTES + PAGE_BYTES)
#define LOG_SALT_BYTES       8
#define LOG_SUM_BYTES        8

// Where things begin; frames count from 0 here.
#define LOG_HEAD_SALT_AT   16
#define LOG_HEAD_SUM_AT    24
#define LOG_FRAME_SALT_AT  8
#define LOG_FRAME_SUM_AT   16
#define LOG_FRAME_AT(n)    (LOG_HEAD_BYTES + (int64_t)(n)*LOG_FRAME_BYTES)
#define LOG_PAGE_AT(n)     (LOG_FRAME_AT(n) + LOG_FRAME_HEAD_BYTES)
#define LOG_FRAMES_IN(all) (((int64_t)(all)-LOG_HEAD_BYTES) / LOG_FRAME_BYTES)

uint32_t log_number(const unsigned char *at); // big-endian, as all of the log's
// Is this the head of a log whose pages are of our size, and whole? `big` is the order of its sums.
bool log_head_fits(const unsigned char *head, bool *big);
// `before` is the sum the frame goes on from.
bool log_frame_fits(const unsigned char *before, const unsigned char *frame, bool big);
