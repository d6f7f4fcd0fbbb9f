#include "people/village.h"

static bool reads(struct village *v, const char *token, const char *code)
{
    struct fail why = {0};
    char *item, *person;
    bool good = link_read(v->people, token, &item, &person, &why);
    if (!good)
        assert_string_equal(why.code, code);
    mem_free(item);
    mem_free(person);
    return good;
}

TEST(link, names_an_item_and_a_person)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    char token[LINK_SIZE], *item, *person;
    village_init(&v);
    assert_true(
        link_make(v.people, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "m01", INSTANT_NONE, token, &why));
    assert_true(link_read(v.people, token, &item, &person, &why));
    assert_string_equal(item, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assert_string_equal(person, "m01");
    mem_free(item);
    mem_free(person);
    village_done(&v);
}

TEST(link, cannot_be_changed_in_any_place)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    char token[LINK_SIZE];
    village_init(&v);
    assert_true(
        link_make(v.people, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "m01", INSTANT_NONE, token, &why));
    for (size_t i = 0; token[i] != 0; i++) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        assert_false(reads(&v, token, "bad_link"));
        token[i] = kept;
    }
    assert_true(reads(&v, token, ""));
    token[strlen(token) - 1] = 0;
    assert_false(reads(&v, token, "bad_link"));
    assert_false(reads(&v, "", "bad_link"));
    assert_false(reads(&v, ".", "bad_link"));
    village_done(&v);
}

TEST(link, ends_at_its_instant)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    char token[LINK_SIZE];
    village_init(&v);
    assert_true(link_make(v.people, "item", "m01", VILLAGE_START_MS + 1, token, &why));
    assert_true(reads(&v, token, ""));
    v.port.now_ms += 1;
    village_settle(&v);
    assert_false(reads(&v, token, "link_expired"));
    village_done(&v);
}

// ---- mail

static bool sends(struct village *v, struct mail_order o, bool *sent, struct fail *why)
{
    struct step_address step = {v->instance.text, "/do/0/ask", 1};
    enum mail_fate fate;
    bool good = mail_send(v->people, &step, &o, &fate, why);
    *sent = fate == MAIL_SENT;
    village_settle(v);
    return good;
}

static struct mail_order order(void)
{
    return (struct mail_order){.key = "k",
                               .to = "a@example.org",
                               .subject = "s",
                               .text = "t",
                               .attachments = json_absent(),
                               .headers = json_absent()};
}

TEST(mail, goes_once_a_key)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    bool sent;
    village_init(&v);
    village_start(&v, "[{\"name\":\"public\"}]");
    assert_true(sends(&v, order(), &sent, &why));
    assert_true(sent);
    assert_true(sends(&v, order(), &sent, &why));
    assert_false(sent);
    assert_int_equal(v.mails, 1);
    json list = mail_list(v.people, 0, 10, &why);
    assert_int_equal(json_length(list), 1);
    json_free(list);
    village_done(&v);
}

TEST(mail, refuses_headers_in_disguise)
{
    UNUSED_STATE;
    struct village v;
    bool sent = true;
    village_init(&v);
    village_start(&v, "[{\"name\":\"public\"}]");
    struct fail why = {0};
    struct mail_order o = order();
    o.subject = "a\r\nBcc: b@example.org";
    assert_false(sends(&v, o, &sent, &why));
    o = order();
    json headers = village_json("{\"X-A\":\"a\\nb\"}");
    o.headers = headers;
    assert_false(sends(&v, o, &sent, &why));
    json_free(headers);
    headers = village_json("{\"X A\":\"a\"}");
    o.headers = headers;
    assert_false(sends(&v, o, &sent, &why));
    json_free(headers);
    o = order();
    o.to = "a@example.org\r\nBcc: b@example.org";
    assert_true(sends(&v, o, &sent, &why));
    assert_false(sent);
    assert_int_equal(v.mails, 0);
    village_done(&v);
}

TEST(mail, respects_who_wants_none)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    bool sent;
    village_init(&v);
    village_start(&v, "[{\"name\":\"public\"}]");
    assert_true(village_put(&v,
                            "{\"id\":\"a\",\"name\":\"가\",\"email\":\"a@example.org\","
                            "\"attributes\":{\"mail\":false}}",
                            &why));
    struct mail_order o = order();
    o.person = "a";
    assert_true(sends(&v, o, &sent, &why));
    assert_false(sent);
    o.key = "k2";
    o.mandatory = true;
    assert_true(sends(&v, o, &sent, &why));
    assert_true(sent);
    village_done(&v);
}

RUN(CASE(link, names_an_item_and_a_person), CASE(link, cannot_be_changed_in_any_place),
    CASE(link, ends_at_its_instant), CASE(mail, goes_once_a_key),
    CASE(mail, refuses_headers_in_disguise), CASE(mail, respects_who_wants_none))
