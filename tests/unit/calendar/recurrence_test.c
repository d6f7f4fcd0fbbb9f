#include "calendar/recurrence.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "calendar/instant.h"

static int64_t instant(const char *text)
{
    struct fail why;
    int64_t ms;
    if (!instant_parse(text, &ms, &why))
        fail_msg("%s", why.message);
    return ms;
}

static struct recurrence_opts opts(const char *rrule, const char *zone, const char *from,
                                   const char *to)
{
    struct fail why;
    const struct zone *z = zone_find(zone, &why);
    assert_non_null(z);
    return (struct recurrence_opts){.rrule = rrule,
                                    .zone = z,
                                    .from_ms = instant(from),
                                    .to_ms = instant(to),
                                    .count_max = 10000};
}

// The occurrences as local month-day and hour:minute, e.g. "0118 0215"; `format` picks what is
// told.
static void assert_occurs(const struct recurrence_opts *o, const char *expected)
{
    struct fail why;
    int64_t *moments;
    size_t count;
    struct bytes got;
    if (!recurrence_list(o, &moments, &count, &why))
        fail_msg("%s", why.message);
    bytes_init(&got, 100000);
    for (size_t i = 0; i < count; i++) {
        char text[INSTANT_TEXT_SIZE];
        zone_write(o->zone, moments[i], text, sizeof(text));
        bytes_printf(&got, "%s%.*s", i ? " " : "", strchr(expected, 'T') ? 25 : 5,
                     strchr(expected, 'T') ? text : text + 5);
    }
    assert_string_equal(got.data, expected);
    bytes_done(&got);
    mem_free(moments);
}

static size_t count_of(const struct recurrence_opts *o)
{
    struct fail why;
    int64_t *moments;
    size_t count;
    if (!recurrence_list(o, &moments, &count, &why))
        fail_msg("%s", why.message);
    mem_free(moments);
    return count;
}

static struct recurrence_opts third_fridays(void)
{
    static int32_t holidays[4];
    holidays[0] = date_from_civil(2013, 9, 20);
    holidays[1] = date_from_civil(2013, 5, 17);
    holidays[2] = date_from_civil(2013, 9, 18);
    holidays[3] = date_from_civil(2013, 9, 19);
    struct recurrence_opts o = opts("FREQ=MONTHLY;BYDAY=3FR", "Asia/Seoul",
                                    "2013-01-18T14:00:00+09:00", "2014-01-01T00:00:00+09:00");
    o.holidays = holidays;
    o.holiday_count = 4;
    return o;
}

TEST(recurrence, third_fridays_keep_holidays)
{
    UNUSED_STATE;
    struct recurrence_opts o = third_fridays();
    assert_occurs(&o, "01-18 02-15 03-15 04-19 05-17 06-21 07-19 08-16 09-20 10-18 11-15 12-20");
}

TEST(recurrence, third_fridays_move_to_the_next_business_day)
{
    UNUSED_STATE;
    struct recurrence_opts o = third_fridays();
    o.policy = HOLIDAY_NEXT_BUSINESS_DAY;
    assert_occurs(&o, "01-18 02-15 03-15 04-19 05-20 06-21 07-19 08-16 09-23 10-18 11-15 12-20");
}

TEST(recurrence, third_fridays_move_to_the_previous_business_day)
{
    UNUSED_STATE;
    struct recurrence_opts o = third_fridays();
    o.policy = HOLIDAY_PREVIOUS_BUSINESS_DAY;
    assert_occurs(&o, "01-18 02-15 03-15 04-19 05-16 06-21 07-19 08-16 09-17 10-18 11-15 12-20");
}

TEST(recurrence, third_fridays_skip_holidays)
{
    UNUSED_STATE;
    struct recurrence_opts o = third_fridays();
    o.policy = HOLIDAY_SKIP;
    assert_int_equal(count_of(&o), 10);
}

TEST(recurrence, keeps_the_local_time_over_clock_changes)
{
    UNUSED_STATE;
    struct recurrence_opts o =
        opts("FREQ=WEEKLY", "Europe/Berlin", "2013-03-24T09:00:00+01:00", "2013-04-08T00:00:00Z");
    assert_occurs(&o, "2013-03-24T09:00:00+01:00 2013-03-31T09:00:00+02:00 "
                      "2013-04-07T09:00:00+02:00");
}

