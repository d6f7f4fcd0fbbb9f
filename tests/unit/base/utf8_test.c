#include "base/utf8.h"

#include <string.h>

#include "test.h"

// 홍길동 as conjoining letters, the way some systems name files.
#define DECOMPOSED                                                                                 \
    "\xE1\x84\x92\xE1\x85\xA9\xE1\x86\xBC\xE1\x84\x80\xE1\x85\xB5\xE1\x86\xAF"                     \
    "\xE1\x84\x83\xE1\x85\xA9\xE1\x86\xBC"

typedef bool transform(const char *s, size_t length, struct bytes *out, struct fail *why);

static void assert_becomes(transform *change, const char *text, size_t length, const char *expected)
{
    struct bytes out;
    struct fail why;
    bytes_init(&out, 1000);
    if (!change(text, length, &out, &why))
        fail_msg("%s", why.message);
    assert_string_equal(out.data, expected);
    bytes_done(&out);
}

static void assert_refused(transform *change, const char *text, size_t length, size_t max,
                           enum fail_kind kind)
{
    struct bytes out;
    struct fail why;
    bytes_init(&out, max);
    assert_false(change(text, length, &out, &why));
    assert_int_equal(why.kind, kind);
    bytes_done(&out);
}

TEST(utf8, knows_how_much_is_valid)
{
    UNUSED_STATE;
    static const struct {
        const char *text;
        size_t valid;
    } cases[] = {
        {"두레", 6},
        {"ab\xFFgh", 2},
        {"\xC0\xAF", 0},
        {"\xC1\xBF", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xE0\xA0\x80", 3},
        {"\xED\x9F\xBF", 3},
        {"\xED\xA0\x80", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0},
        {"\xEB\x91", 0},
        {"a\xEB", 1},
        {"\x80", 0},
        {"\xEB\x91\x41", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(utf8_valid_prefix(cases[i].text, strlen(cases[i].text)), cases[i].valid);
    assert_true(utf8_is_valid("a\0b", 3));
    assert_int_equal(utf8_count("두레 a", 8), 4);
}

TEST(utf8, composes_trims_and_folds_spaces)
{
    UNUSED_STATE;
    assert_becomes(utf8_normalize, DECOMPOSED " ", strlen(DECOMPOSED) + 1, "홍길동");
    assert_becomes(utf8_normalize, " \t서천  군수\xE3\x80\x80\xC2\xA0", 21, "서천 군수");
    assert_becomes(utf8_normalize, "", 0, "");
    assert_becomes(utf8_normalize, " \n ", 3, "");
    assert_becomes(utf8_normalize, "A\xCC\x8A", 3, "Å");
}

TEST(utf8, folds_case_for_comparing)
{
    UNUSED_STATE;
    assert_becomes(utf8_fold, "ÅSA  Straße", 13, "åsa strasse");
    assert_becomes(utf8_fold, DECOMPOSED, strlen(DECOMPOSED), "홍길동");
    assert_becomes(utf8_fold,
                   "a\xE2\x80\x8B"
                   "b",
                   5, "ab"); // a zero-width space
}

TEST(utf8, refuses_invalid_and_too_long_text)
{
    UNUSED_STATE;
    assert_refused(utf8_normalize, "a\xFF", 2, 100, FAIL_INVALID);
    assert_refused(utf8_fold, "a\xFF", 2, 100, FAIL_INVALID);
    assert_refused(utf8_normalize, "abcdef", 6, 5, FAIL_LIMIT);
    assert_refused(utf8_from_any, "abcdef", 6, 5, FAIL_LIMIT);
}

TEST(utf8, reads_text_of_old_korean_systems)
{
    UNUSED_STATE;
    assert_becomes(utf8_from_any, "\xEF\xBB\xBF두레", 9, "두레");
    assert_becomes(utf8_from_any, "두레", 6, "두레");
    assert_becomes(utf8_from_any, "\xB5\xCE\xB7\xB9,a", 6, "두레,a");
    assert_becomes(utf8_from_any, "\x8C\x63", 2, "똠"); // only in CP949, not in EUC-KR
    assert_refused(utf8_from_any, "ab\xFF\xFF", 4, 100, FAIL_INVALID);
    assert_refused(utf8_from_any, "ab\xB5", 3, 100, FAIL_INVALID);
}

TEST(utf8, reads_long_text_of_old_korean_systems)
{
    UNUSED_STATE;
    static char text[10001];
    struct bytes out;
    struct fail why;
    for (size_t i = 0; i < 10000; i += 2)
        memcpy(text + i, "\xB5\xCE", 2);
    bytes_init(&out, 20000);
    assert_true(utf8_from_any(text, 10000, &out, &why));
    assert_int_equal(out.length, 15000);
    assert_true(utf8_is_valid(out.data, out.length));
    bytes_done(&out);
}

TEST(utf8, counts_columns)
{
    UNUSED_STATE;
    assert_int_equal(utf8_width("abc", 3), 3);
    assert_int_equal(utf8_width("두레", 6), 4);
    assert_int_equal(utf8_width(DECOMPOSED, strlen(DECOMPOSED)), 6);
    assert_int_equal(utf8_width("A\xCC\x8A", 3), 1);
    assert_int_equal(utf8_width("\xFF", 1), 1);
}

TEST(utf8, cuts_between_characters)
{
    UNUSED_STATE;
    assert_int_equal(utf8_cut("두레", 100), 6);
    assert_int_equal(utf8_cut("두레", 6), 6);
    assert_int_equal(utf8_cut("두레", 5), 3);
    assert_int_equal(utf8_cut("두레", 3), 3);
    assert_int_equal(utf8_cut("두레", 2), 0);
    assert_int_equal(utf8_cut("abc", 2), 2);
    assert_int_equal(utf8_cut("", 2), 0);
    assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80", 5), 5);
}

RUN(CASE(utf8, knows_how_much_is_valid), CASE(utf8, composes_trims_and_folds_spaces),
    CASE(utf8, folds_case_for_comparing), CASE(utf8, refuses_invalid_and_too_long_text),
    CASE(utf8, reads_text_of_old_korean_systems), CASE(utf8, reads_long_text_of_old_korean_systems),
    CASE(utf8, counts_columns), CASE(utf8, cuts_between_characters))
