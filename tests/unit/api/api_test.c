#include "api/place.h"

// Requests over the loopback to the whole API, on an engine over memory.

static const char waiting[] =
    "document: {dsl: 1.0.3, namespace: test, name: wait, version: 1.0.0}\n"
    "input: {schema: {format: json, document: {type: object, required: "
    "[who]}}}\n"
    "do:\n  - hold: {wait: {days: 1}}\n";
static const char quick[] = "document: {dsl: 1.0.3, namespace: test, name: quick, version: 1.0.0}\n"
                            "do:\n  - greet: {set: {hello: '${ .who }'}}\n";
static const char listening[] =
    "document: {dsl: 1.0.3, namespace: test, name: hear, version: 1.0.0}\n"
    "do:\n  - hear: {listen: {to: {one: {with: {type: org.example.moved}}}}}\n";

static void place_open(struct place *p)
{
    place_init(p, (struct api_opts){.dev = true});
    house_deploy(&p->h, waiting);
    house_deploy(&p->h, quick);
    house_deploy(&p->h, listening);
}

static char *start(struct place *p)
{
    struct answer_got got =
        post(p, "/api/v1/instances",
             "{\"definition\":{\"namespace\":\"test\",\"name\":\"wait\"},\"input\":{\"who\":1}}");
    assert_status(&got, 201);
    char *id = mem_string(json_get_text(got.body, "id", ""));
    char *location = mem_printf("Location: /api/v1/instances/%s\r\n", id);
    assert_has(got.raw, location);
    mem_free(location);
    got_done(&got);
    return id;
}

// ---- health

TEST(api, tells_its_health)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    expect_get(&p, "/healthz", 200, "status", "live");
    expect_get(&p, "/readyz", 200, "status", "ready");
    expect_get(&p, "/openapi.json", 200, "info.title", "Dure");
    expect_get(&p, "/openapi.json", 200, "openapi", "3.1.0");
    struct answer_got got = get(&p, "/metrics");
    assert_has(got.raw, "\ndure_http_requests_total ");
    assert_has(got.raw, "# TYPE dure_starts_total counter\n");
    got_done(&got);
    place_done(&p);
}

// ---- definitions

TEST(api, deploys_definitions)
{
    UNUSED_STATE;
    struct place p;
    place_init(&p, (struct api_opts){.dev = true});
    struct answer_got got =
        ask_with(&p, "POST", "/api/v1/definitions", "Content-Type: text/yaml\r\n", quick);
    assert_status(&got, 201);
    assert_at(got.body, "name", "quick");
    got_done(&got);
    got = ask_with(&p, "POST", "/api/v1/definitions", "Content-Type: text/yaml\r\n", quick);
    assert_status(&got, 200);
    got_done(&got);
    got = ask_with(&p, "POST", "/api/v1/definitions", "Content-Type: text/yaml\r\n",
                   "document: {dsl: 1.0.3, namespace: test, name: quick, version: 1.0.0}\n"
                   "do:\n  - greet: {set: {hello: other}}\n");
    assert_status(&got, 409);
    got_done(&got);
    expect_get(&p, "/api/v1/definitions", 200, "items.0.version", "1.0.0");
    expect_get(&p, "/api/v1/definitions/test/quick", 200, "source.document.name", "quick");
    expect_get(&p, "/api/v1/definitions/test/none", 404, "code", "not_found");
    place_done(&p);
}

TEST(api, names_the_mistakes_of_a_definition)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    struct answer_got got =
        post(&p, "/api/v1/definitions",
             "{\"file\":\"a.yaml\",\"text\":\"document: {dsl: 1.0.3, namespace: test, name: bad, "
             "version: 1.0.0}\\ndo:\\n  - a: {sett: {}}\\n\"}");
    assert_status(&got, 422);
    assert_at(got.body, "code", "invalid_definition");
    assert_at(got.body, "errors.0.line", "3");
    assert_has(got.raw, "Content-Type: application/problem+json");
    got_done(&got);
    expect_post(&p, "/api/v1/definitions", "{\"txt\":1}", 422, "code", "unknown_member");
    place_done(&p);
}

// ---- instances

