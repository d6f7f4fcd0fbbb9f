// Reading a text in place: what is compact JSON of the asked shape is read, nothing else.
#include "test.h"

#include <string.h>

#include "json/json_pull.h"

static struct json_pull pull(const char *text)
{
    struct json_pull p;
    json_pull_init(&p, text, strlen(text));
    return p;
}

static bool reads_ints(const char *text, int64_t *sum)
{
    struct json_pull p = pull(text);
    *sum = 0;
    for (json_pull_list(&p); json_pull_item(&p);)
        *sum += json_pull_int(&p);
    return json_pull_done(&p);
}

TEST(pull, reads_lists_of_integers_to_the_letter)
{
    UNUSED_STATE;
    static const char *const wrong[] = {"",
                                        "[",
                                        "[1",
                                        "[1,",
                                        "[1,]",
                                        "[,1]",
                                        "[1 ,2]",
                                        "[1,2]]",
                                        "[01]",
                                        "[-]",
                                        "[-0]",
                                        "[1.0]",
                                        "[1e3]",
                                        "[\"1\"]",
                                        "{1}",
                                        "[1}",
                                        "[1][2]",
                                        "[[1]]",
                                        "[+1]",
                                        "[null]",
                                        "1",
                                        "[1;2]",
                                        "[1,2\0]",
                                        "[\xff]",
                                        "[- 1]",
                                        "[9007199254740993]",
                                        "[99999999999999999999]"};
    int64_t sum;
    assert_true(reads_ints("[]", &sum));
    assert_true(reads_ints("[1,-2,30,0]", &sum));
    assert_int_equal(sum, 29);
    assert_true(reads_ints("[9007199254740992]", &sum));
    assert_int_equal(sum, INT64_C(1) << 53);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (reads_ints(wrong[i], &sum))
            fail_msg("'%s' was read", wrong[i]);
}

// The sum of the values under one-letter keys; what stands under others is passed over.
static bool reads_members(const char *text, int64_t *sum)
{
    struct json_pull p = pull(text);
    struct json_slice key;
    *sum = 0;
    for (json_pull_object(&p); json_pull_member(&p, &key);) {
        if (key.bytes == 1)
            *sum += json_pull_int(&p);
        else
            json_pull_skip(&p);
    }
    return json_pull_done(&p);
}

TEST(pull, passes_over_what_is_not_asked_for)
{
    UNUSED_STATE;
    int64_t sum;
    assert_true(reads_members("{}", &sum));
    assert_true(reads_members(
        "{\"a\":1,\"list\":[1,{\"b\":\"]}\\\"\\\\\"},[]],\"text\":\",}\",\"b\":2,\"no\":null}",
        &sum));
    assert_int_equal(sum, 3);
    static const char *const wrong[] = {
        "{\"a\":1",    "{\"a\"1}",      "{a:1}",           "{\"a\":1,}",       "{\"text\":\"}",
        "{\"list\":}", "{\"list\":[1}", "{\"\\u0061\":1}", "{\"list\":1]",     "{\"a\":1}}",
        "{\"a\" :1}",  "{\"a\n\":1}",   "[\"a\",1]",       "{\"text\":\"\\\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (reads_members(wrong[i], &sum))
            fail_msg("'%s' was read", wrong[i]);
}

TEST(pull, reads_texts_with_and_without_escapes)
{
    UNUSED_STATE;
    struct json_pull p = pull("[\"plain 한글\",\"a\\\"b\\u00e9\",{\"k\":[1]},5]");
    struct bytes text;
    bytes_init(&text, 100);
    json_pull_list(&p);
    assert_true(json_pull_item(&p));
    json_pull_text_into(&p, &text);
    assert_true(json_pull_item(&p));
    json_pull_text_into(&p, &text);
    assert_string_equal(text.data, "plain 한글a\"bé");
    assert_true(json_pull_item(&p));
    json value = json_pull_value(&p);
    assert_true(json_is_object(value));
    json_free(value);
    assert_true(json_pull_item(&p));
    bytes_clear(&text);
    json_pull_text_into(&p, &text); // a number is no text
    assert_true(p.bad);
    assert_int_equal(text.length, 0);
    assert_false(json_pull_item(&p));
    assert_false(json_pull_done(&p));
    bytes_done(&text);
}

RUN(CASE(pull, reads_lists_of_integers_to_the_letter),
    CASE(pull, passes_over_what_is_not_asked_for), CASE(pull, reads_texts_with_and_without_escapes))
