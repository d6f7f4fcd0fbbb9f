// Sums of sets of texts, and what hides them.
#include "base/multiset.h"

#include <string.h>

#include "test.h"

static struct point of(const char *text)
{
    return point_of(text, strlen(text));
}

static struct scalar scalar(uint8_t seed)
{
    uint8_t random[SCALAR_RANDOM_BYTES];
    memset(random, seed, sizeof random);
    return scalar_of(random);
}

TEST(multiset, does_not_depend_on_the_order)
{
    UNUSED_STATE;
    struct point a = of("a"), b = of("b"), none = point_none();
    struct point ab = point_add(&a, &b), ba = point_add(&b, &a), a0 = point_add(&a, &none);
    assert_true(point_equal(&ab, &ba));
    assert_true(point_equal(&a0, &a));
    assert_false(point_equal(&ab, &a));
}

TEST(multiset, tells_how_often_a_text_is_in_it)
{
    UNUSED_STATE;
    struct point a = of("a"), none = point_none(), twice = point_add(&a, &a);
    assert_false(point_equal(&twice, &a));
    struct point once = point_subtract(&twice, &a), nothing = point_subtract(&once, &a);
    assert_true(point_equal(&once, &a));
    assert_true(point_equal(&nothing, &none));
}

TEST(multiset, blinds_add_up_as_their_scalars_do)
{
    UNUSED_STATE;
    struct scalar r = scalar(1), s = scalar(2), sum = scalar_add(&r, &s);
    struct point rg = point_blind(&r), sg = point_blind(&s), both = point_blind(&sum);
    struct point added = point_add(&rg, &sg);
    assert_true(point_equal(&added, &both));
    struct scalar zero = {{0}};
    struct point none = point_none(), nothing = point_blind(&zero);
    assert_true(point_equal(&nothing, &none));
}

TEST(multiset, knows_what_is_no_point_and_no_scalar)
{
    UNUSED_STATE;
    struct point p = of("a"), bad;
    struct scalar r = scalar(3), wide;
    memset(bad.bytes, 0xff, sizeof bad.bytes);
    memset(wide.bytes, 0xff, sizeof wide.bytes);
    assert_true(point_is_valid(&p));
    assert_false(point_is_valid(&bad));
    assert_true(scalar_is_valid(&r));
    assert_false(scalar_is_valid(&wide));
}

RUN(CASE(multiset, does_not_depend_on_the_order), CASE(multiset, tells_how_often_a_text_is_in_it),
    CASE(multiset, blinds_add_up_as_their_scalars_do),
    CASE(multiset, knows_what_is_no_point_and_no_scalar))