TEST(api, starts_and_shows_an_instance)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    char *id = start(&p);
    char *path = mem_printf("/api/v1/instances/%s", id);
    expect_get(&p, path, 200, "status", "waiting");
    expect_get(&p, path, 200, "definition.name", "wait");
    expect_get(&p, "/api/v1/instances", 200, "items.0.id", id);
    expect_get(&p, "/api/v1/instances?status=waiting&definition=test/wait", 200, "items.0.id", id);
    expect_get(&p, "/api/v1/instances?status=completed", 200, "items", "[]");
    mem_free(path);
    path = mem_printf("/api/v1/instances/%s/history", id);
    expect_get(&p, path, 200, "items.0.seq", "1");
    mem_free(path);
    mem_free(id);
    place_done(&p);
}

TEST(api, waits_for_the_result)
{
    UNUSED_STATE;
    struct place p;
    place_init(&p, (struct api_opts){.dev = true, .second_ms = 10});
    house_deploy(&p.h, waiting);
    house_deploy(&p.h, quick);
    expect_post(&p, "/api/v1/instances?wait=10",
                "{\"definition\":{\"namespace\":\"test\",\"name\":\"quick\"},\"input\":{\"who\":"
                "\"두레\"}}",
                201, "output.hello", "두레");
    expect_post(&p, "/api/v1/instances?wait=1",
                "{\"definition\":{\"namespace\":\"test\",\"name\":\"wait\"},\"input\":{\"who\":1}}",
                201, "status", "waiting");
    expect_post(&p, "/api/v1/instances?wait=999", "{}", 400, "code", "bad_query");
    place_done(&p);
}

TEST(api, forgets_a_wait_whose_client_has_gone)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    const char body[] = "{\"definition\":{\"namespace\":\"test\",\"name\":\"wait\"},\"input\":"
                        "{\"who\":1}}";
    struct raw raw;
    raw_open(&p.h.w, &raw);
    char *text = mem_printf("POST /api/v1/instances?wait=60 HTTP/1.1\r\nHost: localhost\r\n"
                            "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                            strlen(body), body);
    raw_send(&raw, text);
    mem_free(text);
    while (server_figures(p.h.w.server).requests < 1)
        uv_run(&p.h.w.loop, UV_RUN_ONCE);
    house_turn(&p.h);
    raw_close(&p.h.w, &raw);
    while (server_connections(p.h.w.server))
        uv_run(&p.h.w.loop, UV_RUN_ONCE);
    place_done(&p);
}

TEST(api, refuses_starts_that_cannot_be)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    const char *path = "/api/v1/instances";
    expect_post(&p, path, "{\"definition\":{\"namespace\":\"test\",\"name\":\"none\"}}", 404,
                "code", "not_found");
    expect_post(&p, path,
                "{\"definition\":{\"namespace\":\"test\",\"name\":\"wait\"},\"input\":{}}", 422,
                "code", "invalid");
    expect_post(&p, path, "{\"definition\":{}}", 422, "code", "invalid");
    expect_post(&p, path, "{\"definition\":", 400, "code", "invalid_json");
    expect_post(&p, path, "", 400, "code", "invalid_json");
    expect_post(&p, path, "7", 422, "code", "invalid");
    struct answer_got got = ask_with(&p, "POST", path, "Content-Type: text/plain\r\n", "{}");
    assert_status(&got, 415);
    got_done(&got);
    expect_get(&p, "/api/v1/instances/none", 404, "code", "not_found");
    expect_get(&p, "/api/v1/instances?status=odd", 400, "code", "bad_query");
    expect_get(&p, "/api/v1/instances?cursor=odd", 400, "code", "bad_cursor");
    expect_get(&p, "/api/v1/instances?limit=0", 400, "code", "bad_query");
    place_done(&p);
}

