#include "people/village.h"

#include "store/audit.h"

#define TWO "[{\"name\":\"a\",\"to\":\"a\"},{\"name\":\"b\",\"to\":\"b\",\"once\":true}]"
#define FORM                                                                                       \
    "[{\"name\":\"public\",\"form\":{\"schema\":{\"type\":\"object\",\"required\":[\"n\",\"m\"],"  \
    "\"properties\":{\"n\":{\"type\":\"integer\"}}}}}]"

static void refused(struct village *v, struct answer answer, const char *data, const char *code)
{
    struct fail why = {0};
    assert_false(village_answer(v, answer, data, NULL, &why));
    assert_string_equal(why.code, code);
}

TEST(item, takes_an_answer_and_gives_a_receipt)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json reply;
    village_init(&v);
    village_start(&v, TWO);
    assert_true(village_answer(&v, (struct answer){.person = "a"}, "{\"x\":1}", &reply, &why));
    const char *receipt = json_get_text(reply, "receipt", "");
    assert_int_equal(strlen(receipt), 24);
    assert_int_equal(json_get_int(reply, "count", 0), 1);
    json answer = answer_show(v.people, receipt, &why);
    assert_string_equal(json_get_text(answer, "status", ""), "accepted");
    assert_string_equal(json_get_text(v.last, "person", ""), "a");
    json_free(answer);
    json_free(reply);
    village_done(&v);
}

TEST(item, asks_only_whom_it_asks)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    village_start(&v, TWO);
    refused(&v, (struct answer){.person = "c"}, "{}", "not_eligible");
    refused(&v, (struct answer){.person = NULL}, "{}", "not_eligible");
    assert_int_equal(v.answers, 0);
    village_done(&v);
}

TEST(item, is_done_with_one_answer_where_it_says_so)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    village_start(&v, TWO);
    assert_true(village_answer(&v, (struct answer){.person = "b"}, "{}", NULL, &why));
    refused(&v, (struct answer){.person = "b"}, "{}", "already_answered");
    json shown = engine_show(v.engine, v.instance.text, &why);
    assert_string_equal(json_get_text(shown, "status", ""), "waiting");
    json_free(shown);
    village_done(&v);
}

TEST(item, says_all_that_does_not_fit)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json reply;
    village_init(&v);
    village_start(&v, FORM);
    assert_false(village_answer(&v, (struct answer){0}, "{\"n\":\"x\"}", &reply, &why));
    assert_int_equal(why.kind, FAIL_INVALID);
    json violations = json_get(reply, "violations");
    assert_int_equal(json_length(violations), 2);
    json_free(violations);
    json_free(reply);
    refused(&v, (struct answer){0}, NULL, "invalid");
    village_done(&v);
}

TEST(item, answers_the_same_request_once)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json first, second;
    village_init(&v);
    village_start(&v, TWO);
    struct answer answer = {.person = "a", .key = "k1"};
    assert_true(village_answer(&v, answer, "{\"x\":1}", &first, &why));
    // A crash in between changes nothing.
    village_close(&v);
    village_open(&v);
    assert_true(village_answer(&v, answer, "{\"x\":1}", &second, &why));
    assert_true(json_equal(first, second));
    assert_int_equal(v.answers, 1);
    refused(&v, answer, "{\"x\":2}", "request_key_reused");
    json_free(first);
    json_free(second);
    village_done(&v);
}

static size_t keys(struct village *v)
{
    struct scan_opts opts = {.table = TABLE_REQUEST, .index = -1};
    struct fail why = {0};
    struct scan *scan;
    struct row row = {0};
    size_t count = 0;
    assert_true(store_scan(v->store, &opts, &scan, &why));
    for (; scan_next(scan, &row, &why); count++)
        row_done(&row);
    scan_done(scan);
    return count;
}

// Of closed items, a month later, while new ones come.
TEST(item, forgets_old_request_keys)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    village_start(&v, "[{\"name\":\"public\"}]");
    for (int i = 0; i < 40; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        assert_true(village_answer(&v, (struct answer){.key = key}, "{}", NULL, &why));
    }
    v.port.now_ms += INT64_C(31) * 86400000;
    for (int i = 0; i < 40; i++) {
        char key[8];
        snprintf(key, sizeof key, "l%d", i);
        assert_true(village_answer(&v, (struct answer){.key = key}, "{}", NULL, &why));
    }
    assert_int_equal(keys(&v), 80); // the item is open: the same key, the same answer
    assert_true(engine_control(v.engine, v.instance.text, CONTROL_CANCEL, NULL, &why));
    village_settle(&v);
    v.port.now_ms += INT64_C(20) * 86400000;
    village_start(&v, "[{\"name\":\"public\"}]");
    for (int i = 0; i < 40; i++) {
        char key[8];
        snprintf(key, sizeof key, "m%d", i);
        assert_true(village_answer(&v, (struct answer){.key = key}, "{}", NULL, &why));
    }
    assert_int_equal(keys(&v), 80); // the first forty have gone
    village_done(&v);
}