TEST(recurrence, gaps_shift_or_skip)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=DAILY", "Europe/Berlin", "2013-03-30T02:30:00+01:00",
                                    "2013-04-02T00:00:00+02:00");
    assert_occurs(&o, "2013-03-30T02:30:00+01:00 2013-03-31T03:30:00+02:00 "
                      "2013-04-01T02:30:00+02:00");
    o.gap = GAP_SKIP;
    assert_occurs(&o, "2013-03-30T02:30:00+01:00 2013-04-01T02:30:00+02:00");
}

TEST(recurrence, folds_give_the_first_or_the_second)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=DAILY", "America/New_York", "2024-11-02T01:30:00-04:00",
                                    "2024-11-04T00:00:00-05:00");
    assert_occurs(&o, "2024-11-02T01:30:00-04:00 2024-11-03T01:30:00-04:00");
    o.fold = FOLD_SECOND;
    assert_occurs(&o, "2024-11-02T01:30:00-04:00 2024-11-03T01:30:00-05:00");
}

TEST(recurrence, times_shifted_out_of_a_gap_are_not_doubled)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=HOURLY", "Europe/Berlin", "2013-03-31T01:00:00+01:00",
                                    "2013-03-31T05:00:00+02:00");
    assert_occurs(&o, "2013-03-31T01:00:00+01:00 2013-03-31T03:00:00+02:00 "
                      "2013-03-31T04:00:00+02:00");
}

TEST(recurrence, the_31st_is_skipped_or_clamped)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=MONTHLY;BYMONTHDAY=31", "Asia/Seoul",
                                    "2012-01-31T10:00:00+09:00", "2012-07-01T00:00:00+09:00");
    assert_occurs(&o, "01-31 03-31 05-31");
    o.month_end = MONTH_END_CLAMP;
    assert_occurs(&o, "01-31 02-29 03-31 04-30 05-31 06-30");
    o.rrule = "FREQ=MONTHLY";
    assert_occurs(&o, "01-31 02-29 03-31 04-30 05-31 06-30");
    o.month_end = MONTH_END_SKIP;
    assert_occurs(&o, "01-31 03-31 05-31");
}

TEST(recurrence, leap_days_come_every_fourth_year_or_are_clamped)
{
    UNUSED_STATE;
    struct recurrence_opts o =
        opts("FREQ=YEARLY", "Asia/Seoul", "2012-02-29T10:00:00+09:00", "2017-01-01T00:00:00+09:00");
    assert_occurs(&o, "02-29 02-29");
    o.month_end = MONTH_END_CLAMP;
    assert_occurs(&o, "02-29 02-28 02-28 02-28 02-29");
}

TEST(recurrence, the_end_of_the_window_is_excluded)
{
    UNUSED_STATE;
    struct recurrence_opts o =
        opts("FREQ=DAILY", "UTC", "2013-01-01T10:00:00.250Z", "2013-01-03T10:00:00.250Z");
    assert_int_equal(count_of(&o), 2);
    o.to_ms++;
    assert_int_equal(count_of(&o), 3);
    o.to_ms = o.from_ms;
    assert_int_equal(count_of(&o), 0);
}

TEST(recurrence, until_is_included_in_each_of_its_forms)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=DAILY;UNTIL=20130103", "Asia/Seoul",
                                    "2013-01-01T10:00:00+09:00", "2014-01-01T00:00:00Z");
    assert_int_equal(count_of(&o), 3);
    o.rrule = "FREQ=DAILY;UNTIL=20130103T010000Z";
    assert_int_equal(count_of(&o), 3);
    o.rrule = "FREQ=DAILY;UNTIL=20130103T005959Z";
    assert_int_equal(count_of(&o), 2);
    o.rrule = "FREQ=DAILY;UNTIL=20130103T100000";
    assert_int_equal(count_of(&o), 3);
    o.rrule = "rrule:freq=daily;count=5";
    assert_int_equal(count_of(&o), 5);
}

TEST(recurrence, weeks_of_an_interval_begin_by_wkst)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=WEEKLY;INTERVAL=3;BYDAY=SU;COUNT=3", "UTC",
                                    "2013-07-17T14:00:00Z", "2014-01-01T00:00:00Z");
    assert_occurs(&o, "07-21 08-11 09-01");
    o.rrule = "FREQ=WEEKLY;INTERVAL=3;BYDAY=SU;WKST=SU;COUNT=3";
    assert_occurs(&o, "08-04 08-25 09-15");
    o.rrule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=TH;COUNT=4";
    assert_occurs(&o, "07-28 07-30 08-11 08-13");
}

