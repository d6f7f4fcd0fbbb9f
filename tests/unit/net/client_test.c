#include "world.h"

#include <stdio.h>

#include "net/client.h"

// The server under test answers; the client asks it over the loopback.

struct asked {
    bool answered;
    int status;
    json headers;
    char *body;
    struct fail why;
};

static void keep_answer(void *context, const struct client_response *response)
{
    struct asked *asked = context;
    asked->answered = true;
    asked->status = response->status;
    asked->headers = json_ref(response->headers);
    asked->body = mem_string_sized(response->body ? response->body : "", response->body_bytes);
    asked->why = response->why;
}

static void asked_done(struct asked *asked)
{
    json_free(asked->headers);
    mem_free(asked->body);
}

static void mirror(void *context, struct request *r)
{
    (void)context;
    size_t bytes;
    const char *body = request_body(r, &bytes);
    const char *secret = request_header(r, "Authorization"), *own = request_header(r, "X-Own");
    char *text = mem_printf("%s %s [%s] [%s] [%.*s]", request_method(r), request_path(r),
                            secret ? secret : "", own ? own : "", (int)bytes, body);
    request_set_header(r, "X-Two", "a");
    request_set_header(r, "X-Two", "b");
    request_reply_text(r, 200, TYPE_TEXT, text);
    mem_free(text);
}

static void move(void *context, struct request *r)
{
    (void)context;
    request_redirect(r, 302, "/mirror");
}

static void circle(void *context, struct request *r)
{
    (void)context;
    request_redirect(r, 302, "/circle");
}

static void keep(void *context, struct request *r)
{
    *(struct request **)context = r;
}

struct site {
    struct world w;
    struct client *client;
    struct request *kept;
    char base[40];
};

static void site_init(struct site *site)
{
    *site = (struct site){0};
    world_init(&site->w, (struct server_opts){0});
    site->client = client_new(&site->w.loop);
    server_route(site->w.server, "GET", "/mirror", mirror, NULL);
    server_route(site->w.server, "POST", "/mirror", mirror, NULL);
    server_route(site->w.server, "PUT", "/mirror", mirror, NULL);
    server_route(site->w.server, "GET", "/move", move, NULL);
    server_route(site->w.server, "POST", "/move", move, NULL);
    server_route(site->w.server, "GET", "/circle", circle, NULL);
    server_route(site->w.server, "GET", "/keep", keep, &site->kept);
    snprintf(site->base, sizeof(site->base), "http://127.0.0.1:%u", server_port(site->w.server));
}

static void site_done(struct site *site)
{
    client_close(site->client);
    world_done(&site->w);
}

static struct asked ask(struct site *site, const char *path, struct client_request request)
{
    struct asked asked = {0};
    struct fail why;
    char *url = mem_printf("%s%s", site->base, path);
    request.url = url;
    if (!client_send(site->client, &request, keep_answer, &asked, &why))
        fail_msg("%s", why.message);
    mem_free(url);
    while (!asked.answered)
        uv_run(&site->w.loop, UV_RUN_ONCE);
    return asked;
}

TEST(client, gets_an_answer_with_its_headers)
{
    UNUSED_STATE;
    struct site site;
    site_init(&site);
    struct asked asked =
        ask(&site, "/mirror", (struct client_request){.method = "GET", .headers = json_absent()});
    assert_int_equal(asked.status, 200);
    assert_string_equal(asked.body, "GET /mirror [] [] []");
    assert_string_equal(json_get_text(asked.headers, "x-two", ""), "a, b");
    asked_done(&asked);
    site_done(&site);
}

TEST(client, sends_body_headers_and_credentials)
{
    UNUSED_STATE;
    struct site site;
    site_init(&site);
    json headers = json_object();
    json_set_text(&headers, "X-Own", "두레");
    struct asked asked = ask(&site, "/mirror",
                             (struct client_request){.method = "POST",
                                                     .headers = headers,
                                                     .body = "body",
                                                     .body_bytes = 4,
                                                     .username = "u",
                                                     .password = "p"});
    assert_string_equal(asked.body, "POST /mirror [Basic dTpw] [두레] [body]");
    asked_done(&asked);
    asked = ask(&site, "/mirror",
                (struct client_request){.method = "PUT",
                                        .headers = headers,
                                        .body = "put",
                                        .body_bytes = 3,
                                        .bearer = "token"});
    assert_string_equal(asked.body, "PUT /mirror [Bearer token] [두레] [put]");
    asked_done(&asked);
    asked = ask(&site, "/mirror", (struct client_request){.method = "POST", .headers = headers});
    assert_string_equal(asked.body, "POST /mirror [] [두레] []");
    asked_done(&asked);
    json_free(headers);
    site_done(&site);
}

