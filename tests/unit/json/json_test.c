#include "test.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/mem.h"
#include "json/json.h"

static json parse(const char *text)
{
    json v;
    struct fail why;
    if (!json_parse(text, strlen(text), &v, &why))
        fail_msg("%s: %s", text, why.message);
    return v;
}

static void assert_writes(json v, const char *text)
{
    char *dump = json_dump(v);
    assert_string_equal(dump, text);
    mem_free(dump);
}

static void assert_round_trip(const char *text, const char *canonical)
{
    json v = parse(text);
    assert_writes(v, canonical);
    json_free(v);
}

static void assert_refused(const char *text, size_t bytes, const char *part)
{
    json v;
    struct fail why = {0};
    assert_false(json_parse(text, bytes, &v, &why));
    assert_true(json_is_absent(v));
    if (!strstr(why.message, part))
        fail_msg("'%s' lacks '%s'", why.message, part);
}

TEST(json, writes_sorted_keys_and_raw_utf8)
{
    UNUSED_STATE;
    assert_round_trip("{\"나\":1,\"b\":[true,false,null],\"a\":{\"\":\"한\\u0001\\n\\\"\"}}",
                      "{\"a\":{\"\":\"한\\u0001\\n\\\"\"},\"b\":[true,false,null],\"나\":1}");
    assert_round_trip(" [ ] ", "[]");
    assert_round_trip("\xEF\xBB\xBF{}", "{}");
}

TEST(json, writes_more_keys_than_fit_the_stack_sorted)
{
    UNUSED_STATE;
    json v = json_object();
    for (int i = 99; i >= 0; i--) {
        char key[8];
        snprintf(key, sizeof key, "k%02d", i);
        json_set_int(&v, key, i);
    }
    char *dump = json_dump(v);
    assert_ptr_equal(strstr(dump, "{\"k00\":0,\"k01\":1,"), dump);
    assert_non_null(strstr(dump, "\"k98\":98,\"k99\":99}"));
    mem_free(dump);
    json_free(v);
}

TEST(json, writes_the_shortest_number_that_reads_back)
{
    UNUSED_STATE;
    assert_round_trip("[0.1,1e2,-0,0.30000000000000004,9007199254740992,-9007199254740991]",
                      "[0.1,100,0,0.30000000000000004,9007199254740992,-9007199254740991]");
    assert_round_trip("[1e300,5e-324,1.7976931348623157e308,123456789.125]",
                      "[1e+300,4.94065645841247e-324,1.7976931348623157e+308,123456789.125]");
    json odd = json_array();
    json_append_take(&odd, json_number(NAN));
    json_append_take(&odd, json_number(-INFINITY));
    assert_writes(odd, "[null,-1.7976931348623157e+308]");
    json_free(odd);
}