TEST(item, amends_and_withdraws_by_receipt)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json first, second;
    village_init(&v);
    village_start(&v, "[{\"name\":\"public\"}]");
    assert_true(village_answer(&v, (struct answer){0}, "{\"x\":1}", &first, &why));
    struct answer amend = {.receipt = json_get_text(first, "receipt", "")};
    assert_true(village_answer(&v, amend, "{\"x\":2}", &second, &why));
    assert_string_equal(json_get_text(second, "receipt", ""), amend.receipt);
    json previous = json_path(v.last, "previous.x");
    assert_int_equal(json_int(previous), 1);
    json_free(previous);
    amend.withdraw = true;
    assert_true(village_answer(&v, amend, NULL, NULL, &why));
    json shown = answer_show(v.people, amend.receipt, &why);
    assert_string_equal(json_get_text(shown, "status", ""), "withdrawn");
    assert_false(json_has(shown, "data"));
    refused(&v, amend, NULL, "withdrawn");
    refused(&v, (struct answer){.receipt = "AAAAAAAAAAAAAAAAAAAAAAAA"}, "{}", "unknown_receipt");
    refused(&v, (struct answer){.withdraw = true}, NULL, "receipt_needed");
    json_free(shown);
    json_free(first);
    json_free(second);
    village_done(&v);
}

TEST(item, leaves_nothing_of_what_is_refused)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    village_start(&v, TWO);
    refused(&v, (struct answer){.person = "a", .key = "k"}, "{\"say\":\"refuse\"}", "no_quorum");
    refused(&v, (struct answer){.person = "a"}, "{\"id\":\"900101-1234567\"}", "resident_number");
    struct id item;
    assert_true(item_find(v.people, v.instance.text, "ask", "a", &item, &why));
    json answers = answer_list(v.people, item.text, 10, &why),
         shown = item_show(v.people, item.text, &why);
    assert_int_equal(json_length(answers), 0);
    assert_int_equal(json_get_int(shown, "answers", -1), 0);
    // The key is free again: it names a request that was answered, and this one was not.
    assert_true(village_answer(&v, (struct answer){.person = "a", .key = "k"}, "{}", NULL, &why));
    json_free(answers);
    json_free(shown);
    village_done(&v);
}

TEST(item, closes_with_its_step)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    village_start(&v, TWO);
    assert_true(
        village_answer(&v, (struct answer){.person = "a"}, "{\"say\":\"done\"}", NULL, &why));
    refused(&v, (struct answer){.person = "b"}, "{}", "closed");
    json shown = engine_show(v.engine, v.instance.text, &why);
    assert_string_equal(json_get_text(shown, "status", ""), "completed");
    json_free(shown);
    village_done(&v);
}

TEST(item, keeps_nothing_of_a_secret_answer)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json reply;
    village_init(&v);
    village_start(&v, "[{\"name\":\"a\",\"to\":\"a\",\"secret\":true}]");
    assert_true(village_answer(&v, (struct answer){.person = "a", .key = "k"},
                               "{\"choice\":\"XyZZy\"}", &reply, &why));
    assert_false(json_has(reply, "receipt"));
    json history = engine_history(v.engine, v.instance.text, 0, 100, &why);
    char *text = json_dump(history);
    assert_non_null(strstr(text, "answered"));
    assert_null(strstr(text, "XyZZy"));
    assert_null(strstr(text, "personal"));
    mem_free(text);
    json_free(history);
    json_free(reply);
    village_done(&v);
}

#define TIME_DIGITS 8

// What two receipts of the same instant have in common at their beginning.
static bool begin_alike(const char *items)
{
    struct village v;
    struct fail why = {0};
    char first[32];
    village_init(&v);
    village_start(&v, items);
    assert_true(village_answer(&v, (struct answer){.person = "a"}, "{}", NULL, &why));
    snprintf(first, sizeof first, "%s", json_get_text(v.last, "receipt", ""));
    assert_int_equal(strlen(first), 24);
    assert_true(village_answer(&v, (struct answer){.person = "a"}, "{}", NULL, &why));
    const char *second = json_get_text(v.last, "receipt", "");
    assert_string_not_equal(first, second);
    bool alike = strncmp(first, second, TIME_DIGITS) == 0;
    village_done(&v);
    return alike;
}

TEST(item, receipts_begin_with_their_time_but_secret_ones)
{
    UNUSED_STATE;
    assert_true(begin_alike("[{\"name\":\"a\",\"to\":\"a\"}]"));
    assert_false(begin_alike("[{\"name\":\"a\",\"to\":\"a\",\"secret\":true}]"));
}

