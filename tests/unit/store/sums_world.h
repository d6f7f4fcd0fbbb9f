// A data directory with rows in every table, and flips of its bits: what the tests of sums and of
// the log share.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "store/page_check.h"
#include "store/sqlite_link.h"
#include "store_world.h"

#define LINES_MAX (1 << 20)
#define FLIPS     64

static inline char *path_of(const struct world *w, const char *name)
{
    static char path[4][128];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof(path[next]), "%s/%s", w->directory, name);
    return path[next];
}

// A row in every table, more than a page of each, and some that are deleted again, whose pages
// become free.
static inline void fill(struct store *s)
{
    static char body[3000];
    struct fail why;
    memset(body, 'x', sizeof(body) - 1);
    for (int n = 0; n < 4; n++)
        for (int table = 0; table < TABLE_COUNT; table++) {
            const struct table_description *t = &schema_tables[table];
            struct value columns[SCHEMA_COLUMNS_MAX];
            char text[32];
            snprintf(text, sizeof(text), "word%d", n);
            for (int i = 0; i < t->column_count; i++)
                columns[i] = t->columns[i].kind == COLUMN_INTEGER ? value_integer(n + 7)
                             : t->columns[i].kind == COLUMN_TEXT  ? value_text(text)
                                                                  : value_blob(text, 5);
            if (t->columns[t->column_count - 1].kind != COLUMN_INTEGER)
                columns[t->column_count - 1] = t->columns[t->column_count - 1].kind == COLUMN_TEXT
                                                   ? value_text(body)
                                                   : value_blob(body, sizeof(body));
            if (table == TABLE_HISTORY)
                columns[HISTORY_HASH] = value_blob(body, HASH_BYTES);
            if (table != TABLE_COMMIT)
                store_put(s, (enum table)table, columns);
        }
    store_seal(s, 1, NULL, NULL);
    assert_true(store_flush(s, 10000, &why));
    for (int n = 0; n < 40; n++) {
        char key[16];
        snprintf(key, sizeof(key), "key%d", n);
        store_put(s, TABLE_META, (struct value[]){value_text(key), value_text(body)});
    }
    store_seal(s, 2, NULL, NULL);
    for (int n = 0; n < 40; n++) {
        char key[16];
        snprintf(key, sizeof(key), "key%d", n);
        store_delete(s, TABLE_META, (struct value[]){value_text(key)});
    }
    store_seal(s, 3, NULL, NULL);
    assert_true(store_flush(s, 10000, &why));
}

// A data directory with rows, closed.
static inline int setup(void **state)
{
    struct world *w = world_new(WORLD_SQLITE);
    fill(w->store);
    store_close(w->store);
    w->store = NULL;
    *state = w;
    return 0;
}

static inline int setup_open(void **state)
{
    struct world *w = world_new(WORLD_SQLITE);
    fill(w->store);
    *state = w;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *w = *state;
    if (w->store != NULL)
        store_close(w->store);
    nftw(w->directory, world_remove, 16, FTW_DEPTH | FTW_PHYS);
    mem_free(w);
    return 0;
}

static inline void flip(const char *path, off_t at, int bit)
{
    unsigned char byte;
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= (unsigned char)(1u << bit);
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

static inline off_t size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static inline bool pages_fit(const struct world *w, const char *part)
{
    struct bytes lines;
    struct page_report report = {.lines = &lines};
    bytes_init(&lines, LINES_MAX);
    bool fit = page_check(w->directory, &report);
    assert_true(report.kept);
    assert_true(fit == (report.bad == 0));
    if (part != NULL && strstr(lines.data, part) == NULL)
        fail_msg("'%s' does not say '%s'", lines.data, part);
    bytes_done(&lines);
    return fit;
}

static inline struct store *open_to_read(const struct world *w, bool trusts, struct fail *why)
{
    struct store_driver *driver = sqlite_driver_open(
        &(struct sqlite_opts){
            .directory = w->directory, .read_only = true, .trusts = trusts, .skip_check = true},
        why);
    return driver != NULL ? store_open(&(struct store_opts){.driver = driver}, why) : NULL;
}

// Reads all rows; false where one is refused.
static inline bool reads(struct store *s, enum table table, struct fail *why)
{
    struct scan *scan;
    struct row row;
    why->kind = FAIL_NONE;
    if (!store_scan(s, &(struct scan_opts){.table = table, .index = -1}, &scan, why))
        return false;
    while (scan_next(scan, &row, why))
        row_done(&row);
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

// The first page of a table or index, by its name.
static inline uint32_t root_of(const struct world *w, const char *name)
{
    struct fail why;
    int64_t page;
    char sql[120];
    sqlite3 *db = link_open(path_of(w, "dure.db"), LINK_TRUST, NULL, &why);
    assert_non_null(db);
    snprintf(sql, sizeof(sql), "SELECT rootpage FROM sqlite_schema WHERE name='%s'", name);
    assert_true(link_integer(db, sql, &page, &why));
    sqlite3_close(db);
    return (uint32_t)page;
}
