// The API on a server beside an engine over memory, and requests to it over the loopback.
#pragma once

#include "effects/house.h"

#include "api/api.h"

struct place {
    struct house h;
    struct api *api;
};

static inline void place_init_with(struct place *p, struct api_opts opts,
                                   struct function_host *host)
{
    memset(p, 0, sizeof(*p));
    house_init_with(&p->h, host);
    house_open(&p->h);
    opts.server = p->h.w.server;
    opts.engine = p->h.engine;
    opts.people = p->h.people;
    p->api = api_new(&opts);
}

static inline void place_init(struct place *p, struct api_opts opts)
{
    place_init_with(p, opts, NULL);
}

// The server goes before the API, as in front_close.
static inline void place_done(struct place *p)
{
    struct fail why;
    house_turn(&p->h);
    assert_true(store_flush(p->h.store, 1000, &why));
    engine_poll(p->h.engine);
    server_close(p->h.w.server);
    api_free(p->api);
    client_close(p->h.client);
    people_free(p->h.people);
    engine_free(p->h.engine);
    store_close(p->h.store);
    memory_disk_free(p->h.disk);
    uv_run(&p->h.w.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&p->h.w.loop), 0);
}

static inline char *ask_raw(struct place *p, const char *text)
{
    struct raw raw;
    raw_open(&p->h.w, &raw);
    raw_send(&raw, text);
    while (!raw.ended) {
        uv_run(&p->h.w.loop, UV_RUN_ONCE);
        house_turn(&p->h);
    }
    char *got = mem_string(raw.got.data);
    raw_close(&p->h.w, &raw);
    return got;
}

struct answer_got {
    int status;
    char *raw;
    json body;
};

static inline struct answer_got ask_with(struct place *p, const char *method, const char *path,
                                         const char *headers, const char *body)
{
    char *text = mem_printf("%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                            "%sContent-Length: %zu\r\n\r\n%s",
                            method, path, headers, strlen(body), body);
    struct answer_got got = {.raw = ask_raw(p, text), .body = json_absent()};
    mem_free(text);
    struct fail why;
    got.status = atoi(got.raw + strlen("HTTP/1.1 "));
    const char *data = strstr(got.raw, "\r\n\r\n");
    if (data && data[4] && !json_parse(data + 4, strlen(data + 4), &got.body, &why))
        json_swap_take(&got.body, json_null());
    return got;
}

#define JSON_TYPE "Content-Type: application/json\r\n"

static inline struct answer_got post(struct place *p, const char *path, const char *body)
{
    return ask_with(p, "POST", path, JSON_TYPE, body);
}

static inline struct answer_got get(struct place *p, const char *path)
{
    return ask_with(p, "GET", path, "", "");
}

static inline void got_done(struct answer_got *got)
{
    mem_free(got->raw);
    json_free(got->body);
}

static inline void assert_status(const struct answer_got *got, int status)
{
    if (got->status != status)
        fail_msg("status %d, wanted %d: %s", got->status, status, got->raw);
}

static inline void expect_get(struct place *p, const char *path, int status, const char *at,
                              const char *value)
{
    struct answer_got got = get(p, path);
    assert_status(&got, status);
    assert_at(got.body, at, value);
    got_done(&got);
}

static inline void expect_post(struct place *p, const char *path, const char *body, int status,
                               const char *at, const char *value)
{
    struct answer_got got = post(p, path, body);
    assert_status(&got, status);
    assert_at(got.body, at, value);
    got_done(&got);
}
