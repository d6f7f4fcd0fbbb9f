#include "api/place.h"

// What a request gets that is wrong in a small way: a refusal that names the place, and no change.

static const char listening[] =
    "document: {dsl: 1.0.3, namespace: test, name: hear, version: 1.0.0}\n"
    "do:\n  - hear: {listen: {to: {one: {with: {type: org.example.moved}}}}}\n";

static json some_views(void *context, const char *instance, struct fail *why)
{
    (void)context, (void)instance, (void)why;
    json list = json_array(), view = json_object();
    json_set_text(&view, "name", "who");
    json_append_take(&list, view);
    return list;
}

static json one_view(void *context, const char *instance, const char *task, const char *name,
                     struct fail *why)
{
    (void)context, (void)instance;
    if (strcmp(name, "who") != 0) {
        fail(why, FAIL_NOT_FOUND, "no open task '%s' has a view '%s'", task, name);
        return json_absent();
    }
    json view = json_object();
    json_set_text(&view, "title", task);
    return view;
}

static void place_open(struct place *p)
{
    place_init(p, (struct api_opts){.dev = true, .views = some_views, .view = one_view});
    house_deploy(&p->h, listening);
}

static char *start(struct place *p)
{
    struct answer_got got =
        post(p, "/api/v1/instances", "{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\"}}");
    assert_status(&got, 201);
    char *id = mem_string(json_get_text(got.body, "id", ""));
    got_done(&got);
    return id;
}

TEST(refusals, a_member_that_is_not_known_or_of_the_wrong_kind)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    static const char *const bodies[] = {
        "{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\"},\"inptu\":{}}",
        "{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\"},\"title\":3}",
        "{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\",\"version\":1}}",
        "{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\",\"varsion\":\"1\"}}",
        "[{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\"}},"
        "{\"definition\":{\"namespace\":\"test\",\"name\":\"hear\"},\"inptu\":{}}]"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_post(&p, "/api/v1/instances", bodies[i], 422, "status", "422");
    expect_get(&p, "/api/v1/instances", 200, "items", "[]");
    char *id = start(&p), *path = mem_printf("/api/v1/instances/%s/cancel", id);
    expect_post(&p, path, "{\"reason\":3}", 422, "detail", "'reason' must be string, not number");
    mem_free(path);
    path = mem_printf("/api/v1/items/%s/answers", id);
    expect_post(&p, path, "{\"receipt\":3}", 422, "detail", "'receipt' must be string, not number");
    expect_post(&p, path, "{\"as\":3}", 422, "detail", "'as' must be null or string, not number");
    expect_post(&p, path, "{\"withdraw\":\"yes\"}", 422, "detail",
                "'withdraw' must be boolean, not string");
    mem_free(path);
    mem_free(id);
    place_done(&p);
}

TEST(refusals, a_query_that_is_not_known)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    expect_get(&p, "/api/v1/instances?stauts=faulted", 400, "detail",
               "there is no query 'stauts' here; known are: status definition cursor limit");
    expect_get(&p, "/api/v1/definitions?status=x", 400, "code", "bad_query");
    expect_get(&p, "/api/v1/items?status=odd", 400, "code", "bad_query");
    place_done(&p);
}

// Base64 of "1:foo", "1:9223372036854775807" and "1:-1".
TEST(refusals, a_cursor_of_another_list)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    char *id = start(&p);
    static const char *const cursors[] = {"MTpmb28", "MTo5MjIzMzcyMDM2ODU0Nzc1ODA3", "MTotMQ"};
    for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++) {
        char *path = mem_printf("/api/v1/instances/%s/history?cursor=%s", id, cursors[i]);
        expect_get(&p, path, 400, "code", "bad_cursor");
        mem_free(path);
    }
    expect_get(&p, "/api/v1/instances?cursor=MTpmb28", 400, "code", "bad_cursor");
    expect_get(&p, "/api/v1/items?cursor=MTpmb28", 400, "code", "bad_cursor");
    mem_free(id);
    place_done(&p);
}

#define BATCH "Content-Type: application/cloudevents-batch+json\r\n"

TEST(refusals, a_batch_of_events_with_a_bad_one_is_refused_whole)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    struct answer_got got =
        ask_with(&p, "POST", "/api/v1/events", BATCH,
                 "[{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"},"
                 "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"/s\",\"type\":\"t\","
                 "\"time\":\"yesterday\"}]");
    assert_status(&got, 422);
    assert_has(got.raw, "event 2 of 2 (none was taken)");
    got_done(&got);
    expect_get(&p, "/api/v1/events/why?source=/s&id=1", 404, "code", "not_found");
    place_done(&p);
}

TEST(refusals, an_event_that_is_not_as_cloudevents_says)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    static const char *const rests[] = {"\"data\":1,\"data_base64\":\"AA==\"",
                                        "\"data_base64\":\"***\"", "\"datacontenttype\":3",
                                        "\"subject\":\"\"", "\"more\":{\"a\":1}"};
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
        char *body = mem_printf(
            "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",%s}", rests[i]);
        expect_post(&p, "/api/v1/events", body, 422, "code", "invalid");
        mem_free(body);
    }
    place_done(&p);
}

TEST(refusals, views_are_those_of_open_tasks)
{
    UNUSED_STATE;
    struct place p;
    place_open(&p);
    char *id = start(&p), *path = mem_printf("/api/v1/instances/%s/views", id);
    expect_get(&p, path, 200, "items.0.name", "who");
    mem_free(path);
    path = mem_printf("/api/v1/instances/%s/views/hear/who", id);
    expect_get(&p, path, 200, "title", "hear");
    mem_free(path);
    path = mem_printf("/api/v1/instances/%s/views/hear/what", id);
    expect_get(&p, path, 404, "code", "not_found");
    mem_free(path);
    expect_get(&p, "/api/v1/instances/none/views", 404, "code", "not_found");
    expect_get(&p, "/api/v1/instances/none/views/hear/who", 404, "code", "not_found");
    expect_get(&p, "/api/v1/stream?instance=none", 404, "code", "not_found");
    mem_free(id);
    place_done(&p);
}

RUN(CASE(refusals, a_member_that_is_not_known_or_of_the_wrong_kind),
    CASE(refusals, a_query_that_is_not_known), CASE(refusals, a_cursor_of_another_list),
    CASE(refusals, a_batch_of_events_with_a_bad_one_is_refused_whole),
    CASE(refusals, an_event_that_is_not_as_cloudevents_says),
    CASE(refusals, views_are_those_of_open_tasks))
