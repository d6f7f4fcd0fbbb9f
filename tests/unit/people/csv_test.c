#include "people/csv.h"

#include <string.h>

#include "test.h"

static void reads(const char *text, const char *wanted)
{
    struct csv_table table;
    struct fail why = {0};
    struct bytes out;
    bytes_init(&out, 10000);
    if (!csv_read(text, strlen(text), 0, &table, &why)) {
        bytes_printf(&out, "%s", why.message);
    } else {
        for (size_t i = 0; i < table.count; i++) {
            bytes_printf(&out, "%d:", table.rows[i].line);
            for (size_t k = 0; k < table.rows[i].count; k++)
                bytes_printf(&out, "[%s]", table.rows[i].cells[k]);
        }
        csv_done(&table);
    }
    assert_string_equal(out.data, wanted);
    bytes_done(&out);
}

TEST(csv, reads_what_offices_make)
{
    UNUSED_STATE;
    reads("a,b\r\n1,2\r\n", "1:[a][b]2:[1][2]");
    reads("\xEF\xBB\xBF"
          "a,b",
          "1:[a][b]");
    reads("a;b\n1;2,5\n", "1:[a][b]2:[1][2,5]");
    reads("a\tb\n", "1:[a][b]");
    reads("\"a \"\"x\"\"\",\"l1\nl2\"\nnext\n", "1:[a \"x\"][l1\nl2]3:[next]");
    reads("a,,\n\n,,\nb", "1:[a][][]4:[b]");
    reads("\xBC\xAD\xBF\xEF,1\n", "1:[서울][1]");
    reads("", "");
    reads("a\rb", "1:[a]2:[b]");
}

TEST(csv, names_the_line_of_a_mistake)
{
    UNUSED_STATE;
    reads("a\n\"b", "line 2: a quote is never closed");
    reads("a\n\"b\"c", "line 2: text behind a closing quote; write quotes inside a cell twice");
}

static void writes(const char *cell, const char *wanted)
{
    struct bytes out;
    bytes_init(&out, 1000);
    csv_write_cell(&out, cell, strlen(cell));
    assert_string_equal(out.data, wanted);
    bytes_done(&out);
}

TEST(csv, neutralises_formulas)
{
    UNUSED_STATE;
    writes("plain", "plain");
    writes("=1+1", "'=1+1");
    writes("+82", "'+82");
    writes("-5", "'-5");
    writes("@x", "'@x");
    writes(" =x", "\"' =x\"");
    writes("a,b", "\"a,b\"");
    writes("=\"x\"", "\"'=\"\"x\"\"\"");
    writes("", "");
}

RUN(CASE(csv, reads_what_offices_make), CASE(csv, names_the_line_of_a_mistake),
    CASE(csv, neutralises_formulas))