TEST(item, puts_a_decision_into_history_as_a_hash)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    village_start(&v, TWO);
    assert_true(
        village_answer(&v, (struct answer){.person = "a"}, "{\"x\":\"XyZZy\"}", NULL, &why));
    json history = engine_history(v.engine, v.instance.text, 0, 100, &why);
    char *text = json_dump(history);
    assert_non_null(strstr(text, "personal"));
    assert_null(strstr(text, "XyZZy"));
    struct audit_report report = {0};
    assert_true(audit_verify(v.store, NULL, &report, &why));
    mem_free(text);
    json_free(history);
    village_done(&v);
}

TEST(item, lists_by_person)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    village_start(&v, TWO);
    struct item_list_opts opts = {.assignee = "a", .status = "open"};
    json list = item_list(v.people, &opts, &why);
    assert_int_equal(json_length(list), 1);
    json_free(list);
    opts = (struct item_list_opts){.instance = v.instance.text, .limit = 1};
    list = item_list(v.people, &opts, &why);
    json first = json_at(list, 0);
    opts.after = json_get_text(first, "id", "");
    json rest = item_list(v.people, &opts, &why), second = json_at(rest, 0);
    assert_string_equal(json_get_text(second, "name", ""), "b");
    json_free(second);
    json_free(rest);
    json_free(first);
    json_free(list);
    village_done(&v);
}

static size_t times(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

static size_t noted(struct village *v, const char *part)
{
    struct fail why = {0};
    json exported;
    assert_true(audit_export(v->store, v->instance.text, &exported, &why));
    char *text = json_dump(exported);
    size_t n = times(text, part);
    mem_free(text);
    json_free(exported);
    return n;
}

TEST(item, puts_what_is_refused_into_history_and_not_what_was_sent)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    village_start(&v, TWO);
    assert_true(village_answer(&v, (struct answer){.person = "b"}, "{}", NULL, &why));
    refused(&v, (struct answer){.person = "b"}, "{\"secret\":\"word\"}", "already_answered");
    refused(&v, (struct answer){.person = "c"}, "{}", "not_eligible");
    refused(&v, (struct answer){.person = "900101-1234567"}, "{}", "not_eligible");
    village_settle(&v);
    assert_int_equal(noted(&v, "\"refused\""), 3);
    assert_int_equal(noted(&v, "\"already_answered\""), 1);
    assert_int_equal(noted(&v, "{\"person\":\"c\"}"), 1);
    assert_int_equal(noted(&v, "word"), 0);
    assert_int_equal(noted(&v, "900101"), 0);
    struct audit_report report = {0};
    assert_true(audit_verify(v.store, v.instance.text, &report, &why));
    village_done(&v);
}

TEST(item, does_not_let_a_flood_of_refusals_grow_the_history)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    village_start(&v, TWO);
    assert_true(village_answer(&v, (struct answer){.person = "b"}, "{}", NULL, &why));
    for (int i = 0; i < 1000; i++)
        refused(&v, (struct answer){.person = "b"}, "{}", "already_answered");
    village_settle(&v);
    assert_int_equal(noted(&v, "\"refused\""), 3 + 8); // 1 2 3, 4 8 … 512
    village_done(&v);
}

TEST(item, says_a_refusal_in_the_languages_of_people)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json reply;
    village_init(&v);
    village_start(&v, TWO);
    assert_true(village_answer(&v, (struct answer){.person = "b"}, "{}", NULL, &why));
    assert_false(village_answer(&v, (struct answer){.person = "b"}, "{}", &reply, &why));
    json message = json_get(reply, "message");
    assert_string_equal(json_get_text(reply, "code", ""), "already_answered");
    assert_non_null(strstr(json_get_text(message, "ko", ""), "이미"));
    assert_non_null(strstr(json_get_text(message, "en", ""), "answered"));
    json_free(message);
    json_free(reply);
    village_done(&v);
}

RUN(CASE(item, says_a_refusal_in_the_languages_of_people),
    CASE(item, puts_what_is_refused_into_history_and_not_what_was_sent),
    CASE(item, does_not_let_a_flood_of_refusals_grow_the_history),
    CASE(item, takes_an_answer_and_gives_a_receipt), CASE(item, asks_only_whom_it_asks),
    CASE(item, is_done_with_one_answer_where_it_says_so), CASE(item, says_all_that_does_not_fit),
    CASE(item, answers_the_same_request_once), CASE(item, forgets_old_request_keys),
    CASE(item, receipts_begin_with_their_time_but_secret_ones),
    CASE(item, amends_and_withdraws_by_receipt), CASE(item, leaves_nothing_of_what_is_refused),
    CASE(item, closes_with_its_step), CASE(item, keeps_nothing_of_a_secret_answer),
    CASE(item, puts_a_decision_into_history_as_a_hash), CASE(item, lists_by_person))