TEST(api, starts_a_list_whole_or_not_at_all)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    expect_post(
        &p, "/api/v1/instances",
        "[{\"definition\":{\"namespace\":\"test\",\"name\":\"wait\"},\"input\":{\"who\":1}},"
        "{\"definition\":{\"namespace\":\"test\",\"name\":\"wait\"}}]",
        422, "code", "invalid");
    expect_get(&p, "/api/v1/instances", 200, "items", "[]");
    expect_post(
        &p, "/api/v1/instances",
        "[{\"definition\":{\"namespace\":\"test\",\"name\":\"wait\"},\"input\":{\"who\":1}},"
        "{\"definition\":{\"namespace\":\"test\",\"name\":\"quick\"}}]",
        201, "0.status", "waiting");
    expect_post(&p, "/api/v1/instances", "[]", 422, "code", "limit");
    place_done(&p);
}

TEST(api, pages_through_instances)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    char *ids[3];
    for (int i = 0; i < 3; i++) {
        p.h.port.now_ms += 1;
        ids[i] = start(&p);
    }
    struct answer_got got = get(&p, "/api/v1/instances?limit=2");
    assert_at(got.body, "items.0.id", ids[2]);
    assert_at(got.body, "items.1.id", ids[1]);
    char *path =
        mem_printf("/api/v1/instances?limit=2&cursor=%s", json_get_text(got.body, "next", "?"));
    expect_get(&p, path, 200, "items.0.id", ids[0]);
    expect_get(&p, path, 200, "next", "null");
    mem_free(path);
    got_done(&got);
    for (int i = 0; i < 3; i++)
        mem_free(ids[i]);
    place_done(&p);
}

TEST(api, controls_an_instance)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    char *id = start(&p);
    static const char *const steps[][3] = {{"pause", "200", "suspended"},
                                           {"resume", "200", "waiting"},
                                           {"cancel", "200", "cancelled"},
                                           {"cancel", "409", NULL}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        char *path = mem_printf("/api/v1/instances/%s/%s", id, steps[i][0]);
        struct answer_got got = post(&p, path, "{\"reason\":\"test\"}");
        assert_status(&got, atoi(steps[i][1]));
        if (steps[i][2])
            assert_at(got.body, "status", steps[i][2]);
        got_done(&got);
        mem_free(path);
    }
    expect_post(&p, "/api/v1/instances/none/cancel", "", 404, "code", "not_found");
    char *path = mem_printf("/api/v1/instances/%s/repair", id);
    expect_post(&p, path, "{\"effect\":{\"path\":\"/do/0/a\",\"attempt\":1},\"outcome\":\"done\"}",
                404, "code", "not_found");
    expect_post(&p, path, "{\"outcome\":\"finished\"}", 422, "code", "invalid");
    expect_post(&p, path, "{\"outcome\":\"done\"}", 409, "code", "nothing_unknown");
    expect_post(&p, "/api/v1/instances/none/repair", "{\"outcome\":\"done\"}", 404, "code",
                "not_found");
    mem_free(path);
    path = mem_printf("/api/v1/instances/%s/migrate", id);
    expect_post(&p, path, "{\"version\":1}", 422, "code", "invalid");
    expect_post(&p, path, "{\"version\":\"9.9.9\"}", 409, "code", "conflict");
    expect_post(&p, "/api/v1/instances/none/migrate", "", 404, "code", "not_found");
    mem_free(path);
    mem_free(id);
    place_done(&p);
}

TEST(api, gives_the_same_answer_to_the_same_key)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    const char body[] = "{\"definition\":{\"namespace\":\"test\",\"name\":\"wait\"},"
                        "\"input\":{\"who\":1}}";
    struct answer_got first =
        ask_with(&p, "POST", "/api/v1/instances", JSON_TYPE "Idempotency-Key: k1\r\n", body);
    struct answer_got again =
        ask_with(&p, "POST", "/api/v1/instances", JSON_TYPE "Idempotency-Key: k1\r\n", body);
    assert_status(&first, 201);
    assert_status(&again, 201);
    assert_true(json_equal(first.body, again.body));
    char *location =
        mem_printf("Location: /api/v1/instances/%s\r\n", json_get_text(first.body, "id", "?"));
    assert_non_null(strstr(again.raw, location));
    mem_free(location);
    struct answer_got other =
        ask_with(&p, "POST", "/api/v1/instances", JSON_TYPE "Idempotency-Key: k1\r\n", "{}");
    assert_status(&other, 409);
    assert_at(other.body, "code", "request_key_reused");
    expect_get(&p, "/api/v1/instances", 200, "items.1", "null");
    got_done(&first), got_done(&again), got_done(&other);
    place_done(&p);
}

