// Why frames are checked as well: SQLite holds a log to its sums only when it recovers it, so a bit
// that flips on the disk afterwards would be read, and a checkpoint would copy it into the file
// under a fresh sum. The page's own sum cannot serve there: the frame's sum is made before the
// write is handed to us, so the page may not change any more.
//
// While a transaction that was too large for the cache writes a page again, it overwrites the frame
// and leaves all frames from there on without a right sum, until it ends and makes them anew
// (walRewriteChecksums in SQLite's wal.c). Nobody but itself reads them meanwhile; `unsummed_from`
// says where they begin.
#include "store/sums_vfs.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "store/log_frame.h"
#include "store/log_gather.h"

#define NAME            "dure"
#define VFS_MAX         16
#define NAME_SIZE       64
#define WHOLE_BYTES_MIN 512 // the smallest page there is: less is a look at a header
#define FRAME_AND_BEFORE_BYTES                                                                     \
    (LOG_SUM_BYTES + PAGE_BYTES + LOG_FRAME_BYTES) // from the sum of the frame before

// Our operations for xFileControl; SQLite's own are below 100.
enum { CONTROL_DAMAGE = 0x44555201, CONTROL_KEPT, CONTROL_TRUST, CONTROL_UNWANTED };

struct layer {
    sqlite3_vfs vfs;      // first
    char name[NAME_SIZE]; // "dure", or "dure-" and the name of the one below
    bool over_default;
};

struct sums_file {
    sqlite3_file base;          // first
    struct sums_file *database; // a log's; of a database itself
    struct sums_file *log;      // a database's, while it is open
    bool kept, trusts;          // a database's
    struct sums_damage damage;  // a database's
    // A log's:
    bool head_known, big;
    int64_t head_frame;    // whose head was written last, and not yet its page; -1: none
    int64_t unsummed_from; // INT64_MAX: none
    struct log_gather gather;
    unsigned char *room; // for a page on its way out, or a frame and the sum before it
    sqlite3_file *below; // lies behind this
};

static struct sums_file *of(sqlite3_file *file)
{
    return (struct sums_file *)file;
}

#define FILE_BYTES ((sizeof(struct sums_file) + 15) / 16 * 16)

// ---- the database

static int refuse(struct sums_file *database, bool in_log, uint32_t page, uint32_t frame)
{
    database->damage = (struct sums_damage){true, in_log, page, frame};
    return SQLITE_IOERR_DATA;
}

static int read_database(sqlite3_file *file, void *data, int bytes, sqlite3_int64 offset)
{
    struct sums_file *f = of(file);
    int code = f->below->pMethods->xRead(f->below, data, bytes, offset);
    if (code != SQLITE_OK || !f->kept || f->trusts || bytes < WHOLE_BYTES_MIN)
        return code;
    uint32_t number = (uint32_t)(offset / PAGE_BYTES) + 1;
    if (bytes != PAGE_BYTES || offset % PAGE_BYTES != 0 || !page_sum_fits(data, number))
        return refuse(f, false, number, 0);
    return SQLITE_OK;
}

static int write_database(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
    struct sums_file *f = of(file);
    if (offset == 0 && bytes == PAGE_BYTES)
        f->kept = ((const unsigned char *)data)[20] == PAGE_SUM_BYTES;
    if (f->kept && bytes == PAGE_BYTES && offset % PAGE_BYTES == 0) {
        memcpy(f->room, data, PAGE_BYTES); // the page is SQLite's, and in use
        page_sum_put(f->room, (uint32_t)(offset / PAGE_BYTES) + 1);
        data = f->room;
    }
    return f->below->pMethods->xWrite(f->below, data, bytes, offset);
}

// ---- the log

static bool know_head(struct sums_file *f)
{
    unsigned char head[LOG_HEAD_BYTES];
    if (!f->head_known && f->below->pMethods->xRead(f->below, head, sizeof(head), 0) == SQLITE_OK)
        f->head_known = log_head_fits(head, &f->big);
    return f->head_known;
}