TEST(client, follows_redirects_only_when_asked)
{
    UNUSED_STATE;
    struct site site;
    site_init(&site);
    struct asked asked =
        ask(&site, "/move", (struct client_request){.method = "GET", .headers = json_absent()});
    assert_int_equal(asked.status, 302);
    assert_string_equal(json_get_text(asked.headers, "location", ""), "/mirror");
    asked_done(&asked);
    asked = ask(&site, "/move",
                (struct client_request){.method = "POST",
                                        .headers = json_absent(),
                                        .body = "x",
                                        .body_bytes = 1,
                                        .follow = true});
    assert_string_equal(asked.body, "GET /mirror [] [] []");
    asked_done(&asked);
    asked = ask(&site, "/circle",
                (struct client_request){.method = "GET", .headers = json_absent(), .follow = true});
    assert_int_equal(asked.status, 0);
    assert_int_equal(asked.why.kind, FAIL_LIMIT);
    asked_done(&asked);
    site_done(&site);
}

TEST(client, bounds_time_and_bytes)
{
    UNUSED_STATE;
    struct site site;
    site_init(&site);
    struct asked asked =
        ask(&site, "/mirror",
            (struct client_request){.method = "GET", .headers = json_absent(), .max_bytes = 5});
    assert_int_equal(asked.why.kind, FAIL_LIMIT);
    assert_has(asked.why.message, "more than 5 bytes");
    asked_done(&asked);
    asked =
        ask(&site, "/keep",
            (struct client_request){.method = "GET", .headers = json_absent(), .timeout_ms = 30});
    assert_int_equal(asked.why.kind, FAIL_TIMEOUT);
    asked_done(&asked);
    request_reply_text(site.kept, 200, TYPE_TEXT, "too late");
    site_done(&site);
}

TEST(client, says_when_nobody_listens)
{
    UNUSED_STATE;
    struct site site;
    site_init(&site);
    server_close(site.w.server);
    struct asked asked =
        ask(&site, "/mirror", (struct client_request){.method = "GET", .headers = json_absent()});
    assert_int_equal(asked.why.kind, FAIL_IO);
    asked_done(&asked);
    client_close(site.client);
    uv_run(&site.w.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&site.w.loop), 0);
}

TEST(client, cancels)
{
    UNUSED_STATE;
    struct site site;
    site_init(&site);
    struct asked asked = {0};
    struct fail why;
    char *url = mem_printf("%s/keep", site.base);
    struct client_call *call =
        client_send(site.client,
                    &(struct client_request){.method = "GET", .url = url, .headers = json_absent()},
                    keep_answer, &asked, &why);
    assert_non_null(call);
    mem_free(url);
    while (!site.kept)
        uv_run(&site.w.loop, UV_RUN_ONCE);
    client_cancel(call);
    request_reply_text(site.kept, 200, TYPE_TEXT, "nobody hears");
    assert_false(asked.answered);
    site_done(&site);
}

TEST(client, aborts_and_says_so_later)
{
    UNUSED_STATE;
    struct site site;
    site_init(&site);
    struct asked asked = {0};
    struct fail why;
    char *url = mem_printf("%s/keep", site.base);
    struct client_call *call =
        client_send(site.client,
                    &(struct client_request){.method = "GET", .url = url, .headers = json_absent()},
                    keep_answer, &asked, &why);
    mem_free(url);
    while (!site.kept)
        uv_run(&site.w.loop, UV_RUN_ONCE);
    client_abort(call);
    assert_false(asked.answered);
    while (!asked.answered)
        uv_run(&site.w.loop, UV_RUN_ONCE);
    assert_int_equal(asked.why.kind, FAIL_TIMEOUT);
    asked_done(&asked);
    request_reply_text(site.kept, 200, TYPE_TEXT, "nobody hears");
    site_done(&site);
}

TEST(client, refuses_what_would_break_a_header_or_leave_http)
{
    UNUSED_STATE;
    struct site site;
    site_init(&site);
    struct fail why;
    json headers = json_object();
    json_set_text(&headers, "X-A", "a\r\nX-B: b");
    struct client_request request = {
        .method = "GET", .url = "http://127.0.0.1:1/", .headers = headers};
    assert_null(client_send(site.client, &request, keep_answer, NULL, &why));
    assert_int_equal(why.kind, FAIL_INVALID);
    json_free(headers);
    request.headers = json_absent();
    request.url = "file:///etc/passwd";
    assert_null(client_send(site.client, &request, keep_answer, NULL, &why));
    request.url = "http://127.0.0.1:1/";
    request.method = "GET / HTTP/1.1";
    assert_null(client_send(site.client, &request, keep_answer, NULL, &why));
    site_done(&site);
}

RUN(CASE(client, gets_an_answer_with_its_headers), CASE(client, sends_body_headers_and_credentials),
    CASE(client, follows_redirects_only_when_asked), CASE(client, bounds_time_and_bytes),
    CASE(client, says_when_nobody_listens), CASE(client, cancels),
    CASE(client, aborts_and_says_so_later),
    CASE(client, refuses_what_would_break_a_header_or_leave_http))
