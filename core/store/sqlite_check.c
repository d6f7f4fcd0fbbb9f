#include "store/sqlite_check.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "store/sqlite_file.h"

#define INTERRUPT_AGAIN_NS 5000000

struct sqlite_check {
    pthread_t thread;
    sqlite3 *db;
};

static void *check(void *context)
{
    struct sqlite_check *c = context;
    struct fail why;
    if (file_quick_check(c->db, &why))
        log_info("store", "checked", "result=whole");
    else if (sqlite3_errcode(c->db) != SQLITE_INTERRUPT)
        log_error("store", "damaged", "reason=\"%s\"", why.message);
    return NULL;
}

struct sqlite_check *sqlite_check_start(const char *path)
{
    struct fail why;
    struct sqlite_check *c = mem_new(struct sqlite_check);
    c->db = link_open(path, LINK_READ, NULL, &why);
    if (c->db == NULL) {
        log_error("store", "not_checked", "reason=\"%s\"", why.message);
        mem_free(c);
        return NULL;
    }
    int code = pthread_create(&c->thread, NULL, check, c);
    must(code == 0);
    return c;
}

void sqlite_check_stop(struct sqlite_check *c)
{
    if (c == NULL)
        return;
    // Interrupting is the one thing that another thread may do, and it is lost on a statement that
    // has not begun yet; so it is repeated until the thread is done.
    int code = ETIMEDOUT;
    while (code == ETIMEDOUT) {
        struct timespec until;
        sqlite3_interrupt(c->db);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += INTERRUPT_AGAIN_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        code = pthread_timedjoin_np(c->thread, NULL, &until);
    }
    must(code == 0);
    sqlite3_close(c->db);
    mem_free(c);
}
