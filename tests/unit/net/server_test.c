#include "world.h"

#include <stdio.h>

#define CLOSE "Host: h\r\nConnection: close\r\n"

// ---- handlers

static void echo(void *context, struct request *r)
{
    (void)context;
    size_t bytes;
    const char *body = request_body(r, &bytes);
    struct bytes out;
    bytes_init(&out, SIZE_MAX / 4);
    bytes_append(&out, body, bytes);
    request_reply_take(r, 200, TYPE_TEXT, &out);
}

static void greet(void *context, struct request *r)
{
    (void)context;
    const char *who = request_param(r, "who"), *in = request_query(r, "in");
    char *text = mem_printf("hello %s in %s", who, in ? in : "?");
    request_reply_text(r, 200, TYPE_TEXT, text);
    mem_free(text);
}

static void rest(void *context, struct request *r)
{
    (void)context;
    request_reply_text(r, 200, TYPE_TEXT, request_param(r, "path"));
}

struct keeper {
    struct request *kept;
    int aborts;
};

static void aborted(void *context, struct request *r)
{
    struct keeper *keeper = context;
    must(r == keeper->kept);
    keeper->kept = NULL;
    keeper->aborts++;
}

static void keep(void *context, struct request *r)
{
    struct keeper *keeper = context;
    keeper->kept = r;
    request_on_abort(r, aborted, keeper);
    request_watch(r);
}

static void keep_silently(void *context, struct request *r)
{
    struct keeper *keeper = context;
    keeper->kept = r;
}

static void take_form(void *context, struct request *r)
{
    (void)context;
    struct fail why;
    const struct form *form = request_form(r, &why);
    if (!form) {
        request_fail(r, &why);
        return;
    }
    request_reply_text(r, 200, TYPE_TEXT, form_text(form, "name", "nobody"));
}

static bool never_busy, is_busy = true;
static bool busy(void *context)
{
    return *(bool *)context;
}

static void routes(struct world *w)
{
    server_route(w->server, "POST", "/echo", echo, NULL);
    server_route(w->server, "GET", "/hello/{who}", greet, NULL);
    server_route(w->server, "GET", "/files/{path*}", rest, NULL);
    server_route(w->server, "POST", "/form", take_form, NULL);
}

static void expect(const char *request, const char *answer)
{
    struct world w;
    world_init(&w, (struct server_opts){0});
    routes(&w);
    char *got = raw_ask(&w, request, NULL);
    assert_has(got, answer);
    mem_free(got);
    world_done(&w);
}

// ---- the plain life

TEST(server, answers_with_the_headers_of_the_house)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){0});
    routes(&w);
    char *got = raw_ask(&w, "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 5\r\n\r\nhello", NULL);
    assert_has(got, "HTTP/1.1 200 OK\r\n");
    assert_has(got, "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n");
    assert_has(got, "X-Content-Type-Options: nosniff\r\n");
    assert_has(got, "Referrer-Policy: no-referrer\r\n");
    assert_has(got, "\r\n\r\nhello");
    mem_free(got);
    world_done(&w);
}

TEST(server, keeps_a_connection_for_many_requests)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){0});
    routes(&w);
    char *got = raw_ask(&w,
                        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
                        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\ntwo"
                        "GET /hello/a HTTP/1.1\r\n" CLOSE "\r\n",
                        NULL);
    assert_has(got, "one");
    assert_has(got, "two");
    assert_has(got, "hello a in ?");
    assert_int_equal(server_figures(w.server).requests, 3);
    assert_int_equal(server_figures(w.server).connections, 1);
    mem_free(got);
    world_done(&w);
}

TEST(server, decodes_path_and_query)
{
    UNUSED_STATE;
    expect("GET /hello/%EB%91%90%EB%A0%88?in=%EC%84%9C%EC%B2%9C+%EA%B5%B0 HTTP/1.1\r\n" CLOSE
           "\r\n",
           "hello 두레 in 서천 군");
}