static bool is_page_of_log(int bytes, sqlite3_int64 offset, int64_t *frame)
{
    *frame = offset < LOG_PAGE_AT(0) ? -1 : (offset - LOG_PAGE_AT(0)) / LOG_FRAME_BYTES;
    return bytes == PAGE_BYTES && *frame >= 0 && offset == LOG_PAGE_AT(*frame);
}

static int read_written(struct sums_file *f, void *data, int bytes, int64_t offset)
{
    int code = log_gather_ready(&f->gather, bytes, offset);
    return code != SQLITE_OK ? code : f->below->pMethods->xRead(f->below, data, bytes, offset);
}

static int read_log(sqlite3_file *file, void *data, int bytes, sqlite3_int64 offset)
{
    struct sums_file *f = of(file);
    int64_t frame;
    if (!is_page_of_log(bytes, offset, &frame) || f->database->trusts || !know_head(f) ||
        frame >= f->unsummed_from)
        return read_written(f, data, bytes, offset);
    int64_t from = frame == 0 ? LOG_HEAD_SUM_AT : LOG_FRAME_AT(frame - 1) + LOG_FRAME_SUM_AT;
    int length = (int)(LOG_FRAME_AT(frame + 1) - from);
    must(length <= FRAME_AND_BEFORE_BYTES);
    int code = read_written(f, f->room, length, from);
    if (code != SQLITE_OK)
        return code;
    const unsigned char *head = f->room + (LOG_FRAME_AT(frame) - from);
    memcpy(data, head + LOG_FRAME_HEAD_BYTES, PAGE_BYTES);
    if (!log_frame_fits(f->room, head, f->big))
        return refuse(f->database, true, log_number(head), (uint32_t)frame + 1);
    return SQLITE_OK;
}

static void note_write(struct sums_file *f, int bytes, sqlite3_int64 offset)
{
    int64_t frame;
    if (offset == 0) { // the log begins anew
        f->head_known = false;
        f->head_frame = -1;
        f->unsummed_from = INT64_MAX;
    } else if (is_page_of_log(bytes, offset, &frame)) {
        if (frame != f->head_frame && frame < f->unsummed_from)
            f->unsummed_from = frame;
        f->head_frame = -1;
    } else if (bytes == LOG_FRAME_HEAD_BYTES) {
        f->head_frame = (offset - LOG_HEAD_BYTES) / LOG_FRAME_BYTES;
        if (f->head_frame == f->unsummed_from)
            f->unsummed_from++;
    }
}

static int write_log(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
    struct sums_file *f = of(file);
    note_write(f, bytes, offset);
    return log_gather_write(&f->gather, data, bytes, offset);
}

// The connection's transaction is over, and the log ends with whole frames again.
static void end_transaction(struct sums_file *log)
{
    log_gather_end(&log->gather);
    log->head_frame = -1;
    log->unsummed_from = INT64_MAX;
}

// ---- what goes through as it is; of a log's after what is gathered

static int close_file(sqlite3_file *file)
{
    struct sums_file *f = of(file);
    int code = f->below->pMethods->xClose(f->below);
    if (f->database != f && f->database->log == f)
        f->database->log = NULL;
    log_gather_done(&f->gather);
    mem_free(f->room);
    f->room = NULL;
    return code;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    int code = log_gather_flush(&of(file)->gather);
    return code != SQLITE_OK ? code : of(file)->below->pMethods->xTruncate(of(file)->below, size);
}

static int sync_file(sqlite3_file *file, int flags)
{
    int code = log_gather_flush(&of(file)->gather);
    return code != SQLITE_OK ? code : of(file)->below->pMethods->xSync(of(file)->below, flags);
}

static int size_of(sqlite3_file *file, sqlite3_int64 *size)
{
    int code = log_gather_flush(&of(file)->gather);
    return code != SQLITE_OK ? code : of(file)->below->pMethods->xFileSize(of(file)->below, size);
}

