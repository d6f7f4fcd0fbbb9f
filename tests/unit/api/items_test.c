#include "api/place.h"

#include "calendar/instant.h"
#include "people/item.h"

// A function `ask` that asks one person and takes his choice, in place of a plugin.

struct asker {
    struct function_host host; // first: found back from it
    struct people *people;
    struct function_signature signature;
};

static const struct function_signature *find_ask(void *context, const char *name,
                                                 const char *version)
{
    struct asker *asker = context;
    (void)version;
    return strcmp(name, "ask") == 0 ? &asker->signature : NULL;
}

static const char *const *names(void *context)
{
    static const char *const all[] = {"ask", NULL};
    (void)context;
    return all;
}

static json form_schema(void)
{
    const char text[] = "{\"schema\":{\"type\":\"object\",\"required\":[\"choice\"],\"properties\":"
                        "{\"choice\":{\"type\":\"string\"}}}}";
    json form;
    struct fail why;
    assert_true(json_parse(text, sizeof(text) - 1, &form, &why));
    return form;
}

static void start_asking(struct asker *asker, const struct step_call *call)
{
    struct fail why;
    struct id id;
    struct ask ask = {.name = "m01",
                      .task = call->task,
                      .assignee = "m01",
                      .kind = "form",
                      .title = json_string("의결"),
                      .form = form_schema(),
                      .detail = json_absent(),
                      .opens_ms = INSTANT_NONE,
                      .closes_ms = INSTANT_NONE};
    if (!item_ask(asker->people, &call->address, &ask, &id, &why))
        fail_msg("%s", why.message);
    json_free(ask.title);
    json_free(ask.form);
}

static void handle(struct function_host *host, struct engine *e, const struct step_call *call,
                   struct step_outcome *out)
{
    struct asker *asker = (struct asker *)(void *)host;
    (void)e;
    *out = (struct step_outcome){.verdict = STEP_WAITS,
                                 .value = json_null(),
                                 .state = json_absent(),
                                 .reply = json_absent()};
    if (call->event == STEP_START)
        start_asking(asker, call);
    if (call->event != STEP_ANSWER)
        return;
    json choice = json_path(call->payload, "data.choice");
    if (json_is_string(choice) && strcmp(json_text(choice), "late") == 0) {
        out->verdict = STEP_REFUSED;
        json_swap_take(&out->value, json_object());
        json_set_text(&out->value, "code", "closed");
        json message = json_object();
        json_set_text(&message, "en", "the vote is closed");
        json_set_text(&message, "ko", "마감되었습니다");
        json_set_take(&out->value, "message", message);
    }
    json_free(choice);
}

static void ended(struct function_host *host, struct engine *e, const struct step_address *address,
                  const char *reason)
{
    (void)e, (void)reason;
    item_close(((struct asker *)(void *)host)->people, address, NULL);
}

static size_t wake_sources(struct function_host *host, struct engine *e,
                           const struct step_address *address)
{
    (void)e;
    return item_open_count(((struct asker *)(void *)host)->people, address);
}

static void waits_for(struct function_host *host, struct engine *e,
                      const struct step_address *address, struct bytes *out)
{
    (void)e;
    item_waits_for(((struct asker *)(void *)host)->people, address, out);
}

static char *open_item(struct place *p, struct asker *asker)
{
    *asker = (struct asker){
        .host = {.catalogue = {find_ask, names, asker},
                 .handle = handle,
                 .ended = ended,
                 .wake_sources = wake_sources,
                 .waits_for = waits_for},
        .signature = {
            .name = "ask", .version = "1.0.0", .input_schema = json_absent(), .waits = true}};
    place_init_with(p, (struct api_opts){.dev = true}, &asker->host);
    asker->people = p->h.people;
    house_deploy(&p->h, "document: {dsl: 1.0.3, namespace: test, name: vote, version: 1.0.0}\n"
                        "do:\n  - decide: {call: ask, with: {}}\n");
    expect_post(p, "/api/v1/people", "{\"id\":\"m01\",\"name\":\"서천군수\"}", 200, "id", "m01");
    expect_post(p, "/api/v1/people", "{\"id\":\"m02\",\"name\":\"군수\"}", 200, "id", "m02");
    expect_post(p, "/api/v1/instances",
                "{\"definition\":{\"namespace\":\"test\",\"name\":\"vote\"}}", 201, "status",
                "waiting");
    struct answer_got got = get(p, "/api/v1/items?status=open&assignee=m01");
    assert_status(&got, 200);
    assert_at(got.body, "items.0.task", "decide");
    json id = json_path(got.body, "items.0.id");
    char *text = mem_string(json_text(id));
    json_free(id);
    got_done(&got);
    return text;
}

