// What hostile, broken and slow clients send.
#include "site.h"

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

TEST(server, refuses_headers_that_others_read_otherwise)
{
    UNUSED_STATE;
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length : 3\r\n\r\nabc", " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "X\x01Y: 3\r\n\r\n", " 400 ");
    expect("POST /echo HTTP/1.0\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: +3\r\n\r\nabc", " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3, 3\r\n\r\nabc", " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n"
           "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
           " 400 ");
    expect("GET /hello/a HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", " 400 ");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n"
           "FFFFFFFFFFFFFFFFF\r\n",
           " 4");
    expect("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n-1\r\n", " 4");
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

// A thousand silent connections do not keep the next person out: the one quiet for longest ends.
TEST(server, makes_room_for_who_speaks)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.connections_max = 3});
    routes(&w);
    struct raw quiet[3], speaks;
    for (int i = 0; i < 3; i++) {
        raw_open(&w, &quiet[i]);
        raw_send(&quiet[i], "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n");
        raw_until(&w, &quiet[i], "hello a");
    }
    raw_send(&quiet[0], "GET /hello/c HTTP/1.1\r\nHost: h\r\n\r\n");
    raw_until(&w, &quiet[0], "hello c"); // so that the second is the quietest now
    raw_open(&w, &speaks);
    raw_send(&speaks, "GET /hello/b HTTP/1.1\r\nHost: h\r\n\r\n");
    raw_until(&w, &speaks, "hello b");
    assert_has(speaks.got.data, "hello b");
    raw_until(&w, &quiet[1], NULL);
    assert_true(quiet[1].ended);
    assert_false(quiet[0].ended || quiet[2].ended);
    assert_int_equal(server_connections(w.server), 3);
    assert_int_equal(server_figures(w.server).evicted, 1);
    for (int i = 0; i < 3; i++)
        raw_close(&w, &quiet[i]);
    raw_close(&w, &speaks);
    world_done(&w);
}

TEST(server, tells_who_is_one_too_many)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){.connections_max = 1});
    routes(&w);
    struct raw first, second;
    raw_open(&w, &first);
    raw_send(&first, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    while (server_figures(w.server).requests < 1)
        uv_run(&w.loop, UV_RUN_ONCE);
    raw_open(&w, &second);
    raw_send(&second, "GET /hello/b HTTP/1.1\r\nHost: h\r\n\r\n");
    raw_until(&w, &second, NULL);
    assert_has(second.got.data, " 503 ");
    assert_has(second.got.data, "Retry-After: 2\r\n");
    assert_true(second.ended);
    raw_send(&first, "cd"); // who was there before is not disturbed
    raw_until(&w, &first, "abcd");
    raw_close(&w, &first);
    raw_close(&w, &second);
    world_done(&w);
}

// Requests sent before their answers are answered in order, one at a time, each with its own body.
TEST(server, answers_a_pipeline_in_order)
{
    UNUSED_STATE;
    struct world w;
    world_init(&w, (struct server_opts){0});
    routes(&w);
    struct bytes sends, wanted;
    bytes_init(&sends, 1000000);
    bytes_init(&wanted, 1000000);
    for (int i = 0; i < 200; i++) {
        if (i % 2)
            bytes_printf(&sends, "GET /hello/n%d HTTP/1.1\r\nHost: h\r\n\r\n", i);
        else
            bytes_printf(&sends,
                         "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\n\r\n"
                         "GET /hello/x HTTP/1.1\r\n\r\n %4d",
                         i);
    }
    bytes_add(&sends, "GET /hello/last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    char *got = raw_ask(&w, sends.data, NULL);
    const char *at = got;
    for (int i = 0; i < 200; i++) {
        bytes_clear(&wanted);
        bytes_printf(&wanted, i % 2 ? "hello n%d" : "\r\n\r\n %4d", i);
        at = strstr(at, wanted.data);
        assert_non_null(at);
    }
    assert_has(at, "hello last");
    assert_has_not(got, "hello x");
    assert_int_equal(server_figures(w.server).requests, 201);
    mem_free(got);
    bytes_done(&sends);
    bytes_done(&wanted);
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

RUN(CASE(server, refuses_two_content_lengths), CASE(server, refuses_a_length_beside_chunks),
    CASE(server, refuses_headers_that_others_read_otherwise),
    CASE(server, never_reads_a_refused_body_as_the_next_request),
    CASE(server, refuses_other_encodings_of_the_body),
    CASE(server, refuses_lengths_that_are_no_numbers),
    CASE(server, refuses_paths_that_are_not_text), CASE(server, names_the_limit_of_a_body),
    CASE(server, bounds_headers), CASE(server, cuts_slow_headers_and_slow_bodies),
    CASE(server, cuts_a_reader_that_does_not_read), CASE(server, sends_much_to_who_reads),
    CASE(server, refuses_a_large_body_before_it_is_sent), CASE(server, makes_room_for_who_speaks),
    CASE(server, tells_who_is_one_too_many), CASE(server, answers_a_pipeline_in_order),
    CASE(server, shows_people_a_page_and_programs_a_problem),
    CASE(request, knows_when_another_site_asks), CASE(server, wants_a_host))
