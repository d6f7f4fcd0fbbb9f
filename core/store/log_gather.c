// What SQLite does (wal.c, sqlite3WalFrames): frames are appended, head and page; a cache that is
// too small writes some before the commit ("spill"). A page that the same transaction wrote before
// is written again in its place, without its head. The last frame of a commit says so in its head;
// behind it come at most new heads of frames that were written again, each after a look at its
// page. Then comes the sync, if there is one, then the index tells everybody else. A transaction
// that is taken back, wholly or to a savepoint, goes on at an earlier frame.
//
// So only a head behind all that the transaction has handed out begins or continues what is
// gathered, and only its page follows; everything else goes through, after what is gathered. The
// writer gives his lock away after the commit or the rollback: what is still here then was taken
// back, and must not come down later, over frames that somebody else has committed meanwhile.
//
// A failure hits pieces that SQLite believes written. It ends the call that met it, and until the
// transaction is over or begins anew at or before the place, every piece and every look behind it
// meets the same failure: a program that goes on after a look that failed cannot commit a log with
// a hole.
#include "store/log_gather.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

#define SIZE_AT 4 // of a frame's head: the database's size, where it ends a commit

static_assert(LOG_GATHER_BYTES <= 0x1ffff, "the layer below writes it at once");

void log_gather_init(struct log_gather *g, sqlite3_file *below)
{
    *g = (struct log_gather){.below = below, .lost_code = SQLITE_OK};
}

void log_gather_done(struct log_gather *g)
{
    mem_free(g->bytes);
    g->bytes = NULL;
    g->count = 0;
}

void log_gather_end(struct log_gather *g)
{
    g->count = 0;
    g->end = 0;
    g->lost_code = SQLITE_OK;
}

int log_gather_flush(struct log_gather *g)
{
    if (g->count == 0)
        return SQLITE_OK;
    int code = g->below->pMethods->xWrite(g->below, g->bytes, g->count, g->at);
    g->count = 0;
    if (code != SQLITE_OK) {
        g->lost_at = g->at;
        g->lost_code = code;
        g->end = g->at;
    }
    return code;
}

static bool is_lost(const struct log_gather *g, int bytes, int64_t offset)
{
    return g->lost_code != SQLITE_OK && offset + bytes > g->lost_at;
}

int log_gather_ready(struct log_gather *g, int bytes, int64_t offset)
{
    if (g->count > 0 && offset < g->at + g->count && offset + bytes > g->at) {
        int code = log_gather_flush(g);
        if (code != SQLITE_OK)
            return code;
    }
    return is_lost(g, bytes, offset) ? g->lost_code : SQLITE_OK;
}

static bool is_head(int bytes, int64_t offset)
{
    return bytes == LOG_FRAME_HEAD_BYTES && offset >= LOG_HEAD_BYTES &&
           (offset - LOG_HEAD_BYTES) % LOG_FRAME_BYTES == 0;
}

// A head where frames were handed out before: those from there on were taken back.
static void take_back(struct log_gather *g, int64_t offset)
{
    if (g->lost_code != SQLITE_OK && offset <= g->lost_at)
        g->lost_code = SQLITE_OK;
    if (g->count == 0 || offset >= g->at + g->count)
        return;
    g->count = offset > g->at ? (int)(offset - g->at) : 0;
    g->end = offset;
}

static void add(struct log_gather *g, const void *data, int bytes, int64_t offset)
{
    must(g->count + bytes <= LOG_GATHER_BYTES);
    if (g->count == 0)
        g->at = offset;
    must(offset == g->at + g->count);
    memcpy(g->bytes + g->count, data, (size_t)bytes);
    g->count += bytes;
    g->end = offset + bytes;
}

static int add_head(struct log_gather *g, const void *data, int64_t offset)
{
    bool goes_on = g->count > 0 && offset == g->at + g->count &&
                   g->count + LOG_FRAME_BYTES <= LOG_GATHER_BYTES;
    int code = goes_on ? SQLITE_OK : log_gather_flush(g);
    if (code != SQLITE_OK)
        return code;
    if (g->bytes == NULL)
        g->bytes = mem_alloc(LOG_GATHER_BYTES);
    add(g, data, LOG_FRAME_HEAD_BYTES, offset);
    return SQLITE_OK;
}

// Its head is the last that was gathered.
static bool is_awaited_page(const struct log_gather *g, int bytes, int64_t offset)
{
    return bytes == PAGE_BYTES && g->count > 0 && offset == g->at + g->count &&
           g->count % LOG_FRAME_BYTES == LOG_FRAME_HEAD_BYTES;
}

static int add_page(struct log_gather *g, const void *data, int64_t offset)
{
    const unsigned char *head = g->bytes + g->count - LOG_FRAME_HEAD_BYTES;
    bool commits = log_number(head + SIZE_AT) != 0;
    add(g, data, PAGE_BYTES, offset);
    return commits ? log_gather_flush(g) : SQLITE_OK;
}

int log_gather_write(struct log_gather *g, const void *data, int bytes, int64_t offset)
{
    bool head = is_head(bytes, offset);
    if (head)
        take_back(g, offset);
    if (is_lost(g, bytes, offset))
        return g->lost_code;
    if (head && offset >= g->end)
        return add_head(g, data, offset);
    if (is_awaited_page(g, bytes, offset))
        return add_page(g, data, offset);
    int code = log_gather_flush(g);
    if (code != SQLITE_OK)
        return code;
    return g->below->pMethods->xWrite(g->below, data, bytes, offset);
}
