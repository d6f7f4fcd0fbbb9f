// Damaged pages are read as they stand here, because their names come from the pages above them;
// what lies under a damaged one may stay without a name.
#include "store/page_owner.h"

#include <stdio.h>
#include <string.h>

#include "store/sqlite_link.h"

static void name(struct page_owner *owner, const char *object, const char *table)
{
    if (strcmp(object, "sqlite_schema") == 0)
        snprintf(owner->words, PAGE_OWNER_SIZE, "the list of tables");
    else if (strcmp(object, table) == 0)
        snprintf(owner->words, PAGE_OWNER_SIZE, "table '%s'", table);
    else if (strncmp(object, "sqlite_autoindex", strlen("sqlite_autoindex")) == 0)
        snprintf(owner->words, PAGE_OWNER_SIZE, "the keys of table '%s'", table);
    else
        snprintf(owner->words, PAGE_OWNER_SIZE, "index '%s' of table '%s'", object, table);
}

static void note(struct page_owner *owners, size_t count, sqlite3_stmt *row)
{
    sqlite3_int64 page = sqlite3_column_int64(row, 0);
    const char *object = (const char *)sqlite3_column_text(row, 1);
    const char *table = (const char *)sqlite3_column_text(row, 2);
    for (size_t i = 0; i < count; i++)
        if (owners[i].page == page && object != NULL)
            name(&owners[i], object, table != NULL ? table : object);
}

static void walk(sqlite3 *db, struct page_owner *owners, size_t count)
{
    struct fail why;
    sqlite3_stmt *rows = link_prepare(
        db,
        "SELECT pageno, s.name, tbl_name FROM dbstat AS s LEFT JOIN sqlite_schema AS t "
        "ON t.name = s.name WHERE pageno > 0",
        false, &why);
    while (rows != NULL && sqlite3_step(rows) == SQLITE_ROW)
        note(owners, count, rows);
    sqlite3_finalize(rows);
}

void page_owners(const char *file, struct page_owner *owners, size_t count)
{
    struct fail why;
    for (size_t i = 0; i < count; i++)
        snprintf(owners[i].words, PAGE_OWNER_SIZE, "%s",
                 owners[i].page == 1 ? "the list of tables"
                                     : "no table that could be found: it is free, or lies under "
                                       "another damaged page");
    sqlite3 *db = link_open(file, LINK_TRUST, NULL, &why);
    if (db != NULL)
        walk(db, owners, count);
    sqlite3_close(db);
}
