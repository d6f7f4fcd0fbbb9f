// A few routes that say back what they were asked, and one question with one expected answer.
#pragma once

#include "world.h"

#define CLOSE "Host: h\r\nConnection: close\r\n"

static inline void echo(void *context, struct request *r)
{
    (void)context;
    size_t bytes;
    const char *body = request_body(r, &bytes);
    struct bytes out;
    bytes_init(&out, SIZE_MAX / 4);
    bytes_append(&out, body, bytes);
    request_reply_take(r, 200, TYPE_TEXT, &out);
}

static inline void greet(void *context, struct request *r)
{
    (void)context;
    const char *who = request_param(r, "who"), *in = request_query(r, "in");
    char *text = mem_printf("hello %s in %s", who, in ? in : "?");
    request_reply_text(r, 200, TYPE_TEXT, text);
    mem_free(text);
}

static inline void rest(void *context, struct request *r)
{
    (void)context;
    request_reply_text(r, 200, TYPE_TEXT, request_param(r, "path"));
}

static inline void take_form(void *context, struct request *r)
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

static inline void routes(struct world *w)
{
    server_route(w->server, "POST", "/echo", echo, NULL);
    server_route(w->server, "GET", "/hello/{who}", greet, NULL);
    server_route(w->server, "GET", "/files/{path*}", rest, NULL);
    server_route(w->server, "POST", "/form", take_form, NULL);
}

static inline void expect(const char *request, const char *answer)
{
    struct world w;
    world_init(&w, (struct server_opts){0});
    routes(&w);
    char *got = raw_ask(&w, request, NULL);
    assert_has(got, answer);
    mem_free(got);
    world_done(&w);
}
