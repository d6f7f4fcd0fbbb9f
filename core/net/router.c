#include "net/router.h"

#include <string.h>

#include "base/must.h"

struct route_node {
    const char *segment; // literal text, or NULL
    struct route_node *literals, *next;
    struct route_node *parameter, *rest;
    struct route routes[ROUTE_METHODS_MAX];
    size_t route_count;
};

void router_init(struct router *router)
{
    arena_init(&router->arena);
    router->root = arena_new(&router->arena, struct route_node);
}

void router_done(struct router *router)
{
    arena_done(&router->arena);
}

static struct route_node *literal_child(const struct route_node *node, const char *segment)
{
    struct route_node *child = node->literals;
    while (child && strcmp(child->segment, segment) != 0)
        child = child->next;
    return child;
}

static struct route_node *add_literal(struct router *router, struct route_node *node,
                                      const char *segment)
{
    struct route_node *child = literal_child(node, segment);
    if (child)
        return child;
    child = arena_new(&router->arena, struct route_node);
    child->segment = segment;
    child->next = node->literals;
    node->literals = child;
    return child;
}

static struct route_node *add_segment(struct router *router, struct route_node *node,
                                      const char *segment, const char **name)
{
    size_t length = strlen(segment);
    if (segment[0] != '{')
        return add_literal(router, node, segment);
    must(length > 2 && segment[length - 1] == '}');
    bool rest = segment[length - 2] == '*';
    *name = arena_string_sized(&router->arena, segment + 1, length - (rest ? 3 : 2));
    struct route_node **place = rest ? &node->rest : &node->parameter;
    if (!*place)
        *place = arena_new(&router->arena, struct route_node);
    return *place;
}

void router_add(struct router *router, const char *method, const char *pattern,
                request_handler *handler, void *context)
{
    must(pattern[0] == '/');
    struct route route = {.method = arena_string(&router->arena, method),
                          .pattern = arena_string(&router->arena, pattern),
                          .handler = handler,
                          .context = context};
    struct route_node *node = router->root;
    char *rest = arena_string(&router->arena, pattern + 1), *segment;
    for (size_t i = 0; (segment = strsep(&rest, "/")); i++) {
        must(i < ROUTE_SEGMENTS_MAX);
        must(node != NULL);
        node = add_segment(router, node, segment, &route.names[i]);
    }
    for (size_t i = 0; i < node->route_count; i++)
        must(strcmp(node->routes[i].method, method) != 0);
    must(node->route_count < ROUTE_METHODS_MAX);
    node->routes[node->route_count++] = route;
}

static const struct route_node *find_node(const struct route_node *node,
                                          const char *const *segments, size_t count)
{
    if (count == 0)
        return node->route_count ? node : NULL;
    const struct route_node *found = NULL;
    const struct route_node *literal = literal_child(node, segments[0]);
    if (literal)
        found = find_node(literal, segments + 1, count - 1);
    if (!found && node->parameter && segments[0][0])
        found = find_node(node->parameter, segments + 1, count - 1);
    return found ? found : node->rest;
}

static const struct route *node_route(const struct route_node *node, const char *method)
{
    for (size_t i = 0; i < node->route_count; i++)
        if (strcmp(node->routes[i].method, method) == 0)
            return &node->routes[i];
    return NULL;
}

struct route_match router_find(const struct router *router, const char *method,
                               const char *const *segments, size_t count)
{
    struct route_match match = {.node = find_node(router->root, segments, count)};
    if (!match.node)
        return match;
    match.route = node_route(match.node, method);
    if (!match.route && strcmp(method, "HEAD") == 0)
        match.route = node_route(match.node, "GET");
    return match;
}

void route_allow(const struct route_node *node, struct bytes *out)
{
    for (size_t i = 0; i < node->route_count; i++) {
        bytes_printf(out, "%s, ", node->routes[i].method);
        if (strcmp(node->routes[i].method, "GET") == 0)
            bytes_add(out, "HEAD, ");
    }
    bytes_add(out, "OPTIONS");
}
