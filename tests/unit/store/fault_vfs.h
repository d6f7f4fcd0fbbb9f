// A file system of SQLite's that fails as disks do: the n-th write or sync is refused, half written
// or lasts; and the power can go, which drops or tears what was not synced. It wraps the system's.
// The files a connection writes are followed by name; a lock guards them, since two threads have
// files open. One world at a time.
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"

#define FAULT_FILES_MAX 8
#define FAULT_SECTOR    512

// What a write or truncation covered: the bytes before, to be put back when the power goes.
struct unsynced {
    struct unsynced *before;
    sqlite3_int64 offset, size; // the file's size before
    int count;                  // bytes kept in `old`
    char old[];
};

struct fault_disk {
    pthread_mutex_t lock;
    struct {
        char path[512];
        struct unsynced *last;
    } files[FAULT_FILES_MAX];
    int file_count;
    long operations; // writes, truncations and syncs so far
    long fail_at;    // the first of them that fails; 0: none
    long fail_count; // so many in a row
    int code;        // with which
    bool short_writes;
    bool dead; // the power is gone: nothing works
};
static struct fault_disk fault_disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct fault_file {
    sqlite3_file base;
    int number; // in fault_disk.files; -1: not followed
    sqlite3_file *real;
};

static sqlite3_file *fault_real(sqlite3_file *file)
{
    return ((struct fault_file *)file)->real;
}

// SQLITE_OK, or the failure that is due now.
static int fault_due(void)
{
    struct fault_disk *d = &fault_disk;
    long n = ++d->operations;
    if (d->dead)
        return SQLITE_IOERR;
    return d->fail_at > 0 && n >= d->fail_at && n < d->fail_at + d->fail_count ? d->code
                                                                               : SQLITE_OK;
}

static void fault_remember(struct fault_file *file, sqlite3_int64 offset, sqlite3_int64 count)
{
    sqlite3_int64 size = 0;
    if (file->number < 0)
        return;
    must(file->real->pMethods->xFileSize(file->real, &size) == SQLITE_OK);
    sqlite3_int64 kept = offset >= size ? 0 : size - offset < count ? size - offset : count;
    struct unsynced *u = mem_alloc(sizeof(*u) + (size_t)kept);
    *u = (struct unsynced){fault_disk.files[file->number].last, offset, size, (int)kept};
    must(kept == 0 ||
         file->real->pMethods->xRead(file->real, u->old, (int)kept, offset) == SQLITE_OK);
    fault_disk.files[file->number].last = u;
}

static void fault_forget(int number)
{
    for (struct unsynced *u = fault_disk.files[number].last, *before; u != NULL; u = before) {
        before = u->before;
        mem_free(u);
    }
    fault_disk.files[number].last = NULL;
}

static int fault_write(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
    struct fault_file *f = (struct fault_file *)file;
    pthread_mutex_lock(&fault_disk.lock);
    int code = fault_due();
    if (code == SQLITE_OK || (fault_disk.short_writes && !fault_disk.dead)) {
        int count = code == SQLITE_OK ? bytes : bytes / 2;
        fault_remember(f, offset, count);
        int wrote = f->real->pMethods->xWrite(f->real, data, count, offset);
        code = code == SQLITE_OK ? wrote : code;
    }
    pthread_mutex_unlock(&fault_disk.lock);
    return code;
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct fault_file *f = (struct fault_file *)file;
    pthread_mutex_lock(&fault_disk.lock);
    int code = fault_due();
    if (code == SQLITE_OK) {
        fault_remember(f, size, 1 << 30);
        code = f->real->pMethods->xTruncate(f->real, size);
    }
    pthread_mutex_unlock(&fault_disk.lock);
    return code;
}

// The power going is what is played, so nothing has to reach the real disk.
static int fault_sync(sqlite3_file *file, int flags)
{
    struct fault_file *f = (struct fault_file *)file;
    (void)flags;
    pthread_mutex_lock(&fault_disk.lock);
    int code = fault_due();
    if (code == SQLITE_OK && f->number >= 0)
        fault_forget(f->number);
    pthread_mutex_unlock(&fault_disk.lock);
    return code;
}

static int fault_close(sqlite3_file *file)
{
    sqlite3_file *real = fault_real(file);
    int code = real->pMethods->xClose(real);
    sqlite3_free(real);
    return code;
}

