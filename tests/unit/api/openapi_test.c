// What OpenAPI says of good answers, held against real ones.
#include "api/place.h"

#include "json/schema.h"

static const char waiting[] = "document: {dsl: 1.0.3, namespace: test, name: nap, version: 1.0.0}\n"
                              "do:\n  - nap: {wait: P30D}\n";

// The schema of a path's answer, with the components that it refers to.
static struct schema *schema_of(json document, const char *pattern, const char *status,
                                const char *type)
{
    static const char *const way[] = {"paths", NULL,      "get", "responses",
                                      NULL,    "content", NULL,  "schema"};
    const char *const given[] = {pattern, status, type};
    json at = json_ref(document);
    for (size_t i = 0, next = 0; i < sizeof(way) / sizeof(*way); i++)
        json_swap_take(&at, json_get(at, way[i] ? way[i] : given[next++]));
    assert_true(json_is_object(at));
    json components = json_get(document, "components");
    json_set_take(&at, "components", components);
    struct fail why = {0};
    struct schema *schema = schema_compile(at, &why);
    json_free(at);
    if (!schema)
        fail_msg("%s: %s", pattern, why.message);
    return schema;
}

static void assert_body(struct place *p, json document, const char *pattern, const char *path)
{
    struct answer_got got = get(p, path);
    struct schema *schema = schema_of(document, pattern, got.status == 200 ? "200" : "404",
                                      got.status == 200 ? TYPE_JSON : TYPE_PROBLEM);
    struct fail why = {0};
    if (!schema_require(schema, got.body, &why))
        fail_msg("%s: %s in %s", path, why.message, got.raw);
    json none = json_object();
    bool takes_all = schema_require(schema, none, &why);
    if (takes_all)
        fail_msg("the schema of %s takes any object", pattern);
    json_free(none);
    schema_free(schema);
    got_done(&got);
}

TEST(openapi, tells_what_answers_hold)
{
    UNUSED_STATE;
    struct place p;
    place_init(&p, (struct api_opts){.dev = true});
    struct answer_got deployed =
        ask_with(&p, "POST", "/api/v1/definitions", "Content-Type: application/yaml\r\n", waiting);
    assert_status(&deployed, 201);
    got_done(&deployed);
    expect_post(&p, "/api/v1/people", "{\"id\":\"m01\",\"name\":\"하나\"}", 200, "id", "m01");
    struct answer_got started =
        post(&p, "/api/v1/instances", "{\"definition\":{\"namespace\":\"test\",\"name\":\"nap\"}}");
    assert_status(&started, 201);
    char *one = mem_printf("/api/v1/instances/%s", json_get_text(started.body, "id", ""));
    char *history = mem_printf("%s/history", one);
    struct answer_got got = get(&p, "/openapi.json");
    const char *const looks[][2] = {
        {"/api/v1/definitions", "/api/v1/definitions"},
        {"/api/v1/definitions/{namespace}/{name}", "/api/v1/definitions/test/nap"},
        {"/api/v1/instances", "/api/v1/instances"},
        {"/api/v1/instances/{id}", one},
        {"/api/v1/instances/{id}", "/api/v1/instances/none"},
        {"/api/v1/instances/{id}/history", history},
        {"/api/v1/items", "/api/v1/items"},
        {"/api/v1/items/{id}", "/api/v1/items/none"},
        {"/api/v1/people", "/api/v1/people"},
        {"/api/v1/people/{id}", "/api/v1/people/m01"},
    };
    for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++)
        assert_body(&p, got.body, looks[i][0], looks[i][1]);
    got_done(&got);
    got_done(&started);
    mem_free(history);
    mem_free(one);
    place_done(&p);
}

RUN(CASE(openapi, tells_what_answers_hold))
