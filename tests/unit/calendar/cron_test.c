#include "calendar/cron.h"

#include <string.h>

#include "test.h"

#include "base/bytes.h"
#include "calendar/instant.h"

static int64_t instant(const char *text)
{
    struct fail why;
    int64_t ms;
    if (!instant_parse(text, &ms, &why))
        fail_msg("%s", why.message);
    return ms;
}

// The runs after `after`, as local date and time, one a line of `expected` separated by spaces.
static void assert_runs(const char *text, const char *zone_name_, const char *after,
                        const char *expected)
{
    struct fail why;
    struct cron c;
    const struct zone *z = zone_find(zone_name_, &why);
    if (!z || !cron_parse(text, &c, &why))
        fail_msg("%s", why.message);
    struct bytes got;
    bytes_init(&got, 10000);
    int64_t ms = instant(after);
    while (got.length < strlen(expected)) {
        char run[INSTANT_TEXT_SIZE];
        if (!cron_next(&c, z, ms, &ms))
            break;
        zone_write(z, ms, run, sizeof(run));
        bytes_printf(&got, "%s%s", got.length ? " " : "", run);
    }
    assert_string_equal(got.data, expected);
    bytes_done(&got);
}

TEST(cron, runs_after_and_not_at_the_moment_given)
{
    UNUSED_STATE;
    assert_runs("0 9 * * *", "Asia/Seoul", "2013-05-24T08:59:59.999+09:00",
                "2013-05-24T09:00:00+09:00 2013-05-25T09:00:00+09:00");
    assert_runs("0 9 * * *", "Asia/Seoul", "2013-05-24T09:00:00+09:00",
                "2013-05-25T09:00:00+09:00");
    assert_runs("*/20 * * * *", "Asia/Seoul", "2013-05-24T09:00:00.001+09:00",
                "2013-05-24T09:20:00+09:00 2013-05-24T09:40:00+09:00 2013-05-24T10:00:00+09:00");
    assert_runs("0 0 1 1 *", "UTC", "1969-12-31T23:59:59.999Z",
                "1970-01-01T00:00:00Z 1971-01-01T00:00:00Z");
}

TEST(cron, reads_lists_ranges_steps_and_names)
{
    UNUSED_STATE;
    assert_runs("5,10-12 8-18/5 * JAN,mar MON-FRI", "UTC", "2013-01-31T18:11:00Z",
                "2013-01-31T18:12:00Z 2013-03-01T08:05:00Z");
    assert_runs("0 12 * * SAT-SUN", "UTC", "2013-05-24T00:00:00Z",
                "2013-05-25T12:00:00Z 2013-05-26T12:00:00Z 2013-06-01T12:00:00Z");
    assert_runs("0 12 * * 7", "UTC", "2013-05-24T00:00:00Z", "2013-05-26T12:00:00Z");
    assert_runs("50/5 12 ? * ?", "UTC", "2013-05-24T00:00:00Z",
                "2013-05-24T12:50:00Z 2013-05-24T12:55:00Z 2013-05-25T12:50:00Z");
}

TEST(cron, takes_seconds_in_front)
{
    UNUSED_STATE;
    assert_runs("*/30 0 9 * * *", "UTC", "2013-05-24T09:00:00Z",
                "2013-05-24T09:00:30Z 2013-05-25T09:00:00Z");
}

TEST(cron, knows_the_shorthands)
{
    UNUSED_STATE;
    assert_runs("@hourly", "UTC", "2013-05-24T09:30:00Z", "2013-05-24T10:00:00Z");
    assert_runs("@daily", "UTC", "2013-05-24T09:30:00Z", "2013-05-25T00:00:00Z");
    assert_runs("@weekly", "UTC", "2013-05-24T09:30:00Z", "2013-05-26T00:00:00Z");
    assert_runs("@monthly", "UTC", "2013-05-24T09:30:00Z", "2013-06-01T00:00:00Z");
    assert_runs("@yearly", "UTC", "2013-05-24T09:30:00Z", "2014-01-01T00:00:00Z");
}

TEST(cron, takes_either_day_or_weekday_where_both_are_restricted)
{
    UNUSED_STATE;
    assert_runs("0 0 13 * 5", "UTC", "2013-09-10T00:00:00Z",
                "2013-09-13T00:00:00Z 2013-09-20T00:00:00Z 2013-09-27T00:00:00Z "
                "2013-10-04T00:00:00Z 2013-10-11T00:00:00Z 2013-10-13T00:00:00Z");
    assert_runs("0 0 */2 * 1", "UTC", "2013-05-01T00:00:00Z",
                "2013-05-13T00:00:00Z 2013-05-27T00:00:00Z");
}

