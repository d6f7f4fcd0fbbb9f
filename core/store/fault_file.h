// One file of the failing disk (fault_vfs.h): its bytes as they were written, its bytes as they
// were synced, and the writes between the two, in order. Also the counters of its locks and the
// shared memory beside it. The disk owns it and holds its lock at every call.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"

#define FAULT_SECTOR      512
#define FAULT_SLOTS       8 // locks of the shared memory
#define FAULT_REGIONS_MAX 64

struct fault_image {
    char *data;
    size_t bytes, room;
};

struct unsynced; // a write or a truncation

struct fault_file {
    struct fault_file *next;
    char *path;
    bool exists;
    struct fault_image cache, synced;
    struct unsynced *first, **end;

    int handles, sharers;
    void *writer; // the handle that reserved it
    bool pending; // and wants it alone
    int mappers, shared[FAULT_SLOTS], exclusive[FAULT_SLOTS];
    void *regions[FAULT_REGIONS_MAX];
};

struct fault_file *fault_file_new(const char *path);
void fault_file_free(struct fault_file *file);
size_t fault_file_size(const struct fault_file *file);
// What lies behind the end is zero, and the answer false.
bool fault_file_read(const struct fault_file *file, size_t offset, void *out, size_t bytes);
void fault_file_write(struct fault_file *file, size_t offset, const void *data, size_t bytes);
void fault_file_truncate(struct fault_file *file, size_t bytes);
void fault_file_sync(struct fault_file *file);
// What was not synced never will be; `evicted`: and is read no more.
void fault_file_forget(struct fault_file *file, bool evicted);
// Of what was not synced some is kept: in order up to a torn write, or this sector and that.
void fault_file_keep_some(struct fault_file *file, bool in_order, struct random *random);
void fault_file_remove(struct fault_file *file);
// A part of the shared memory; NULL where there is none and none is to be made.
void *fault_file_region(struct fault_file *file, int number, size_t bytes, bool make);
void fault_file_unmap(struct fault_file *file);
