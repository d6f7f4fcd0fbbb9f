// A file system of SQLite's in memory that fails as disks do, for tests and simulation. It knows
// what a program has written (the page cache, which every read sees) apart from what was synced
// (the platter). Operations can be refused, half written, or fail at the sync, after which the
// cache may forget; the power can go, which loses, shortens, reorders by sector or tears what was
// not synced. The caller owns the disk, and closes all connections before it frees it or cuts its
// power. A lock guards it, since the driver's threads have files open; faults are set by one of
// them.
#pragma once

#include <stdbool.h>

#include "base/random.h"

#define FAULT_NAME_SIZE 32

struct fault_disk;

// What is refused. Operations are writes, truncations, syncs and deletions.
struct faults {
    long operations;   // so far
    long fail_at;      // the first that fails; 0: none
    long fail_count;   // so many in a row
    bool full;         // says that the disk is full, not that it is broken
    bool short_writes; // a write that fails has written its first half
    bool forget;       // what a failed sync should have kept will never be kept
    bool lies;         // a sync says that all is well, and keeps nothing
    long dies_at;      // with this one the power goes: nothing is written from then on; 0: none
    bool dead;
};

// The name is that of the VFS, which is registered; two disks have two names.
struct fault_disk *fault_disk_new(const char *name);
void fault_disk_free(struct fault_disk *disk); // NULL is legal
struct faults *fault_disk_faults(struct fault_disk *disk);

enum fault_cut {
    FAULT_CUT_KILL,   // the program alone is gone: what it wrote is there
    FAULT_CUT_LOSE,   // everything that was not synced is lost
    FAULT_CUT_SHORT,  // the writes have come in order, up to the middle of one
    FAULT_CUT_REORDER // some sectors have come and some not, one may be torn, new ones hold
                      // anything
};
// The power goes and comes back. The faults are over. `random` is for the last two.
void fault_disk_cut(struct fault_disk *disk, enum fault_cut how, struct random *random);