TEST(cron, finds_the_nth_and_the_last)
{
    UNUSED_STATE;
    assert_runs("0 14 * * FRI#3", "Asia/Seoul", "2013-01-01T00:00:00+09:00",
                "2013-01-18T14:00:00+09:00 2013-02-15T14:00:00+09:00");
    assert_runs("0 14 * * 5L", "UTC", "2013-05-01T00:00:00Z",
                "2013-05-31T14:00:00Z 2013-06-28T14:00:00Z");
    assert_runs("0 14 L * *", "UTC", "2012-02-01T00:00:00Z",
                "2012-02-29T14:00:00Z 2012-03-31T14:00:00Z");
    assert_runs("0 14 15,L * *", "UTC", "2013-02-01T00:00:00Z",
                "2013-02-15T14:00:00Z 2013-02-28T14:00:00Z");
    assert_runs("0 0 * * 1#5,2L", "UTC", "2013-04-01T00:00:00Z",
                "2013-04-29T00:00:00Z 2013-04-30T00:00:00Z 2013-05-28T00:00:00Z");
}

TEST(cron, finds_leap_days_over_the_century)
{
    UNUSED_STATE;
    assert_runs("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z");
}

TEST(cron, runs_once_just_after_a_gap)
{
    UNUSED_STATE;
    assert_runs("30 2 * * *", "Europe/Berlin", "2013-03-30T12:00:00+01:00",
                "2013-03-31T03:00:00+02:00 2013-04-01T02:30:00+02:00");
    assert_runs("0,30 2 * * *", "America/New_York", "2024-03-10T00:00:00-05:00",
                "2024-03-10T03:00:00-04:00 2024-03-11T02:00:00-04:00");
    assert_runs("0,30 2,3 * * *", "America/New_York", "2024-03-10T00:00:00-05:00",
                "2024-03-10T03:00:00-04:00 2024-03-10T03:30:00-04:00 2024-03-11T02:00:00-04:00");
}

TEST(cron, runs_once_in_a_fold)
{
    UNUSED_STATE;
    assert_runs("30 2 * * *", "Europe/Berlin", "2013-10-26T12:00:00+02:00",
                "2013-10-27T02:30:00+02:00 2013-10-28T02:30:00+01:00");
    assert_runs("30 2 * * *", "Europe/Berlin", "2013-10-27T02:10:00+01:00",
                "2013-10-28T02:30:00+01:00");
}

TEST(cron, intervals_follow_real_time)
{
    UNUSED_STATE;
    assert_runs("*/30 * * * *", "Europe/Berlin", "2013-10-27T02:00:00+02:00",
                "2013-10-27T02:30:00+02:00 2013-10-27T02:00:00+01:00 "
                "2013-10-27T02:30:00+01:00 2013-10-27T03:00:00+01:00");
    assert_runs("30 * * * *", "Europe/Berlin", "2013-03-31T00:40:00+01:00",
                "2013-03-31T01:30:00+01:00 2013-03-31T03:30:00+02:00");
    assert_runs("0 * * * *", "Europe/Berlin", "2013-03-31T01:00:00+01:00",
                "2013-03-31T03:00:00+02:00 2013-03-31T04:00:00+02:00");
}

// The slow way: the first minute after `ms` whose local time fits.
static int64_t try_every_minute(const struct cron *c, const struct zone *z, int64_t ms)
{
    for (ms = ms / 60000 * 60000 + 60000;; ms += 60000) {
        struct local_time l = zone_local(z, ms);
        bool day = c->days >> l.day & 1, weekday = c->weekdays >> l.weekday & 1;
        bool fits = c->any_day || c->any_weekday ? day && weekday : day || weekday;
        if (fits && c->months >> l.month & 1 && c->hours >> l.hour & 1 &&
            c->minutes >> l.minute & 1)
            return ms;
    }
}

