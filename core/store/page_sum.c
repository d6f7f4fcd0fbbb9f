// The first page begins with the header of sqlite.org/fileformat2.html: the page's size stands at
// byte 16 in big-endian order, the number of reserved bytes at 20.
#include "store/page_sum.h"

#include <string.h>
#include <xxhash.h>

#define SIZE_AT     16
#define RESERVED_AT 20

static uint64_t sum_of(const unsigned char *page, uint32_t number)
{
    return XXH3_64bits_withSeed(page, PAGE_BYTES - PAGE_SUM_BYTES, number);
}

// The same bytes on every machine: a data directory may move.
void page_sum_put(unsigned char *page, uint32_t number)
{
    uint64_t sum = sum_of(page, number);
    for (int i = 0; i < PAGE_SUM_BYTES; i++)
        page[PAGE_BYTES - PAGE_SUM_BYTES + i] = (unsigned char)(sum >> (8 * i));
}

bool page_sum_fits(const unsigned char *page, uint32_t number)
{
    uint64_t stored = 0;
    for (int i = 0; i < PAGE_SUM_BYTES; i++)
        stored |= (uint64_t)page[PAGE_BYTES - PAGE_SUM_BYTES + i] << (8 * i);
    return stored == sum_of(page, number);
}

bool page_says_sums(const unsigned char *first)
{
    unsigned char mended[PAGE_BYTES];
    if (first[SIZE_AT] == PAGE_BYTES >> 8 && first[SIZE_AT + 1] == 0 &&
        first[RESERVED_AT] == PAGE_SUM_BYTES)
        return true;
    memcpy(mended, first, PAGE_BYTES);
    mended[SIZE_AT] = PAGE_BYTES >> 8;
    mended[SIZE_AT + 1] = 0;
    mended[RESERVED_AT] = PAGE_SUM_BYTES;
    return page_sum_fits(mended, 1);
}
