// The log's format is in log_frame.h. Of its index (sqlite.org/walformat.html) the header stands
// there twice, in the machine's order: at byte 12 whether it is made, at 16 the last committed
// frame, at 32 the log's salt; at 128 is how many frames a checkpoint has begun to copy.
#include "store/log_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/log_frame.h"
#include "store/sqlite_file.h"

#define INDEX_BYTES  132
#define HEADER_BYTES 48
#define MADE_AT      12
#define FRAMES_AT    16
#define SALT_AT      32
#define COPIED_AT    128
#define TRIES        3 // the log may begin anew while it is looked at
#define SIZE_AT      4 // of a frame's head: the database's size, where it ends a commit

struct log_index {
    bool says; // it is there and of this log
    uint32_t frames, copied;
    unsigned char salt[LOG_SALT_BYTES];
};

struct walk {
    int file;
    bool big;
    int64_t there; // whole frames of the file
    unsigned char head[LOG_HEAD_BYTES], frame[LOG_FRAME_BYTES], before[LOG_SUM_BYTES];
};

static int open_beside(const char *directory, const char *name)
{
    char *path = mem_printf("%s/%s", directory, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    mem_free(path);
    return file;
}

static struct log_index read_index(const char *directory)
{
    unsigned char bytes[INDEX_BYTES];
    struct log_index index = {0};
    int file = open_beside(directory, SQLITE_FILE_NAME "-shm");
    if (file < 0)
        return index;
    index.says = pread(file, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes) && bytes[MADE_AT] &&
                 memcmp(bytes, bytes + HEADER_BYTES, HEADER_BYTES) == 0;
    close(file);
    if (!index.says)
        return index;
    memcpy(&index.frames, bytes + FRAMES_AT, sizeof(index.frames));
    memcpy(&index.copied, bytes + COPIED_AT, sizeof(index.copied));
    memcpy(index.salt, bytes + SALT_AT, LOG_SALT_BYTES);
    return index;
}

static bool read_frame(struct walk *w, int64_t n)
{
    return n < w->there &&
           pread(w->file, w->frame, LOG_FRAME_BYTES, LOG_FRAME_AT(n)) == (ssize_t)LOG_FRAME_BYTES;
}

static bool has_salt_of_log(const struct walk *w)
{
    return memcmp(w->frame + LOG_FRAME_SALT_AT, w->head + LOG_HEAD_SALT_AT, LOG_SALT_BYTES) == 0;
}

// Goes on from frame n while they fit, at most to `end`; returns the first that does not.
static int64_t walk_on(struct walk *w, int64_t n, int64_t end)
{
    while (n < end && read_frame(w, n) && has_salt_of_log(w) &&
           log_frame_fits(w->before, w->frame, w->big)) {
        memcpy(w->before, w->frame + LOG_FRAME_SUM_AT, LOG_SUM_BYTES);
        n++;
    }
    return n;
}

// Frames of this very log behind one that does not fit; those of an earlier one have other salt.
static bool goes_on_behind(struct walk *w, int64_t n)
{
    for (n++; read_frame(w, n); n++)
        if (has_salt_of_log(w))
            return true;
    return false;
}

static void count_committed(struct walk *w, int64_t end, struct log_report *out)
{
    for (int64_t n = 0; n < end && read_frame(w, n); n++)
        if (log_number(w->frame + SIZE_AT) != 0) {
            out->frames = n + 1;
            out->database_size = log_number(w->frame + SIZE_AT);
        }
}

static void judge(struct walk *w, const struct log_index *index, struct log_report *out)
{
    int64_t end = index->says ? (int64_t)index->frames : w->there;
    memcpy(w->before, w->head + LOG_HEAD_SUM_AT, LOG_SUM_BYTES);
    int64_t fit = walk_on(w, 0, end);
    count_committed(w, fit, out);
    out->copied = index->says ? (int64_t)index->copied : 0;
    if (fit >= end || (!index->says && !goes_on_behind(w, fit)))
        return;
    out->missing = index->says ? end - out->frames : 0;
    out->state = !index->says ? LOG_DOUBTFUL : fit >= w->there ? LOG_CUT_SHORT : LOG_DAMAGED;
    out->damaged = fit + 1;
    out->page = read_frame(w, fit) ? log_number(w->frame) : 0;
}

static void visit_pages(struct walk *w, const struct log_report *report, log_page *visit,
                        void *context)
{
    for (int64_t n = 0; n < report->frames && read_frame(w, n); n++)
        visit(context, log_number(w->frame));
}

// A head that does not fit is damage where frames were committed behind it; else the power may have
// gone while it was written.
static struct log_report examine(struct walk *w, struct log_index *index)
{
    struct log_report out = {0};
    struct stat info;
    if (fstat(w->file, &info) != 0 || info.st_size < LOG_HEAD_BYTES)
        w->there = 0;
    else
        w->there = LOG_FRAMES_IN(info.st_size);
    bool head = pread(w->file, w->head, LOG_HEAD_BYTES, 0) == (ssize_t)LOG_HEAD_BYTES &&
                log_head_fits(w->head, &w->big);
    if (!head) {
        if (index->says && index->frames > 0)
            out = (struct log_report){.state = w->there > 0 ? LOG_DAMAGED : LOG_CUT_SHORT,
                                      .missing = index->frames,
                                      .copied = index->copied};
        return out;
    }
    index->says =
        index->says && memcmp(index->salt, w->head + LOG_HEAD_SALT_AT, LOG_SALT_BYTES) == 0;
    judge(w, index, &out);
    return out;
}

static bool is_same(const struct log_index *a, const struct log_index *b)
{
    return memcmp(a->salt, b->salt, LOG_SALT_BYTES) == 0 && a->frames <= b->frames;
}

struct log_report log_examine(const char *directory, log_page *visit, void *context)
{
    struct log_report out = {0};
    struct walk w = {.file = open_beside(directory, SQLITE_FILE_NAME "-wal")};
    if (w.file < 0)
        return out;
    for (int i = 0; i < TRIES; i++) {
        struct log_index before = read_index(directory);
        struct log_index index = before;
        out = examine(&w, &index);
        struct log_index after = read_index(directory);
        if (out.state == LOG_WHOLE || (before.says == after.says && is_same(&before, &after)))
            break;
        out = (struct log_report){0}; // it began anew meanwhile, so it was whole
    }
    if (visit != NULL)
        visit_pages(&w, &out, visit, context);
    close(w.file);
    return out;
}

bool log_is_mixed(const struct log_report *report)
{
    return (report->state == LOG_CUT_SHORT || report->state == LOG_DAMAGED) &&
           report->copied > report->frames;
}

bool log_is_whole(const char *directory, const struct log_report *r, struct fail *why)
{
    char what[160], way_out[300];
    if (r->state == LOG_WHOLE || r->state == LOG_DOUBTFUL)
        return true;
    if (r->state == LOG_CUT_SHORT)
        snprintf(what, sizeof(what),
                 "the log was cut short: %lld pages are missing, and the last commits with them",
                 (long long)r->missing);
    else if (r->damaged == 0)
        snprintf(what, sizeof(what), "the log's head is damaged");
    else
        snprintf(what, sizeof(what),
                 "the log is damaged at frame %lld (page %u of the database), and what was "
                 "committed there and after it is lost",
                 (long long)r->damaged, (unsigned)r->page);
    if (log_is_mixed(r))
        snprintf(way_out, sizeof(way_out),
                 "part of that is in the database already, so no state of it is whole; put the log "
                 "back if there is a copy, or restore a backup ('dure restore')");
    else if (r->state == LOG_CUT_SHORT)
        snprintf(
            way_out, sizeof(way_out),
            "what is left is whole; put the log back if there is a copy, restore a newer backup "
            "('dure restore'), or go on without them");
    else
        snprintf(way_out, sizeof(way_out),
                 "what is before is whole; put the log back if there is a copy, restore a newer "
                 "backup ('dure restore'), or go on without them: truncate -s %lld "
                 "'%s/" SQLITE_FILE_NAME "-wal'",
                 (long long)LOG_FRAME_AT(r->frames), directory);
    return fail(why, FAIL_CORRUPT, "%s; %s", what, way_out);
}
