#include "site.h"

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

static bool never_busy, is_busy = true;
static bool busy(void *context)
{
    return *(bool *)context;
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
    CASE(server, lets_a_handler_reply_later), CASE(server, notices_a_client_that_hangs_up),
    CASE(server, survives_a_reply_that_nobody_hears),
    CASE(server, aborts_what_is_kept_when_it_closes), CASE(server, says_when_it_is_busy),
    CASE(server, drains_what_is_in_hand_and_takes_no_more), CASE(stream, sends_events_as_they_come),
    CASE(stream, notices_a_reader_that_hangs_up),
    CASE(stream, breaks_off_a_reader_that_is_too_slow),
    CASE(stream, beats_so_that_the_dead_are_found))