TEST(server, gives_the_rest_of_a_path)
{
    UNUSED_STATE;
    expect("GET /files/a/b%20c/d HTTP/1.1\r\n" CLOSE "\r\n", "\r\n\r\na/b c/d");
}

TEST(server, answers_head_without_a_body)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){0});
    routes(&w);
    char *got = raw_ask(&w, "HEAD /hello/a HTTP/1.1\r\n" CLOSE "\r\n", NULL);
    assert_has(got, "200 OK");
    assert_has(got, "Content-Length: 12\r\n");
    assert_has_not(got, "hello a");
    mem_free(got);
    world_done(&w);
}

TEST(server, tells_what_a_path_allows)
{
    UNUSED_STATE;
    expect("OPTIONS /hello/a HTTP/1.1\r\n" CLOSE "\r\n", "Allow: GET, HEAD, OPTIONS");
    expect("OPTIONS * HTTP/1.1\r\n" CLOSE "\r\n", "204 No Content");
    expect("DELETE /echo HTTP/1.1\r\n" CLOSE "\r\n", "Allow: POST, OPTIONS");
    expect("DELETE /echo HTTP/1.1\r\n" CLOSE "\r\n", "405 Method Not Allowed");
    expect("GET /nowhere HTTP/1.1\r\n" CLOSE "\r\n", "\"code\":\"not_found\"");
}

TEST(server, joins_chunks)
{
    UNUSED_STATE;
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n"
           "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
           "\r\n\r\nabcdefg");
}

TEST(server, reads_a_form)
{
    UNUSED_STATE;
    expect("POST /form HTTP/1.1\r\n" CLOSE "Content-Type: application/x-www-form-urlencoded\r\n"
           "Content-Length: 23\r\n\r\nname=%EB%91%90%EB%A0%88",
           "\r\n\r\n두레");
    expect("POST /form HTTP/1.1\r\n" CLOSE "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
           "415 Unsupported Media Type");
}

// ---- attacks

TEST(server, refuses_two_content_lengths)
{
    UNUSED_STATE;
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
           " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
           " 400 ");
}

TEST(server, refuses_a_length_beside_chunks)
{
    UNUSED_STATE;
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"
           "\r\n0\r\n\r\n",
           " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"
           "\r\n0\r\n\r\n",
           " 400 ");
}

TEST(server, never_reads_a_refused_body_as_the_next_request)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){0});
    routes(&w);
    char *got = raw_ask(&w,
                        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                        "GET /hello/smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
                        NULL);
    assert_has(got, " 400 ");
    assert_has_not(got, "smuggled");
    mem_free(got);
    world_done(&w);
}

TEST(server, refuses_other_encodings_of_the_body)
{
    UNUSED_STATE;
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: gzip\r\n\r\n", "\"bad_framing\"");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 ");
}

TEST(server, refuses_lengths_that_are_no_numbers)
{
    UNUSED_STATE;
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: -1\r\n\r\n", " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3x\r\n\r\nabc", " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 99999999999999999999\r\n\r\n", " 4");
}

TEST(server, refuses_paths_that_are_not_text)
{
    UNUSED_STATE;
    expect("GET /hello/%FF HTTP/1.1\r\n" CLOSE "\r\n", " 400 ");
    expect("GET /hello/%00 HTTP/1.1\r\n" CLOSE "\r\n", " 400 ");
    expect("GET /hello/%4 HTTP/1.1\r\n" CLOSE "\r\n", " 400 ");
    expect("GET /hello/a?in=%C0%AF HTTP/1.1\r\n" CLOSE "\r\n", " 400 ");
    expect("GET /files/%2e%2e/etc HTTP/1.1\r\n" CLOSE "\r\n", " 400 ");
    expect("GET /files/..%2fetc HTTP/1.1\r\n" CLOSE "\r\n", " 400 ");
    expect("GET hello HTTP/1.1\r\n" CLOSE "\r\n", " 400 ");
}

