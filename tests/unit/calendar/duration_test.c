#include "calendar/duration.h"

#include <string.h>

#include "test.h"

#include "calendar/instant.h"
#include "calendar/zone.h"

static struct duration parse(const char *text)
{
    struct fail why;
    struct duration d;
    if (!duration_parse(text, &d, &why))
        fail_msg("%s", why.message);
    return d;
}

static void assert_added(const char *from, const char *text, const char *zone_name_,
                         const char *expected)
{
    struct fail why;
    struct duration d = parse(text);
    int64_t ms;
    const struct zone *z = zone_find(zone_name_, &why);
    assert_non_null(z);
    if (!instant_parse(from, &ms, &why) || !duration_add(ms, &d, z, &ms, &why))
        fail_msg("%s", why.message);
    char got[INSTANT_TEXT_SIZE];
    zone_write(z, ms, got, sizeof(got));
    assert_string_equal(got, expected);
}

TEST(duration, survives_the_way_through_text)
{
    UNUSED_STATE;
    static const char *const texts[][2] = {
        {"P1Y2M3W4DT5H6M7.890S", "P1Y2M3W4DT5H6M7.890S"},
        {"-P1D", "-P1D"},
        {"PT0S", "PT0S"},
        {"P0D", "PT0S"},
        {"PT90M", "PT1H30M"},
        {"PT0.5H", "PT30M"},
        {"P0.5D", "PT12H"},
        {"P1.5W", "P1WT84H"},
        {"PT0,250S", "PT0.250S"},
        {"PT0.0019S", "PT0.001S"},
        {"+PT1S", "PT1S"},
        {"PT36H", "PT36H"},
        {"P999999999D", "P999999999D"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        char got[DURATION_TEXT_SIZE];
        struct duration d = parse(texts[i][0]);
        duration_write(&d, got);
        assert_string_equal(got, texts[i][1]);
    }
}

TEST(duration, refuses_what_is_none)
{
    UNUSED_STATE;
    static const char *const bad[] = {
        "",      "P",     "PT",   "P1DT",   "1D",   "P1",      "PD",    "P1D1Y",        "P1S",
        "PT1D",  "P1D1D", "p1d",  "P1.5Y",  "P.5D", "P1.D",    "P1.5M", "P9999999999D", "P-1D",
        "--P1D", "P1D ",  " P1D", "PT1H1H", "P1X",  "PT1HT1M", "P1Y2",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fail why;
        struct duration d;
        if (duration_parse(bad[i], &d, &why))
            fail_msg("'%s' was taken for a duration", bad[i]);
        assert_int_equal(why.kind, FAIL_INVALID);
    }
}

TEST(duration, months_end_on_their_last_day)
{
    UNUSED_STATE;
    assert_added("2013-01-31T10:00:00+09:00", "P1M", "Asia/Seoul", "2013-02-28T10:00:00+09:00");
    assert_added("2012-01-31T10:00:00+09:00", "P1M", "Asia/Seoul", "2012-02-29T10:00:00+09:00");
    assert_added("2012-02-29T10:00:00+09:00", "P1Y", "Asia/Seoul", "2013-02-28T10:00:00+09:00");
    assert_added("2013-03-31T10:00:00+09:00", "-P1M", "Asia/Seoul", "2013-02-28T10:00:00+09:00");
    assert_added("2013-01-31T10:00:00+09:00", "P1M1D", "Asia/Seoul", "2013-03-01T10:00:00+09:00");
    assert_added("2013-12-15T10:00:00+09:00", "P1M", "Asia/Seoul", "2014-01-15T10:00:00+09:00");
    assert_added("2013-01-15T10:00:00+09:00", "-P1M", "Asia/Seoul", "2012-12-15T10:00:00+09:00");
}

TEST(duration, days_keep_the_local_time_and_hours_do_not)
{
    UNUSED_STATE;
    assert_added("2013-03-30T10:00:00+01:00", "P1D", "Europe/Berlin", "2013-03-31T10:00:00+02:00");
    assert_added("2013-03-30T10:00:00+01:00", "PT24H", "Europe/Berlin",
                 "2013-03-31T11:00:00+02:00");
    assert_added("2013-03-30T02:30:00+01:00", "P1D", "Europe/Berlin", "2013-03-31T03:30:00+02:00");
    assert_added("2013-10-27T10:00:00+01:00", "-P1D", "Europe/Berlin", "2013-10-26T10:00:00+02:00");
    assert_added("2013-10-27T02:30:00+01:00", "PT0S", "Europe/Berlin", "2013-10-27T02:30:00+01:00");
    assert_added("2013-05-24T18:00:00.123+09:00", "-P1DT2H", "Asia/Seoul",
                 "2013-05-23T16:00:00.123+09:00");
}

TEST(duration, refuses_moments_out_of_range)
{
    UNUSED_STATE;
    static const char *const far[] = {
        "P9000Y",       "-P200Y",      "P999999999D",           "-P999999999D",
        "PT999999999H", "P999999999Y", "-P999999999Y999999999M"};
    for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
        struct fail why;
        struct duration d = parse(far[i]);
        int64_t ms = 0;
        if (duration_add(ms, &d, NULL, &ms, &why))
            fail_msg("%s could be added", far[i]);
        assert_int_equal(why.kind, FAIL_LIMIT);
    }
}

TEST(duration, has_a_length_unless_it_has_months)
{
    UNUSED_STATE;
    struct fail why;
    int64_t ms;
    struct duration week = parse("-P1W1DT1.5S"), month = parse("P1M");
    assert_true(duration_is_fixed(&week));
    assert_true(duration_ms(&week, &ms, &why));
    assert_int_equal(ms, -(8 * DAY_MS + 1500));
    assert_false(duration_is_fixed(&month));
    assert_false(duration_ms(&month, &ms, &why));
}

RUN(CASE(duration, survives_the_way_through_text), CASE(duration, refuses_what_is_none),
    CASE(duration, months_end_on_their_last_day),
    CASE(duration, days_keep_the_local_time_and_hours_do_not),
    CASE(duration, refuses_moments_out_of_range), CASE(duration, has_a_length_unless_it_has_months))
