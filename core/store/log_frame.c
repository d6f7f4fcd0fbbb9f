// The format is that of sqlite.org/fileformat2.html, "The WAL File Format". Over words x0 x1 …, two
// at a time: s0 += x0 + s1, s1 += x1 + s0. A frame's sum covers the first 8 bytes of its head (the
// page's number, and the size of the database where it ends a commit) and the page.
#include "store/log_frame.h"

#include <endian.h>
#include <string.h>

#define MAGIC      0x377f0682 // and one more where sums are made of big-endian words
#define VERSION    3007000
#define SIZE_AT    8
#define HEAD_BYTES 8 // of a frame's head, which the sum covers

uint32_t log_number(const unsigned char *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof(n));
    return be32toh(n);
}

static void add(uint32_t sum[2], const unsigned char *data, size_t bytes, bool big)
{
    uint32_t s0 = sum[0], s1 = sum[1];
    for (size_t at = 0; at < bytes; at += 8) {
        uint32_t words[2];
        memcpy(words, data + at, sizeof(words));
        s0 += (big ? be32toh(words[0]) : le32toh(words[0])) + s1;
        s1 += (big ? be32toh(words[1]) : le32toh(words[1])) + s0;
    }
    sum[0] = s0;
    sum[1] = s1;
}

static bool is_sum(const uint32_t sum[2], const unsigned char *stored)
{
    return log_number(stored) == sum[0] && log_number(stored + 4) == sum[1];
}

bool log_head_fits(const unsigned char *head, bool *big)
{
    uint32_t sum[2] = {0, 0};
    *big = (log_number(head) & 1) != 0;
    add(sum, head, LOG_HEAD_SUM_AT, *big);
    return (log_number(head) & ~1u) == MAGIC && log_number(head + 4) == VERSION &&
           log_number(head + SIZE_AT) == PAGE_BYTES && is_sum(sum, head + LOG_HEAD_SUM_AT);
}

bool log_frame_fits(const unsigned char *before, const unsigned char *frame, bool big)
{
    uint32_t sum[2] = {log_number(before), log_number(before + 4)};
    add(sum, frame, HEAD_BYTES, big);
    add(sum, frame + LOG_FRAME_HEAD_BYTES, PAGE_BYTES, big);
    return is_sum(sum, frame + LOG_FRAME_SUM_AT);
}