TEST(items, take_an_answer_and_its_amendment)
{
    UNUSED_STATE;
    struct place p;
    struct asker asker;
    char *id = open_item(&p, &asker), *path = mem_printf("/api/v1/items/%s/answers", id);
    struct answer_got got = post(&p, path, "{\"as\":\"m01\",\"data\":{\"choice\":\"yes\"}}");
    assert_status(&got, 201);
    char *receipt = mem_string(json_get_text(got.body, "receipt", "?"));
    assert_true(strlen(receipt) > 10);
    got_done(&got);
    char *body =
        mem_printf("{\"as\":\"m01\",\"receipt\":\"%s\",\"data\":{\"choice\":\"no\"}}", receipt);
    got = post(&p, path, body);
    assert_status(&got, 200);
    got_done(&got);
    mem_free(body);
    body = mem_printf("/api/v1/items/%s", id);
    expect_get(&p, body, 200, "assignee", "m01");
    expect_get(&p, path, 200, "items.0.data.choice", "no");
    mem_free(body), mem_free(receipt), mem_free(path), mem_free(id);
    place_done(&p);
}

TEST(items, say_why_they_refuse)
{
    UNUSED_STATE;
    struct place p;
    struct asker asker;
    char *id = open_item(&p, &asker), *path = mem_printf("/api/v1/items/%s/answers", id);
    expect_post(&p, path, "{\"as\":\"m01\",\"data\":{\"choice\":\"late\"}}", 409, "code", "closed");
    expect_post(&p, path, "{\"as\":\"m02\",\"data\":{\"choice\":\"yes\"}}", 403, "code",
                "not_eligible");
    expect_post(&p, path, "{\"as\":\"m01\",\"data\":{\"choice\":1}}", 422, "errors.0.pointer",
                "/choice");
    expect_post(&p, path, "{\"as\":\"m01\",\"dat\":{}}", 422, "code", "unknown_member");
    expect_get(&p, path, 200, "items", "[]");
    mem_free(path), mem_free(id);
    place_done(&p);
}

TEST(items, refuse_in_the_language_of_who_asks)
{
    UNUSED_STATE;
    struct place p;
    struct asker asker;
    char *id = open_item(&p, &asker), *path = mem_printf("/api/v1/items/%s/answers", id);
    static const char *const said[][2] = {{"", "the vote is closed"},
                                          {"Accept-Language: ko-KR,en;q=0.8\r\n", "마감되었습니다"},
                                          {"Accept-Language: en,ko\r\n", "the vote is closed"},
                                          {"Accept-Language: fr\r\n", "the vote is closed"}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        char *headers = mem_printf(JSON_TYPE "%s", said[i][0]);
        struct answer_got got =
            ask_with(&p, "POST", path, headers, "{\"as\":\"m01\",\"data\":{\"choice\":\"late\"}}");
        assert_status(&got, 409);
        assert_at(got.body, "detail", said[i][1]);
        assert_at(got.body, "message.ko", "마감되었습니다");
        got_done(&got);
        mem_free(headers);
    }
    mem_free(path), mem_free(id);
    place_done(&p);
}

TEST(items, give_the_same_answer_to_the_same_key)
{
    UNUSED_STATE;
    struct place p;
    struct asker asker;
    char *id = open_item(&p, &asker), *path = mem_printf("/api/v1/items/%s/answers", id);
    const char body[] = "{\"as\":\"m01\",\"data\":{\"choice\":\"yes\"}}";
    struct answer_got one = ask_with(&p, "POST", path, JSON_TYPE "Idempotency-Key: k\r\n", body);
    struct answer_got two = ask_with(&p, "POST", path, JSON_TYPE "Idempotency-Key: k\r\n", body);
    assert_status(&one, 201);
    assert_status(&two, 201);
    assert_true(json_equal(one.body, two.body));
    got_done(&one), got_done(&two);
    expect_get(&p, path, 200, "items.1", "null");
    mem_free(path), mem_free(id);
    place_done(&p);
}

TEST(people, are_imported_after_a_preview)
{
    UNUSED_STATE;
    struct place p;
    place_init(&p, (struct api_opts){.dev = true});
    const char csv[] = "id,name,email,groups\r\nm01,서천군수,m01@example.org,members\r\n";
    struct answer_got got =
        ask_with(&p, "POST", "/api/v1/people/import?preview=1", "Content-Type: text/csv\r\n", csv);
    assert_status(&got, 200);
    assert_at(got.body, "rows.0.action", "add");
    got_done(&got);
    struct answer_got none = get(&p, "/api/v1/people/m01");
    assert_status(&none, 404);
    got_done(&none);
    got = ask_with(&p, "POST", "/api/v1/people/import", "Content-Type: text/csv\r\n", csv);
    assert_status(&got, 200);
    got_done(&got);
    expect_get(&p, "/api/v1/people/m01", 200, "name", "서천군수");
    expect_get(&p, "/api/v1/groups", 200, "items.0.name", "members");
    place_done(&p);
}

RUN(CASE(items, take_an_answer_and_its_amendment), CASE(items, say_why_they_refuse),
    CASE(items, refuse_in_the_language_of_who_asks),
    CASE(items, give_the_same_answer_to_the_same_key), CASE(people, are_imported_after_a_preview))
