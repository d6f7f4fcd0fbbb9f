// Answers that rehearsals make up: the first choice, and the least that fits.
#include "cli/sample.h"

#include <string.h>

#include "base/mem.h"
#include "test.h"

static void assert_sample(const char *schema, const char *wanted)
{
    struct fail why = {0};
    json v;
    assert_true(json_parse(schema, strlen(schema), &v, &why));
    json sample = sample_of(v);
    char *text = json_dump(sample);
    assert_string_equal(text, wanted);
    mem_free(text);
    json_free(sample);
    json_free(v);
}

TEST(sample, takes_the_first_choice)
{
    UNUSED_STATE;
    assert_sample("{\"type\":\"string\",\"enum\":[\"yes\",\"no\"]}", "\"yes\"");
    assert_sample("{\"const\":3}", "3");
    assert_sample("{\"type\":\"integer\",\"default\":7}", "7");
    assert_sample("{\"oneOf\":[{\"type\":\"boolean\"},{\"type\":\"string\"}]}", "true");
}

TEST(sample, fills_only_what_must_be_there)
{
    UNUSED_STATE;
    assert_sample("{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"properties\":{\"a\":{\"type\":"
                  "\"integer\",\"minimum\":10},\"b\":{\"type\":\"string\",\"format\":\"date\"},"
                  "\"c\":{\"type\":\"string\"}}}",
                  "{\"a\":10,\"b\":\"2030-01-01\"}");
    assert_sample("{\"type\":\"array\",\"minItems\":2,\"uniqueItems\":true,"
                  "\"items\":{\"type\":\"string\"}}",
                  "[\"sample\",\"sample 2\"]");
    assert_sample("{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", "[]");
}

TEST(sample, keeps_bounds)
{
    UNUSED_STATE;
    assert_sample("{\"type\":\"string\",\"minLength\":8}", "\"samplexx\"");
    assert_sample("{\"type\":\"string\",\"maxLength\":3}", "\"sam\"");
    assert_sample("{\"type\":\"number\",\"exclusiveMinimum\":5}", "6");
    assert_sample("{\"type\":\"integer\",\"maximum\":0}", "0");
    assert_sample("{\"type\":\"integer\",\"minimum\":7,\"multipleOf\":5}", "10");
    assert_sample("true", "\"sample\"");
}

RUN(CASE(sample, takes_the_first_choice), CASE(sample, fills_only_what_must_be_there),
    CASE(sample, keeps_bounds))
