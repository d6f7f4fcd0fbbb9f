#include "calendar/zone.h"

#include <string.h>

#include "test.h"

#include "calendar/instant.h"

static const struct zone *zone(const char *name)
{
    struct fail why;
    const struct zone *z = zone_find(name, &why);
    if (!z)
        fail_msg("%s", why.message);
    return z;
}

static int64_t instant(const char *text)
{
    struct fail why;
    int64_t ms;
    if (!instant_parse(text, &ms, &why))
        fail_msg("%s", why.message);
    return ms;
}

static struct local_time local(const char *text)
{
    struct fail why;
    struct local_time l;
    if (!local_time_parse(text, &l, &why))
        fail_msg("%s", why.message);
    return l;
}

static void assert_shows(const char *zone_name_, const char *utc, const char *expected)
{
    char text[INSTANT_TEXT_SIZE];
    zone_write(zone(zone_name_), instant(utc), text, sizeof(text));
    assert_string_equal(text, expected);
}

static void assert_reads(const char *zone_name_, const char *text, const char *expected)
{
    struct fail why;
    int64_t ms;
    if (!zone_parse(zone(zone_name_), text, &ms, &why))
        fail_msg("%s", why.message);
    char got[INSTANT_TEXT_SIZE];
    instant_write_utc(ms, got);
    assert_string_equal(got, expected);
}

