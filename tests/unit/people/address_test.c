#include "test.h"

#include "village.h"

#include "calendar/zone.h"
#include "people/address.h"
#include "people/house.h"
#include "people/item.h"
#include "people/mail.h"
#include "people/mail_token.h"
#include "people/quiet.h"

static bool bounces(struct village *v, const char *address, bool hard)
{
    struct fail why;
    bool marked;
    struct bounce bounce = {address, hard, "550 5.1.1 nobody\r\nhere"};
    assert_true(address_bounced(v->people, &bounce, &marked, &why));
    return marked;
}

static json open_items(struct village *v)
{
    struct fail why = {0};
    return item_list(
        v->people,
        &(struct item_list_opts){.assignee = HOUSE_OPERATORS, .status = "open", .limit = 10}, &why);
}

static size_t count_open(struct village *v)
{
    json items = open_items(v);
    size_t count = json_length(items);
    json_free(items);
    return count;
}

TEST(address, a_hard_bounce_marks_at_once_without_regard_to_case)
{
    UNUSED_STATE;
    struct village v;
    struct fail why;
    village_init(&v);
    assert_true(bounces(&v, "Gone@Example.org", true));
    assert_false(bounces(&v, "gone@example.org", true)); // known already: no second work item
    assert_true(address_is_bouncing(v.people, "GONE@example.org"));
    json state = address_state(v.people, "gone@example.org", &why);
    assert_string_equal(json_get_text(state, "reason", ""), "550 5.1.1 nobody  here");
    json_free(state);
    assert_int_equal(count_open(&v), 1);
    assert_true(address_mark_good(v.people, "gone@example.org", &why));
    assert_false(address_is_bouncing(v.people, "gone@example.org"));
    assert_int_equal(count_open(&v), 0);
    village_done(&v);
}

TEST(address, soft_bounces_count_only_close_together)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    assert_false(bounces(&v, "full@example.org", false));
    assert_false(bounces(&v, "full@example.org", false));
    v.port.now_ms += (ADDRESS_SOFT_DAYS + 1) * INT64_C(86400000);
    village_settle(&v);
    assert_false(bounces(&v, "full@example.org", false));
    assert_false(bounces(&v, "full@example.org", false));
    assert_true(bounces(&v, "full@example.org", false));
    village_done(&v);
}

TEST(address, operators_correct_it_for_whoever_has_it)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    json person = json_object(), data = json_object(), reply;
    json_set_text(&person, "id", "p1");
    json_set_text(&person, "name", "가");
    json_set_text(&person, "email", "old@example.org");
    assert_true(people_put(v.people, person, &why));
    assert_true(bounces(&v, "old@example.org", true));
    json items = open_items(&v), item = json_at(items, 0);
    struct answer answer = {.item = json_get_text(item, "id", ""), .data = data};
    assert_false(item_answer(v.people, &answer, &reply, &why)); // nobody may who is no operator
    json_free(reply);
    answer.person = HOUSE_OPERATORS;
    assert_false(item_answer(v.people, &answer, &reply, &why));
    assert_string_equal(why.code, "nothing_said");
    json_free(reply);
    json_set_text(&data, "email", "new@example.org");
    answer.data = data;
    if (!item_answer(v.people, &answer, &reply, &why))
        fail_msg("%s", why.message);
    json_free(reply);
    json now = people_get(v.people, "p1", &why);
    assert_string_equal(json_get_text(now, "email", ""), "new@example.org");
    assert_false(json_has(now, "mail"));
    assert_int_equal(count_open(&v), 0);
    json_free(now);
    json_free(item);
    json_free(items);
    json_free(data);
    json_free(person);
    village_done(&v);
}

TEST(address, return_paths_and_links_cannot_be_made_up)
{
    UNUSED_STATE;
    struct village v;
    struct fail why;
    char path[MAIL_TOKEN_SIZE], token[MAIL_TOKEN_SIZE], *who, *purpose;
    int64_t seq = 0;
    village_init(&v);
    assert_true(mail_return_path(v.people, "bounces@example.org", 27, path, &why));
    assert_true(mail_of_return_path(v.people, path, &seq));
    assert_int_equal(seq, 27);
    path[strlen("bounces+2")] = '8';
    assert_false(mail_of_return_path(v.people, path, &seq));
    assert_false(mail_of_return_path(v.people, "bounces+27@example.org", &seq));
    assert_false(mail_of_return_path(v.people, "+@", &seq));
    assert_true(optout_token(v.people, "m01", "newsletter", token, &why));
    assert_true(optout_read(v.people, token, &who, &purpose, &why));
    assert_string_equal(who, "m01");
    assert_string_equal(purpose, "newsletter");
    mem_free(who);
    mem_free(purpose);
    for (size_t i = 0; token[i]; i++) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        assert_false(optout_read(v.people, token, &who, &purpose, &why));
        token[i] = kept;
    }
    village_done(&v);
}

