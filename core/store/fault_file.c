#include "store/fault_file.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"

#define FILE_BYTES_MAX ((size_t)1 << 32)

struct unsynced {
    struct unsynced *next;
    size_t offset; // of a truncation: the new size
    size_t bytes;
    bool truncates;
    char data[];
};

// ---- bytes

static void resize(struct fault_image *image, size_t bytes)
{
    must(bytes <= FILE_BYTES_MAX);
    if (bytes > image->room) {
        image->room = bytes + bytes / 2 + 4096;
        image->data = mem_resize(image->data, image->room);
    }
    if (bytes > image->bytes)
        memset(image->data + image->bytes, 0, bytes - image->bytes);
    image->bytes = bytes;
}

static void place(struct fault_image *image, size_t offset, const char *data, size_t bytes)
{
    if (bytes == 0)
        return;
    if (offset + bytes > image->bytes)
        resize(image, offset + bytes);
    memcpy(image->data + offset, data, bytes);
}

static void apply(struct fault_image *image, const struct unsynced *u)
{
    if (u->truncates)
        resize(image, u->offset);
    else
        place(image, u->offset, u->data, u->bytes);
}

static void copy(struct fault_image *to, const struct fault_image *from)
{
    to->bytes = 0;
    place(to, 0, from->data, from->bytes);
}

// ---- what was not synced

static void remember(struct fault_file *file, const struct unsynced *what, const void *data)
{
    struct unsynced *u = mem_alloc(sizeof(*u) + what->bytes);
    *u = *what;
    if (data != NULL && what->bytes > 0)
        memcpy(u->data, data, what->bytes);
    *file->end = u;
    file->end = &u->next;
    apply(&file->cache, u);
}

static struct unsynced *take_first(struct fault_file *file)
{
    struct unsynced *u = file->first;
    file->first = u->next;
    if (file->first == NULL)
        file->end = &file->first;
    return u;
}

static void drop_unsynced(struct fault_file *file)
{
    while (file->first != NULL)
        mem_free(take_first(file));
}

// ---- the file

struct fault_file *fault_file_new(const char *path)
{
    struct fault_file *file = mem_new(struct fault_file);
    file->path = mem_string(path);
    file->end = &file->first;
    return file;
}

void fault_file_free(struct fault_file *file)
{
    drop_unsynced(file);
    fault_file_unmap(file);
    mem_free(file->cache.data);
    mem_free(file->synced.data);
    mem_free(file->path);
    mem_free(file);
}

size_t fault_file_size(const struct fault_file *file)
{
    return file->cache.bytes;
}

bool fault_file_read(const struct fault_file *file, size_t offset, void *out, size_t bytes)
{
    const struct fault_image *image = &file->cache;
    size_t there = offset < image->bytes ? image->bytes - offset : 0;
    if (there > bytes)
        there = bytes;
    if (there > 0)
        memcpy(out, image->data + offset, there);
    memset((char *)out + there, 0, bytes - there);
    return there == bytes;
}

void fault_file_write(struct fault_file *file, size_t offset, const void *data, size_t bytes)
{
    remember(file, &(struct unsynced){.offset = offset, .bytes = bytes}, data);
}

void fault_file_truncate(struct fault_file *file, size_t bytes)
{
    remember(file, &(struct unsynced){.offset = bytes, .truncates = true}, NULL);
}

void fault_file_sync(struct fault_file *file)
{
    while (file->first != NULL) {
        struct unsynced *u = take_first(file);
        apply(&file->synced, u);
        mem_free(u);
    }
}

void fault_file_forget(struct fault_file *file, bool evicted)
{
    drop_unsynced(file);
    if (evicted)
        copy(&file->cache, &file->synced);
}

void fault_file_remove(struct fault_file *file)
{
    drop_unsynced(file);
    file->exists = false;
    file->cache.bytes = file->synced.bytes = 0;
}

// ---- what is left when the power has gone

static size_t piece_at(const struct unsynced *u, size_t at)
{
    size_t to_boundary = FAULT_SECTOR - (u->offset + at) % FAULT_SECTOR;
    return u->bytes - at < to_boundary ? u->bytes - at : to_boundary;
}

// A sector that was new and has not come holds what lay there before: anything.
static void leave_anything(struct fault_image *image, size_t offset, size_t bytes,
                           struct random *random)
{
    char anything[FAULT_SECTOR];
    if (offset < image->bytes || random_below(random, 4) > 0)
        return;
    for (size_t i = 0; i < bytes; i++)
        anything[i] = (char)random_next(random);
    place(image, offset, anything, bytes);
}

static void keep_sectors(struct fault_image *image, const struct unsynced *u, struct random *random)
{
    if (u->truncates) {
        if (random_below(random, 2) > 0)
            apply(image, u);
        return;
    }
    for (size_t at = 0, bytes; at < u->bytes; at += bytes) {
        bytes = piece_at(u, at);
        uint64_t fate = random_below(random, 16);
        if (fate < 8)
            place(image, u->offset + at, u->data + at, bytes);
        else if (fate == 8)
            place(image, u->offset + at, u->data + at, (size_t)random_below(random, bytes + 1));
        else
            leave_anything(image, u->offset + at, bytes, random);
    }
}

static void keep_in_order(struct fault_file *file, struct random *random)
{
    size_t count = 0;
    for (const struct unsynced *u = file->first; u != NULL; u = u->next)
        count++;
    size_t left = (size_t)random_below(random, count + 1);
    for (const struct unsynced *u = file->first; u != NULL; u = u->next) {
        if (left-- == 0) {
            if (!u->truncates)
                place(&file->synced, u->offset, u->data,
                      (size_t)random_below(random, u->bytes + 1));
            return;
        }
        apply(&file->synced, u);
    }
}

void fault_file_keep_some(struct fault_file *file, bool in_order, struct random *random)
{
    if (in_order)
        keep_in_order(file, random);
    for (const struct unsynced *u = file->first; !in_order && u != NULL; u = u->next)
        keep_sectors(&file->synced, u, random);
    fault_file_forget(file, true);
}

// ---- shared memory

void *fault_file_region(struct fault_file *file, int number, size_t bytes, bool make)
{
    must(number >= 0 && number < FAULT_REGIONS_MAX);
    if (file->regions[number] == NULL && make) {
        file->regions[number] = mem_alloc(bytes);
        memset(file->regions[number], 0, bytes);
    }
    return file->regions[number];
}

void fault_file_unmap(struct fault_file *file)
{
    for (int i = 0; i < FAULT_REGIONS_MAX; i++) {
        mem_free(file->regions[i]);
        file->regions[i] = NULL;
    }
}
