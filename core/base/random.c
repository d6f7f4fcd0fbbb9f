#include "base/random.h"

#include <sodium.h>

#include "base/must.h"

// libsodium picks its implementation and opens the system's source once, before main.
__attribute__((constructor)) static void start(void)
{
    must(sodium_init() >= 0);
}

// splitmix64, which the authors of xoshiro recommend to spread a seed over the state.
static uint64_t spread(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void random_seed(struct random *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = spread(&seed);
}

static uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t random_next(struct random *r)
{
    uint64_t result = rotate(r->s[1] * 5, 7) * 9;
    uint64_t t = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotate(r->s[3], 45);
    return result;
}

uint64_t random_below(struct random *r, uint64_t limit)
{
    must(limit > 0);
    // The lowest 2^64 mod limit values would make small results likelier: draw again.
    uint64_t biased = (0 - limit) % limit;
    uint64_t n;
    do
        n = random_next(r);
    while (n < biased);
    return n % limit;
}

void random_secret(void *out, size_t bytes)
{
    randombytes_buf(out, bytes);
}