TEST(json, pretty_prints_with_two_spaces)
{
    UNUSED_STATE;
    json v = parse("{\"a\":[1,{}],\"b\":[]}");
    struct bytes out;
    bytes_init(&out, 1000);
    json_write(v, JSON_PRETTY, &out);
    assert_string_equal(out.data, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
    bytes_done(&out);
    json_free(v);
}

TEST(json, reads_escapes_and_surrogate_pairs)
{
    UNUSED_STATE;
    assert_round_trip("\"\\u00e9\\ud55c\\uD83D\\uDE00\\/\\b\"", "\"é한😀/\\b\"");
}

TEST(json, refuses_what_is_not_json_and_says_where)
{
    UNUSED_STATE;
    static const struct {
        const char *text, *part;
    } table[] = {
        {"", "line 1, column 1: the text ends where a value"},
        {"{\"가\":1,\n \"나\" 2}", "line 2, column 6: ':' should stand here, not '2}'"},
        {"[1,]", "line 1, column 4"},
        {"[1 2]", "',' or ']'"},
        {"{\"a\":1,}", "a key in double quotes"},
        {"{a:1}", "a key in double quotes"},
        {"nul", "a value"},
        {"NaN", "a value"},
        {"01", "no number"},
        {"-", "no number"},
        {"1.", "no number"},
        {"1e", "no number"},
        {"+1", "a value"},
        {"1e999", "too large"},
        {"\"a", "closing quote"},
        {"\"a\nb\"", "not a control character"},
        {"\"\\x\"", "no such escape"},
        {"\"\\", "after the backslash"},
        {"\"\\u12\"", "four hexadecimal"},
        {"\"\\ud800\"", "first half"},
        {"\"\\ud800\\u0041\"", "first half"},
        {"\"\\udc00\"", "second half"},
        {"\"\\u0000\"", "zero character"},
        {"1 2", "the end of the text"},
        {"{\"a\":{\"b\":1,\"c\":2,\"b\":3}}", "line 1, column 19: the key 'b' stands twice"},
        {"\"\xff\"", "not valid UTF-8"},
        {"\"\xed\xa0\x80\"", "not valid UTF-8"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_refused(table[i].text, strlen(table[i].text), table[i].part);
    assert_refused("1\0", 2, "the end of the text");
}

TEST(json, refuses_depth_beyond_the_limit)
{
    UNUSED_STATE;
    char text[100000];
    memset(text, '[', sizeof text);
    assert_refused(text, sizeof text, "64 deep");
    memset(text, '[', LIMIT_DOCUMENT_DEPTH);
    memset(text + LIMIT_DOCUMENT_DEPTH, ']', LIMIT_DOCUMENT_DEPTH);
    json v;
    struct fail why;
    assert_true(json_parse(text, 2 * LIMIT_DOCUMENT_DEPTH, &v, &why));
    assert_true(json_depth_within(v, LIMIT_DOCUMENT_DEPTH));
    assert_false(json_depth_within(v, LIMIT_DOCUMENT_DEPTH - 1));
    json_free(v);
    memset(text, '[', 500);
    memset(text + 500, ']', 500);
    assert_true(json_parse_stored(text, 1000, &v, &why));
    json_free(v);
}

TEST(json, refuses_a_number_of_a_thousand_digits)
{
    UNUSED_STATE;
    char text[1000];
    memset(text, '9', sizeof text);
    assert_refused(text, sizeof text, "400 characters");
}

TEST(json, changes_in_place_without_touching_other_holders)
{
    UNUSED_STATE;
    json a = parse("{\"x\":{\"y\":1}}");
    json b = json_ref(a);
    json_set_text(&a, "z", "한글");
    json_remove(&a, "x");
    json_remove(&a, "none");
    assert_writes(a, "{\"z\":\"한글\"}");
    assert_writes(b, "{\"x\":{\"y\":1}}");
    json_merge(&b, a);
    assert_writes(b, "{\"x\":{\"y\":1},\"z\":\"한글\"}");
    json_free(a);
    json_free(b);
    json list = json_array();
    json_put_take(&list, 2, json_integer(7));
    json_append_take(&list, json_printf("%s-%d", "a", 5));
    assert_writes(list, "[null,null,7,\"a-5\"]");
    json_free(list);
}

TEST(json, borrowed_arguments_stay_the_callers)
{
    UNUSED_STATE;
    json v = parse("{\"a\":[{\"b\":\"deep\"}],\"n\":5,\"t\":true,\"s\":\"text\"}");
    json got = json_path(v, "a.0.b");
    assert_string_equal(json_text(got), "deep");
    json_free(got);
    assert_true(json_is_absent(json_path(v, "a.1.b")));
    assert_true(json_is_absent(json_path(v, "n.x")));
    assert_string_equal(json_get_text(v, "s", "-"), "text");
    assert_string_equal(json_get_text(v, "n", "-"), "-");
    assert_int_equal(json_get_int(v, "n", 0), 5);
    assert_int_equal(json_get_int(v, "s", 9), 9);
    assert_true(json_get_bool(v, "t", false));
    assert_true(json_has(v, "a"));
    assert_false(json_has(v, "b"));
    assert_int_equal(json_length(v), 4);
    json_free(v);
}

TEST(json, pointer_follows_rfc_6901)
{
    UNUSED_STATE;
    json v = parse("{\"\":0,\"a/b\":1,\"m~n\":[8,9]}");
    struct fail why;
    json got = json_pointer(v, "/m~0n/1", &why);
    assert_int_equal(json_int(got), 9);
    got = json_pointer(v, "/a~1b", &why);
    assert_int_equal(json_int(got), 1);
    got = json_pointer(v, "/", &why);
    assert_int_equal(json_int(got), 0);
    got = json_pointer(v, "", &why);
    assert_true(json_equal(got, v));
    json_free(got);
    assert_true(json_is_absent(json_pointer(v, "/m~0n/01", &why)));
    assert_int_equal(why.kind, FAIL_NOT_FOUND);
    assert_true(json_is_absent(json_pointer(v, "/m~2n", &why)));
    assert_int_equal(why.kind, FAIL_INVALID);
    assert_true(json_is_absent(json_pointer(v, "x", &why)));
    json_free(v);
}

TEST(json, walks_objects_in_the_order_of_keys)
{
    UNUSED_STATE;
    json v = parse("{\"c\":3,\"a\":1,\"b\":{\"k\":2}}");
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json value;
    char order[8] = "";
    while (json_next(v, &cursor, &key, &value))
        strcat(order, key);
    assert_string_equal(order, "abc");
    while (json_next(v, &cursor, &key, &value))
        break;
    json_cursor_done(&cursor);
    assert_false(json_next(json_null(), &cursor, &key, &value));
    json_free(v);
}

TEST(json, contains_is_a_subset_of_objects)
{
    UNUSED_STATE;
    json whole = parse("{\"a\":{\"b\":1,\"c\":[1,2]},\"d\":null}");
    json part = parse("{\"a\":{\"c\":[1,2]}}"), other = parse("{\"a\":{\"c\":[1]}}");
    json missing = parse("{\"e\":null}");
    assert_true(json_contains(whole, part));
    assert_false(json_contains(whole, other));
    assert_false(json_contains(whole, missing));
    json_free(whole);
    json_free(part);
    json_free(other);
    json_free(missing);
}

TEST(json, knows_integers)
{
    UNUSED_STATE;
    assert_true(json_is_integer(json_number(9007199254740992.0)));
    assert_false(json_is_integer(json_number(1e17)));
    assert_false(json_is_integer(json_number(0.5)));
    assert_false(json_is_integer(json_number(NAN)));
    assert_true(json_truthy(json_integer(0)));
    assert_false(json_truthy(json_null()));
    assert_false(json_truthy(json_absent()));
}

static json object_of(int members)
{
    json v = json_object();
    for (int i = members - 1; i >= 0; i--) {
        char key[16];
        snprintf(key, sizeof key, "k%03d", i);
        json_set_int(&v, key, i);
    }
    return v;
}

// One object that its cursor holds and one that it does not.
TEST(json, an_object_may_change_while_it_is_walked_in_order)
{
    UNUSED_STATE;
    static const int sizes[] = {JSON_CURSOR_FEW, JSON_CURSOR_FEW + 1, 100};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        json v = object_of(sizes[s]), value;
        struct json_cursor cursor = JSON_CURSOR_START;
        const char *key;
        int seen = 0;
        while (json_next(v, &cursor, &key, &value)) {
            assert_int_equal(json_int(value), seen++);
            json_set_int(&v, key, -1);
            json_set_int(&v, "z", 0); // not among those that were listed
        }
        assert_int_equal(seen, sizes[s]);
        assert_int_equal(json_get_int(v, "k000", 0), -1);
        json_free(v);
    }
}

TEST(json, walks_every_member_once_in_no_order)
{
    UNUSED_STATE;
    json v = object_of(100), value, seen = json_object();
    const char *key;
    for (int at = 0; json_any(v, &at, &key, &value);) {
        assert_false(json_has(seen, key));
        json_set(&seen, key, value);
    }
    assert_true(json_equal(v, seen));
    int at = 0;
    assert_false(json_any(json_null(), &at, &key, &value));
    json empty = json_object();
    assert_false(json_any(empty, &at, &key, &value));
    json_free(empty);
    json_free(seen);
    json_free(v);
}

// Keys are shared within a thread and by nobody else, and go with it.
static void *work_with_many_keys(void *unused)
{
    for (int i = 0; i < 5000; i++) {
        char key[16], other[16];
        snprintf(key, sizeof key, "key%d", i % 3000);
        snprintf(other, sizeof other, "kez%d", i % 3000);
        json v = json_object();
        json_set_int(&v, key, i);
        assert_int_equal(json_get_int(v, key, -1), i);
        assert_int_equal(json_get_int(v, other, -1), -1);
        json_free(v);
    }
    return unused;
}

TEST(json, keys_that_push_each_other_out_stay_apart_on_every_thread)
{
    UNUSED_STATE;
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work_with_many_keys, NULL), 0);
    work_with_many_keys(NULL);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    json v =
        parse("{\"\":1,\"한글 이름\":2,\"a name that is longer than any name that is kept\":3}");
    assert_int_equal(json_get_int(v, "", 0), 1);
    assert_int_equal(json_get_int(v, "한글 이름", 0), 2);
    assert_int_equal(json_get_int(v, "a name that is longer than any name that is kept", 0), 3);
    json_free(v);
}

