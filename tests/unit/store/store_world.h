// A store over one kind of driver that can be closed, crashed and opened again: what the suites
// over all drivers run in. One test at a time.
#pragma once

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/must.h"
#include "store/memory.h"
#include "store/sqlite.h"
#include "store/store.h"

enum { WORLD_MEMORY, WORLD_SQLITE, WORLD_KINDS };
static int world_kind;
static const char *const world_kind_names[WORLD_KINDS] = {"memory", "sqlite"};

struct world {
    struct store *store;
    struct memory_disk *disk;
    char directory[64];
};

static inline void world_open(struct world *w)
{
    struct fail why = {0};
    struct store_driver *driver = NULL;
    if (w->disk != NULL)
        driver = memory_driver_new(w->disk);
    else
        driver = sqlite_driver_open(&(struct sqlite_opts){.directory = w->directory}, &why);
    if (driver == NULL)
        fprintf(stderr, "%s\n", why.message);
    must(driver != NULL);
    w->store = store_open(&(struct store_opts){.driver = driver}, &why);
    must(w->store != NULL);
}

static inline void world_reopen(struct world *w)
{
    store_close(w->store);
    world_open(w);
}

static inline void world_crash(struct world *w)
{
    store_abandon(w->store);
    world_open(w);
}

static inline struct world *world_new(int kind)
{
    struct world *w = mem_new(struct world);
    if (kind == WORLD_MEMORY) {
        w->disk = memory_disk_new();
    } else {
        snprintf(w->directory, sizeof(w->directory), "/tmp/dure-store-XXXXXX");
        must(mkdtemp(w->directory) != NULL);
    }
    world_open(w);
    return w;
}

static inline int world_remove(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat, (void)kind, (void)ftw;
    return remove(path);
}

static inline void world_free(struct world *w)
{
    store_close(w->store);
    memory_disk_free(w->disk);
    if (w->directory[0] != '\0')
        nftw(w->directory, world_remove, 16, FTW_DEPTH | FTW_PHYS);
    mem_free(w);
}

static inline int world_setup(void **state)
{
    *state = world_new(world_kind);
    return 0;
}

static inline int world_teardown(void **state)
{
    world_free(*state);
    return 0;
}
