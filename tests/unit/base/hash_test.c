// Hashes, their encodings, random numbers and ids.
#include "base/hash.h"

#include <string.h>

#include "test.h"

#include "base/id.h"
#include "base/random.h"

TEST(hash, is_blake2b_256)
{
    UNUSED_STATE;
    char hex[HASH_HEX_SIZE];
    struct hash h = hash_of("abc", 3);
    hash_hex(&h, hex);
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    struct hash empty = hash_of(NULL, 0);
    hash_hex(&empty, hex);
    assert_string_equal(hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

TEST(hash, by_pieces_is_the_hash_of_the_whole)
{
    UNUSED_STATE;
    struct hasher hasher;
    hasher_init(&hasher);
    hasher_add(&hasher, "a", 1);
    hasher_add(&hasher, "", 0);
    hasher_add(&hasher, "bc", 2);
    struct hash h = hasher_done(&hasher), whole = hash_of("abc", 3);
    assert_true(hash_equal(&h, &whole));
}

static struct hash two_fields(const char *a, const char *b)
{
    struct hasher hasher;
    hasher_init(&hasher);
    hasher_add_field(&hasher, a, strlen(a));
    hasher_add_field(&hasher, b, strlen(b));
    return hasher_done(&hasher);
}

TEST(hash, fields_cannot_run_together)
{
    UNUSED_STATE;
    struct hash a = two_fields("ab", "c"), b = two_fields("a", "bc"), c = two_fields("ab", "c");
    assert_false(hash_equal(&a, &b));
    assert_true(hash_equal(&a, &c));
    struct hash plain = hash_of("\x02\0\0\0\0\0\0\0ab\x01\0\0\0\0\0\0\0c", 19);
    assert_true(hash_equal(&a, &plain));
}

TEST(hash, depends_on_its_key)
{
    UNUSED_STATE;
    uint8_t key[HASH_BYTES] = {1}, other[HASH_BYTES] = {2};
    struct hash a = hash_keyed(key, "x", 1), b = hash_keyed(other, "x", 1), c = hash_of("x", 1);
    assert_false(hash_equal(&a, &b));
    assert_false(hash_equal(&a, &c));
}

TEST(hash, survives_the_way_through_hex)
{
    UNUSED_STATE;
    char hex[HASH_HEX_SIZE];
    struct hash h = hash_of("두레", 6), back;
    hash_hex(&h, hex);
    assert_true(hash_from_hex(hex, &back));
    assert_true(hash_equal(&h, &back));
    hex[10] = 'g';
    assert_false(hash_from_hex(hex, &back));
    hash_hex(&h, hex);
    hex[62] = 0;
    assert_false(hash_from_hex(hex, &back));
    assert_false(hash_from_hex("", &back));
}

TEST(base64, survives_the_way_through_text)
{
    UNUSED_STATE;
    char text[BASE64_SIZE(50)];
    uint8_t data[50], back[50];
    for (size_t i = 0; i < 50; i++)
        data[i] = (uint8_t)(i * 89 + 3);
    for (size_t length = 0; length <= 50; length++) {
        size_t bytes = 99;
        base64_encode(data, length, text);
        assert_int_equal(strlen(text) + 1, BASE64_SIZE(length));
        assert_true(base64_decode(text, strlen(text), back, sizeof(back), &bytes));
        assert_int_equal(bytes, length);
        assert_memory_equal(back, data, length);
    }
    base64_encode("\xFB\xFF\xFE", 3, text);
    assert_string_equal(text, "-__-");
}

TEST(base64, refuses_what_is_none)
{
    UNUSED_STATE;
    static const char *const bad[] = {
        "A", "AB=", "AB==", "A+/B", "AAAA ", "AB\n", "AF", "\xEF\xBB\x31\xFF", "가"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        uint8_t out[10];
        size_t bytes;
        if (base64_decode(bad[i], strlen(bad[i]), out, sizeof(out), &bytes))
            fail_msg("'%s' was decoded", bad[i]);
    }
    uint8_t small[2];
    size_t bytes;
    assert_false(base64_decode("AAAA", 4, small, sizeof(small), &bytes));
}

TEST(random, the_same_seed_gives_the_same_numbers)
{
    UNUSED_STATE;
    struct random a, b, c;
    random_seed(&a, 42);
    random_seed(&b, 42);
    random_seed(&c, 43);
    // The first numbers of splitmix64-seeded xoshiro256**, so that seeds stay good over releases.
    assert_true(random_next(&a) == UINT64_C(0x15780b2e0c2ec716));
    random_next(&b);
    assert_true(random_next(&a) == random_next(&b));
    assert_true(random_next(&a) != random_next(&c));
}

TEST(random, below_a_limit_meets_every_value)
{
    UNUSED_STATE;
    struct random r;
    int seen[7] = {0};
    random_seed(&r, 1);
    for (int i = 0; i < 70000; i++)
        seen[random_below(&r, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 9500, 10500);
    assert_int_equal(random_below(&r, 1), 0);
    random_below(&r, UINT64_MAX);
}

TEST(id, sorts_by_time_and_is_valid)
{
    UNUSED_STATE;
    struct random r;
    random_seed(&r, 5);
    struct id before = id_new(1367366400000, &r), after = id_new(1367366400001, &r);
    struct id last = id_new((INT64_C(1) << 48) - 1, &r), twin = id_new(1367366400001, &r);
    assert_true(strcmp(before.text, after.text) < 0);
    assert_true(strcmp(after.text, last.text) < 0);
    assert_string_not_equal(after.text, twin.text);
    assert_true(id_is_valid(before.text));
    assert_true(id_is_valid(last.text));
}

TEST(id, refuses_what_is_none)
{
    UNUSED_STATE;
    static const char *const bad[] = {"",
                                      "01ARZ3NDEKTSV4RRFFQ69G5FA",
                                      "01ARZ3NDEKTSV4RRFFQ69G5FAVX",
                                      "01arz3ndektsv4rrffq69g5fav",
                                      "81ARZ3NDEKTSV4RRFFQ69G5FAV",
                                      "01ARZ3NDEKTSV4RRFFQ69G5FAU",
                                      "01ARZ3NDEKTSV4RRFFQ69G5F/V"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(id_is_valid(bad[i]));
    assert_false(id_is_valid(NULL));
    assert_true(id_is_valid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
}

TEST(id, numbers_sort_as_texts)
{
    UNUSED_STATE;
    static const uint64_t numbers[] = {0, 1, 31, 32, 1023, 1024, 4095, UINT64_C(1) << 39};
    char last[ID_NUMBER_DIGITS + 1] = "", text[ID_NUMBER_DIGITS + 1];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        id_write_number(numbers[i], text);
        assert_int_equal(strlen(text), ID_NUMBER_DIGITS);
        assert_true(strcmp(last, text) < 0);
        memcpy(last, text, sizeof last);
    }
}

RUN(CASE(hash, is_blake2b_256), CASE(hash, by_pieces_is_the_hash_of_the_whole),
    CASE(hash, fields_cannot_run_together), CASE(hash, depends_on_its_key),
    CASE(hash, survives_the_way_through_hex), CASE(base64, survives_the_way_through_text),
    CASE(base64, refuses_what_is_none), CASE(random, the_same_seed_gives_the_same_numbers),
    CASE(random, below_a_limit_meets_every_value), CASE(id, sorts_by_time_and_is_valid),
    CASE(id, refuses_what_is_none), CASE(id, numbers_sort_as_texts))
