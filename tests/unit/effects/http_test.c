#include "effects/house.h"

#include "effects/http.h"

// The whole way: a definition's `call: http`, the engine, the executor, a service, and back.

struct service {
    struct house h;
    struct http_executor *http;
    char *last; // what the service was asked
};

static void serve_pet(void *context, struct request *r)
{
    struct service *s = context;
    size_t bytes;
    const char *body = request_body(r, &bytes), *key = request_header(r, "Idempotency-Key");
    const char *auth = request_header(r, "Authorization");
    mem_free(s->last);
    s->last = mem_printf("%s %s?%s key=%s auth=%s body=%s", request_method(r), request_path(r),
                         request_query_text(r), key ? key : "", auth ? auth : "", body);
    request_reply_text(r, 200, TYPE_JSON, "{\"id\": 1, \"name\": \"milou\"}");
}

static void serve_missing(void *context, struct request *r)
{
    (void)context;
    request_problem(r, 404, "no_pet", "there is no such pet");
}

static void serve_moved(void *context, struct request *r)
{
    (void)context;
    request_redirect(r, 302, "/pets/1");
}

static void serve_liar(void *context, struct request *r)
{
    (void)context;
    request_reply_text(r, 200, TYPE_JSON, "{no json");
}

static void serve_bytes(void *context, struct request *r)
{
    (void)context;
    request_reply_text(r, 200, "application/octet-stream", "\xFF\xFE");
}

static void service_init(struct service *s)
{
    memset(s, 0, sizeof(*s));
    house_init(&s->h);
    s->http = http_executor_new(s->h.client);
    engine_add_executor(s->h.engine, http_executor(s->http));
    server_route(s->h.w.server, "GET", "/pets/{id}", serve_pet, s);
    server_route(s->h.w.server, "POST", "/pets/{id}", serve_pet, s);
    server_route(s->h.w.server, "GET", "/missing", serve_missing, s);
    server_route(s->h.w.server, "GET", "/moved", serve_moved, s);
    server_route(s->h.w.server, "GET", "/liar", serve_liar, s);
    server_route(s->h.w.server, "GET", "/bytes", serve_bytes, s);
    house_open(&s->h);
}

static void service_done(struct service *s)
{
    http_executor_free(s->http);
    mem_free(s->last);
    house_done(&s->h);
}

// Runs one call; `with` is YAML in flow style with %u for the port.
__attribute__((format(printf, 2, 0))) static json call(struct service *s, const char *with)
{
    unsigned port = server_port(s->h.w.server);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    char *filled = mem_printf(with, port);
#pragma GCC diagnostic pop
    char *text = mem_printf("document: {dsl: 1.0.3, namespace: test, name: call, version: 1.0.0}\n"
                            "do:\n  - ask:\n      call: http\n      with: %s\n",
                            filled);
    house_deploy(&s->h, text);
    mem_free(text);
    mem_free(filled);
    json input = json_object();
    json_set_int(&input, "id", 1);
    json shown = house_run(&s->h, "call", input);
    json_free(input);
    return shown;
}

TEST(http, gives_the_content)
{
    UNUSED_STATE;
    struct service s;
    service_init(&s);
    json shown = call(&s, "{method: get, endpoint: 'http://127.0.0.1:%u/pets/{id}'}");
    assert_at(shown, "status", "completed");
    assert_at(shown, "output.name", "milou");
    assert_has(s.last, "GET /pets/1? key=");
    json_free(shown);
    service_done(&s);
}

TEST(http, sends_query_body_headers_and_key)
{
    UNUSED_STATE;
    struct service s;
    service_init(&s);
    json shown = call(&s, "{method: post, endpoint: {uri: 'http://127.0.0.1:%u/pets/1', "
                          "authentication: {basic: {username: u, password: p}}}, "
                          "query: {q: '가 b', n: 2}, body: {a: 1}, output: response}");
    assert_at(shown, "status", "completed");
    assert_has(s.last, "POST /pets/1?n=2&q=%EA%B0%80%20b key=");
    assert_has(s.last, "/do/0/ask");
    assert_has(s.last, "auth=Basic dTpw body={\"a\":1}");
    assert_at(shown, "output.statusCode", "200");
    assert_at(shown, "output.content.id", "1");
    assert_at(shown, "output.request.method", "post");
    assert_at(shown, "output.request.headers.Content-Type", "application/json");
    assert_at(shown, "output.headers.content-type", "application/json");
    json_free(shown);
    service_done(&s);
}

TEST(http, gives_bytes_as_base64)
{
    UNUSED_STATE;
    struct service s;
    service_init(&s);
    json shown = call(&s, "{method: get, endpoint: 'http://127.0.0.1:%u/bytes', output: raw}");
    assert_at(shown, "output", "//4=");
    json_free(shown);
    service_done(&s);
}