TEST(address, opting_out_is_by_purpose_or_of_all)
{
    UNUSED_STATE;
    struct village v;
    struct fail why;
    village_init(&v);
    assert_true(optout_set(v.people, "m01", "newsletter", false, &why));
    assert_true(optout_is_set(v.people, "m01", "newsletter"));
    assert_false(optout_is_set(v.people, "m01", "course"));
    assert_true(optout_set(v.people, "A@Example.org", "", false, &why));
    assert_true(optout_is_set(v.people, "a@example.org", "course"));
    assert_true(optout_set(v.people, "m01", "newsletter", true, &why));
    assert_false(optout_is_set(v.people, "m01", "newsletter"));
    village_done(&v);
}

static int64_t end_of(const char *from, const char *to, const char *now)
{
    struct fail why;
    int64_t ms;
    const struct zone *zone = zone_find("Asia/Seoul", &why);
    json quiet = json_object();
    json_set_text(&quiet, "from", from);
    json_set_text(&quiet, "to", to);
    assert_true(zone_parse(zone, now, &ms, &why));
    int64_t end = quiet_end(quiet, zone, ms) - ms;
    json_free(quiet);
    return end;
}

TEST(quiet, is_half_open_and_goes_over_midnight)
{
    UNUSED_STATE;
    assert_int_equal(end_of("21:00", "08:00", "2013-05-24T20:59:59"), 0);
    assert_int_equal(end_of("21:00", "08:00", "2013-05-24T21:00:00"), 11 * 3600000);
    assert_int_equal(end_of("21:00", "08:00", "2013-12-31T23:30:00"), 8 * 3600000 + 1800000);
    assert_int_equal(end_of("21:00", "08:00", "2013-05-24T07:59:59"), 1000);
    assert_int_equal(end_of("21:00", "08:00", "2013-05-24T08:00:00"), 0);
    assert_int_equal(end_of("12:00", "13:00", "2013-05-24T12:30:00"), 1800000);
    assert_int_equal(end_of("12:00", "12:00", "2013-05-24T12:00:00"), 0); // none
    assert_int_equal(end_of("9:00", "25:00", "2013-05-24T12:00:00"), 0);  // nonsense
}

static void put_mail(struct village *v, const char *key)
{
    struct fail why;
    enum mail_fate fate;
    struct mail_order order = {
        .key = key, .to = "late@example.org", .subject = "x", .text = "x", .mandatory = true};
    struct step_address step = {.instance = "i", .path = "/do/0/a", .attempt = 1};
    assert_true(mail_send(v->people, &step, &order, &fate, &why));
    assert_int_equal(fate, MAIL_SENT);
}

static enum bounce_fate report(struct village *v, int64_t seq, bool hard)
{
    struct fail why;
    enum bounce_fate fate;
    struct bounce bounce = {"somebody.else@example.org", hard, "4.2.2 full"};
    assert_true(mail_reported(v->people, seq, &bounce, &fate, &why));
    return fate;
}

TEST(address, a_report_counts_once_a_mail_and_for_its_own_address)
{
    UNUSED_STATE;
    struct village v;
    struct fail why;
    enum bounce_fate fate;
    village_init(&v);
    put_mail(&v, "a");
    put_mail(&v, "b");
    put_mail(&v, "c");
    assert_int_equal(report(&v, 1, false), BOUNCE_COUNTED);
    assert_int_equal(report(&v, 1, false), BOUNCE_KNOWN);
    assert_int_equal(report(&v, 2, false), BOUNCE_COUNTED);
    assert_false(address_is_bouncing(v.people, "late@example.org"));
    assert_int_equal(report(&v, 3, false), BOUNCE_MARKED);
    assert_true(address_is_bouncing(v.people, "late@example.org"));
    assert_false(address_is_bouncing(v.people, "somebody.else@example.org"));
    assert_false(mail_reported(v.people, 4, &(struct bounce){"x", true, "x"}, &fate, &why));
    village_done(&v);
}

