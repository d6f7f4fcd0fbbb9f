#include "json/expression_watch.h"

#include <errno.h>
#include <jq.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/must.h"

// Evaluations take microseconds, so nearly all come and go between two looks and cost two locks
// that nobody contends for. The thread sleeps once there was none between two looks.
static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_t thread;
    size_t users;
    struct watched *running;
    uint64_t entered; // so many so far
    bool stop, asleep;
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER};
static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER; // begin and end, one at a time

static int64_t cpu_ms_of(clockid_t clock)
{
    struct timespec t;
    must(clock_gettime(clock, &t) == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// What is resident; 0 where the system does not say, and then nothing grows.
static int64_t memory_mb(void)
{
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %lld", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE) / (1024 * 1024);
}

static void look_at(struct watched *w)
{
    if (w->end != WATCH_NOT_ENDED)
        return; // it will come to its next instruction
    int64_t cpu = cpu_ms_of(w->clock), memory = memory_mb();
    if (!w->seen) {
        w->seen = true;
        w->cpu_ms = cpu;
        w->memory_mb = memory;
        return;
    }
    if (cpu - w->cpu_ms > EXPRESSION_CPU_MS_MAX)
        w->end = WATCH_TOO_LONG;
    else if (w->memory_mb > 0 && memory - w->memory_mb > EXPRESSION_GROWTH_MB_MAX)
        w->end = WATCH_TOO_LARGE;
    if (w->end != WATCH_NOT_ENDED)
        jq_halt(w->jq, jv_invalid(), jv_invalid());
}

// Until the next look; under the lock, which it gives away meanwhile.
static void pause_look(void)
{
    struct timespec until;
    must(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_nsec += EXPRESSION_LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!watch.stop &&
           pthread_cond_clockwait(&watch.work, &watch.lock, CLOCK_MONOTONIC, &until) != ETIMEDOUT)
        continue;
}

static void *look(void *context)
{
    uint64_t seen = 0;
    (void)context;
    pthread_mutex_lock(&watch.lock);
    while (!watch.stop) {
        if (watch.running == NULL && watch.entered == seen) {
            watch.asleep = true;
            pthread_cond_wait(&watch.work, &watch.lock);
            watch.asleep = false;
            continue;
        }
        seen = watch.entered;
        pause_look();
        for (struct watched *w = watch.running; w != NULL; w = w->next)
            look_at(w);
    }
    pthread_mutex_unlock(&watch.lock);
    return NULL;
}

void expression_watch_begin(void)
{
    pthread_mutex_lock(&users_lock);
    if (watch.users++ == 0) {
        watch.stop = false;
        must(pthread_create(&watch.thread, NULL, look, NULL) == 0);
    }
    pthread_mutex_unlock(&users_lock);
}

void expression_watch_end(void)
{
    pthread_mutex_lock(&users_lock);
    must(watch.users > 0);
    if (--watch.users == 0) {
        pthread_mutex_lock(&watch.lock);
        must(watch.running == NULL);
        watch.stop = true;
        pthread_cond_signal(&watch.work);
        pthread_mutex_unlock(&watch.lock);
        must(pthread_join(watch.thread, NULL) == 0);
    }
    pthread_mutex_unlock(&users_lock);
}

void expression_watch_enter(struct watched *w, struct jq_state *jq)
{
    must(w->place == NULL);
    *w = (struct watched){.jq = jq, .end = WATCH_NOT_ENDED};
    must(pthread_getcpuclockid(pthread_self(), &w->clock) == 0);
    pthread_mutex_lock(&watch.lock);
    w->next = watch.running;
    w->place = &watch.running;
    if (w->next != NULL)
        w->next->place = &w->next;
    watch.running = w;
    watch.entered++;
    if (watch.asleep)
        pthread_cond_signal(&watch.work);
    pthread_mutex_unlock(&watch.lock);
}

enum watch_end expression_watch_leave(struct watched *w)
{
    pthread_mutex_lock(&watch.lock);
    must(w->place != NULL);
    *w->place = w->next;
    if (w->next != NULL)
        w->next->place = w->place;
    w->place = NULL;
    enum watch_end end = w->end;
    pthread_mutex_unlock(&watch.lock);
    return end;
}