TEST(http, raises_what_is_no_success)
{
    UNUSED_STATE;
    struct service s;
    service_init(&s);
    json shown = call(&s, "{method: get, endpoint: 'http://127.0.0.1:%u/missing'}");
    assert_at(shown, "status", "faulted");
    assert_at(shown, "error.status", "404");
    assert_at(shown, "error.type", "https://serverlessworkflow.io/spec/1.0.0/errors/communication");
    json detail = json_path(shown, "error.detail");
    assert_has(json_text(detail), "no such pet");
    json_free(detail);
    json_free(shown);
    service_done(&s);
}

TEST(http, takes_a_redirect_for_an_answer_only_when_told)
{
    UNUSED_STATE;
    struct service s;
    service_init(&s);
    json shown = call(&s, "{method: get, endpoint: 'http://127.0.0.1:%u/moved'}");
    assert_at(shown, "error.status", "302");
    json_free(shown);
    service_done(&s);
    service_init(&s);
    shown = call(&s, "{method: get, endpoint: 'http://127.0.0.1:%u/moved', redirect: true, "
                     "output: response}");
    assert_at(shown, "output.statusCode", "302");
    json_free(shown);
    service_done(&s);
}

TEST(http, raises_when_nobody_listens)
{
    UNUSED_STATE;
    struct service s;
    service_init(&s);
    json shown = call(&s, "{method: get, endpoint: 'http://127.0.0.1:1/%u'}");
    assert_at(shown, "error.status", "503");
    json_free(shown);
    service_done(&s);
}

static void keep(void *context, struct request *r)
{
    *(struct request **)context = r;
}

TEST(http, is_broken_off_when_its_task_runs_out_of_time)
{
    UNUSED_STATE;
    struct service s;
    struct request *kept = NULL;
    struct id id;
    struct fail why;
    bool ended = false;
    service_init(&s);
    server_route(s.h.w.server, "GET", "/keep", keep, &kept);
    char *text =
        mem_printf("document: {dsl: 1.0.3, namespace: test, name: late, version: 1.0.0}\n"
                   "do:\n  - ask:\n      call: http\n      timeout: {after: {seconds: 5}}\n"
                   "      with: {method: get, endpoint: 'http://127.0.0.1:%u/keep'}\n",
                   server_port(s.h.w.server));
    house_deploy(&s.h, text);
    mem_free(text);
    struct start_opts opts = {.definition = {"test", "late", NULL}, .input = json_absent()};
    assert_true(engine_start(s.h.engine, &opts, &id, &why));
    engine_when_ended(s.h.engine, id.text, house_ended, &ended);
    for (house_turn(&s.h); !kept; house_turn(&s.h))
        uv_run(&s.h.w.loop, UV_RUN_ONCE);
    s.h.port.now_ms += 5000;
    while (!ended)
        house_turn(&s.h);
    while (engine_effects_running(s.h.engine))
        uv_run(&s.h.w.loop, UV_RUN_ONCE);
    json shown = engine_show(s.h.engine, id.text, &why);
    assert_at(shown, "status", "faulted");
    assert_at(shown, "error.type", "https://serverlessworkflow.io/spec/1.0.0/errors/timeout");
    json_free(shown);
    request_reply_text(kept, 200, TYPE_TEXT, "nobody hears");
    service_done(&s);
}

TEST(http, refuses_credentials_in_the_uri)
{
    UNUSED_STATE;
    struct service s;
    service_init(&s);
    json shown = call(&s, "{method: get, endpoint: 'http://u:p@127.0.0.1:%u/pets/1'}");
    assert_at(shown, "error.status", "400");
    char *text = json_dump(shown);
    assert_null(strstr(text, "\"detail\":\"GET"));
    mem_free(text);
    json_free(shown);
    service_done(&s);
}

TEST(http, raises_when_the_answer_is_not_what_it_says)
{
    UNUSED_STATE;
    struct service s;
    service_init(&s);
    json shown = call(&s, "{method: get, endpoint: 'http://127.0.0.1:%u/liar'}");
    assert_at(shown, "error.status", "502");
    json_free(shown);
    service_done(&s);
}

RUN(CASE(http, gives_the_content), CASE(http, sends_query_body_headers_and_key),
    CASE(http, gives_bytes_as_base64), CASE(http, raises_what_is_no_success),
    CASE(http, takes_a_redirect_for_an_answer_only_when_told),
    CASE(http, raises_when_nobody_listens),
    CASE(http, is_broken_off_when_its_task_runs_out_of_time),
    CASE(http, refuses_credentials_in_the_uri),
    CASE(http, raises_when_the_answer_is_not_what_it_says))
