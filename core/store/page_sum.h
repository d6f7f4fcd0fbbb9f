// The sum that each page of the database carries in its last bytes, which SQLite leaves to us
// (reserved bytes): XXH3 over the page's other bytes, with the page's number as its seed, so that a
// page that was written to another page's place does not fit either. It finds what disks and memory
// do to bits; it is no defence against somebody who makes sums himself. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES     4096
#define PAGE_SUM_BYTES 8
// SQLite locks bytes of the file at 1 GB; the page that has them is never written nor read.
#define PAGE_NUMBER_OF_LOCKS (0x40000000 / PAGE_BYTES + 1)

void page_sum_put(unsigned char *page, uint32_t number);
bool page_sum_fits(const unsigned char *page, uint32_t number);

// Has the database with this first page sums? Also where a bit of the very bytes that say so has
// flipped: then the page fits once they are mended.
bool page_says_sums(const unsigned char *first);
