#include "store/sqlite_guard.h"

#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/sqlite_file.h"

// What gets lost with each, and the way out. The process still has the files open: what it closes
// in order it saves.
static const struct guarded {
    const char *name, *way_out;
} guarded[GUARD_FILES] = {
    {SQLITE_FILE_NAME, "put the very same file back, or stop the server and restore a backup"},
    {SQLITE_FILE_NAME "-wal", "put the very same file back, or stop the server with SIGTERM: it "
                              "then saves what the log has"},
    {SQLITE_FILE_NAME "-shm", "stop the server with SIGTERM and start it again"},
    {LOCK_FILE_NAME, "stop the server with SIGTERM and start it again, before a second one starts "
                     "on the same directory"},
};

void file_guard_init(struct file_guard *g, const char *directory)
{
    for (int i = 0; i < GUARD_FILES; i++) {
        struct stat info = {0};
        g->paths[i] = mem_printf("%s/%s", directory, guarded[i].name);
        if (stat(g->paths[i], &info) != 0) {
            mem_free(g->paths[i]);
            g->paths[i] = NULL;
        }
        g->devices[i] = info.st_dev;
        g->inodes[i] = info.st_ino;
    }
}

void file_guard_done(struct file_guard *g)
{
    for (int i = 0; i < GUARD_FILES; i++)
        mem_free(g->paths[i]);
    memset(g, 0, sizeof(*g));
}

bool file_guard_check(const struct file_guard *g, struct fail *why)
{
    for (int i = 0; i < GUARD_FILES; i++) {
        struct stat info;
        if (g->paths[i] == NULL)
            continue;
        if (stat(g->paths[i], &info) != 0 || info.st_ino != g->inodes[i] ||
            info.st_dev != g->devices[i])
            return fail(why, FAIL_IO, "'%s' was removed or replaced under the running server; %s",
                        g->paths[i], guarded[i].way_out);
    }
    return true;
}