TEST(recurrence, a_count_takes_the_earlier_times_of_a_day_first)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=DAILY;BYHOUR=23,9;COUNT=3", "UTC", "2013-07-17T08:00:00Z",
                                    "2014-01-01T00:00:00Z");
    assert_occurs(&o, "2013-07-17T09:00:00Z 2013-07-17T23:00:00Z 2013-07-18T09:00:00Z");
    o.from_ms = instant("2013-07-17T10:00:00Z");
    assert_occurs(&o, "2013-07-17T23:00:00Z 2013-07-18T09:00:00Z 2013-07-18T23:00:00Z");
}

TEST(recurrence, a_day_of_the_month_alone_means_every_month)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=YEARLY;BYMONTHDAY=15;COUNT=3", "UTC",
                                    "2013-07-17T08:00:00Z", "2014-01-01T00:00:00Z");
    assert_occurs(&o, "08-15 09-15 10-15");
}

TEST(recurrence, a_move_into_the_window_counts_and_one_out_of_it_does_not)
{
    UNUSED_STATE;
    int32_t new_year = date_from_civil(2014, 1, 1);
    struct recurrence_opts o = opts("FREQ=MONTHLY", "Asia/Seoul", "2013-11-01T10:00:00+09:00",
                                    "2014-01-01T00:00:00+09:00");
    o.holidays = &new_year;
    o.holiday_count = 1;
    o.policy = HOLIDAY_PREVIOUS_BUSINESS_DAY;
    assert_occurs(&o, "11-01 11-29 12-31"); // 1 December is a Sunday
    o.rrule = "FREQ=MONTHLY;BYMONTHDAY=-1";
    o.policy = HOLIDAY_NEXT_BUSINESS_DAY;
    assert_occurs(&o, "12-02 12-31");
}

TEST(recurrence, two_moved_to_one_day_are_one)
{
    UNUSED_STATE;
    struct recurrence_opts o =
        opts("FREQ=DAILY", "Asia/Seoul", "2013-05-17T10:00:00+09:00", "2013-05-21T00:00:00+09:00");
    o.policy = HOLIDAY_NEXT_BUSINESS_DAY;
    assert_occurs(&o, "05-17 05-20");
    o.policy = HOLIDAY_PREVIOUS_BUSINESS_DAY;
    assert_occurs(&o, "05-17 05-20");
}

TEST(recurrence, refuses_more_than_the_largest_count)
{
    UNUSED_STATE;
    struct recurrence_opts o =
        opts("FREQ=DAILY", "UTC", "2013-01-01T00:00:00Z", "2014-01-01T00:00:00Z");
    o.count_max = 365;
    assert_int_equal(count_of(&o), 365);
    o.count_max = 364;
    struct fail why;
    int64_t *moments;
    size_t count;
    assert_false(recurrence_list(&o, &moments, &count, &why));
    assert_int_equal(why.kind, FAIL_LIMIT);
    assert_null(moments);
}

TEST(recurrence, a_rule_that_never_fits_ends)
{
    UNUSED_STATE;
    struct recurrence_opts o = opts("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "UTC",
                                    "2013-01-01T00:00:00Z", "2013-01-02T00:00:00Z");
    assert_int_equal(count_of(&o), 0);
    o.rrule = "FREQ=DAILY;INTERVAL=7;BYDAY=MO";
    o.to_ms = instant("2113-01-01T00:00:00Z");
    assert_int_equal(count_of(&o), 0);
    o.rrule = "FREQ=SECONDLY";
    struct fail why;
    int64_t *moments;
    size_t count;
    assert_false(recurrence_list(&o, &moments, &count, &why));
    assert_int_equal(why.kind, FAIL_LIMIT);
}