#define PASS(name, parameters, ...)                                                                \
    static int fault_##name parameters                                                             \
    {                                                                                              \
        sqlite3_file *real = fault_real(file);                                                     \
        return real->pMethods->name(real, ##__VA_ARGS__);                                          \
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
PASS(xRead, (sqlite3_file * file, void *data, int bytes, sqlite3_int64 offset), data, bytes, offset)
PASS(xFileSize, (sqlite3_file * file, sqlite3_int64 *size), size)
PASS(xLock, (sqlite3_file * file, int level), level)
PASS(xUnlock, (sqlite3_file * file, int level), level)
PASS(xCheckReservedLock, (sqlite3_file * file, int *out), out)
PASS(xSectorSize, (sqlite3_file * file))
PASS(xShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **out), page,
     size, extend, out)
PASS(xShmLock, (sqlite3_file * file, int offset, int n, int flags), offset, n, flags)
PASS(xShmUnmap, (sqlite3_file * file, int remove_it), remove_it)
#pragma GCC diagnostic pop

static int fault_control(sqlite3_file *file, int operation, void *argument)
{
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_NOTFOUND; // would write around us
    return fault_real(file)->pMethods->xFileControl(fault_real(file), operation, argument);
}

// No promises: neither atomic sectors nor that appending is safe.
static int fault_device(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static void fault_shm_barrier(sqlite3_file *file)
{
    fault_real(file)->pMethods->xShmBarrier(fault_real(file));
}

static const sqlite3_io_methods fault_methods = {
    .iVersion = 2, // no mapping of the file
    .xClose = fault_close,
    .xRead = fault_xRead,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_xFileSize,
    .xLock = fault_xLock,
    .xUnlock = fault_xUnlock,
    .xCheckReservedLock = fault_xCheckReservedLock,
    .xFileControl = fault_control,
    .xSectorSize = fault_xSectorSize,
    .xDeviceCharacteristics = fault_device,
    .xShmMap = fault_xShmMap,
    .xShmLock = fault_xShmLock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_xShmUnmap,
};

static int fault_number(const char *path)
{
    pthread_mutex_lock(&fault_disk.lock);
    int i = 0;
    while (i < fault_disk.file_count && strcmp(fault_disk.files[i].path, path) != 0)
        i++;
    if (i == fault_disk.file_count) {
        must(i < FAULT_FILES_MAX);
        snprintf(fault_disk.files[i].path, sizeof(fault_disk.files[i].path), "%s", path);
        fault_disk.file_count++;
    }
    pthread_mutex_unlock(&fault_disk.lock);
    return i;
}

static int fault_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *below = vfs->pAppData;
    struct fault_file *f = (struct fault_file *)file;
    *f = (struct fault_file){.number = -1};
    f->real = sqlite3_malloc(below->szOsFile);
    memset(f->real, 0, (size_t)below->szOsFile);
    int code = below->xOpen(below, path, f->real, flags, out);
    if (code != SQLITE_OK) {
        sqlite3_free(f->real);
        return code;
    }
    f->base.pMethods = &fault_methods;
    if (path != NULL)
        f->number = fault_number(path);
    return SQLITE_OK;
}

// Registered once; named "fault".
static inline void fault_register(void)
{
    static sqlite3_vfs vfs;
    if (vfs.zName != NULL)
        return;
    sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    vfs = *below;
    vfs.zName = "fault";
    vfs.pNext = NULL;
    vfs.szOsFile = sizeof(struct fault_file);
    vfs.pAppData = below;
    vfs.xOpen = fault_open;
    must(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

static inline void fault_reset(void)
{
    for (int i = 0; i < fault_disk.file_count; i++)
        fault_forget(i);
    fault_disk.file_count = 0;
    fault_disk.operations = fault_disk.fail_at = fault_disk.fail_count = 0;
    fault_disk.dead = fault_disk.short_writes = false;
}

// Puts back what was there, but for the sectors that the disk happened to have written.
static void fault_put_back(int fd, const struct unsynced *u, struct random *random)
{
    for (int at = 0; at < u->count; at += FAULT_SECTOR) {
        int bytes = u->count - at < FAULT_SECTOR ? u->count - at : FAULT_SECTOR;
        if (random == NULL || random_below(random, 3) > 0)
            must(pwrite(fd, u->old + at, (size_t)bytes, u->offset + at) == bytes);
    }
    if (random == NULL || random_below(random, 3) > 0)
        must(ftruncate(fd, u->size) == 0);
}

// The power has gone and come back. With `random`, some unsynced sectors had been written.
static inline void fault_power_cut(struct random *random)
{
    for (int i = 0; i < fault_disk.file_count; i++) {
        int fd = open(fault_disk.files[i].path, O_RDWR);
        for (struct unsynced *u = fault_disk.files[i].last; fd >= 0 && u != NULL; u = u->before)
            fault_put_back(fd, u, random);
        if (fd >= 0)
            close(fd);
    }
    fault_reset();
}