TEST(api, waits_again_under_the_same_key)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    for (int i = 0; i < 2; i++) {
        struct answer_got got =
            ask_with(&p, "POST", "/api/v1/instances?wait=10", JSON_TYPE "Idempotency-Key: w1\r\n",
                     "{\"definition\":{\"namespace\":\"test\",\"name\":\"quick\"}}");
        assert_status(&got, 201);
        assert_at(got.body, "status", "completed");
        json output = json_get(got.body, "output");
        assert_true(json_is_object(output));
        json_free(output);
        got_done(&got);
    }
    expect_get(&p, "/api/v1/instances", 200, "items.1", "null");
    place_done(&p);
}

TEST(api, pages_through_definitions)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    struct answer_got all = get(&p, "/api/v1/definitions");
    json items = json_get(all.body, "items");
    char *path = mem_string("/api/v1/definitions?limit=1");
    for (size_t i = 0; i < json_length(items); i++) {
        struct answer_got got = get(&p, path);
        json one = json_path(got.body, "items.0.name"), none = json_path(got.body, "items.1"),
             wanted = json_at(items, i);
        assert_string_equal(json_text(one), json_get_text(wanted, "name", "?"));
        assert_true(json_is_absent(none));
        mem_free(path);
        path = mem_printf("/api/v1/definitions?limit=1&cursor=%s",
                          json_get_text(got.body, "next", "end"));
        json_free(one), json_free(none), json_free(wanted);
        got_done(&got);
    }
    assert_non_null(strstr(path, "cursor=end"));
    expect_get(&p, "/api/v1/definitions?cursor=MTpmb28", 400, "code", "bad_cursor");
    mem_free(path);
    json_free(items);
    got_done(&all);
    place_done(&p);
}

static json start_with_key(struct place *p, int key)
{
    char *header = mem_printf(JSON_TYPE "Idempotency-Key: k%d\r\n", key);
    struct answer_got got = ask_with(p, "POST", "/api/v1/instances", header,
                                     "{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\"}}");
    assert_status(&got, 201);
    json id = json_get(got.body, "id");
    got_done(&got);
    mem_free(header);
    return id;
}

TEST(api, forgets_keys_after_a_week)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    json first = start_with_key(&p, 0), same = start_with_key(&p, 0);
    assert_true(json_equal(first, same));
    p.h.port.now_ms += INT64_C(7) * 24 * 3600 * 1000 + 1;
    house_turn(&p.h);
    for (int i = 1; i <= 16; i++)
        json_free(start_with_key(&p, i));
    json other = start_with_key(&p, 0);
    assert_false(json_equal(first, other));
    json young = start_with_key(&p, 16), again = start_with_key(&p, 16);
    assert_true(json_equal(young, again));
    json_free(first), json_free(same), json_free(other), json_free(young), json_free(again);
    place_done(&p);
}

// ---- events

TEST(api, takes_events_in_three_modes)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    expect_post(&p, "/api/v1/instances",
                "{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\"}}", 201, "status",
                "waiting");
    struct answer_got got =
        ask_with(&p, "POST", "/api/v1/events", "Content-Type: application/cloudevents+json\r\n",
                 "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":"
                 "\"org.example.moved\",\"data\":{}}");
    assert_status(&got, 202);
    assert_at(got.body, "accepted", "1");
    assert_at(got.body, "items.0.matches", "1");
    got_done(&got);
    got = ask_with(&p, "POST", "/api/v1/events",
                   "Content-Type: application/json\r\nce-specversion: 1.0\r\nce-id: 2\r\n"
                   "ce-source: /s\r\nce-type: org.example.moved\r\nce-subject: %EA%B0%80\r\n",
                   "{\"a\":1}");
    assert_status(&got, 202);
    got_done(&got);
    got = ask_with(&p, "POST", "/api/v1/events",
                   "Content-Type: application/cloudevents-batch+json\r\n",
                   "[{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"},"
                   "{\"specversion\":\"1.0\",\"id\":\"3\",\"source\":\"/s\",\"type\":\"t\"}]");
    assert_at(got.body, "duplicates", "1");
    assert_at(got.body, "accepted", "1");
    got_done(&got);
    expect_get(&p, "/api/v1/events/why?source=/s&id=1", 200, "items.0.matched", "true");
    expect_get(&p, "/api/v1/events/why?source=/s&id=none", 404, "code", "not_found");
    expect_get(&p, "/api/v1/events/why", 400, "code", "bad_query");
    expect_post(&p, "/api/v1/events", "{\"id\":\"1\"}", 422, "code", "invalid");
    place_done(&p);
}

