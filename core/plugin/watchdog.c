#include "plugin/watchdog.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "base/must.h"

struct watchdog {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stopped;
    bool stop;
    int stuck_ms;
    uint64_t call; // 0: nobody is inside; else the number of the call
    uint64_t calls;
    char words[160]; // of who is inside
    char stuck[240]; // and for which instance
};

static struct timespec later(int ms)
{
    struct timespec t;
    must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

// Looks twice: the same call at both ends of a whole period is stuck. A call may so take up to
// twice the limit before it is seen.
static void *watch(void *context)
{
    struct watchdog *w = context;
    uint64_t seen = 0;
    pthread_mutex_lock(&w->mutex);
    while (!w->stop) {
        struct timespec until = later(w->stuck_ms);
        if (pthread_cond_timedwait(&w->stopped, &w->mutex, &until) == 0)
            continue;
        if (w->call != 0 && w->call == seen) {
            must_context(w->stuck);
            must_failed("a plugin call came back in time", __FILE__, __LINE__, __func__);
        }
        seen = w->call;
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

struct watchdog *watchdog_new(int stuck_ms)
{
    must(stuck_ms > 0);
    struct watchdog *w = mem_new(struct watchdog);
    pthread_condattr_t clock;
    w->stuck_ms = stuck_ms;
    must(pthread_mutex_init(&w->mutex, NULL) == 0);
    must(pthread_condattr_init(&clock) == 0);
    must(pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&w->stopped, &clock) == 0);
    pthread_condattr_destroy(&clock);
    must(pthread_create(&w->thread, NULL, watch, w) == 0);
    return w;
}

void watchdog_free(struct watchdog *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    pthread_cond_signal(&w->stopped);
    pthread_mutex_unlock(&w->mutex);
    must(pthread_join(w->thread, NULL) == 0);
    pthread_cond_destroy(&w->stopped);
    pthread_mutex_destroy(&w->mutex);
    mem_free(w);
}

void watchdog_enter(struct watchdog *w, const char *plugin, const char *function)
{
    pthread_mutex_lock(&w->mutex);
    must(w->call == 0);
    w->call = ++w->calls;
    const char *in_hand = must_context_now();
    snprintf(w->words, sizeof w->words, "plugin '%.60s', function '%.60s'", plugin, function);
    snprintf(w->stuck, sizeof w->stuck, "%.60s in %s", in_hand ? in_hand : "nothing", w->words);
    must_within(w->words);
    pthread_mutex_unlock(&w->mutex);
}

void watchdog_leave(struct watchdog *w)
{
    pthread_mutex_lock(&w->mutex);
    must(w->call != 0);
    w->call = 0;
    must_within(NULL);
    pthread_mutex_unlock(&w->mutex);
}