TEST(cron, agrees_with_trying_every_minute)
{
    UNUSED_STATE;
    static const char *const expressions[][2] = {
        {"Asia/Seoul", "7,37 */5 * * *"},
        {"Asia/Seoul", "0 9 13 * FRI"},
        {"Asia/Seoul", "59 23 28-31 2,12 *"},
        {"Europe/Berlin", "*/15 * * * *"},
        {"Europe/Berlin", "30 * 25-31 3,10 SUN"},
        {"America/New_York", "0 * 3,10 * SUN"},
        {"Australia/Lord_Howe", "10,50 * * 4,10 *"},
    };
    for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++) {
        struct fail why;
        struct cron c;
        const struct zone *z = zone_find(expressions[i][0], &why);
        assert_true(z && cron_parse(expressions[i][1], &c, &why));
        int64_t ms = instant("2013-01-07T13:14:15.678Z");
        for (int run = 0; run < 60; run++) {
            int64_t wanted = try_every_minute(&c, z, ms), got;
            assert_true(cron_next(&c, z, ms, &got));
            assert_int_equal(got, wanted);
            ms = got + run * 3607 * 1013;
        }
    }
}

TEST(cron, tells_when_there_is_none)
{
    UNUSED_STATE;
    struct fail why;
    struct cron c;
    int64_t ms;
    assert_true(cron_parse("0 0 1 1 *", &c, &why));
    assert_false(cron_next(&c, zone_utc(), INSTANT_MAX, &ms));
    assert_true(cron_parse("* * * * *", &c, &why));
    assert_false(cron_next(&c, zone_utc(), INSTANT_MAX, &ms));
    assert_true(cron_parse("0 0 * 2 1#5", &c, &why)); // a February with five Mondays: 2044
    assert_false(cron_next(&c, zone_utc(), instant("2016-03-01T00:00:00Z"), &ms));
}

TEST(cron, refuses_with_the_field_and_its_range)
{
    UNUSED_STATE;
    static const char *const bad[][2] = {
        {"", "0 fields"},
        {"* * * *", "4 fields"},
        {"* * * * * * *", "7 fields"},
        {"60 * * * *", "minute '60' is out of range; allowed are 0 to 59"},
        {"* 24 * * *", "hour '24' is out of range; allowed are 0 to 23"},
        {"* * 0 * *", "day of the month '0' is out of range; allowed are 1 to 31"},
        {"* * 32 * *", "day of the month"},
        {"* * * 13 *", "month '13' is out of range; allowed are 1 to 12"},
        {"* * * FOO *", "month 'FOO' is not understood"},
        {"* * * * 8", "weekday '8' is out of range; allowed are 0 to 7"},
        {"60 * * * * *", "second '60'"},
        {"5-1 * * * *", "runs backwards"},
        {"*/0 * * * *", "step"},
        {"*/99 * * * *", "step"},
        {"1,,2 * * * *", "minute"},
        {"1, * * * *", "minute"},
        {"* * 1,,2 * *", "day of the month"},
        {"* * 1, * *", "day of the month"},
        {"* * LW * *", "day of the month"},
        {"* * * * 5#6", "from 1 to 5"},
        {"* * * * 5#", "from 1 to 5"},
        {"* * * * 5#2x", "weekday"},
        {"* * * * L", "weekday"},
        {"* * * * 1,", "weekday"},
        {"-1 * * * *", "minute"},
        {"99999999999999999999 * * * *", "minute"},
        {"0 0 30 2 *", "never comes"},
        {"0 0 31 4,6 *", "never comes"},
        {"@reboot", "@hourly"},
        {"every day", "2 fields"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fail why = {0};
        struct cron c;
        if (cron_parse(bad[i][0], &c, &why))
            fail_msg("'%s' was taken for an expression", bad[i][0]);
        if (!strstr(why.message, bad[i][1]))
            fail_msg("'%s': %s", bad[i][0], why.message);
    }
}

RUN(CASE(cron, runs_after_and_not_at_the_moment_given),
    CASE(cron, reads_lists_ranges_steps_and_names), CASE(cron, takes_seconds_in_front),
    CASE(cron, knows_the_shorthands),
    CASE(cron, takes_either_day_or_weekday_where_both_are_restricted),
    CASE(cron, finds_the_nth_and_the_last), CASE(cron, finds_leap_days_over_the_century),
    CASE(cron, runs_once_just_after_a_gap), CASE(cron, runs_once_in_a_fold),
    CASE(cron, intervals_follow_real_time), CASE(cron, agrees_with_trying_every_minute),
    CASE(cron, tells_when_there_is_none), CASE(cron, refuses_with_the_field_and_its_range))
