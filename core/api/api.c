#include "api/api.h"

#include <string.h>
#include <strings.h>

#include "api/replay.h"
#include "api/resource.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/must.h"

// What the server hands back with a request: which resource of which API.
struct bound_route {
    struct api *api;
    const struct resource *resource;
};

// ---- who may come in

static bool is_unsafe(const struct request *r)
{
    const char *method = request_method(r);
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

// A page on the web can make a browser on this machine ask a loopback server by a name of its own
// (DNS rebinding); such a request still says that name.
static bool host_is_loopback(const struct request *r)
{
    const char *host = request_header(r, "Host");
    if (!host)
        return false;
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    return (length == 9 && strncasecmp(host, "localhost", 9) == 0) ||
           (length == 5 && strncmp(host, "[::1]", 5) == 0) ||
           (length >= 7 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == length);
}

static bool has_token(const struct api *a, const struct request *r)
{
    const char *header = request_header(r, "Authorization");
    if (!a->opts.token || !header || strncasecmp(header, "Bearer ", 7) != 0)
        return false;
    const char *given = header + 7 + strspn(header + 7, " ");
    struct hash hash = hash_of(given, strlen(given));
    return hash_equal(&hash, &a->token);
}

static bool authorize(struct api *a, struct request *r)
{
    if (a->opts.authorize)
        return a->opts.authorize(a->opts.context, r);
    if (has_token(a, r))
        return true;
    bool open = a->opts.dev && request_is_loopback(r) && host_is_loopback(r);
    if (open && !(is_unsafe(r) && request_is_cross_site(r)))
        return true;
    if (open) {
        request_problem(r, 403, "cross_site", "another site may not ask for changes here");
        return false;
    }
    request_set_header(r, "WWW-Authenticate", "Bearer realm=\"dure\"");
    request_problem(r, 401, "unauthorized",
                    a->opts.token
                        ? "give the token: Authorization: Bearer TOKEN"
                        : "the server has no token; set DURE_TOKEN and give it as bearer");
    return false;
}

static void enter(void *context, struct request *r)
{
    struct bound_route *bound = context;
    const struct resource *resource = bound->resource;
    if (resource->access == ACCESS_ALL ||
        (authorize(bound->api, r) && check_queries(r, resource->query)))
        resource->handler(bound->api, r);
}

// ---- what there is

#define ALL  ACCESS_ALL
#define AUTH ACCESS_AUTHORIZED
// clang-format off
const struct resource resources[] = {
    {"GET", "/healthz", health_live, ALL, "health", "The process lives", NULL, NULL, "200"},
    {"GET", "/readyz", health_ready, ALL, "health", "It can take changes", NULL, NULL, "200 503"},
    {"GET", "/metrics", health_metrics, AUTH, "health", "Figures as Prometheus text", NULL, NULL, "200"},
    {"GET", "/openapi.json", openapi_show, ALL, "health", "This document", NULL, NULL, "200"},
    {"POST", "/api/v1/definitions", definitions_deploy, AUTH, "definitions",
     "Deploy a definition (YAML, or {text, file}); with ?check=1 only look at it", "replace file check", "Deploy", "200 201 409 422"},
    {"GET", "/api/v1/definitions", definitions_list, AUTH, "definitions", "All definitions", "limit", NULL, "200"},
    {"GET", "/api/v1/definitions/{namespace}/{name}", definition_show, AUTH, "definitions",
     "One definition, the latest version or ?version=", "version", NULL, "200 404"},
    {"POST", "/api/v1/instances", instances_start, AUTH, "instances",
     "Start one instance, or a list of them", "wait", "Start", "201 404 409 422"},
    {"GET", "/api/v1/instances", instances_list, AUTH, "instances", "Instances, newest first",
     "status definition cursor limit", NULL, "200"},
    {"GET", "/api/v1/instances/{id}", instance_show, AUTH, "instances", "One instance", NULL, NULL, "200 404"},
    {"GET", "/api/v1/instances/{id}/history", instance_history, AUTH, "instances",
     "Its history, oldest first", "cursor limit", NULL, "200 404"},
    {"GET", "/api/v1/instances/{id}/views", views_list, AUTH, "instances",
     "The lists that its open tasks show: {task, name, title}", NULL, NULL, "200 404"},
    {"GET", "/api/v1/instances/{id}/views/{task}/{name}", view_show, AUTH, "instances",
     "One of them: {title, columns, rows, totals}", NULL, NULL, "200 404"},
    {"POST", "/api/v1/instances/{id}/cancel", instance_cancel, AUTH, "instances", "Cancel it", NULL, "Reason", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/pause", instance_pause, AUTH, "instances", "Pause it", NULL, "Reason", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/resume", instance_resume, AUTH, "instances", "Let it go on", NULL, "Reason", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/retry", instance_retry, AUTH, "instances",
     "Once more from the task that faulted", NULL, "Reason", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/repair", instance_repair, AUTH, "instances",
     "Say what became of an effect whose outcome nobody knows", NULL, "Repair", "200 404 422"},
    {"GET", "/api/v1/incidents", incidents_list, AUTH, "instances", "What needs a person", "limit", NULL, "200"},
    {"POST", "/api/v1/events", events_accept, AUTH, "events",
     "CloudEvents: structured, binary or batch", NULL, "application/cloudevents+json", "202 422"},
    {"GET", "/api/v1/events/why", event_why, AUTH, "events", "Why an event matched or did not", "source id", NULL, "200 404"},
    {"GET", "/api/v1/items", items_list, AUTH, "items", "Work items",
     "assignee status instance task cursor limit", NULL, "200"},
    {"GET", "/api/v1/items/{id}", item_get, AUTH, "items", "One work item", NULL, NULL, "200 404"},
    {"GET", "/api/v1/items/{id}/answers", item_answers, AUTH, "items", "Its answers", "limit", NULL, "200 404"},
    {"POST", "/api/v1/items/{id}/answers", item_take_answer, AUTH, "items", "Answer it", NULL, "Answer",
     "200 201 403 404 409 422"},
    {"GET", "/api/v1/people", persons_list, AUTH, "people", "The directory", "q limit", NULL, "200"},
    {"POST", "/api/v1/people", person_put, AUTH, "people", "Add or change a person", NULL, "Person", "200 422"},
    {"GET", "/api/v1/people/{id}", person_get, AUTH, "people", "One person", NULL, NULL, "200 404"},
    {"POST", "/api/v1/people/import", persons_import, AUTH, "people",
     "Import a CSV file; with ?preview=1 only show what it would do", "preview", "text/csv", "200 422"},
    {"GET", "/api/v1/groups", groups_list, AUTH, "people", "All groups", NULL, NULL, "200"},
    {"GET", "/api/v1/stream", lifecycle_stream, AUTH, "instances",
     "Lifecycle events as they are committed (server-sent events)", "instance", NULL, "200"},
};
// clang-format on
const size_t resource_count = sizeof(resources) / sizeof(*resources);

struct api *api_new(const struct api_opts *opts)
{
    must(opts->server && opts->engine && opts->people);
    struct api *a = mem_new(struct api);
    a->opts = *opts;
    a->opts.token = opts->token && *opts->token ? mem_string(opts->token) : NULL;
    a->engine = opts->engine;
    a->people = opts->people;
    if (a->opts.token)
        a->token = hash_of(a->opts.token, strlen(a->opts.token));
    list_init(&a->streams);
    a->bound = mem_zero(resource_count, sizeof(*a->bound));
    for (size_t i = 0; i < resource_count; i++) {
        a->bound[i] = (struct bound_route){a, &resources[i]};
        server_route(opts->server, resources[i].method, resources[i].pattern, enter, &a->bound[i]);
    }
    return a;
}

void api_free(struct api *a)
{
    if (!a)
        return;
    lifecycle_done(a);
    replay_stop(a);
    mem_free((char *)(uintptr_t)a->opts.token);
    mem_free(a->bound);
    mem_free(a);
}
