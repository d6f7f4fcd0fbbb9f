#include "api/recent.h"

#include <string.h>

#include "base/mem.h"
#include "test.h"

static bool knows(const struct recent *r, uint64_t number)
{
    char id[RECENT_ID_SIZE];
    uint64_t found = 0;
    recent_id(r, number, id);
    bool known = recent_find(r, id, &found);
    if (known)
        assert_int_equal(found, number);
    return known;
}

TEST(recent, knows_an_id_while_all_after_it_are_here)
{
    UNUSED_STATE;
    struct recent r = {0};
    recent_begin(&r);
    assert_true(knows(&r, 0));
    for (int i = 0; i < RECENT_EVENTS_MAX; i++)
        recent_add(&r, "a", "{}");
    assert_true(knows(&r, 0));
    recent_add(&r, "b", "{\"last\":true}");
    assert_false(knows(&r, 0)); // its follower has gone
    assert_true(knows(&r, 1));
    assert_true(knows(&r, RECENT_EVENTS_MAX + 1));
    assert_false(knows(&r, RECENT_EVENTS_MAX + 2)); // not yet
    assert_string_equal(recent_at(&r, RECENT_EVENTS_MAX + 1)->instance, "b");
    assert_string_equal(recent_at(&r, 2)->instance, "a");
    recent_done(&r);
}

TEST(recent, holds_no_more_bytes_than_it_may)
{
    UNUSED_STATE;
    struct recent r = {0};
    recent_begin(&r);
    char *half = mem_alloc(RECENT_BYTES_MAX);
    memset(half, 'x', RECENT_BYTES_MAX);
    half[RECENT_BYTES_MAX / 2] = 0;
    recent_add(&r, "a", half);
    recent_add(&r, "a", half);
    assert_true(knows(&r, 0));
    recent_add(&r, "a", "y");
    assert_false(knows(&r, 0));
    assert_true(knows(&r, 1));
    assert_true(r.bytes <= RECENT_BYTES_MAX);
    recent_done(&r);
    mem_free(half);
}

TEST(recent, goes_on_after_an_event_larger_than_itself)
{
    UNUSED_STATE;
    struct recent r = {0};
    recent_begin(&r);
    char *huge = mem_alloc(RECENT_BYTES_MAX + 2);
    memset(huge, 'x', RECENT_BYTES_MAX + 1);
    huge[RECENT_BYTES_MAX + 1] = 0;
    recent_add(&r, "a", "y");
    recent_add(&r, "a", huge);
    assert_false(knows(&r, 1));
    assert_true(knows(&r, 2));
    recent_add(&r, "a", "z");
    assert_true(knows(&r, 2));
    assert_string_equal(recent_at(&r, 3)->text, "z");
    recent_done(&r);
    mem_free(huge);
}

RUN(CASE(recent, knows_an_id_while_all_after_it_are_here),
    CASE(recent, holds_no_more_bytes_than_it_may),
    CASE(recent, goes_on_after_an_event_larger_than_itself))
