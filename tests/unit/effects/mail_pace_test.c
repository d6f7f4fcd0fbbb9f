#include "test.h"

#include "effects/mail_pace.h"

TEST(pace, lets_mails_go_in_turn)
{
    UNUSED_STATE;
    struct pace p;
    pace_init(&p, 60, 0);
    assert_int_equal(pace_ask(&p, "a", "a@example.org", 1000), 1000);
    assert_int_equal(pace_ask(&p, "b", "b@example.org", 1000), 2000);
    assert_int_equal(pace_ask(&p, "c", "c@example.org", 1000), 3000);
    assert_int_equal(pace_ask(&p, "c", "c@example.org", 2999), 3000); // too early: its turn stays
    assert_int_equal(pace_ask(&p, "b", "b@example.org", 2000), 2000);
    assert_int_equal(pace_ask(&p, "c", "c@example.org", 3000), 3000);
    pace_done(&p);
}

TEST(pace, a_slow_domain_holds_nobody_else_up)
{
    UNUSED_STATE;
    struct pace p;
    pace_init(&p, 0, 1);
    assert_int_equal(pace_ask(&p, "a", "a@one.example", 0), 0);
    assert_int_equal(pace_ask(&p, "b", "b@ONE.example", 0), 60000);
    assert_int_equal(pace_ask(&p, "c", "c@two.example", 0), 0);
    assert_int_equal(pace_ask(&p, "b", "b@one.example", 60000), 60000);
    pace_done(&p);
}

TEST(pace, all_rest_while_the_server_is_down_ever_longer)
{
    UNUSED_STATE;
    struct pace p;
    struct random random;
    random_seed(&random, 7);
    pace_init(&p, 0, 0);
    int64_t first = pace_server_failed(&p, 0, &random);
    assert_in_range(first, PACE_REST_MS, PACE_REST_MS * 3 / 2);
    assert_int_equal(pace_server_failed(&p, 1, &random), first); // the same failure, told again
    assert_int_equal(pace_ask(&p, "a", "a@example.org", first - 1), first);
    int64_t second = pace_server_failed(&p, first, &random) - first;
    assert_in_range(second, 2 * PACE_REST_MS, 3 * PACE_REST_MS);
    pace_delivered(&p, "a@example.org");
    int64_t again = first + 100000;
    assert_in_range(pace_server_failed(&p, again, &random) - again, PACE_REST_MS,
                    PACE_REST_MS * 3 / 2);
    pace_done(&p);
}

TEST(pace, a_mail_put_off_comes_later_and_its_domain_rests_after_three)
{
    UNUSED_STATE;
    struct pace p;
    struct random random;
    random_seed(&random, 7);
    pace_init(&p, 0, 0);
    for (int64_t tries = 0; tries < 30; tries++) {
        int64_t at_ms = pace_put_off(&p, "a@other.example", tries, 0, &random);
        assert_in_range(at_ms, PACE_REST_MS, PACE_REST_MAX_MS * 3 / 2);
    }
    assert_true(pace_ask(&p, "k", "b@other.example", 0) > 0);
    assert_int_equal(pace_ask(&p, "l", "b@example.org", 0), 0);
    (void)pace_put_off(&p, "a@example.org", 0, 0, &random);
    assert_int_equal(pace_ask(&p, "m", "b@example.org", 0), 0);
    pace_done(&p);
}

RUN(CASE(pace, lets_mails_go_in_turn), CASE(pace, a_slow_domain_holds_nobody_else_up),
    CASE(pace, all_rest_while_the_server_is_down_ever_longer),
    CASE(pace, a_mail_put_off_comes_later_and_its_domain_rests_after_three))
