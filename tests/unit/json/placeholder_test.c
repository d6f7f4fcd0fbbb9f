#include "test.h"

#include <string.h>

#include "json/placeholder.h"

static json values_of(const char *text)
{
    struct fail why;
    json out;
    assert_true(json_parse(text, strlen(text), &out, &why));
    return out;
}

static bool fill(const char *text, const char *values, struct placeholder_opts opts,
                 struct bytes *out)
{
    struct fail why;
    json v = values_of(values);
    bytes_init(out, 1000);
    bool good = placeholder_fill(text, v, &opts, out, &why);
    json_free(v);
    return good;
}

static void becomes(const char *text, const char *values, struct placeholder_opts opts,
                    const char *wanted)
{
    struct bytes out;
    assert_true(fill(text, values, opts, &out));
    assert_string_equal(out.data, wanted);
    bytes_done(&out);
}

static void fails(const char *text, const char *values)
{
    struct bytes out;
    assert_false(fill(text, values, (struct placeholder_opts){0}, &out));
    bytes_done(&out);
}

TEST(placeholder, values_by_name_and_by_path)
{
    UNUSED_STATE;
    struct placeholder_opts plain = {0};
    becomes("{{a}} {{ b.c }}!", "{\"a\":\"가\",\"b\":{\"c\":3}}", plain, "가 3!");
    becomes("{{b.c}}", "{\"b.c\":true,\"b\":{\"c\":3}}", plain, "true");
    becomes("{{a", "{}", plain, "{{a");
    becomes("}}{a}", "{}", plain, "}}{a}");
}

TEST(placeholder, what_is_missing_is_a_mistake_unless_it_may_be)
{
    UNUSED_STATE;
    fails("{{a}}", "{}");
    fails("{{a}}", "{\"a\":null}");
    fails("{{a}}", "{\"a\":{\"b\":1}}");
    fails("{{ }}", "{}");
    fails("{{a}}", "[]");
    becomes("<{{a?}}>", "{}", (struct placeholder_opts){0}, "<>");
    becomes("{{a}} {{b?}}", "{}", (struct placeholder_opts){.missing = PLACEHOLDER_SHOWN},
            "[a] [b]");
}

TEST(placeholder, a_value_brings_no_markup_and_no_place_along)
{
    UNUSED_STATE;
    const char *values = "{\"a\":\"<b onclick='x'>{{c}}&\\\"\",\"c\":\"secret\"}";
    becomes("<i title=\"{{a}}\">", values, (struct placeholder_opts){.html = true},
            "<i title=\"&lt;b onclick=&#39;x&#39;&gt;{{c}}&amp;&quot;\">");
    becomes("{{a}}", values, (struct placeholder_opts){0}, "<b onclick='x'>{{c}}&\"");
}

TEST(placeholder, a_name_has_a_largest_size)
{
    UNUSED_STATE;
    struct placeholder p;
    char text[PLACEHOLDER_NAME_MAX + 8] = "{{";
    memset(text + 2, 'a', PLACEHOLDER_NAME_MAX);
    memcpy(text + 2 + PLACEHOLDER_NAME_MAX, "}}", 3);
    assert_true(placeholder_next(text, &p));
    assert_false(p.broken);
    assert_int_equal(strlen(p.name), PLACEHOLDER_NAME_MAX);
    memcpy(text + 2 + PLACEHOLDER_NAME_MAX, "a}}", 4);
    assert_true(placeholder_next(text, &p));
    assert_true(p.broken);
}

RUN(CASE(placeholder, values_by_name_and_by_path),
    CASE(placeholder, what_is_missing_is_a_mistake_unless_it_may_be),
    CASE(placeholder, a_value_brings_no_markup_and_no_place_along),
    CASE(placeholder, a_name_has_a_largest_size))
