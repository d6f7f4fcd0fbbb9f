// Whose a page of the database is: a table's, an index's, or nobody's. Asks SQLite (dbstat), which
// walks all tables and so reads the whole file. Any thread.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PAGE_OWNER_SIZE 120

struct page_owner {
    uint32_t page;
    char words[PAGE_OWNER_SIZE]; // "table 'timer'", "index 'timer_due' of table 'timer'", …
};

// Fills in the words of each.
void page_owners(const char *file, struct page_owner *owners, size_t count);