// ---- people and items

TEST(api, keeps_the_directory)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    expect_post(&p, "/api/v1/people", "{\"id\":\"m01\",\"name\":\"서천군수\"}", 200, "name",
                "서천군수");
    expect_get(&p, "/api/v1/people/m01", 200, "name", "서천군수");
    expect_get(&p, "/api/v1/people?q=%EC%84%9C%EC%B2%9C", 200, "items.0.id", "m01");
    expect_post(&p, "/api/v1/people", "{\"id\":\"m02\",\"name\":\"익산시장\"}", 200, "id", "m02");
    expect_post(&p, "/api/v1/people", "{\"id\":\"m03\",\"name\":\"서천부군수\"}", 200, "id", "m03");
    struct answer_got got = get(&p, "/api/v1/people?limit=1&q=%EC%84%9C%EC%B2%9C");
    assert_at(got.body, "items.0.id", "m01");
    char *next = mem_printf("/api/v1/people?limit=2&q=%%EC%%84%%9C%%EC%%B2%%9C&cursor=%s",
                            json_get_text(got.body, "next", "?"));
    expect_get(&p, next, 200, "items.0.id", "m03");
    expect_get(&p, next, 200, "next", "null");
    expect_get(&p, "/api/v1/people?cursor=x", 400, "code", "bad_cursor");
    mem_free(next);
    got_done(&got);
    expect_get(&p, "/api/v1/people/none", 404, "code", "not_found");
    expect_post(&p, "/api/v1/people", "{\"id\":\"m04\"}", 422, "status", "422");
    expect_get(&p, "/api/v1/items", 200, "items", "[]");
    expect_get(&p, "/api/v1/items/none", 404, "code", "not_found");
    expect_post(&p, "/api/v1/items/none/answers", "{\"data\":{}}", 404, "code", "not_found");
    place_done(&p);
}

// ---- who may come in

TEST(api, wants_the_token)
{
    UNUSED_STATE;
    struct place p;
    place_init(&p, (struct api_opts){.token = "secret-token"});
    struct answer_got got = get(&p, "/api/v1/instances");
    assert_status(&got, 401);
    assert_has(got.raw, "WWW-Authenticate: Bearer");
    got_done(&got);
    got = ask_with(&p, "GET", "/api/v1/instances", "Authorization: Bearer wrong\r\n", "");
    assert_status(&got, 401);
    got_done(&got);
    got = ask_with(&p, "GET", "/api/v1/instances", "Authorization: Bearer secret-token\r\n", "");
    assert_status(&got, 200);
    got_done(&got);
    expect_get(&p, "/healthz", 200, "status", "live");
    place_done(&p);
}

TEST(api, is_open_in_development_but_not_to_other_sites)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    struct answer_got got = ask_with(&p, "POST", "/api/v1/events",
                                     "Origin: https://evil.example.org\r\n" JSON_TYPE, "{}");
    assert_status(&got, 403);
    got_done(&got);
    char *raw = ask_raw(&p, "GET /api/v1/instances HTTP/1.1\r\nHost: evil.example.org\r\n"
                            "Connection: close\r\n\r\n");
    assert_has(raw, "HTTP/1.1 401");
    mem_free(raw);
    place_done(&p);
}

TEST(api, streams_what_happens)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    struct raw raw;
    raw_open(&p.h.w, &raw);
    raw_send(&raw, "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    raw_until(&p.h.w, &raw, ":\n\n");
    char *id = start(&p);
    while (!strstr(raw.got.data, id))
        uv_run(&p.h.w.loop, UV_RUN_ONCE);
    assert_has(raw.got.data, "event: lifecycle\nid: ");
    assert_has(raw.got.data, ".1\ndata: {\"at\":\"2013-05-24T04:40:00Z\"");
    raw_close(&p.h.w, &raw);
    mem_free(id);
    place_done(&p);
}

