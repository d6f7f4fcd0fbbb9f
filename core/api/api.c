#include "api/api.h"

#include <stdio.h>
#include <string.h>

#include "api/replay.h"
#include "api/resource.h"
#include "base/bytes.h"
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

// A browser sends the cookie of a session, and reaches a server on its own machine, also when the
// page of another site makes it: programs bring a token.
static bool is_trusted(const struct actor *actor)
{
    return actor->kind == ACTOR_TOKEN || actor->kind == ACTOR_BOOTSTRAP;
}

static bool authorize(struct api *a, struct request *r, unsigned needs)
{
    const struct actor *actor = access_check(a->access, r);
    if (actor->retry_after_s > 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%d", actor->retry_after_s);
        request_set_header(r, "Retry-After", seconds);
        request_problem(r, 429, "too_many_tries",
                        "too many tokens that are not good; try again in %s seconds", seconds);
        return false;
    }
    if (actor->kind == ACTOR_NOBODY) {
        request_set_header(r, "WWW-Authenticate", "Bearer realm=\"dure\"");
        request_problem(
            r, 401, "unauthorized",
            "give a token: Authorization: Bearer TOKEN (`dure token create` makes one)");
        return false;
    }
    if (!is_trusted(actor) && is_unsafe(r) && request_is_cross_site(r)) {
        request_problem(r, 403, "cross_site", "another site may not ask for changes here");
        return false;
    }
    if (actor_may(actor, needs))
        return true;
    struct bytes wanted;
    bytes_init(&wanted, 256);
    permissions_write(needs, &wanted);
    request_problem(r, 403, "not_permitted", "'%s' may not do this; it needs the permission: %s",
                    actor->name, wanted.data);
    bytes_done(&wanted);
    return false;
}

void record_act(struct api *a, struct request *r, const char *act, const char *instance,
                json detail_take)
{
    access_record(a->access, access_check(a->access, r),
                  &(struct act){.act = act,
                                .instance = instance,
                                .detail = detail_take,
                                .only_there = strcmp(act, "start") == 0});
    json_free(detail_take);
}

static void enter(void *context, struct request *r)
{
    struct bound_route *bound = context;
    const struct resource *resource = bound->resource;
    if (resource->needs == 0 ||
        (authorize(bound->api, r, resource->needs) && check_queries(r, resource->query)))
        resource->handler(bound->api, r);
}

// ---- what there is

