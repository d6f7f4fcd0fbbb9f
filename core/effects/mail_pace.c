#include "effects/mail_pace.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

#define DOMAIN_SIZE 256

struct pace_domain {
    int64_t next_ms, rest_until_ms;
    int strikes;
};

// What a mail has been promised: its turn in its domain, then its turn among all.
struct reservation {
    int64_t at_ms;
    bool of_all;
};

void pace_init(struct pace *p, int mails_a_minute, int domain_mails_a_minute)
{
    must(mails_a_minute >= 0);
    must(domain_mails_a_minute >= 0);
    *p = (struct pace){.gap_ms = mails_a_minute ? 60000 / mails_a_minute : 0,
                       .domain_gap_ms = domain_mails_a_minute ? 60000 / domain_mails_a_minute : 0};
    map_init(&p->domains);
    map_init(&p->reserved);
}

static void free_values(struct map *m)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(m, &i, &entry);)
        mem_free(entry->value);
    map_done(m);
}

void pace_done(struct pace *p)
{
    free_values(&p->domains);
    free_values(&p->reserved);
}

void pace_forget(struct pace *p, const char *key)
{
    mem_free(map_remove(&p->reserved, key));
}

static bool is_at_ease(const struct pace_domain *d, int64_t now_ms)
{
    return d->next_ms <= now_ms && d->rest_until_ms <= now_ms && d->strikes == 0;
}

static void forget_at_ease(struct pace *p, int64_t now_ms)
{
    struct map kept;
    map_init(&kept);
    struct map_entry *entry;
    for (size_t i = 0; map_next(&p->domains, &i, &entry);) {
        if (is_at_ease(entry->value, now_ms) || kept.count >= PACE_DOMAINS_MAX / 2)
            mem_free(entry->value);
        else
            (void)map_put(&kept, entry->key, entry->value);
    }
    map_done(&p->domains);
    p->domains = kept;
}

static struct pace_domain *domain_of(struct pace *p, const char *address, int64_t now_ms)
{
    char name[DOMAIN_SIZE];
    const char *at = strrchr(address, '@');
    size_t length = 0;
    for (const char *c = at ? at + 1 : ""; *c && length < sizeof name - 1; c++)
        name[length++] = (char)tolower((unsigned char)*c);
    name[length] = 0;
    struct pace_domain *d = map_get(&p->domains, name);
    if (d)
        return d;
    if (p->domains.count >= PACE_DOMAINS_MAX)
        forget_at_ease(p, now_ms);
    d = mem_new(struct pace_domain);
    (void)map_put(&p->domains, name, d);
    return d;
}

// Takes the next turn; `now_ms` if that is at once.
static int64_t take_turn(int64_t *next_ms, int64_t gap_ms, int64_t now_ms)
{
    int64_t at_ms = *next_ms > now_ms ? *next_ms : now_ms;
    if (gap_ms > 0)
        *next_ms = at_ms + gap_ms;
    return at_ms;
}

static int64_t promise(struct pace *p, const char *key, int64_t at_ms, bool of_all)
{
    struct reservation *r = mem_new(struct reservation);
    *r = (struct reservation){at_ms, of_all};
    mem_free(map_put(&p->reserved, key, r));
    return at_ms;
}

int64_t pace_ask(struct pace *p, const char *key, const char *address, int64_t now_ms)
{
    struct pace_domain *d = domain_of(p, address, now_ms);
    const struct reservation *r = map_get(&p->reserved, key);
    int64_t rest_ms = p->rest_until_ms > d->rest_until_ms ? p->rest_until_ms : d->rest_until_ms;
    if (rest_ms > now_ms)
        return rest_ms; // what was promised stays promised
    if (r && r->at_ms > now_ms)
        return r->at_ms;
    bool of_domain = r != NULL, of_all = r && r->of_all;
    if (!of_domain) {
        int64_t at_ms = take_turn(&d->next_ms, p->domain_gap_ms, now_ms);
        if (at_ms > now_ms)
            return promise(p, key, at_ms, false);
    }
    if (!of_all) {
        int64_t at_ms = take_turn(&p->next_ms, p->gap_ms, now_ms);
        if (at_ms > now_ms)
            return promise(p, key, at_ms, true);
    }
    pace_forget(p, key);
    return now_ms;
}

static int64_t rest_of(int64_t times, struct random *random)
{
    must(times >= 0);
    int64_t ms = PACE_REST_MAX_MS;
    if (times < 20 && ((int64_t)PACE_REST_MS << times) < PACE_REST_MAX_MS)
        ms = (int64_t)PACE_REST_MS << times;
    return ms + (int64_t)random_below(random, (uint64_t)ms / 2);
}

int64_t pace_server_failed(struct pace *p, int64_t now_ms, struct random *random)
{
    if (p->rest_until_ms <= now_ms) { // mails that were under way tell the same failure again
        p->rest_until_ms = now_ms + rest_of(p->failures, random);
        p->failures++;
    }
    return p->rest_until_ms;
}

int64_t pace_put_off(struct pace *p, const char *address, int64_t tries, int64_t now_ms,
                     struct random *random)
{
    struct pace_domain *d = domain_of(p, address, now_ms);
    int64_t at_ms = now_ms + rest_of(tries, random);
    if (++d->strikes >= PACE_STRIKES && d->rest_until_ms <= now_ms)
        d->rest_until_ms = now_ms + rest_of(d->strikes - PACE_STRIKES, random);
    return at_ms > d->rest_until_ms ? at_ms : d->rest_until_ms;
}

void pace_delivered(struct pace *p, const char *address)
{
    p->failures = 0;
    domain_of(p, address, 0)->strikes = 0;
}
