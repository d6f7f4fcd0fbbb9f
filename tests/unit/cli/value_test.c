// Values of the command line: JSON as any program writes it, or YAML as a person types it.
#include "cli/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "test.h"
#include "json/json.h"

static void assert_value(const char *text, const char *wanted)
{
    struct fail why = {0};
    json v;
    if (!cli_value(text, &v, &why))
        fail_msg("%s: %s", text, why.message);
    char *dump = json_dump(v);
    assert_string_equal(dump, wanted);
    mem_free(dump);
    json_free(v);
}

TEST(value, may_be_json_with_escaped_surrogates)
{
    UNUSED_STATE;
    assert_value("{\"a\": \"\\ud83c\\udf3e\"}", "{\"a\":\"\xF0\x9F\x8C\xBE\"}");
}

TEST(value, may_be_typed_as_yaml)
{
    UNUSED_STATE;
    assert_value("{a: 1, b: [x, yes]}", "{\"a\":1,\"b\":[\"x\",\"yes\"]}");
    assert_value("a: 1", "{\"a\":1}");
}

TEST(value, of_a_json_file_is_judged_as_json)
{
    UNUSED_STATE;
    char folder[] = "/tmp/dure-value-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *name = mem_printf("%s/a.json", folder), *given = mem_printf("@%s", name);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs("{\"a\": 1, \"a\": 2}", file);
    fclose(file);
    struct fail why = {0};
    json v;
    assert_false(cli_value(given, &v, &why));
    assert_non_null(strstr(why.message, "a.json"));
    unlink(name);
    rmdir(folder);
    mem_free(given);
    mem_free(name);
}

RUN(CASE(value, may_be_json_with_escaped_surrogates), CASE(value, may_be_typed_as_yaml),
    CASE(value, of_a_json_file_is_judged_as_json))