TEST(recurrence, refuses_what_is_no_rule)
{
    UNUSED_STATE;
    static const char *const bad[][2] = {
        {"", "FREQ is missing"},
        {"BYDAY=MO", "FREQ is missing"},
        {"FREQ=FORTNIGHTLY", "FORTNIGHTLY"},
        {"FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX"},
        {"FREQ=WEEKLY;BYDAY=MO,", "BYDAY"},
        {"FREQ=MONTHLY;BYMONTHDAY=32", "(also negative) 1 to 31"},
        {"FREQ=MONTHLY;BYMONTHDAY=0", "allowed are"},
        {"FREQ=YEARLY;BYMONTH=-1", "1 to 12"},
        {"FREQ=DAILY;INTERVAL=0", "INTERVAL"},
        {"FREQ=DAILY;COUNT=2;UNTIL=20130101", "exclude each other"},
        {"FREQ=DAILY;COUNT=2;COUNT=3", "twice"},
        {"FREQ=DAILY;UNTIL=2013-01-01", "UNTIL"},
        {"FREQ=DAILY;UNTIL=20130229", "UNTIL"},
        {"FREQ=DAILY;COLOUR=RED", "COLOUR"},
        {"FREQ", "NAME=VALUE"},
        {"FREQ=MONTHLY;BYDAY=9FR", "five weeks at most"},
        {"FREQ=DAILY;BYDAY=3FR", "MONTHLY or YEARLY"},
        {"FREQ=MONTHLY;BYSETPOS=2", "BYSETPOS needs"},
        {"FREQ=YEARLY;BYWEEKNO=2", "BYWEEKNO"},
        {"FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1", "BYSETPOS goes with"},
        {"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1;BYHOUR=9,10", "BYSETPOS chooses among days"},
        {"FREQ=HOURLY;BYDAY=MO", "BYHOUR and BYMINUTE"},
        {"FREQ=DAILY;BYMONTHDAY=-1", "end of the month"},
        {"FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=1MO", "does not go with"},
        {"FREQ=YEARLY;BYYEARDAY=1;BYMONTHDAY=1", "BYYEARDAY does not go"},
        {"FREQ=WEEKLY;BYMONTHDAY=2", "BYMONTHDAY goes with"},
        {"FREQ=DAILY;BYYEARDAY=2", "BYYEARDAY goes with"},
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "does not describe moments"},
        {"FREQ=DAILY;RSCALE=GREGORIAN", "RSCALE"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fail why = {0};
        if (rrule_check(bad[i][0], &why))
            fail_msg("'%s' was taken for a rule", bad[i][0]);
        if (!strstr(why.message, bad[i][1]))
            fail_msg("'%s': %s", bad[i][0], why.message);
    }
    struct fail why;
    assert_true(rrule_check("FREQ=MONTHLY;BYDAY=-1SU,3FR;BYSETPOS=1;WKST=MO", &why));
}

TEST(recurrence, business_days_are_neither_weekend_nor_holiday)
{
    UNUSED_STATE;
    int32_t friday = date_from_civil(2013, 5, 17);
    assert_true(business_day(friday, NULL, 0));
    assert_false(business_day(friday, &friday, 1));
    assert_false(business_day(friday + 1, NULL, 0));
    assert_false(business_day(friday + 2, NULL, 0));
}

RUN(CASE(recurrence, third_fridays_keep_holidays),
    CASE(recurrence, third_fridays_move_to_the_next_business_day),
    CASE(recurrence, third_fridays_move_to_the_previous_business_day),
    CASE(recurrence, third_fridays_skip_holidays),
    CASE(recurrence, keeps_the_local_time_over_clock_changes), CASE(recurrence, gaps_shift_or_skip),
    CASE(recurrence, folds_give_the_first_or_the_second),
    CASE(recurrence, times_shifted_out_of_a_gap_are_not_doubled),
    CASE(recurrence, the_31st_is_skipped_or_clamped),
    CASE(recurrence, leap_days_come_every_fourth_year_or_are_clamped),
    CASE(recurrence, the_end_of_the_window_is_excluded),
    CASE(recurrence, until_is_included_in_each_of_its_forms),
    CASE(recurrence, weeks_of_an_interval_begin_by_wkst),
    CASE(recurrence, a_count_takes_the_earlier_times_of_a_day_first),
    CASE(recurrence, a_day_of_the_month_alone_means_every_month),
    CASE(recurrence, a_move_into_the_window_counts_and_one_out_of_it_does_not),
    CASE(recurrence, two_moved_to_one_day_are_one),
    CASE(recurrence, refuses_more_than_the_largest_count),
    CASE(recurrence, a_rule_that_never_fits_ends), CASE(recurrence, refuses_what_is_no_rule),
    CASE(recurrence, business_days_are_neither_weekend_nor_holiday))
