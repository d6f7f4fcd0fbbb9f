// The containers: arena, bytes, list and map.
#include <stdio.h>
#include <string.h>

#include "test.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/random.h"

TEST(arena, gives_zeroed_aligned_pieces_that_do_not_overlap)
{
    UNUSED_STATE;
    struct arena a;
    unsigned char *pieces[300];
    arena_init(&a);
    for (size_t i = 0; i < 300; i++) {
        size_t bytes = i * 37 % 5000;
        pieces[i] = arena_alloc(&a, bytes);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < bytes; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i & 0xFF), bytes);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i * 37 % 5000; k++)
            assert_int_equal(pieces[i][k], i & 0xFF);
    assert_true(a.used_bytes > 100000);
    arena_done(&a);
    assert_int_equal(a.used_bytes, 0);
    arena_done(&a);
}

TEST(arena, keeps_strings)
{
    UNUSED_STATE;
    struct arena a;
    arena_init(&a);
    char *large = arena_alloc(&a, 1000000);
    assert_string_equal(arena_string(&a, "두레"), "두레");
    assert_string_equal(arena_string_sized(&a, "abcdef", 3), "abc");
    assert_string_equal(arena_printf(&a, "%d-%s", 5, "x"), "5-x");
    assert_null(arena_string(&a, NULL));
    assert_int_equal(large[999999], 0);
    arena_done(&a);
}

TEST(bytes, grow_and_end_with_a_zero)
{
    UNUSED_STATE;
    struct bytes b;
    bytes_init(&b, 100000);
    assert_string_equal(b.data, "");
    for (int i = 0; i < 1000; i++)
        assert_true(bytes_printf(&b, "%d,", i));
    assert_true(bytes_append(&b, "a\0b", 3));
    assert_int_equal(b.length, 3893);
    assert_int_equal(b.data[b.length], 0);
    size_t length;
    char *taken = bytes_take(&b, &length);
    assert_int_equal(length, 3893);
    assert_memory_equal(taken, "0,1,2,", 6);
    assert_int_equal(b.length, 0);
    assert_true(bytes_add(&b, "again"));
    assert_string_equal(b.data, "again");
    mem_free(taken);
    bytes_done(&b);
}

TEST(bytes, overflow_is_remembered_until_cleared)
{
    UNUSED_STATE;
    struct bytes b;
    bytes_init(&b, 10);
    assert_true(bytes_add(&b, "0123456789"));
    assert_false(b.overflowed);
    assert_false(bytes_add_char(&b, 'x'));
    assert_true(b.overflowed);
    assert_string_equal(b.data, "0123456789");
    bytes_clear(&b);
    assert_true(bytes_add(&b, "01234"));
    assert_false(bytes_printf(&b, "%s", "567890"));
    assert_string_equal(b.data, "01234");
    assert_false(bytes_add(&b, "5")); // it would fit, but what came before is missing
    assert_string_equal(b.data, "01234");
    bytes_done(&b);
    bytes_init(&b, 0);
    assert_true(bytes_add(&b, ""));
    assert_false(bytes_add(&b, "x"));
    bytes_done(&b);
}

TEST(bytes, never_append_past_the_largest_size_by_overflow)
{
    UNUSED_STATE;
    struct bytes b;
    bytes_init(&b, 100);
    bytes_add(&b, "abc");
    assert_false(bytes_append(&b, "x", SIZE_MAX));
    assert_int_equal(b.length, 3);
    bytes_done(&b);
}

struct thing {
    int name;
    struct list in_list;
};

TEST(list, keeps_order_and_forgets_what_is_removed)
{
    UNUSED_STATE;
    struct list head;
    struct thing things[4];
    list_init(&head);
    assert_true(list_is_empty(&head));
    for (int i = 0; i < 4; i++) {
        things[i].name = i;
        list_append(&head, &things[i].in_list);
    }
    list_remove(&things[1].in_list);
    list_remove(&things[1].in_list);
    int seen = 0;
    list_each_safe(&head, node, after)
    {
        seen = seen * 10 + list_owner(node, struct thing, in_list)->name;
        list_remove(node);
    }
    assert_int_equal(seen, 23);
    assert_true(list_is_empty(&head));
}

TEST(map, puts_gets_and_removes)
{
    UNUSED_STATE;
    struct map m;
    int one = 1, two = 2;
    map_init(&m);
    assert_null(map_get(&m, "x"));
    assert_null(map_remove(&m, "x"));
    assert_null(map_put(&m, "x", &one));
    assert_ptr_equal(map_put(&m, "x", &two), &one);
    assert_ptr_equal(map_get(&m, "x"), &two);
    assert_int_equal(m.count, 1);
    assert_null(map_put(&m, "", NULL));
    assert_true(map_has(&m, ""));
    assert_ptr_equal(map_remove(&m, "x"), &two);
    assert_false(map_has(&m, "x"));
    map_clear(&m);
    assert_int_equal(m.count, 0);
    assert_null(map_put(&m, "x", &one));
    map_done(&m);
}

TEST(map, walks_in_the_order_of_insertion)
{
    UNUSED_STATE;
    struct map m;
    struct map_entry *e;
    char key[20];
    map_init(&m);
    for (size_t i = 0; i < 5000; i++) {
        snprintf(key, sizeof(key), "key %zu", i * 7919 % 5000);
        map_put(&m, key, NULL);
    }
    for (size_t i = 0; map_next(&m, &i, &e);)
        if (strlen(e->key) % 2)
            map_remove(&m, e->key);
    size_t wanted = 0, seen = 0;
    for (size_t i = 0; map_next(&m, &i, &e); wanted++, seen++) {
        do {
            snprintf(key, sizeof(key), "key %zu", wanted * 7919 % 5000);
        } while (strlen(key) % 2 && ++wanted);
        assert_string_equal(e->key, key);
    }
    assert_int_equal(seen, m.count);
    map_done(&m);
}

TEST(map, stays_small_when_keys_come_and_go)
{
    UNUSED_STATE;
    struct map m;
    char key[20];
    map_init(&m);
    map_put(&m, "stays", &m);
    for (int i = 0; i < 10000; i++) {
        snprintf(key, sizeof(key), "%d", i);
        map_put(&m, key, &m);
        assert_ptr_equal(map_remove(&m, key), &m);
    }
    assert_int_equal(m.count, 1);
    assert_true(m.capacity <= 16);
    assert_ptr_equal(map_get(&m, "stays"), &m);
    map_done(&m);
}

RUN(CASE(arena, gives_zeroed_aligned_pieces_that_do_not_overlap), CASE(arena, keeps_strings),
    CASE(bytes, grow_and_end_with_a_zero), CASE(bytes, overflow_is_remembered_until_cleared),
    CASE(bytes, never_append_past_the_largest_size_by_overflow),
    CASE(list, keeps_order_and_forgets_what_is_removed), CASE(map, puts_gets_and_removes),
    CASE(map, walks_in_the_order_of_insertion), CASE(map, stays_small_when_keys_come_and_go))