static int lock_file(sqlite3_file *file, int level)
{
    return of(file)->below->pMethods->xLock(of(file)->below, level);
}

static int unlock_file(sqlite3_file *file, int level)
{
    return of(file)->below->pMethods->xUnlock(of(file)->below, level);
}

static int is_reserved(sqlite3_file *file, int *out)
{
    return of(file)->below->pMethods->xCheckReservedLock(of(file)->below, out);
}

static int control(sqlite3_file *file, int operation, void *argument)
{
    struct sums_file *f = of(file);
    switch (operation) {
    case CONTROL_DAMAGE:
        *(struct sums_damage *)argument = f->damage;
        return SQLITE_OK;
    case CONTROL_KEPT:
        *(bool *)argument = f->kept;
        return SQLITE_OK;
    case CONTROL_TRUST:
        f->trusts = true;
        return SQLITE_OK;
    case CONTROL_UNWANTED:
        f->kept = false;
        return SQLITE_OK;
    default:
        return f->below->pMethods->xFileControl(f->below, operation, argument);
    }
}

static int sector_size(sqlite3_file *file)
{
    return of(file)->below->pMethods->xSectorSize(of(file)->below);
}

static int device(sqlite3_file *file)
{
    return of(file)->below->pMethods->xDeviceCharacteristics(of(file)->below);
}

static int map_shared(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    return of(file)->below->pMethods->xShmMap(of(file)->below, region, size, extend, out);
}

// The first lock is the writer's, who gives it away when his transaction is over.
static int lock_shared(sqlite3_file *file, int first, int count, int flags)
{
    const int given_away = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;
    if (first == 0 && flags == given_away && of(file)->log != NULL)
        end_transaction(of(file)->log);
    return of(file)->below->pMethods->xShmLock(of(file)->below, first, count, flags);
}

static void shared_barrier(sqlite3_file *file)
{
    of(file)->below->pMethods->xShmBarrier(of(file)->below);
}

static int unmap_shared(sqlite3_file *file, int remove_it)
{
    return of(file)->below->pMethods->xShmUnmap(of(file)->below, remove_it);
}

// No mapping of the file itself: what is mapped nobody could check (version 2).
#define METHODS(read, write)                                                                       \
    {                                                                                              \
        .iVersion = 2, .xClose = close_file, .xRead = (read), .xWrite = (write),                   \
        .xTruncate = truncate_file, .xSync = sync_file, .xFileSize = size_of, .xLock = lock_file,  \
        .xUnlock = unlock_file, .xCheckReservedLock = is_reserved, .xFileControl = control,        \
        .xSectorSize = sector_size, .xDeviceCharacteristics = device, .xShmMap = map_shared,       \
        .xShmLock = lock_shared, .xShmBarrier = shared_barrier, .xShmUnmap = unmap_shared,         \
    }
static const sqlite3_io_methods database_methods = METHODS(read_database, write_database);
static const sqlite3_io_methods log_methods = METHODS(read_log, write_log);

// ---- files

static const char *name_below(const struct layer *layer)
{
    return layer->over_default ? NULL : layer->name + strlen(NAME "-");
}

static sqlite3_vfs *below_of(sqlite3_vfs *vfs)
{
    const struct layer *layer = vfs->pAppData;
    sqlite3_vfs *below = sqlite3_vfs_find(name_below(layer));
    must(below != NULL && below->szOsFile <= vfs->szOsFile - (int)FILE_BYTES);
    return below;
}

