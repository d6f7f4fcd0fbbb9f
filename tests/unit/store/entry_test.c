#include "store/entry.h"

#include <string.h>

#include "base/mem.h"
#include "test.h"

static json parse(const char *text)
{
    json v;
    struct fail why;
    assert_true(json_parse(text, strlen(text), &v, &why));
    return v;
}

// Writes an entry, expects this stored form, and reads it back as `full`.
static void expect(const char *full, const char *stored)
{
    struct bytes text;
    json entry = parse(full), again;
    struct fail why;
    bytes_init(&text, 10000);
    bytes_add_char(&text, '[');
    entry_add_json(entry, &text);
    entry_add_json(entry, &text);
    bytes_add_char(&text, ']');
    char *twice = mem_printf("[%s,%s]", stored, stored);
    assert_string_equal(text.data, twice);
    assert_true(entries_read(text.data, text.length, &again, &why));
    assert_int_equal(json_length(again), 2);
    json first = json_at(again, 0);
    assert_true(json_equal(first, entry));
    json_free(first);
    json_free(again);
    json_free(entry);
    mem_free(twice);
    bytes_done(&text);
}

#define TASK "io.serverlessworkflow.task."
#define FLOW "io.serverlessworkflow.workflow."

TEST(entry, is_short_and_reads_back_in_full)
{
    UNUSED_STATE;
    expect("{\"type\":\"" TASK
           "started.v1\",\"reference\":\"/do/0/pay\",\"name\":\"pay\",\"attempt\":2}",
           "[\"ts\",\"/do/0/pay\",2]");
    expect("{\"type\":\"" TASK "completed.v1\",\"reference\":\"/do/0/pay\",\"name\":\"pay\","
           "\"attempt\":2,\"output\":{\"b\":1,\"a\":null}}",
           "[\"tc\",\"/do/0/pay\",2,{\"output\":{\"a\":null,\"b\":1}}]");
    expect("{\"type\":\"" FLOW "started.v1\",\"reference\":\"/\",\"name\":\"두레\",\"input\":[]}",
           "[\"ws\",\"/\",{\"input\":[],\"name\":\"두레\"}]");
    expect("{\"type\":\"" FLOW "completed.v1\",\"reference\":\"/\",\"name\":\"\"}",
           "[\"wc\",\"/\"]");
}

TEST(entry, keeps_what_does_not_follow_from_the_rest)
{
    UNUSED_STATE;
    expect("{\"type\":\"" TASK
           "started.v1\",\"reference\":\"/do/0/a~1b\",\"name\":\"a/b\",\"attempt\":0}",
           "[\"ts\",\"/do/0/a~1b\",0,{\"name\":\"a/b\"}]");
    expect("{\"type\":\"" TASK
           "started.v1\",\"reference\":\"/do/0/a\",\"name\":\"a\",\"attempt\":-1}",
           "[\"ts\",\"/do/0/a\",{\"attempt\":-1}]");
    expect("{\"type\":\"" TASK
           "started.v1\",\"reference\":\"/do/0/a\",\"name\":\"a\",\"attempt\":1.5}",
           "[\"ts\",\"/do/0/a\",{\"attempt\":1.5}]");
}

TEST(entry, stands_as_it_is_when_it_is_no_lifecycle)
{
    UNUSED_STATE;
    expect("{\"type\":\"incident\",\"message\":\"x\"}",
           "{\"message\":\"x\",\"type\":\"incident\"}");
    expect("{\"type\":\"" TASK "later.v1\",\"reference\":\"/do/0/a\",\"name\":\"a\"}",
           "{\"name\":\"a\",\"reference\":\"/do/0/a\",\"type\":\"" TASK "later.v1\"}");
    expect("{\"type\":\"" TASK "started.v1\",\"reference\":\"/do/0/a\"}",
           "{\"reference\":\"/do/0/a\",\"type\":\"" TASK "started.v1\"}");
    expect("3", "3");
    expect("[\"zz\",\"/\"]", "[\"zz\",\"/\"]");
    expect("[\"ts\",\"/\",[]]", "[\"ts\",\"/\",[]]");
}

TEST(entry, is_written_alike_from_its_parts)
{
    UNUSED_STATE;
    struct bytes text;
    bytes_init(&text, 1000);
    bytes_add_char(&text, '[');
    struct entry e = {TASK "started.v1", "/do/0/a", "a", 7, json_absent()};
    entry_add(&e, &text);
    e = (struct entry){FLOW "completed.v1", "/", "w", ENTRY_NO_ATTEMPT, json_absent()};
    entry_add(&e, &text);
    e = (struct entry){"other", "/", "w", 1, json_absent()};
    entry_add(&e, &text);
    assert_string_equal(text.data,
                        "[[\"ts\",\"/do/0/a\",7],[\"wc\",\"/\",{\"name\":\"w\"}],"
                        "{\"attempt\":1,\"name\":\"w\",\"reference\":\"/\",\"type\":\"other\"}");
    bytes_done(&text);
}

TEST(entry, refuses_what_is_no_list)
{
    UNUSED_STATE;
    json out;
    struct fail why;
    assert_false(entries_read("{}", 2, &out, &why));
    assert_int_equal(why.kind, FAIL_CORRUPT);
    assert_true(json_is_absent(out));
    assert_false(entries_read("[", 1, &out, &why));
    assert_true(json_is_absent(out));
}

RUN(CASE(entry, is_short_and_reads_back_in_full),
    CASE(entry, keeps_what_does_not_follow_from_the_rest),
    CASE(entry, stands_as_it_is_when_it_is_no_lifecycle),
    CASE(entry, is_written_alike_from_its_parts), CASE(entry, refuses_what_is_no_list))
