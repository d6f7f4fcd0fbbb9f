// The driver that keeps rows in memory: for `dure run`, scenarios and simulation. It can fail as
// disks do. A `disk` outlives the driver, so that a crash (closing without flushing) can be played
// and the store opened again on what was durable.
#pragma once

#include <stdint.h>

#include "store/driver.h"

struct memory_disk;

struct memory_disk *memory_disk_new(void);
void memory_disk_free(struct memory_disk *disk);

struct memory_faults {
    uint32_t refuse_next;    // the next n commits fail once each (disk full), then are tried again
    uint32_t hold;           // acknowledgements wait until this is 0 (a slow disk)
    uint64_t fail_read_at;   // the n-th read from now fails once (an I/O error); 0: none
    bool crash_applies_held; // what was held when the power went: kept, or lost
};
struct memory_faults *memory_disk_faults(struct memory_disk *disk);

struct store_driver *memory_driver_new(struct memory_disk *disk); // borrows the disk