TEST(server, names_the_limit_of_a_body)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.body_bytes_max = 10});
    routes(&w);
    char *got = raw_ask(&w, "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 11\r\n\r\n", NULL);
    assert_has(got, " 413 ");
    assert_has(got, "10 bytes at most");
    mem_free(got);
    got = raw_ask(&w,
                  "POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n"
                  "8\r\nabcdefgh\r\n8\r\nabcdefgh\r\n0\r\n\r\n",
                  NULL);
    assert_has(got, " 413 ");
    mem_free(got);
    got = raw_ask(&w, "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 10\r\n\r\n0123456789", NULL);
    assert_has(got, " 200 ");
    mem_free(got);
    world_done(&w);
}

TEST(server, bounds_headers)
{
    UNUSED_STATE;
    struct bytes request;
    bytes_init(&request, 1 << 20);
    bytes_add(&request, "GET /hello/a HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 1000; i++)
        bytes_printf(&request, "X-%d: %060d\r\n", i, i);
    bytes_add(&request, "\r\n");
    expect(request.data, " 431 ");
    bytes_done(&request);
}

TEST(server, cuts_slow_headers_and_slow_bodies)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.head_ms = 30, .body_ms = 30});
    routes(&w);
    char *got = raw_ask(&w, "GET /hello/a HTTP/1.1\r\nHost: h\r\nX-Slow: ", NULL);
    assert_has_not(got, "200 OK");
    mem_free(got);
    got = raw_ask(&w, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc", NULL);
    assert_has_not(got, "200 OK");
    mem_free(got);
    got = raw_ask(&w, "", NULL); // says nothing at all
    assert_string_equal(got, "");
    mem_free(got);
    world_done(&w);
}

static void much(void *context, struct request *r)
{
    (void)context;
    struct bytes out;
    bytes_init(&out, SIZE_MAX / 4);
    char line[1024];
    memset(line, 'x', sizeof(line));
    for (int i = 0; i < 16 * 1024; i++)
        bytes_append(&out, line, sizeof(line));
    request_reply_take(r, 200, TYPE_TEXT, &out);
}

TEST(server, cuts_a_reader_that_does_not_read)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.write_ms = 40});
    server_route(w.server, "GET", "/much", much, NULL);
    struct raw raw;
    raw_open(&w, &raw);
    uv_read_stop((uv_stream_t *)&raw.tcp);
    raw_send(&raw, "GET /much HTTP/1.1\r\nHost: h\r\n\r\n");
    while (server_figures(w.server).requests < 1 || server_connections(w.server))
        uv_run(&w.loop, UV_RUN_ONCE);
    raw_close(&w, &raw);
    world_done(&w);
}

TEST(server, sends_much_to_who_reads)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/much", much, NULL);
    char *got = raw_ask(&w, "GET /much HTTP/1.1\r\n" CLOSE "\r\n", NULL);
    assert_true(strlen(got) > 16 * 1024 * 1024);
    mem_free(got);
    world_done(&w);
}

TEST(server, refuses_a_large_body_before_it_is_sent)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.body_bytes_max = 10});
    routes(&w);
    char *got = raw_ask(&w,
                        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n"
                        "Expect: 100-continue\r\n\r\n",
                        NULL);
    assert_has_not(got, "100 Continue");
    assert_has(got, " 413 ");
    mem_free(got);
    got = raw_ask(&w,
                  "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\n"
                  "Expect: 100-continue\r\n\r\nabc",
                  NULL);
    assert_has(got, "100 Continue");
    assert_has(got, "\r\n\r\nabc");
    mem_free(got);
    world_done(&w);
}

TEST(server, bounds_its_connections)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.connections_max = 1});
    routes(&w);
    struct raw first, second;
    raw_open(&w, &first);
    raw_send(&first, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n");
    raw_until(&w, &first, "hello a");
    raw_open(&w, &second); // waits in the backlog
    raw_send(&second, "GET /hello/b HTTP/1.1\r\nHost: h\r\n\r\n");
    for (int i = 0; i < 20; i++)
        uv_run(&w.loop, UV_RUN_NOWAIT);
    assert_int_equal(server_connections(w.server), 1);
    raw_close(&w, &first);
    raw_until(&w, &second, "hello b");
    assert_has(second.got.data, "hello b");
    raw_close(&w, &second);
    world_done(&w);
}

