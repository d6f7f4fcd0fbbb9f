#include "machine/retry.h"

#include <math.h>

#include "base/limits.h"
#include "machine/moment.h"

#define DAY_MS INT64_C(86400000)

static bool condition(const struct run *r, const struct frame *f, const struct template *what,
                      bool *answer, json *problem)
{
    if (what == NULL)
        return true;
    json value;
    if (!evaluate(
            &(struct evaluation){
                .run = r, .frame = f, .place = PLACE_TASK, .what = what, .input = f->input},
            &value, problem))
        return false;
    *answer = json_truthy(value);
    json_free(value);
    return true;
}

// Length of a duration from now, in ms; 0 where it is not given.
static bool length(const struct run *r, const struct frame *f, const struct duration_source *d,
                   double *ms, json *problem)
{
    *ms = 0;
    if (!d->given)
        return true;
    int64_t due;
    if (!moment_after(r, f, d, r->world->now_ms, &due, problem))
        return false;
    *ms = (double)(due - r->world->now_ms);
    return true;
}

// The delay before retry number n (from 1), before jitter.
static double backed_off(const struct retry_policy *p, double delay, double increment, double n)
{
    switch (p->backoff) {
    case BACKOFF_CONSTANT:
        return delay;
    case BACKOFF_LINEAR:
        return delay + (p->backoff_increment.given ? increment : delay) * (n - 1);
    case BACKOFF_EXPONENTIAL:
        return delay * pow(p->backoff_factor > 0 ? p->backoff_factor : 2, n - 1);
    }
    return delay;
}

static double jitter(const struct run *r, double from, double to)
{
    if (to <= from || r->world->random == NULL)
        return from;
    uint64_t width = (uint64_t)(to - from) + 1;
    return from + (double)random_below(r->world->random, width);
}

static bool delay_ms(const struct run *r, const struct frame *f, double *out, json *problem)
{
    const struct retry_policy *p = f->task->attempt.retry;
    double delay, increment, most, from, to;
    if (!length(r, f, &p->delay, &delay, problem) ||
        !length(r, f, &p->backoff_increment, &increment, problem) ||
        !length(r, f, &p->backoff_max, &most, problem) ||
        !length(r, f, &p->jitter_from, &from, problem) ||
        !length(r, f, &p->jitter_to, &to, problem))
        return false;
    double ms = backed_off(p, delay, increment, (double)f->index + 1);
    if (p->backoff_max.given && ms > most)
        ms = most;
    if (p->jitter)
        ms += jitter(r, from, to);
    double longest = (double)LIMIT_WAIT_DAYS * (double)DAY_MS;
    *out = ms < 0 ? 0 : ms < longest ? ms : longest;
    return true;
}

static bool within_total(const struct run *r, const struct frame *f, int64_t due_ms, bool *within,
                         json *problem)
{
    const struct duration_source *total = &f->task->attempt.retry->total_duration;
    int64_t end;
    *within = true;
    if (!total->given)
        return true;
    if (!moment_after(r, f, total, f->started_ms, &end, problem))
        return false;
    *within = due_ms < end;
    return true;
}

enum retry_verdict retry_decide(struct run *r, struct frame *f, int64_t *due_ms, json *problem)
{
    const struct retry_policy *p = f->task->attempt.retry;
    bool when = true, except = false, within;
    if (!condition(r, f, p->when, &when, problem) ||
        !condition(r, f, p->except_when, &except, problem))
        return RETRY_BROKEN;
    if (!when || except || f->index >= LIMIT_RETRY_ATTEMPTS ||
        (p->attempt_count >= 0 && f->index >= p->attempt_count))
        return RETRY_NOT;
    double ms;
    if (!delay_ms(r, f, &ms, problem))
        return RETRY_BROKEN;
    *due_ms = r->world->now_ms + (int64_t)ms;
    if (!within_total(r, f, *due_ms, &within, problem))
        return RETRY_BROKEN;
    return within ? RETRY_AT : RETRY_NOT;
}