#define OPEN    0 // to everybody
#define VIEW    PERMIT_VIEW
#define AUTHOR  PERMIT_AUTHOR
#define START   PERMIT_START
#define OPERATE PERMIT_OPERATE
#define PEOPLE  PERMIT_PEOPLE
#define AUDIT   PERMIT_AUDIT
#define ADMIN   PERMIT_ADMIN
#define ANY     PERMIT_ANY
// Whoever mends a case has to see how it came about.
#define HISTORY (PERMIT_AUDIT | PERMIT_OPERATE)
// clang-format off
const struct resource resources[] = {
    {"GET", "/healthz", health_live, OPEN, "health", "The process lives", NULL, NULL, "200"},
    {"GET", "/readyz", health_ready, OPEN, "health", "It can take changes", NULL, NULL, "200 503"},
    {"GET", "/metrics", health_metrics, VIEW, "health", "Figures as Prometheus text", NULL, NULL, "200"},
    {"GET", "/openapi.json", openapi_show, OPEN, "health", "This document", NULL, NULL, "200"},
    {"POST", "/api/v1/definitions", definitions_deploy, AUTHOR, "definitions",
     "Deploy a definition (YAML, or {text, file}); with ?check=1 only look at it", "replace file check", "Deploy", "200 201 409 422"},
    {"GET", "/api/v1/definitions", definitions_list, VIEW, "definitions", "All definitions", "cursor limit", NULL, "200"},
    {"GET", "/api/v1/definitions/{namespace}/{name}", definition_show, VIEW, "definitions",
     "One definition, the latest version or ?version=", "version", NULL, "200 404"},
    {"POST", "/api/v1/instances", instances_start, START, "instances",
     "Start one instance, or a list of them", "wait", "Start", "201 404 409 422"},
    {"GET", "/api/v1/instances", instances_list, VIEW, "instances", "Instances, newest first",
     "status definition cursor limit", NULL, "200"},
    {"GET", "/api/v1/instances/{id}", instance_show, VIEW, "instances", "One instance", NULL, NULL, "200 404"},
    {"GET", "/api/v1/instances/{id}/history", instance_history, HISTORY, "instances",
     "Its history, oldest first", "cursor limit", NULL, "200 404"},
    {"GET", "/api/v1/instances/{id}/views", views_list, VIEW, "instances",
     "The lists that its open tasks show: {task, name, title}", NULL, NULL, "200 404"},
    {"GET", "/api/v1/instances/{id}/views/{task}/{name}", view_show, VIEW, "instances",
     "One of them: {title, columns, rows, totals}", NULL, NULL, "200 404"},
    {"POST", "/api/v1/instances/{id}/cancel", instance_cancel, OPERATE, "instances", "Cancel it", NULL, "Reason", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/pause", instance_pause, OPERATE, "instances", "Pause it", NULL, "Reason", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/resume", instance_resume, OPERATE, "instances", "Let it go on", NULL, "Reason", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/retry", instance_retry, OPERATE, "instances",
     "Once more from the task that faulted", NULL, "Reason", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/repair", instance_repair, OPERATE, "instances",
     "Say what became of an effect whose outcome nobody knows", NULL, "Repair", "200 404 409 422"},
    {"POST", "/api/v1/instances/{id}/migrate", instance_to_version, OPERATE, "instances",
     "Go on by another version of its definition, or the latest", NULL, "Migrate", "200 404 409"},
    {"POST", "/api/v1/instances/{id}/remind", instance_remind, OPERATE, "instances",
     "Mail those who have not answered an open step (`task`, where several ask)", NULL, "Remind", "200 404 409 422"},
    {"GET", "/api/v1/instances/{id}/case", case_export, AUDIT, "instances",
     "Its case file, which verifies alone (`dure verify FILE`)", NULL, NULL, "200 404"},
    {"GET", "/api/v1/instances/{id}/verify", case_verify, AUDIT, "instances",
     "Whether its chain and its secret votes are whole", NULL, NULL, "200 404"},
    {"GET", "/api/v1/incidents", incidents_list, VIEW, "instances", "What needs a person", "limit", NULL, "200"},
    {"POST", "/api/v1/events", events_accept, START, "events",
     "CloudEvents: structured, binary or batch", NULL, "application/cloudevents+json", "202 422"},
    {"GET", "/api/v1/events/why", event_why, VIEW, "events", "Why an event matched or did not; without source of all that have this id", "source id", NULL, "200 404"},
    {"GET", "/api/v1/items", items_list, VIEW, "items", "Work items",
     "assignee status instance task cursor limit", NULL, "200"},
    {"GET", "/api/v1/items/{id}", item_get, VIEW, "items", "One work item", NULL, NULL, "200 404"},
    {"GET", "/api/v1/items/{id}/answers", item_answers, HISTORY, "items", "Its answers", "limit", NULL, "200 404"},
    {"POST", "/api/v1/items/{id}/answers", item_take_answer, OPERATE, "items", "Answer it", NULL, "Answer",
     "200 201 403 404 409 422"},
    {"POST", "/api/v1/items/{id}/claim", item_take, OPERATE, "items",
     "Claim for `as` what a group or role was asked", NULL, "Claim", "200 403 404 409 422"},
    {"POST", "/api/v1/items/{id}/give-back", item_return, OPERATE, "items",
     "Give back what `as` had claimed", NULL, "Claim", "200 403 404 409 422"},
    {"GET", "/api/v1/people", persons_list, PEOPLE, "people", "The directory", "q cursor limit", NULL, "200"},
    {"POST", "/api/v1/people", person_put, PEOPLE, "people", "Add or change a person", NULL, "Person", "200 422"},
    {"GET", "/api/v1/people/{id}", person_get, PEOPLE, "people", "One person", NULL, NULL, "200 404"},
    {"POST", "/api/v1/people/import", persons_import, PEOPLE, "people",
     "Import a CSV file; with ?preview=1 only show what it would do", "preview", "text/csv", "200 422"},
    {"POST", "/api/v1/mail/bounces", bounces_take, OPERATE, "mail",
     "Take in a mail that came back (RFC 3464)", "to", "message/rfc822", "200 404 415 422"},
    {"GET", "/api/v1/groups", groups_list, PEOPLE, "people", "All groups", NULL, NULL, "200"},
    {"GET", "/api/v1/groups/{group}", group_show, PEOPLE, "people",
     "All memberships of a group; `holds`: on the date ?at=, else now", "at", NULL, "200"},
    {"POST", "/api/v1/groups/{group}/join", group_join, PEOPLE, "people",
     "Add a person, since and until a date", NULL, "Join", "200 404 409 422"},
    {"POST", "/api/v1/groups/{group}/leave", group_leave, PEOPLE, "people",
     "End a person's membership on a date, else now", NULL, "Leave", "200 404 409 422"},
    {"GET", "/api/v1/me", account_self, ANY, "access", "Who this token is, and what it may do", NULL, NULL, "200"},
    {"GET", "/api/v1/accounts", accounts_list, ADMIN, "access", "All accounts", NULL, NULL, "200"},
    {"POST", "/api/v1/accounts", account_create, ADMIN, "access", "Add an account", NULL, "NewAccount", "201 409 422"},
    {"POST", "/api/v1/accounts/{name}", account_update, ADMIN, "access",
     "Change one: its roles, password, status (active, disabled)", NULL, "Account", "200 404 409 422"},
    {"GET", "/api/v1/tokens", tokens_list, ADMIN, "access", "All tokens, without their secrets", NULL, NULL, "200"},
    {"POST", "/api/v1/tokens", token_make, ADMIN, "access", "Make one; it is told only now", NULL, "NewToken", "201 409 422"},
    {"POST", "/api/v1/tokens/{id}/revoke", token_end, ADMIN, "access", "Revoke one, by its id or name", NULL, NULL, "200 404"},
    {"GET", "/api/v1/acts", acts_page, AUDIT, "access", "What was done by whom, newest first", "cursor limit", NULL, "200"},
    {"GET", "/api/v1/stream", lifecycle_stream, HISTORY, "instances",
     "Lifecycle events as they are committed (server-sent events, each with an id); Last-Event-ID: what came after it, else `reset`",
     "instance", NULL, "200"},
};
// clang-format on
const size_t resource_count = sizeof(resources) / sizeof(*resources);

struct api *api_new(const struct api_opts *opts)
{
    must(opts->server && opts->engine && opts->people);
    struct api *a = mem_new(struct api);
    a->opts = *opts;
    a->own_access = opts->access
                        ? NULL
                        : access_new(&(struct access_opts){
                              .engine = opts->engine, .dev = opts->dev, .token = opts->token});
    a->access = opts->access ? opts->access : a->own_access;
    a->engine = opts->engine;
    a->people = opts->people;
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
    access_free(a->own_access);
    mem_free(a->bound);
    mem_free(a);
}