static bool write_page(void *context, struct request *r, const struct problem *problem,
                       struct bytes *html)
{
    (void)context;
    bytes_printf(html, "<h1>%d %s %s</h1>", problem->status, problem->code, request_path(r));
    return true;
}

TEST(server, shows_people_a_page_and_programs_a_problem)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.page = write_page});
    char *got = raw_ask(&w, "GET /x HTTP/1.1\r\n" CLOSE "Accept: text/html,*/*\r\n\r\n", NULL);
    assert_has(got, "<h1>404 not_found /x</h1>");
    mem_free(got);
    got = raw_ask(&w, "GET /x HTTP/1.1\r\n" CLOSE "Accept: application/json, text/html\r\n\r\n",
                  NULL);
    assert_has(got, "application/problem+json");
    mem_free(got);
    world_done(&w);
}

static void tell_site(void *context, struct request *r)
{
    (void)context;
    request_reply_text(r, 200, TYPE_TEXT, request_is_cross_site(r) ? "cross" : "same");
}

TEST(request, knows_when_another_site_asks)
{
    UNUSED_STATE;
    static const char *const asked[][2] = {
        {"", "same"},
        {"Origin: http://h\r\n", "same"},
        {"Origin: http://evil\r\n", "cross"},
        {"Origin: null\r\n", "cross"},
        {"Sec-Fetch-Site: same-origin\r\n", "same"},
        {"Sec-Fetch-Site: same-site\r\n", "cross"},
        {"Sec-Fetch-Site: none\r\n", "same"},
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        struct world w;
        world_init(&w, (struct server_opts){0});
        server_route(w.server, "POST", "/", tell_site, NULL);
        char *text =
            mem_printf("POST / HTTP/1.1\r\n" CLOSE "%sContent-Length: 0\r\n\r\n", asked[i][0]);
        char *got = raw_ask(&w, text, NULL);
        assert_has(got, asked[i][1]);
        mem_free(got);
        mem_free(text);
        world_done(&w);
    }
}

TEST(server, wants_a_host)
{
    UNUSED_STATE;
    expect("GET /hello/a HTTP/1.1\r\nConnection: close\r\n\r\n", " 400 ");
}

// ---- later replies

TEST(server, lets_a_handler_reply_later)
{
    UNUSED_STATE;
    struct world w;
    struct keeper keeper = {0};
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/keep", keep, &keeper);
    struct raw raw;
    raw_open(&w, &raw);
    raw_send(&raw, "GET /keep HTTP/1.1\r\n" CLOSE "\r\n");
    while (!keeper.kept)
        uv_run(&w.loop, UV_RUN_ONCE);
    request_reply_text(keeper.kept, 201, TYPE_TEXT, "late");
    raw_until(&w, &raw, NULL);
    assert_has(raw.got.data, "201 Created");
    assert_has(raw.got.data, "late");
    assert_int_equal(keeper.aborts, 0);
    raw_close(&w, &raw);
    world_done(&w);
}

TEST(server, notices_a_client_that_hangs_up)
{
    UNUSED_STATE;
    struct world w;
    struct keeper keeper = {0};
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/keep", keep, &keeper);
    struct raw raw;
    raw_open(&w, &raw);
    raw_send(&raw, "GET /keep HTTP/1.1\r\nHost: h\r\n\r\n");
    while (!keeper.kept)
        uv_run(&w.loop, UV_RUN_ONCE);
    raw_close(&w, &raw);
    while (!keeper.aborts)
        uv_run(&w.loop, UV_RUN_ONCE);
    assert_null(keeper.kept);
    world_done(&w);
}