TEST(zone, writes_the_offset_in_force)
{
    UNUSED_STATE;
    assert_shows("Asia/Seoul", "2013-05-24T04:40:00Z", "2013-05-24T13:40:00+09:00");
    assert_shows("Europe/Berlin", "2013-03-31T00:59:59.999Z", "2013-03-31T01:59:59.999+01:00");
    assert_shows("Europe/Berlin", "2013-03-31T01:00:00Z", "2013-03-31T03:00:00+02:00");
    assert_shows("Europe/Berlin", "2013-10-27T00:59:59Z", "2013-10-27T02:59:59+02:00");
    assert_shows("Europe/Berlin", "2013-10-27T01:00:00Z", "2013-10-27T02:00:00+01:00");
    assert_shows("America/New_York", "2024-03-10T06:59:59Z", "2024-03-10T01:59:59-05:00");
    assert_shows("America/New_York", "2024-03-10T07:00:00Z", "2024-03-10T03:00:00-04:00");
    assert_shows("Asia/Kolkata", "1969-12-31T23:59:59Z", "1970-01-01T05:29:59+05:30");
    assert_shows("UTC", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z");
    assert_shows("GMT", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00+00:00");
    assert_shows("Etc/GMT-9", "2024-02-29T12:00:00Z", "2024-02-29T21:00:00+09:00");
    assert_shows("-03:30", "2024-02-29T12:00:00Z", "2024-02-29T08:30:00-03:30");
}

TEST(zone, writes_offsets_with_seconds_in_utc)
{
    UNUSED_STATE;
    assert_shows("Asia/Seoul", "1905-01-01T00:00:00Z", "1905-01-01T00:00:00Z");
}

TEST(zone, knows_the_summer_times_of_korea)
{
    UNUSED_STATE;
    assert_shows("Asia/Seoul", "1988-07-01T00:00:00Z", "1988-07-01T10:00:00+10:00");
    assert_shows("Asia/Seoul", "1989-07-01T00:00:00Z", "1989-07-01T09:00:00+09:00");
}

TEST(zone, follows_its_rules_in_far_years)
{
    UNUSED_STATE;
    // The last Sunday of March 2126 is the 31st, the last of October the 27th.
    assert_shows("Europe/Berlin", "2126-03-31T00:59:59Z", "2126-03-31T01:59:59+01:00");
    assert_shows("Europe/Berlin", "2126-03-31T01:00:00Z", "2126-03-31T03:00:00+02:00");
    assert_shows("Europe/Berlin", "2126-10-27T00:59:59Z", "2126-10-27T02:59:59+02:00");
    assert_shows("Europe/Berlin", "2126-10-27T01:00:00Z", "2126-10-27T02:00:00+01:00");
    assert_reads("Europe/Berlin", "2126-07-01T12:00", "2126-07-01T10:00:00Z");
    assert_shows("Asia/Seoul", "9999-12-31T14:59:59Z", "9999-12-31T23:59:59+09:00");
}

TEST(zone, reads_local_times)
{
    UNUSED_STATE;
    assert_reads("Asia/Seoul", "2013-05-24", "2013-05-23T15:00:00Z");
    assert_reads("Asia/Seoul", "2013-05-24T18:00", "2013-05-24T09:00:00Z");
    assert_reads("Asia/Seoul", "2013-05-24 18:00:00.250", "2013-05-24T09:00:00.250Z");
    assert_reads("Asia/Seoul", "2013-05-24T18:00:00+02:00", "2013-05-24T16:00:00Z");
    assert_reads("Asia/Seoul", "2013-05-24T18:00+02:00", "2013-05-24T16:00:00Z");
    assert_reads("Asia/Seoul", "2013-05-24T09:00Z", "2013-05-24T09:00:00Z");
    assert_reads("Europe/Berlin", "2013-03-31T02:30", "2013-03-31T01:30:00Z");
    assert_reads("Europe/Berlin", "2013-10-27T02:30", "2013-10-27T00:30:00Z");
}

TEST(zone, refuses_what_is_no_local_time)
{
    UNUSED_STATE;
    static const char *const bad[] = {
        "",
        "2013",
        "2013-02-29",
        "2013-5-24",
        "2013-05-24T",
        "2013-05-32",
        "2013-00-10",
        "2013-05-24T24:00",
        "2013-05-24T18",
        "2013-05-24T18:60",
        "1899-12-31",
        "2013-05-24T1x",
        "2013-05-24x",
        "2013-05-24T18:00:00+",
        "2013-05-24T18:00+0900",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fail why;
        int64_t ms;
        assert_false(zone_parse(zone_utc(), bad[i], &ms, &why));
        assert_int_equal(why.kind, FAIL_INVALID);
    }
}

static void assert_policy(const char *zone_name_, const char *text, enum gap_policy gap,
                          enum fold_policy fold, const char *expected)
{
    struct local_time l = local(text);
    int64_t ms = 0;
    bool exists = zone_instant(zone(zone_name_), &l, gap, fold, &ms);
    assert_int_equal(exists, expected != NULL);
    if (expected)
        assert_int_equal(ms, instant(expected));
}

TEST(zone, gaps_shift_or_have_no_instant)
{
    UNUSED_STATE;
    assert_policy("Europe/Berlin", "2013-03-31T02:30", GAP_SHIFT, FOLD_FIRST,
                  "2013-03-31T03:30:00+02:00");
    assert_policy("Europe/Berlin", "2013-03-31T02:30", GAP_SKIP, FOLD_FIRST, NULL);
    assert_policy("Europe/Berlin", "2013-03-31T02:00", GAP_SKIP, FOLD_FIRST, NULL);
    assert_policy("Europe/Berlin", "2013-03-31T01:59:59.999", GAP_SKIP, FOLD_FIRST,
                  "2013-03-31T00:59:59.999Z");
    assert_policy("Europe/Berlin", "2013-03-31T03:00", GAP_SKIP, FOLD_FIRST,
                  "2013-03-31T01:00:00Z");
    assert_policy("America/New_York", "2024-03-10T02:15", GAP_SHIFT, FOLD_SECOND,
                  "2024-03-10T03:15:00-04:00");
    // Samoa left out a whole day when it crossed the date line.
    assert_policy("Pacific/Apia", "2011-12-30T12:00", GAP_SKIP, FOLD_FIRST, NULL);
    assert_policy("Pacific/Apia", "2011-12-30T12:00", GAP_SHIFT, FOLD_FIRST,
                  "2011-12-31T12:00:00+14:00");
}

TEST(zone, folds_give_the_first_or_the_second)
{
    UNUSED_STATE;
    assert_policy("Europe/Berlin", "2013-10-27T02:30", GAP_SKIP, FOLD_FIRST,
                  "2013-10-27T02:30:00+02:00");
    assert_policy("Europe/Berlin", "2013-10-27T02:30", GAP_SKIP, FOLD_SECOND,
                  "2013-10-27T02:30:00+01:00");
    assert_policy("Europe/Berlin", "2013-10-27T03:00", GAP_SKIP, FOLD_FIRST,
                  "2013-10-27T03:00:00+01:00");
    assert_policy("Europe/Berlin", "2013-10-27T01:59:59.999", GAP_SKIP, FOLD_SECOND,
                  "2013-10-27T01:59:59.999+02:00");
    assert_policy("America/New_York", "2024-11-03T01:30", GAP_SKIP, FOLD_FIRST,
                  "2024-11-03T01:30:00-04:00");
    assert_policy("America/New_York", "2024-11-03T01:30", GAP_SKIP, FOLD_SECOND,
                  "2024-11-03T01:30:00-05:00");
}

TEST(zone, every_instant_survives_the_way_through_its_local_time)
{
    UNUSED_STATE;
    static const char *const names[] = {"Asia/Seoul",        "Europe/Berlin", "America/New_York",
                                        "Africa/Casablanca", "+05:45",        "Pacific/Auckland"};
    for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++) {
        const struct zone *z = zone(names[n]);
        for (int64_t ms = INSTANT_MIN + 7; ms < instant("2210-01-01T00:00:00Z");
             ms += 5 * DAY_MS + 4567891) {
            struct local_time l = zone_local(z, ms);
            struct zone_reading r = zone_read(z, &l);
            assert_true(r.times >= 1);
            assert_true(r.first_ms == ms || r.second_ms == ms);
        }
    }
}

TEST(zone, tells_when_its_offset_changes_next)
{
    UNUSED_STATE;
    const struct zone *z = zone("Europe/Berlin");
    assert_int_equal(zone_next_change(z, instant("2013-01-01T00:00:00Z")),
                     instant("2013-03-31T01:00:00Z"));
    assert_int_equal(zone_next_change(z, instant("2013-03-31T01:00:00Z")),
                     instant("2013-10-27T01:00:00Z"));
    assert_int_equal(zone_next_change(z, instant("2099-12-01T00:00:00Z")),
                     instant("2100-03-28T01:00:00Z"));
    assert_int_equal(zone_next_change(z, instant("2125-12-01T00:00:00Z")),
                     instant("2126-03-31T01:00:00Z"));
    assert_int_equal(zone_next_change(zone("Asia/Seoul"), instant("2013-01-01T00:00:00Z")),
                     INT64_MAX);
    assert_int_equal(zone_next_change(zone_utc(), 0), INT64_MAX);
    assert_int_equal(zone_next_change(zone("+09:00"), 0), INT64_MAX);
}

TEST(zone, is_the_same_zone_each_time)
{
    UNUSED_STATE;
    assert_ptr_equal(zone("Asia/Seoul"), zone("Asia/Seoul"));
    assert_ptr_equal(zone("UTC"), zone_utc());
    assert_ptr_equal(zone("Z"), zone_utc());
    assert_string_equal(zone_name(zone("Asia/Seoul")), "Asia/Seoul");
}

TEST(zone, refuses_what_is_no_zone)
{
    UNUSED_STATE;
    static const char *const bad[] = {
        "",
        "Asia",
        "Asia/Nowhere",
        "../../etc/passwd",
        "/etc/localtime",
        "localtime",
        "+9",
        "+24:00",
        "zone.tab",
        "posixrules",
        "Asia/",
        "Asia//Seoul",
        "+09:00x",
        "right/Asia/Seoul",
        "tzdata.zi",
        "\xED\x95\x9C",
        " ",
        "Factory",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fail why = {0};
        if (zone_find(bad[i], &why))
            fail_msg("'%s' was taken for a zone", bad[i]);
        assert_int_equal(why.kind, FAIL_NOT_FOUND);
    }
}

TEST(zone, suggests_the_zone_that_was_meant)
{
    UNUSED_STATE;
    struct fail why;
    assert_null(zone_find("asia/seoul", &why));
    assert_non_null(strstr(why.message, "did you mean 'Asia/Seoul'?"));
    assert_null(zone_find("Berlin", &why));
    assert_non_null(strstr(why.message, "did you mean 'Europe/Berlin'?"));
}

RUN(CASE(zone, writes_the_offset_in_force), CASE(zone, writes_offsets_with_seconds_in_utc),
    CASE(zone, knows_the_summer_times_of_korea), CASE(zone, follows_its_rules_in_far_years),
    CASE(zone, reads_local_times), CASE(zone, refuses_what_is_no_local_time),
    CASE(zone, gaps_shift_or_have_no_instant), CASE(zone, folds_give_the_first_or_the_second),
    CASE(zone, every_instant_survives_the_way_through_its_local_time),
    CASE(zone, tells_when_its_offset_changes_next), CASE(zone, is_the_same_zone_each_time),
    CASE(zone, refuses_what_is_no_zone), CASE(zone, suggests_the_zone_that_was_meant))
