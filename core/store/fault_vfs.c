#include "store/fault_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "store/fault_file.h"

#define SLOTS SQLITE_SHM_NLOCK

// An open file of SQLite's.
struct handle {
    sqlite3_file base; // first
    struct fault_disk *disk;
    struct fault_file *file;
    int level; // SQLITE_LOCK_…
    bool mapped, temporary;
    unsigned shared, exclusive; // slots of the shared memory it holds
};

struct fault_disk {
    pthread_mutex_t lock;
    sqlite3_vfs vfs;
    char name[FAULT_NAME_SIZE];
    struct faults faults;
    struct fault_file *files;
    int temporaries;
};

static struct handle *of(sqlite3_file *file)
{
    return (struct handle *)file;
}

static void enter(struct fault_disk *disk)
{
    pthread_mutex_lock(&disk->lock);
}

static int leave(struct fault_disk *disk, int code)
{
    pthread_mutex_unlock(&disk->lock);
    return code;
}

// SQLITE_OK, or the failure that is due now, as the system's VFS reports it: a sync never says that
// the disk is full.
static int due(struct fault_disk *disk, int broken)
{
    struct faults *f = &disk->faults;
    long n = ++f->operations;
    if (f->dies_at > 0 && n >= f->dies_at)
        f->dead = true;
    if (f->dead)
        return broken;
    if (f->fail_at == 0 || n < f->fail_at || n >= f->fail_at + f->fail_count)
        return SQLITE_OK;
    return f->full && broken != SQLITE_IOERR_FSYNC ? SQLITE_FULL : broken;
}

// ---- reading and writing