TEST(server, survives_a_reply_that_nobody_hears)
{
    UNUSED_STATE;
    struct world w;
    struct keeper keeper = {0};
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/keep", keep_silently, &keeper);
    struct raw raw;
    raw_open(&w, &raw);
    raw_send(&raw, "GET /keep HTTP/1.1\r\nHost: h\r\n\r\n");
    while (!keeper.kept)
        uv_run(&w.loop, UV_RUN_ONCE);
    raw_close(&w, &raw);
    world_done(&w);
    request_problem(keeper.kept, 503, "closing", "too late");
}

TEST(server, aborts_what_is_kept_when_it_closes)
{
    UNUSED_STATE;
    struct world w;
    struct keeper keeper = {0};
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/keep", keep, &keeper);
    struct raw raw;
    raw_open(&w, &raw);
    raw_send(&raw, "GET /keep HTTP/1.1\r\nHost: h\r\n\r\n");
    while (!keeper.kept)
        uv_run(&w.loop, UV_RUN_ONCE);
    server_close(w.server);
    assert_int_equal(keeper.aborts, 1);
    raw_close(&w, &raw);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w.loop), 0);
}

TEST(server, says_when_it_is_busy)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.busy = busy, .context = &is_busy});
    routes(&w);
    char *got = raw_ask(&w, "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 1\r\n\r\nx", NULL);
    assert_has(got, " 503 ");
    assert_has(got, "Retry-After: 2\r\n");
    mem_free(got);
    got = raw_ask(&w, "GET /hello/a HTTP/1.1\r\n" CLOSE "\r\n", NULL);
    assert_has(got, " 200 ");
    mem_free(got);
    world_done(&w);
    world_init(&w, (struct server_opts){.busy = busy, .context = &never_busy});
    routes(&w);
    got = raw_ask(&w, "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 1\r\n\r\nx", NULL);
    assert_has(got, " 200 ");
    mem_free(got);
    world_done(&w);
}

static void set_true(void *context)
{
    *(bool *)context = true;
}

TEST(server, drains_what_is_in_hand_and_takes_no_more)
{
    UNUSED_STATE;
    struct world w;
    struct keeper keeper = {0};
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/keep", keep, &keeper);
    struct raw raw, idle;
    raw_open(&w, &raw);
    raw_open(&w, &idle);
    raw_send(&raw, "GET /keep HTTP/1.1\r\nHost: h\r\n\r\n");
    while (!keeper.kept || server_connections(w.server) < 2)
        uv_run(&w.loop, UV_RUN_ONCE);
    bool drained = false;
    server_drain(w.server, 60000, set_true, &drained);
    raw_until(&w, &idle, NULL); // closed at once
    assert_false(drained);
    request_reply_text(keeper.kept, 200, TYPE_TEXT, "last");
    raw_until(&w, &raw, NULL);
    assert_has(raw.got.data, "Connection: close");
    assert_has(raw.got.data, "last");
    while (!drained)
        uv_run(&w.loop, UV_RUN_ONCE);
    raw_close(&w, &raw);
    raw_close(&w, &idle);
    world_done(&w);
}

// ---- streams

struct streamer {
    struct stream *stream;
    int closed;
};

static void stream_gone(void *context, struct stream *stream)
{
    struct streamer *streamer = context;
    must(stream == streamer->stream);
    streamer->stream = NULL;
    streamer->closed++;
}

static void open_stream(void *context, struct request *r)
{
    struct streamer *streamer = context;
    streamer->stream = stream_open(r, TYPE_EVENTS, stream_gone, streamer);
    stream_event(streamer->stream, "hello", "1", "two\nlines");
}