// An empty file will be a new database, which gets sums; a short one is none at all.
static bool wants_sums(sqlite3_file *below)
{
    unsigned char first[PAGE_BYTES];
    sqlite3_int64 size = 0;
    if (below->pMethods->xFileSize(below, &size) != SQLITE_OK || size == 0)
        return true;
    return size >= PAGE_BYTES &&
           below->pMethods->xRead(below, first, sizeof(first), 0) == SQLITE_OK &&
           page_says_sums(first);
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    struct sums_file *f = of(file);
    sqlite3_vfs *below = below_of(vfs);
    bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
    if (!is_log && (flags & SQLITE_OPEN_MAIN_DB) == 0)
        return below->xOpen(below, path, file, flags, out);
    *f = (struct sums_file){.database = f,
                            .head_frame = -1,
                            .unsummed_from = INT64_MAX,
                            .below = (sqlite3_file *)((char *)file + FILE_BYTES)};
    memset(f->below, 0, (size_t)below->szOsFile);
    int code = below->xOpen(below, path, f->below, flags, out);
    if (code != SQLITE_OK) {
        if (f->below->pMethods != NULL)
            f->below->pMethods->xClose(f->below);
        return code; // without methods of ours nobody closes it again
    }
    f->room = mem_alloc(FRAME_AND_BEFORE_BYTES);
    f->base.pMethods = is_log ? &log_methods : &database_methods;
    log_gather_init(&f->gather, f->below);
    if (is_log) {
        f->database = of(sqlite3_database_file_object(path));
        f->database->log = f;
    } else {
        f->kept = wants_sums(f->below);
    }
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
    sqlite3_vfs *below = below_of(vfs);
    return below->xDelete(below, path, sync_directory);
}

static int has_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
    sqlite3_vfs *below = below_of(vfs);
    return below->xAccess(below, path, flags, out);
}

static int full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
    sqlite3_vfs *below = below_of(vfs);
    return below->xFullPathname(below, path, size, out);
}

// ---- layers, which stay for the life of the process

static bool lies_over(const struct layer *layer, const char *below)
{
    return below == NULL ? layer->over_default
                         : !layer->over_default && strcmp(name_below(layer), below) == 0;
}

static void layer_init(struct layer *layer, const char *below)
{
    const sqlite3_vfs *found = sqlite3_vfs_find(below);
    must(found != NULL);
    layer->over_default = below == NULL;
    snprintf(layer->name, sizeof(layer->name), NAME "%s%s", below != NULL ? "-" : "",
             below != NULL ? below : "");
    layer->vfs = *found; // time, sleep and chance are those of the one below
    layer->vfs.zName = layer->name;
    layer->vfs.pNext = NULL;
    layer->vfs.szOsFile = (int)FILE_BYTES + found->szOsFile;
    layer->vfs.pAppData = layer;
    layer->vfs.xOpen = open_file;
    layer->vfs.xDelete = delete_file;
    layer->vfs.xAccess = has_access;
    layer->vfs.xFullPathname = full_path;
    int code = sqlite3_vfs_register(&layer->vfs, 0);
    must(code == SQLITE_OK);
}

const char *sums_vfs_over(const char *below)
{
    static struct layer layers[VFS_MAX];
    static int count;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int at = 0;
    pthread_mutex_lock(&lock);
    while (at < count && !lies_over(&layers[at], below))
        at++;
    must(at < VFS_MAX);
    if (at == count)
        layer_init(&layers[count++], below);
    pthread_mutex_unlock(&lock);
    return layers[at].name;
}

// ---- asking a connection

struct sums_damage sums_damage_of(sqlite3 *db)
{
    struct sums_damage damage = {0};
    sqlite3_file_control(db, "main", CONTROL_DAMAGE, &damage);
    return damage;
}

bool sums_are_kept(sqlite3 *db)
{
    bool kept = false;
    sqlite3_file_control(db, "main", CONTROL_KEPT, &kept);
    return kept;
}

void sums_trust(sqlite3 *db)
{
    sqlite3_file_control(db, "main", CONTROL_TRUST, NULL);
}

void sums_wanted(sqlite3 *db)
{
    int reserved = PAGE_SUM_BYTES;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
}

void sums_unwanted(sqlite3 *db)
{
    sqlite3_file_control(db, "main", CONTROL_UNWANTED, NULL);
}
