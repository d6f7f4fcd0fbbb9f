// What the desk does with people: memberships to the millisecond, reminders, erasing.
#include "people/village.h"

#include "people/remind.h"
#include "store/audit.h"

static size_t members(struct village *v, int64_t at_ms)
{
    struct fail why = {0};
    json list = people_group(v->people, "here", at_ms, &why);
    size_t count = json_length(list);
    json_free(list);
    return count;
}

TEST(desk, a_membership_lasts_to_the_last_millisecond)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    int64_t left;
    village_init(&v);
    const int64_t in = VILLAGE_START_MS, out = VILLAGE_START_MS + 500;
    assert_true(village_put(&v, "{\"id\":\"a\",\"name\":\"가\"}", &why));
    assert_true(people_join(v.people, "here", "a", "2013-05-01T09:00:00+09:00", NULL, NULL, &why));
    assert_true(people_leave(v.people, "here", "a", "2013-05-01T00:00:00.500Z", &left, &why));
    assert_int_equal(left, 1);
    assert_int_equal(members(&v, in - 1), 0);
    assert_int_equal(members(&v, in), 1);
    assert_int_equal(members(&v, out - 1), 1);
    assert_int_equal(members(&v, out), 0);
    // Who has left cannot leave again; who leaves in the moment he came never was there.
    assert_true(people_leave(v.people, "here", "a", "2013-05-01T00:00:01Z", &left, &why));
    assert_int_equal(left, 0);
    assert_true(people_join(v.people, "here", "a", "2013-05-02T00:00:00Z", NULL, NULL, &why));
    assert_true(people_leave(v.people, "here", "a", "2013-05-02T00:00:00.000Z", &left, &why));
    json list = people_memberships(v.people, "here", in, &why);
    assert_int_equal(json_length(list), 1);
    json_free(list);
    assert_false(people_join(v.people, "here", "a", "2013-05-01T09:00:00", NULL, NULL, &why));
    assert_string_equal(why.code, "bad_date");
    village_done(&v);
}

TEST(desk, a_date_and_an_instant_bound_the_same_membership)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    people_set_zone(v.people, zone_find("Asia/Seoul", &why));
    assert_true(village_put(&v, "{\"id\":\"a\",\"name\":\"가\"}", &why));
    assert_true(people_join(v.people, "here", "a", "2013-05-02", "2013-05-02T00:00:00+09:00", NULL,
                            &why) == false);
    assert_string_equal(why.code, "no_day");
    why = (struct fail){0};
    assert_true(people_join(v.people, "here", "a", "2013-05-02", "2013-05-02T00:00:00.001+09:00",
                            NULL, &why));
    const int64_t midnight = VILLAGE_START_MS + 15 * 3600000;
    assert_int_equal(members(&v, midnight - 1), 0);
    assert_int_equal(members(&v, midnight), 1);
    assert_int_equal(members(&v, midnight + 1), 0);
    village_done(&v);
}

static void ask_two(struct village *v)
{
    struct fail why = {0};
    assert_true(village_put(
        v, "{\"id\":\"a\",\"name\":\"가나다\",\"email\":\"a@example.org\",\"groups\":[\"g\"]}",
        &why));
    assert_true(village_put(
        v, "{\"id\":\"b\",\"name\":\"B\",\"email\":\"b@example.org\",\"language\":\"en\"}", &why));
    village_start(v, "[{\"name\":\"a\",\"to\":\"a\"},{\"name\":\"b\",\"to\":\"b\"}]");
}

static void answer_say(struct village *v, const char *person, const char *say)
{
    struct fail why = {0};
    struct id id;
    json data = json_object(), reply;
    json_set_text(&data, "say", say);
    assert_true(item_find(v->people, v->instance.text, "ask", person, &id, &why));
    struct answer answer = {.item = id.text, .person = person, .data = data};
    bool good = item_answer(v->people, &answer, &reply, &why);
    if (!good)
        print_error("%s\n", why.message);
    assert_true(good);
    json_free(reply);
    json_free(data);
}

static void answer_as(struct village *v, const char *person)
{
    answer_say(v, person, "내 비밀");
}