// The last id that a reader has seen, as a browser would send it back.
static char *last_event_id(const char *got)
{
    const char *id = NULL;
    for (const char *c = got; (c = strstr(c, "id: ")); c++)
        id = c + strlen("id: ");
    assert_non_null(id);
    return mem_string_sized(id, strcspn(id, "\n"));
}

static void open_stream(struct place *p, struct raw *raw, const char *query, const char *last_id)
{
    char *request =
        mem_printf("GET /api/v1/stream%s HTTP/1.1\r\nHost: localhost\r\n%s%s%s\r\n", query,
                   last_id ? "Last-Event-ID: " : "", last_id ? last_id : "", last_id ? "\r\n" : "");
    raw_open(&p->h.w, raw);
    raw_send(raw, request);
    mem_free(request);
}

TEST(api, sends_a_reader_who_comes_back_what_it_missed)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    struct raw raw;
    open_stream(&p, &raw, "", NULL);
    raw_until(&p.h.w, &raw, ".0\n\n"); // nothing has happened, and yet there is an id
    char *seen = last_event_id(raw.got.data);
    raw_close(&p.h.w, &raw);
    char *first = start(&p), *second = start(&p);
    open_stream(&p, &raw, "", seen);
    raw_until(&p.h.w, &raw, second);
    assert_has(raw.got.data, first);
    assert_null(strstr(raw.got.data, "event: reset"));
    raw_close(&p.h.w, &raw);
    char *query = mem_printf("?instance=%s", second);
    open_stream(&p, &raw, query, seen);
    raw_until(&p.h.w, &raw, second);
    assert_null(strstr(raw.got.data, first)); // another's is not sent, missed or not
    raw_close(&p.h.w, &raw);
    mem_free(query);
    mem_free(first);
    mem_free(second);
    mem_free(seen);
    place_done(&p);
}

TEST(api, tells_a_reader_who_comes_too_late_to_read_anew)
{
    UNUSED_STATE;
    static const char *const strangers[] = {"0123456789abcdef.7", "0", "\xed\x95\x9c", ".",
                                            "18446744073709551616"};
    struct place p;
    place_open(&p);
    for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++) {
        struct raw raw;
        open_stream(&p, &raw, "", strangers[i]);
        raw_until(&p.h.w, &raw, "event: reset\nid: ");
        raw_until(&p.h.w, &raw, "\"code\":\"unknown_id\"");
        char *now = last_event_id(raw.got.data);
        raw_close(&p.h.w, &raw);
        open_stream(&p, &raw, "", now); // from here on it is known
        raw_until(&p.h.w, &raw, now);
        assert_null(strstr(raw.got.data, "event: reset"));
        raw_close(&p.h.w, &raw);
        mem_free(now);
    }
    place_done(&p);
}

RUN(CASE(api, tells_its_health), CASE(api, deploys_definitions),
    CASE(api, names_the_mistakes_of_a_definition), CASE(api, starts_and_shows_an_instance),
    CASE(api, waits_for_the_result), CASE(api, forgets_a_wait_whose_client_has_gone),
    CASE(api, refuses_starts_that_cannot_be), CASE(api, starts_a_list_whole_or_not_at_all),
    CASE(api, pages_through_instances), CASE(api, controls_an_instance),
    CASE(api, gives_the_same_answer_to_the_same_key), CASE(api, forgets_keys_after_a_week),
    CASE(api, waits_again_under_the_same_key), CASE(api, pages_through_definitions),
    CASE(api, takes_events_in_three_modes), CASE(api, keeps_the_directory),
    CASE(api, wants_the_token), CASE(api, is_open_in_development_but_not_to_other_sites),
    CASE(api, streams_what_happens), CASE(api, sends_a_reader_who_comes_back_what_it_missed),
    CASE(api, tells_a_reader_who_comes_too_late_to_read_anew))
