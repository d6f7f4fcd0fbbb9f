#include "base/multiset.h"

#include <sodium.h>
#include <string.h>

#include "base/must.h"

_Static_assert(POINT_BYTES == crypto_core_ristretto255_BYTES, "a point of ristretto255");
_Static_assert(SCALAR_BYTES == crypto_core_ristretto255_SCALARBYTES, "a scalar of ristretto255");
_Static_assert(SCALAR_RANDOM_BYTES == crypto_core_ristretto255_NONREDUCEDSCALARBYTES,
               "what a scalar is reduced from");

struct point point_none(void)
{
    return (struct point){{0}}; // the identity's encoding
}

struct point point_of(const void *text, size_t bytes)
{
    uint8_t wide[crypto_core_ristretto255_HASHBYTES];
    struct point p;
    static const uint8_t purpose[] = "dure multiset 1";
    crypto_generichash(wide, sizeof wide, text, bytes, purpose, sizeof purpose - 1);
    crypto_core_ristretto255_from_hash(p.bytes, wide);
    return p;
}

struct point point_add(const struct point *a, const struct point *b)
{
    struct point sum;
    int good = crypto_core_ristretto255_add(sum.bytes, a->bytes, b->bytes);
    must(good == 0); // both were made here, or looked at with point_is_valid
    return sum;
}

struct point point_subtract(const struct point *a, const struct point *b)
{
    struct point difference;
    int good = crypto_core_ristretto255_sub(difference.bytes, a->bytes, b->bytes);
    must(good == 0);
    return difference;
}

struct point point_blind(const struct scalar *r)
{
    struct point p = point_none();
    // It refuses only r = 0, whose multiple is the identity.
    if (crypto_scalarmult_ristretto255_base(p.bytes, r->bytes) != 0)
        p = point_none();
    return p;
}

bool point_is_valid(const struct point *p)
{
    return crypto_core_ristretto255_is_valid_point(p->bytes) == 1;
}

bool point_equal(const struct point *a, const struct point *b)
{
    return memcmp(a->bytes, b->bytes, POINT_BYTES) == 0;
}

struct scalar scalar_of(const uint8_t random[SCALAR_RANDOM_BYTES])
{
    struct scalar r;
    crypto_core_ristretto255_scalar_reduce(r.bytes, random);
    return r;
}

struct scalar scalar_add(const struct scalar *a, const struct scalar *b)
{
    struct scalar sum;
    crypto_core_ristretto255_scalar_add(sum.bytes, a->bytes, b->bytes);
    return sum;
}

bool scalar_is_valid(const struct scalar *r)
{
    struct scalar zero = {{0}}, same;
    crypto_core_ristretto255_scalar_add(same.bytes, r->bytes, zero.bytes);
    return memcmp(same.bytes, r->bytes, SCALAR_BYTES) == 0;
}