TEST(json, writes_an_object_with_one_text_more)
{
    UNUSED_STATE;
    for (int size = 0; size < 30; size++) {
        json object = json_object();
        for (int i = 0; i < size; i++) {
            char key[8];
            snprintf(key, sizeof key, "k%02d", i);
            json_set_int(&object, key, i);
        }
        static const char *const keys[] = {"a", "k00", "k05", "k050", "k29", "z", "한"};
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            struct bytes text;
            bytes_init(&text, 10000);
            json_write_with(object, keys[i], "t\"", &text);
            json more = json_ref(object);
            json_set_text(&more, keys[i], "t\"");
            assert_writes(more, text.data);
            json_free(more);
            bytes_done(&text);
        }
        json_free(object);
    }
}

TEST(json, finds_a_double_key_in_objects_of_any_size)
{
    UNUSED_STATE;
    for (int size = 2; size < 40; size++) {
        struct bytes text;
        bytes_init(&text, 10000);
        for (int i = 0; i < size; i++)
            bytes_printf(&text, "%s\"k%d\":%d", i == 0 ? "{" : ",", i, i);
        size_t good = text.length;
        for (int twice = -1; twice < size; twice++) {
            text.data[text.length = good] = 0;
            if (twice >= 0)
                bytes_printf(&text, ",\"\\u006b%d\":0", twice);
            bytes_add_char(&text, '}');
            json v;
            struct fail why = {0};
            assert_int_equal(json_parse(text.data, text.length, &v, &why), twice < 0);
            if (twice < 0)
                json_free(v);
            else
                assert_non_null(strstr(why.message, "stands twice"));
        }
        bytes_done(&text);
    }
}