TEST(address, a_hard_report_after_a_soft_one_marks)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    put_mail(&v, "a");
    assert_int_equal(report(&v, 1, false), BOUNCE_COUNTED);
    assert_int_equal(report(&v, 1, true), BOUNCE_MARKED);
    assert_int_equal(report(&v, 1, true), BOUNCE_KNOWN);
    village_done(&v);
}

static void put_person(struct village *v, const char *id, const char *email)
{
    struct fail why;
    json person = json_object();
    json_set_text(&person, "id", id);
    json_set_text(&person, "name", id);
    json_set_text(&person, "email", email);
    assert_true(people_put(v->people, person, &why));
    json_free(person);
}

static void erase(struct village *v, const char *id)
{
    struct fail why;
    json what;
    assert_true(people_erase(v->people, id, true, &what, &why));
    json_free(what);
}

TEST(address, erasing_a_person_forgets_his_address_and_wishes)
{
    UNUSED_STATE;
    struct village v;
    struct fail why;
    village_init(&v);
    put_person(&v, "p1", "shared@example.org");
    put_person(&v, "p2", "Shared@example.org");
    assert_true(optout_set(v.people, "p1", "news", false, &why));
    assert_true(optout_set(v.people, "p1", "", false, &why));
    assert_true(optout_set(v.people, "shared@example.org", "news", false, &why));
    assert_true(bounces(&v, "shared@example.org", true));
    erase(&v, "p1");
    assert_false(optout_is_set(v.people, "p1", "news"));
    assert_true(optout_is_set(v.people, "shared@example.org", "news")); // somebody else's too
    assert_true(address_is_bouncing(v.people, "shared@example.org"));
    erase(&v, "p2");
    assert_false(optout_is_set(v.people, "shared@example.org", "news"));
    assert_false(address_is_bouncing(v.people, "shared@example.org"));
    assert_int_equal(count_open(&v), 0);
    village_done(&v);
}

static bool anything_says(struct village *v, const char *text)
{
    static const enum table tables[] = {TABLE_ITEM, TABLE_ANSWER};
    bool says = false;
    for (size_t t = 0; t < 2; t++) {
        struct scan_opts opts = {.table = tables[t], .index = -1};
        struct fail why = {0};
        struct scan *scan;
        struct row row = {0};
        assert_true(store_scan(v->store, &opts, &scan, &why));
        for (; scan_next(scan, &row, &why); row_done(&row))
            for (int i = 0; i < schema_tables[tables[t]].column_count; i++)
                says =
                    says || (row.columns[i].data &&
                             memmem(row.columns[i].data, row.columns[i].bytes, text, strlen(text)));
        scan_done(scan);
    }
    return says;
}

TEST(address, what_was_asked_about_the_mail_of_an_erased_person_goes)
{
    UNUSED_STATE;
    struct village v;
    struct fail why;
    village_init(&v);
    put_person(&v, "person-one", "old@example.org");
    assert_true(bounces(&v, "old@example.org", true));
    assert_true(address_mark_good(v.people, "old@example.org", &why)); // closed
    put_person(&v, "person-one", "both@example.org");
    put_person(&v, "person-two", "both@example.org");
    assert_true(bounces(&v, "both@example.org", true));
    village_settle(&v);
    assert_true(anything_says(&v, "person-one") && anything_says(&v, "old@example.org"));
    erase(&v, "person-one");
    village_settle(&v);
    assert_false(anything_says(&v, "person-one"));
    assert_false(anything_says(&v, "old@example.org"));
    assert_int_equal(count_open(&v), 1);
    erase(&v, "person-two");
    village_settle(&v);
    assert_false(anything_says(&v, "person-two"));
    assert_false(anything_says(&v, "both@example.org"));
    village_done(&v);
}

RUN(CASE(address, erasing_a_person_forgets_his_address_and_wishes),
    CASE(address, what_was_asked_about_the_mail_of_an_erased_person_goes),
    CASE(address, a_report_counts_once_a_mail_and_for_its_own_address),
    CASE(address, a_hard_report_after_a_soft_one_marks),
    CASE(address, a_hard_bounce_marks_at_once_without_regard_to_case),
    CASE(address, soft_bounces_count_only_close_together),
    CASE(address, operators_correct_it_for_whoever_has_it),
    CASE(address, return_paths_and_links_cannot_be_made_up),
    CASE(address, opting_out_is_by_purpose_or_of_all),
    CASE(quiet, is_half_open_and_goes_over_midnight))
