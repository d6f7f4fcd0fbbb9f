#include "people/claim.h"

#include "people/inbox.h"
#include "people/outcome.h"
#include "people/village.h"
#include "store/audit.h"

#define DESK "[{\"name\":\"job\",\"group\":\"desk\",\"once\":true}]"

static void open_desk(struct village *v, const char *items)
{
    struct fail why = {0};
    village_init(v);
    assert_true(village_put(v, "{\"id\":\"a\",\"name\":\"가\",\"groups\":[\"desk\"]}", &why));
    assert_true(village_put(v, "{\"id\":\"b\",\"name\":\"나\",\"groups\":[\"desk\"]}", &why));
    assert_true(village_put(v,
                            "{\"id\":\"c\",\"name\":\"다\",\"groups\":[{\"group\":\"desk\","
                            "\"until\":\"2013-04-30\",\"role\":\"clerk\"}]}",
                            &why));
    village_start(v, items);
}

static struct id item_named(struct village *v, const char *name)
{
    struct id item;
    struct fail why = {0};
    assert_true(item_find_named(v->people, v->instance.text, "ask", name, &item, &why));
    return item;
}

static void cannot_claim(struct village *v, const char *item, const char *person, const char *code)
{
    struct fail why = {0};
    assert_false(item_claim(v->people, item, person, &why));
    assert_string_equal(why.code, code);
}

static void assert_assignee(struct village *v, const char *item, const char *assignee)
{
    struct fail why = {0};
    json shown = item_show(v->people, item, &why);
    assert_string_equal(json_get_text(shown, "assignee", ""), assignee);
    assert_string_equal(json_get_text(shown, "for", ""), "group desk");
    json_free(shown);
}

TEST(claim, goes_to_the_first)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v, DESK);
    struct id item = item_named(&v, "job");
    assert_assignee(&v, item.text, "group desk");
    assert_true(item_claim(v.people, item.text, "a", &why));
    assert_true(item_claim(v.people, item.text, "a", &why));
    cannot_claim(&v, item.text, "b", "already_claimed");
    struct answer answer = {.item = item.text, .person = "b", .data = json_null()};
    json reply;
    assert_false(item_answer(v.people, &answer, &reply, &why));
    assert_string_equal(why.code, "already_claimed");
    json_free(reply);
    assert_assignee(&v, item.text, "a");
    village_done(&v);
}

TEST(claim, is_for_members_of_today)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v, DESK);
    struct id item = item_named(&v, "job");
    cannot_claim(&v, item.text, "c", "not_eligible");
    cannot_claim(&v, item.text, "nobody", "not_eligible");
    assert_false(village_answer(&v, (struct answer){.person = "c"}, "{}", NULL, &why));
    assert_string_equal(why.code, "not_eligible");
    village_done(&v);
}

TEST(claim, is_not_for_what_one_person_is_asked)
{
    UNUSED_STATE;
    struct village v;
    open_desk(&v, "[{\"name\":\"own\",\"to\":\"a\"}]");
    cannot_claim(&v, item_named(&v, "own").text, "a", "not_possible");
    village_done(&v);
}

TEST(claim, can_be_given_back_until_it_is_answered)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v, "[{\"name\":\"job\",\"group\":\"desk\"}]");
    struct id item = item_named(&v, "job");
    assert_true(item_claim(v.people, item.text, "a", &why));
    assert_false(item_give_back(v.people, item.text, "b", &why));
    assert_string_equal(why.code, "not_eligible");
    assert_true(item_give_back(v.people, item.text, "a", &why));
    assert_assignee(&v, item.text, "group desk");
    assert_true(item_claim(v.people, item.text, "b", &why));
    assert_true(village_answer(&v, (struct answer){.person = "b"}, "{}", NULL, &why));
    assert_false(item_give_back(v.people, item.text, "b", &why));
    assert_string_equal(why.code, "already_answered");
    village_done(&v);
}

TEST(claim, comes_with_an_answer)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v, DESK);
    bool good = village_answer(&v, (struct answer){.person = "b"}, "{}", NULL, &why);
    if (!good)
        print_error("%s %s\n", why.code, why.message);
    assert_true(good);
    struct id item = item_named(&v, "job");
    assert_assignee(&v, item.text, "b");
    cannot_claim(&v, item.text, "a", "already_answered");
    village_done(&v);
}

TEST(claim, of_a_refused_answer_is_undone)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v, DESK);
    assert_false(
        village_answer(&v, (struct answer){.person = "b"}, "{\"say\":\"refuse\"}", NULL, &why));
    assert_assignee(&v, item_named(&v, "job").text, "group desk");
    village_done(&v);
}