TEST(json, frees_a_value_of_any_depth)
{
    UNUSED_STATE;
    json v = json_array();
    for (int i = 0; i < 1000000; i++) {
        json outer = json_array();
        json_append_take(&outer, v);
        v = outer;
    }
    json_free_deep(v);
}

RUN(CASE(json, writes_sorted_keys_and_raw_utf8),
    CASE(json, writes_more_keys_than_fit_the_stack_sorted),
    CASE(json, writes_the_shortest_number_that_reads_back),
    CASE(json, pretty_prints_with_two_spaces), CASE(json, reads_escapes_and_surrogate_pairs),
    CASE(json, refuses_what_is_not_json_and_says_where), CASE(json, refuses_depth_beyond_the_limit),
    CASE(json, refuses_a_number_of_a_thousand_digits),
    CASE(json, changes_in_place_without_touching_other_holders),
    CASE(json, borrowed_arguments_stay_the_callers), CASE(json, pointer_follows_rfc_6901),
    CASE(json, walks_objects_in_the_order_of_keys), CASE(json, contains_is_a_subset_of_objects),
    CASE(json, knows_integers), CASE(json, an_object_may_change_while_it_is_walked_in_order),
    CASE(json, walks_every_member_once_in_no_order),
    CASE(json, keys_that_push_each_other_out_stay_apart_on_every_thread),
    CASE(json, writes_an_object_with_one_text_more),
    CASE(json, finds_a_double_key_in_objects_of_any_size), CASE(json, frees_a_value_of_any_depth))
