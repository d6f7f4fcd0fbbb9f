#include "base/fail.h"

#include <string.h>

#include "test.h"

#include "base/utf8.h"

TEST(fail, tells_kind_code_and_message)
{
    UNUSED_STATE;
    struct fail why;
    assert_false(fail(&why, FAIL_LIMIT, "a wait may last %d days at most", 7));
    assert_int_equal(why.kind, FAIL_LIMIT);
    assert_string_equal(why.code, "limit");
    assert_string_equal(why.message, "a wait may last 7 days at most");
}

TEST(fail, takes_a_code_of_its_own)
{
    UNUSED_STATE;
    struct fail why;
    assert_false(fail_code(&why, FAIL_REFUSED, "already_voted", "you have voted"));
    assert_string_equal(why.code, "already_voted");
    assert_int_equal(why.kind, FAIL_REFUSED);
}

TEST(fail, says_where_in_front)
{
    UNUSED_STATE;
    struct fail why;
    fail_code(&why, FAIL_REFUSED, "closed", "the form is closed");
    assert_false(fail_within(&why, "task '%s'", "ask"));
    assert_string_equal(why.message, "task 'ask': the form is closed");
    assert_string_equal(why.code, "closed");
}

TEST(fail, cuts_long_messages_between_characters)
{
    UNUSED_STATE;
    char text[2000];
    for (size_t shift = 0; shift < 4; shift++) {
        struct fail why;
        memset(text, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof(text); i += 3)
            memcpy(text + i, "두", 4);
        fail(&why, FAIL_INVALID, "%s", text);
        assert_true(strlen(why.message) >= sizeof(why.message) - 4);
        assert_true(utf8_is_valid(why.message, strlen(why.message)));
        fail_within(&why, "넷%.*s", (int)shift, "abcd");
        assert_true(utf8_is_valid(why.message, strlen(why.message)));
    }
}

TEST(fail, names_every_kind)
{
    UNUSED_STATE;
    for (int kind = FAIL_NONE; kind <= FAIL_UNSUPPORTED; kind++)
        assert_true(strlen(fail_kind_name((enum fail_kind)kind)) > 1);
}

RUN(CASE(fail, tells_kind_code_and_message), CASE(fail, takes_a_code_of_its_own),
    CASE(fail, says_where_in_front), CASE(fail, cuts_long_messages_between_characters),
    CASE(fail, names_every_kind))