TEST(stream, sends_events_as_they_come)
{
    UNUSED_STATE;
    struct world w;
    struct streamer streamer = {0};
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/stream", open_stream, &streamer);
    struct raw raw;
    raw_open(&w, &raw);
    raw_send(&raw, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    raw_until(&w, &raw, "event: hello\nid: 1\ndata: two\ndata: lines\n\n");
    assert_has(raw.got.data, "Content-Type: text/event-stream");
    stream_event(streamer.stream, NULL, NULL, "second");
    raw_until(&w, &raw, "data: second\n\n");
    stream_close(streamer.stream);
    raw_until(&w, &raw, "\r\n0\r\n");
    assert_int_equal(streamer.closed, 0);
    raw_close(&w, &raw);
    world_done(&w);
}

TEST(stream, notices_a_reader_that_hangs_up)
{
    UNUSED_STATE;
    struct world w;
    struct streamer streamer = {0};
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/stream", open_stream, &streamer);
    struct raw raw;
    raw_open(&w, &raw);
    raw_send(&raw, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    raw_until(&w, &raw, "lines\n\n");
    raw_close(&w, &raw);
    while (!streamer.closed)
        uv_run(&w.loop, UV_RUN_ONCE);
    world_done(&w);
}

TEST(stream, breaks_off_a_reader_that_is_too_slow)
{
    UNUSED_STATE;
    struct world w;
    struct streamer streamer = {0};
    world_init(&w, (struct server_opts){0});
    server_route(w.server, "GET", "/stream", open_stream, &streamer);
    struct raw raw;
    raw_open(&w, &raw);
    raw_send(&raw, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    raw_until(&w, &raw, "lines\n\n");
    char *much = mem_zero(1, 300001);
    memset(much, 'x', 300000);
    int sent = 0;
    while (stream_event(streamer.stream, NULL, NULL, much))
        must(++sent < 100);
    assert_int_equal(sent, SERVER_STREAM_BYTES / 300000);
    while (!streamer.closed)
        uv_run(&w.loop, UV_RUN_ONCE);
    mem_free(much);
    raw_close(&w, &raw);
    world_done(&w);
}

TEST(stream, beats_so_that_the_dead_are_found)
{
    UNUSED_STATE;
    struct world w;
    struct streamer streamer = {0};
    world_init(&w, (struct server_opts){.heartbeat_ms = 20});
    server_route(w.server, "GET", "/stream", open_stream, &streamer);
    struct raw raw;
    raw_open(&w, &raw);
    raw_send(&raw, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    raw_until(&w, &raw, ":\n\n\r\n");
    server_drain(w.server, 60000, set_true, &(bool){false});
    raw_until(&w, &raw, NULL);
    assert_int_equal(streamer.closed, 1);
    raw_close(&w, &raw);
    world_done(&w);
}

RUN(CASE(server, answers_with_the_headers_of_the_house),
    CASE(server, keeps_a_connection_for_many_requests), CASE(server, decodes_path_and_query),
    CASE(server, gives_the_rest_of_a_path), CASE(server, answers_head_without_a_body),
    CASE(server, tells_what_a_path_allows), CASE(server, joins_chunks), CASE(server, reads_a_form),
    CASE(server, refuses_two_content_lengths), CASE(server, refuses_a_length_beside_chunks),
    CASE(server, never_reads_a_refused_body_as_the_next_request),
    CASE(server, refuses_other_encodings_of_the_body),
    CASE(server, refuses_lengths_that_are_no_numbers),
    CASE(server, refuses_paths_that_are_not_text), CASE(server, names_the_limit_of_a_body),
    CASE(server, bounds_headers), CASE(server, cuts_slow_headers_and_slow_bodies),
    CASE(server, cuts_a_reader_that_does_not_read), CASE(server, sends_much_to_who_reads),
    CASE(server, refuses_a_large_body_before_it_is_sent), CASE(server, bounds_its_connections),
    CASE(server, shows_people_a_page_and_programs_a_problem),
    CASE(request, knows_when_another_site_asks), CASE(server, wants_a_host),
    CASE(server, lets_a_handler_reply_later), CASE(server, notices_a_client_that_hangs_up),
    CASE(server, survives_a_reply_that_nobody_hears),
    CASE(server, aborts_what_is_kept_when_it_closes), CASE(server, says_when_it_is_busy),
    CASE(server, drains_what_is_in_hand_and_takes_no_more), CASE(stream, sends_events_as_they_come),
    CASE(stream, notices_a_reader_that_hangs_up),
    CASE(stream, breaks_off_a_reader_that_is_too_slow),
    CASE(stream, beats_so_that_the_dead_are_found))