static int read_file(sqlite3_file *file, void *data, int bytes, sqlite3_int64 offset)
{
    struct handle *h = of(file);
    enter(h->disk);
    bool whole = fault_file_read(h->file, (size_t)offset, data, (size_t)bytes);
    return leave(h->disk, whole ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

static int write_file(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
    struct handle *h = of(file);
    enter(h->disk);
    int code = due(h->disk, SQLITE_IOERR_WRITE);
    if (code == SQLITE_OK)
        fault_file_write(h->file, (size_t)offset, data, (size_t)bytes);
    else if (h->disk->faults.short_writes && !h->disk->faults.dead)
        fault_file_write(h->file, (size_t)offset, data, (size_t)bytes / 2);
    return leave(h->disk, code);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    struct handle *h = of(file);
    enter(h->disk);
    int code = due(h->disk, SQLITE_IOERR_TRUNCATE);
    if (code == SQLITE_OK)
        fault_file_truncate(h->file, (size_t)size);
    return leave(h->disk, code);
}

static int sync_file(sqlite3_file *file, int flags)
{
    struct handle *h = of(file);
    (void)flags;
    enter(h->disk);
    int code = due(h->disk, SQLITE_IOERR_FSYNC);
    if (code == SQLITE_OK && !h->disk->faults.lies)
        fault_file_sync(h->file);
    else if (h->disk->faults.forget && !h->disk->faults.dead)
        fault_file_forget(h->file, h->disk->faults.operations % 2 == 0);
    return leave(h->disk, code);
}

static int size_of(sqlite3_file *file, sqlite3_int64 *size)
{
    struct handle *h = of(file);
    enter(h->disk);
    *size = (sqlite3_int64)fault_file_size(h->file);
    return leave(h->disk, SQLITE_OK);
}

static int control(sqlite3_file *file, int operation, void *argument)
{
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *file)
{
    (void)file;
    return FAULT_SECTOR;
}

// What the system's file system promises, and no more: a write that the power cuts harms nothing
// beside it. Neither are sectors atomic nor is appending safe.
static int device(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

// ---- locks of the file

static int lock_to(struct handle *h, int level)
{
    struct fault_file *f = h->file;
    bool others = f->writer != NULL && f->writer != h;
    if (level == SQLITE_LOCK_SHARED) {
        if (f->pending)
            return SQLITE_BUSY;
        f->sharers++;
    } else if (others) {
        return SQLITE_BUSY;
    } else {
        f->writer = h;
        f->pending = level == SQLITE_LOCK_EXCLUSIVE;
        if (f->pending && f->sharers > 1) {
            h->level = SQLITE_LOCK_PENDING;
            return SQLITE_BUSY;
        }
    }
    h->level = level;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *file, int level)
{
    struct handle *h = of(file);
    enter(h->disk);
    return leave(h->disk, level <= h->level ? SQLITE_OK : lock_to(h, level));
}

static int unlock_file(sqlite3_file *file, int level)
{
    struct handle *h = of(file);
    enter(h->disk);
    if (level < h->level) {
        if (h->file->writer == h) {
            h->file->writer = NULL;
            h->file->pending = false;
        }
        if (level == SQLITE_LOCK_NONE)
            h->file->sharers--;
        h->level = level;
    }
    return leave(h->disk, SQLITE_OK);
}

static int is_reserved(sqlite3_file *file, int *out)
{
    struct handle *h = of(file);
    enter(h->disk);
    *out = h->file->writer != NULL;
    return leave(h->disk, SQLITE_OK);
}

// ---- shared memory

static int map_shared(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    struct handle *h = of(file);
    enter(h->disk);
    if (!h->mapped)
        h->file->mappers++;
    h->mapped = true;
    *out = fault_file_region(h->file, region, (size_t)size, extend != 0);
    return leave(h->disk, SQLITE_OK);
}

static bool slot_is_free(const struct handle *h, int slot, bool exclusive)
{
    const struct fault_file *f = h->file;
    if (!exclusive)
        return f->exclusive[slot] == 0;
    return f->exclusive[slot] == 0 && f->shared[slot] == 0;
}

static void change_slot(struct handle *h, int slot, int flags)
{
    const unsigned bit = 1u << slot;
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    unsigned *mine = exclusive ? &h->exclusive : &h->shared;
    int *all = exclusive ? h->file->exclusive : h->file->shared;
    bool held = (*mine & bit) != 0, wanted = (flags & SQLITE_SHM_LOCK) != 0;
    if (held == wanted)
        return;
    *mine ^= bit;
    all[slot] += wanted ? 1 : -1;
}

static int lock_shared(sqlite3_file *file, int first, int count, int flags)
{
    struct handle *h = of(file);
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    enter(h->disk);
    for (int slot = first; (flags & SQLITE_SHM_LOCK) && slot < first + count; slot++) {
        const unsigned mine = exclusive ? h->exclusive : h->shared;
        if (!(mine & (1u << slot)) && !slot_is_free(h, slot, exclusive))
            return leave(h->disk, SQLITE_BUSY);
    }
    for (int slot = first; slot < first + count; slot++)
        change_slot(h, slot, flags);
    return leave(h->disk, SQLITE_OK);
}

static void shared_barrier(sqlite3_file *file)
{
    enter(of(file)->disk);
    leave(of(file)->disk, SQLITE_OK);
}

static int unmap_shared(sqlite3_file *file, int remove_it)
{
    struct handle *h = of(file);
    (void)remove_it;
    enter(h->disk);
    if (h->mapped) {
        for (int slot = 0; slot < SLOTS; slot++) {
            change_slot(h, slot, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
            change_slot(h, slot, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
        }
        if (--h->file->mappers == 0)
            fault_file_unmap(h->file);
    }
    h->mapped = false;
    return leave(h->disk, SQLITE_OK);
}

// ---- files

static int close_file(sqlite3_file *file)
{
    struct handle *h = of(file);
    unmap_shared(file, 0);
    unlock_file(file, SQLITE_LOCK_NONE);
    enter(h->disk);
    h->file->handles--;
    if (h->temporary)
        fault_file_remove(h->file);
    return leave(h->disk, SQLITE_OK);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, // no mapping of the file itself
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = is_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = shared_barrier,
    .xShmUnmap = unmap_shared,
};

static struct fault_file *find(struct fault_disk *disk, const char *path)
{
    for (struct fault_file *f = disk->files; f != NULL; f = f->next)
        if (strcmp(f->path, path) == 0)
            return f;
    return NULL;
}

static struct fault_file *find_or_make(struct fault_disk *disk, const char *path)
{
    struct fault_file *f = find(disk, path);
    if (f == NULL) {
        f = fault_file_new(path);
        f->next = disk->files;
        disk->files = f;
    }
    return f;
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    struct fault_disk *disk = vfs->pAppData;
    struct handle *h = of(file);
    char temporary[40];
    *h = (struct handle){.disk = disk, .temporary = path == NULL};
    enter(disk);
    if (path == NULL) {
        snprintf(temporary, sizeof(temporary), "temporary-%d", disk->temporaries++);
        path = temporary;
    }
    const struct fault_file *there = find(disk, path);
    bool makes = there == NULL || !there->exists;
    if (makes && ((flags & SQLITE_OPEN_CREATE) == 0 || disk->faults.dead))
        return leave(disk, SQLITE_CANTOPEN);
    h->file = find_or_make(disk, path);
    h->file->exists = true;
    h->file->handles++;
    h->base.pMethods = &methods;
    if (out != NULL)
        *out = flags;
    return leave(disk, SQLITE_OK);
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
    struct fault_disk *disk = vfs->pAppData;
    (void)sync_directory;
    enter(disk);
    int code = due(disk, SQLITE_IOERR_DELETE);
    struct fault_file *f = find(disk, path);
    if (code == SQLITE_OK && (f == NULL || !f->exists))
        code = SQLITE_IOERR_DELETE_NOENT;
    if (code == SQLITE_OK)
        fault_file_remove(f);
    return leave(disk, code);
}

static int has_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
    struct fault_disk *disk = vfs->pAppData;
    (void)flags;
    enter(disk);
    const struct fault_file *f = find(disk, path);
    *out = f != NULL && f->exists;
    return leave(disk, SQLITE_OK);
}

static int full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)size, "%s", path);
    return SQLITE_OK;
}

// ---- the disk

struct fault_disk *fault_disk_new(const char *name)
{
    struct fault_disk *disk = mem_new(struct fault_disk);
    const sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    must(below != NULL);
    pthread_mutex_init(&disk->lock, NULL);
    snprintf(disk->name, sizeof(disk->name), "%s", name);
    disk->vfs = *below; // time, sleep and chance are the system's
    disk->vfs.zName = disk->name;
    disk->vfs.pNext = NULL;
    disk->vfs.szOsFile = sizeof(struct handle);
    disk->vfs.pAppData = disk;
    disk->vfs.xOpen = open_file;
    disk->vfs.xDelete = delete_file;
    disk->vfs.xAccess = has_access;
    disk->vfs.xFullPathname = full_path;
    int code = sqlite3_vfs_register(&disk->vfs, 0);
    must(code == SQLITE_OK);
    return disk;
}

void fault_disk_free(struct fault_disk *disk)
{
    if (disk == NULL)
        return;
    sqlite3_vfs_unregister(&disk->vfs);
    while (disk->files != NULL) {
        struct fault_file *f = disk->files;
        disk->files = f->next;
        must(f->handles == 0);
        fault_file_free(f);
    }
    pthread_mutex_destroy(&disk->lock);
    mem_free(disk);
}

struct faults *fault_disk_faults(struct fault_disk *disk)
{
    return &disk->faults;
}

void fault_disk_cut(struct fault_disk *disk, enum fault_cut how, struct random *random)
{
    for (struct fault_file *f = disk->files; f != NULL; f = f->next) {
        must(f->handles == 0);
        if (how == FAULT_CUT_SHORT)
            fault_file_keep_some(f, true, random);
        else if (how == FAULT_CUT_REORDER)
            fault_file_keep_some(f, false, random);
        else if (how == FAULT_CUT_LOSE)
            fault_file_forget(f, true);
    }
    disk->faults =
        (struct faults){.operations = disk->faults.operations, .lies = disk->faults.lies};
}
