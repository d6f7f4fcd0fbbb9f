// A sum over a set of texts that does not depend on their order, and the same hidden behind random
// scalars: points of the group ristretto255 (RFC 9496, by libsodium). Each text is hashed to a
// point of which nobody knows the discrete logarithm to the base G; a blind is a multiple of G.
//
// Two different multisets with the same sum, whatever blinds are added to either, would give the
// discrete logarithm of one random point to another (Bellare and Micciancio 1997, "MuHash";
// Pedersen 1991 for the blind). A text behind a random blind is a uniformly random point.
// Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POINT_BYTES  32
#define SCALAR_BYTES 32

struct point {
    uint8_t bytes[POINT_BYTES]; // canonical, so equal points are equal bytes
};
struct scalar {
    uint8_t bytes[SCALAR_BYTES]; // below the group's order
};

struct point point_none(void); // of the empty set
struct point point_of(const void *text, size_t bytes);
struct point point_add(const struct point *a, const struct point *b);
struct point point_subtract(const struct point *a, const struct point *b);
struct point point_blind(const struct scalar *r); // r·G
bool point_is_valid(const struct point *p);
bool point_equal(const struct point *a, const struct point *b);

#define SCALAR_RANDOM_BYTES 64
struct scalar scalar_of(const uint8_t random[SCALAR_RANDOM_BYTES]);
struct scalar scalar_add(const struct scalar *a, const struct scalar *b);
bool scalar_is_valid(const struct scalar *r);
