#include "calendar/instant.h"

#include <string.h>

#include "test.h"

#include "calendar/date.h"

static void assert_read(const char *text, const char *expected)
{
    struct fail why;
    int64_t ms;
    if (!instant_parse(text, &ms, &why))
        fail_msg("%s", why.message);
    char got[INSTANT_TEXT_SIZE];
    instant_write_utc(ms, got);
    assert_string_equal(got, expected);
}

TEST(instant, reads_rfc_3339)
{
    UNUSED_STATE;
    assert_read("2013-05-24T13:40:00+09:00", "2013-05-24T04:40:00Z");
    assert_read("2013-05-24t13:40:00z", "2013-05-24T13:40:00Z");
    assert_read("2013-05-24 13:40:00Z", "2013-05-24T13:40:00Z");
    assert_read("2013-05-24T14:59:59.9999+09:00", "2013-05-24T05:59:59.999Z");
    assert_read("2013-05-24T14:59:59.5-00:30", "2013-05-24T15:29:59.500Z");
    assert_read("1969-12-31T23:59:59.001Z", "1969-12-31T23:59:59.001Z");
    assert_read("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z");
    assert_read("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
    assert_read("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z");
}

TEST(instant, refuses_what_is_none)
{
    UNUSED_STATE;
    static const char *const bad[] = {
        "",
        "now",
        "2013-05-24",
        "2013-05-24T13:40Z",
        "2013-05-24T13:40:00",
        "2013-05-24T13:40:00+9",
        "2013-05-24T13:40:00+09",
        "2013-05-24T13:40:00+0900",
        "2013-05-24T13:40:00.Z",
        "2013-05-24T24:00:00Z",
        "2013-05-24T13:60:00Z",
        "2013-05-24T13:40:60Z",
        "2013-02-30T13:40:00Z",
        "1900-02-29T13:40:00Z",
        "2013-05-24T13:40:00Z ",
        "+2013-05-24T13:40:00Z",
        "2013-05-24T13:40:00+24:00",
        "2013-05-24T-1:40:00Z",
        "0000-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fail why;
        int64_t ms;
        if (instant_parse(bad[i], &ms, &why))
            fail_msg("'%s' was taken for an instant", bad[i]);
        assert_int_equal(why.kind, FAIL_INVALID);
    }
}

TEST(instant, refuses_what_an_offset_pushes_out_of_range)
{
    UNUSED_STATE;
    struct fail why;
    int64_t ms;
    assert_false(instant_parse("9999-12-31T23:59:59-01:00", &ms, &why));
    assert_int_equal(why.kind, FAIL_LIMIT);
    assert_false(instant_parse("1900-01-01T00:00:00+01:00", &ms, &why));
    assert_int_equal(why.kind, FAIL_LIMIT);
}

TEST(date, days_and_civil_dates_agree)
{
    UNUSED_STATE;
    int32_t expected = date_from_civil(1600, 1, 1);
    for (int year = 1600; year < 2401; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= date_month_days(year, month); day++, expected++) {
                int y, m, d;
                assert_int_equal(date_from_civil(year, month, day), expected);
                date_to_civil(expected, &y, &m, &d);
                assert_true(y == year && m == month && d == day);
            }
        }
    }
    assert_int_equal(date_from_civil(1970, 1, 1), 0);
    assert_int_equal(date_weekday(0), 4);
    assert_int_equal(date_weekday(date_from_civil(2013, 5, 24)), 5);
    assert_int_equal(date_weekday(date_from_civil(1900, 1, 1)), 1);
}

TEST(date, reads_dates)
{
    UNUSED_STATE;
    struct fail why;
    int32_t date;
    assert_true(date_parse("2013-05-24", &date, &why));
    assert_int_equal(date, date_from_civil(2013, 5, 24));
    assert_false(date_parse("2013-05-24T", &date, &why));
    assert_false(date_parse("24.5.2013", &date, &why));
    assert_false(date_parse("2013-13-01", &date, &why));
}

RUN(CASE(instant, reads_rfc_3339), CASE(instant, refuses_what_is_none),
    CASE(instant, refuses_what_an_offset_pushes_out_of_range),
    CASE(date, days_and_civil_dates_agree), CASE(date, reads_dates))
