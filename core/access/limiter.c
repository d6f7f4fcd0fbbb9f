#include "access/limiter.h"

#include <string.h>

#include "base/must.h"

// One office behind one address mistypes now and then; a thousand guesses an hour are none of that.
static const struct rule {
    int64_t refill_ms;
    int burst;
} rules[GUESS_COUNT] = {
    [GUESS_LOGIN_PAIR] = {60000, 5},
    [GUESS_LOGIN_ADDRESS] = {10000, 30},
    [GUESS_LOGIN_ACCOUNT] = {60000, 100},
    [GUESS_SECRET] = {2000, 30},
    [GUESS_LINK] = {5000, 30},
};

void limiter_init(struct limiter *l, const uint8_t key[HASH_BYTES])
{
    memset(l, 0, sizeof *l);
    memcpy(l->key, key, HASH_BYTES);
}

static uint64_t name_of(const struct limiter *l, enum guess kind, const char *who)
{
    struct hasher h;
    uint64_t name;
    must(kind < GUESS_COUNT);
    uint8_t number = (uint8_t)kind;
    hasher_init(&h);
    hasher_add_field(&h, l->key, HASH_BYTES);
    hasher_add_field(&h, &number, 1);
    hasher_add_field(&h, who, strlen(who));
    struct hash hash = hasher_done(&h);
    memcpy(&name, hash.bytes, sizeof name);
    return name;
}

static const struct limiter_slot *find(const struct limiter *l, uint64_t who)
{
    const struct limiter_slot *set = l->slots[who % LIMITER_SETS];
    for (int i = 0; i < LIMITER_WAYS; i++)
        if (set[i].who == who && set[i].paid_ms != 0)
            return &set[i];
    return NULL;
}

// Its own place, or that of who owes least.
static struct limiter_slot *place_of(struct limiter *l, uint64_t who)
{
    struct limiter_slot *own = (struct limiter_slot *)(uintptr_t)find(l, who);
    if (own)
        return own;
    struct limiter_slot *set = l->slots[who % LIMITER_SETS], *least = set;
    for (int i = 1; i < LIMITER_WAYS; i++)
        if (set[i].paid_ms < least->paid_ms)
            least = &set[i];
    *least = (struct limiter_slot){.who = who};
    return least;
}

int limiter_wait_s(const struct limiter *l, enum guess kind, const char *who, int64_t now_ms)
{
    const struct rule *rule = &rules[kind];
    const struct limiter_slot *slot = find(l, name_of(l, kind, who));
    if (!slot)
        return 0;
    // The next guess has to fit as well.
    int64_t over_ms = slot->paid_ms + rule->refill_ms - now_ms - rule->burst * rule->refill_ms;
    return over_ms > 0 ? (int)((over_ms + 999) / 1000) : 0;
}

void limiter_count(struct limiter *l, enum guess kind, const char *who, int64_t now_ms)
{
    const struct rule *rule = &rules[kind];
    struct limiter_slot *slot = place_of(l, name_of(l, kind, who));
    int64_t most_ms = now_ms + rule->burst * rule->refill_ms;
    slot->paid_ms = (slot->paid_ms > now_ms ? slot->paid_ms : now_ms) + rule->refill_ms;
    // Who goes on while refused does not pile up debts without end.
    if (slot->paid_ms > most_ms)
        slot->paid_ms = most_ms;
}

void limiter_forgive(struct limiter *l, enum guess kind, const char *who)
{
    struct limiter_slot *slot = (struct limiter_slot *)(uintptr_t)find(l, name_of(l, kind, who));
    if (slot)
        slot->paid_ms -= rules[kind].refill_ms;
}
