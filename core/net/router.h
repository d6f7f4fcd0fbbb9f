// Routes as a tree of path segments: a literal wins over a parameter, a parameter over the rest.
// Built once, read for each request. The owner embeds it. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "net/server.h"

#define ROUTE_SEGMENTS_MAX 16
#define ROUTE_METHODS_MAX  6

struct route {
    const char *method;
    const char *pattern;
    request_handler *handler;
    void *context;
    const char *names[ROUTE_SEGMENTS_MAX]; // of its parameters, by segment; NULL: a literal
};

struct route_node;
struct router {
    struct arena arena;
    struct route_node *root;
};

struct route_match {
    const struct route_node *node; // NULL: no such path
    const struct route *route;     // NULL: not with this method
};

void router_init(struct router *router);
void router_done(struct router *router);
void router_add(struct router *router, const char *method, const char *pattern,
                request_handler *handler, void *context);
// `segments` are decoded.
struct route_match router_find(const struct router *router, const char *method,
                               const char *const *segments, size_t count);
void route_allow(const struct route_node *node, struct bytes *out); // "GET, HEAD, POST, OPTIONS"
