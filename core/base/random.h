// Random numbers from a seed (xoshiro256**): the same seed gives the same world. The owner embeds
// it. For secrets use random_secret, which asks the system. One thread at a time, random_secret
// any.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t s[4];
};

void random_seed(struct random *r, uint64_t seed);
uint64_t random_next(struct random *r);
uint64_t random_below(struct random *r, uint64_t limit); // unbiased; limit > 0
void random_secret(void *out, size_t bytes);