TEST(claim, is_in_the_history_without_the_name)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v, DESK);
    struct id item = item_named(&v, "job");
    assert_true(item_claim(v.people, item.text, "a", &why));
    assert_true(item_give_back(v.people, item.text, "a", &why));
    village_settle(&v);
    json history = engine_history(v.engine, v.instance.text, 0, 100, &why);
    char *text = json_dump(history);
    assert_non_null(strstr(text, "\"claimed\""));
    assert_non_null(strstr(text, "\"given_back\""));
    assert_null(strstr(text, "\"person\":\"a\""));
    struct audit_report report = {0};
    assert_true(audit_verify(v.store, NULL, &report, &why));
    mem_free(text);
    json_free(history);
    village_done(&v);
}

// ---- the inbox

static char *names_of(json inbox, const char *part)
{
    struct bytes out;
    json list = json_get(inbox, part);
    bytes_init(&out, 1000);
    for (size_t i = 0; i < json_length(list); i++) {
        json item = json_at(list, i);
        bytes_printf(&out, "%s%s", i > 0 ? " " : "", json_get_text(item, "name", ""));
        json_free(item);
    }
    json_free(list);
    char *text = mem_string_sized(out.data ? out.data : "", out.length);
    bytes_done(&out);
    return text;
}

static void assert_inbox(struct village *v, const char *person, const char *waiting,
                         const char *past)
{
    struct fail why = {0};
    json inbox = inbox_of(v->people, person, &why);
    char *waits = names_of(inbox, "waiting"), *was = names_of(inbox, "past");
    assert_string_equal(waits, waiting);
    assert_string_equal(was, past);
    mem_free(waits);
    mem_free(was);
    json_free(inbox);
}

TEST(inbox, has_the_soonest_due_first_and_what_a_group_is_asked)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v,
              "[{\"name\":\"never\",\"to\":\"a\"},{\"name\":\"late\",\"to\":\"a\",\"closes\":9},"
              "{\"name\":\"job\",\"group\":\"desk\",\"closes\":5,\"once\":true},"
              "{\"name\":\"soon\",\"to\":\"a\",\"closes\":1,\"once\":true}]");
    assert_inbox(&v, "a", "soon job late never", "");
    assert_inbox(&v, "b", "job", "");
    assert_inbox(&v, "c", "", "");
    struct answer answer = {.item = item_named(&v, "job").text, .person = "b", .data = json_null()};
    struct id item = item_named(&v, "job");
    answer.item = item.text;
    json reply;
    assert_true(item_answer(v.people, &answer, &reply, &why));
    json_free(reply);
    village_settle(&v);
    assert_inbox(&v, "a", "soon late never", "");
    assert_inbox(&v, "b", "", "job");
    village_done(&v);
}

// ---- outcomes

TEST(outcome, stays_when_its_step_is_over)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v, "[{\"name\":\"own\",\"to\":\"a\"}]");
    struct id item = item_named(&v, "own");
    assert_true(json_is_absent(outcome_of_item(v.people, item.text, &why)));
    assert_int_equal(why.kind, FAIL_NOT_FOUND);
    json document = village_json("{\"title\":\"가결\"}");
    struct step_address step = {v.instance.text, "", v.attempt};
    json shown = item_show(v.people, item.text, &why);
    step.path = json_get_text(shown, "path", "");
    assert_true(outcome_put(v.people, &step, "", document, &why));
    assert_true(
        village_answer(&v, (struct answer){.person = "a"}, "{\"say\":\"done\"}", NULL, &why));
    json outcome = outcome_of_item(v.people, item.text, &why);
    assert_string_equal(json_get_text(outcome, "title", ""), "가결");
    json again = outcome_show(v.people, json_get_text(outcome, "instance", ""),
                              json_get_text(outcome, "mark", ""), &why);
    assert_true(json_equal(outcome, again));
    json_free(again);
    json_free(outcome);
    json_free(shown);
    json_free(document);
    village_done(&v);
}

TEST(outcome, has_a_title)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    open_desk(&v, "[{\"name\":\"own\",\"to\":\"a\"}]");
    json document = village_json("{\"text\":[]}");
    struct step_address step = {v.instance.text, "", 0};
    assert_false(outcome_put(v.people, &step, "", document, &why));
    json_free(document);
    village_done(&v);
}

RUN(CASE(claim, goes_to_the_first), CASE(claim, is_for_members_of_today),
    CASE(claim, is_not_for_what_one_person_is_asked),
    CASE(claim, can_be_given_back_until_it_is_answered), CASE(claim, comes_with_an_answer),
    CASE(claim, of_a_refused_answer_is_undone), CASE(claim, is_in_the_history_without_the_name),
    CASE(inbox, has_the_soonest_due_first_and_what_a_group_is_asked),
    CASE(outcome, stays_when_its_step_is_over), CASE(outcome, has_a_title))