TEST(desk, reminds_those_who_have_not_answered_once_an_hour)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json told;
    village_init(&v);
    ask_two(&v);
    answer_as(&v, "a");
    json roll = item_roll(v.people, v.instance.text, "ask", &why);
    assert_int_equal(json_get_int(roll, "asked", 0), 2);
    assert_int_equal(json_get_int(roll, "waiting", 0), 1);
    json_free(roll);
    assert_true(item_remind(v.people, v.instance.text, "ask", "test", &told, &why));
    assert_int_equal(json_get_int(told, "sent", 0), 1);
    json_free(told);
    assert_false(item_remind(v.people, v.instance.text, "ask", "test", &told, &why));
    assert_string_equal(why.code, "reminded_already");
    v.port.now_ms += REMIND_PAUSE_MS - 1;
    assert_false(item_remind(v.people, v.instance.text, "ask", "test", &told, &why));
    v.port.now_ms += 1;
    assert_true(item_remind(v.people, v.instance.text, "ask", "test", &told, &why));
    json_free(told);
    json mails = mail_list(v.people, 0, 10, &why), first = json_at(mails, 0);
    assert_int_equal(json_length(mails), 2);
    assert_string_equal(json_get_text(first, "to", ""), "b@example.org");
    assert_non_null(strstr(json_get_text(first, "subject", ""), "[Reminder]"));
    assert_non_null(strstr(json_get_text(first, "text", ""), "/w/"));
    json_free(first);
    json_free(mails);
    answer_as(&v, "b");
    v.port.now_ms += REMIND_PAUSE_MS;
    assert_false(item_remind(v.people, v.instance.text, "ask", "test", &told, &why));
    assert_string_equal(why.code, "all_answered");
    village_done(&v);
}

TEST(desk, an_ended_step_still_says_who_has_not_answered)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json told;
    village_init(&v);
    ask_two(&v);
    json rolls = item_rolls(v.people, v.instance.text, &why), only = json_at(rolls, 0);
    assert_int_equal(json_length(rolls), 1);
    assert_string_equal(json_get_text(only, "task", ""), "ask");
    json_free(only);
    json_free(rolls);
    answer_say(&v, "a", "done");
    village_settle(&v);
    json roll = item_roll(v.people, v.instance.text, "ask", &why);
    assert_true(json_get_bool(roll, "ended", false));
    assert_int_equal(json_get_int(roll, "asked", 0), 2);
    assert_int_equal(json_get_int(roll, "waiting", 0), 1);
    json_free(roll);
    assert_false(item_remind(v.people, v.instance.text, "ask", "test", &told, &why));
    assert_string_equal(why.code, "closed");
    json none = item_rolls(v.people, "00000000000000000000000000", &why);
    assert_int_equal(json_length(none), 0);
    json_free(none);
    village_done(&v);
}

TEST(desk, erases_a_person_and_the_chain_stays_whole)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json what, told;
    village_init(&v);
    ask_two(&v);
    assert_true(item_remind(v.people, v.instance.text, "ask", "test", &told, &why));
    json_free(told);
    answer_as(&v, "a");
    village_settle(&v);
    assert_true(people_erase(v.people, "a", false, &what, &why));
    assert_int_equal(json_get_int(what, "answers", 0), 1);
    assert_int_equal(json_get_int(what, "mails", 0), 1);
    json_free(what);
    json before = people_get(v.people, "a", &why);
    assert_string_equal(json_get_text(before, "name", ""), "가나다");
    json_free(before);
    assert_true(people_erase(v.people, "a", true, &what, &why));
    json_free(what);
    village_settle(&v);

    struct id id;
    assert_true(item_find(v.people, v.instance.text, "ask", "a", &id, &why));
    json lists[] = {people_get(v.people, "a", &why), mail_list(v.people, 0, 10, &why),
                    answer_list(v.people, id.text, 10, &why),
                    engine_history(v.engine, v.instance.text, 0, 100, &why)};
    for (size_t i = 0; i < 4; i++) {
        char *text = json_dump(lists[i]);
        assert_null(strstr(text, "가나다"));
        assert_null(strstr(text, "a@example.org"));
        assert_null(strstr(text, "내 비밀"));
        mem_free(text);
    }
    assert_int_equal(json_length(lists[1]), 2);
    assert_int_equal(json_length(lists[2]), 1);
    for (size_t i = 0; i < 4; i++)
        json_free(lists[i]);
    struct audit_report report = {0};
    assert_true(audit_verify(v.store, NULL, &report, &why));
    assert_true(report.erased > 0);
    assert_int_equal(report.bad, 0);
    struct answer late = {.item = id.text, .person = "a", .data = json_null()};
    json reply;
    assert_false(item_answer(v.people, &late, &reply, &why));
    assert_string_equal(why.code, "not_eligible");
    json_free(reply);
    assert_false(people_erase(v.people, "a", true, &what, &why));
    assert_string_equal(why.code, "erased");
    assert_false(village_put(&v, "{\"id\":\"a\",\"name\":\"다른\"}", &why));
    assert_string_equal(why.code, "erased_id");
    assert_int_equal(members(&v, VILLAGE_START_MS), 0);
    village_done(&v);
}

RUN(CASE(desk, a_membership_lasts_to_the_last_millisecond),
    CASE(desk, a_date_and_an_instant_bound_the_same_membership),
    CASE(desk, reminds_those_who_have_not_answered_once_an_hour),
    CASE(desk, an_ended_step_still_says_who_has_not_answered),
    CASE(desk, erases_a_person_and_the_chain_stays_whole))
