// What the files of the API share: the table of routes, from which the server's routes and the
// OpenAPI document are made, and the helpers of handlers. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "api/recent.h"
#include "base/bytes.h"
#include "base/list.h"
#include "net/reply.h"
#include "net/request.h"
#include "store/store.h"

#define API_BATCH_MAX 1000 // instances or events in one request
#define API_WAIT_MAX  60   // seconds of ?wait=

struct api {
    struct api_opts opts;
    struct engine *engine;
    struct people *people;
    struct access *access, *own_access; // own_access: where none was given
    struct bound_route *bound;
    struct list streams;
    bool listens; // to the engine, for the streams
    struct recent recent;
    uint64_t kept;    // answers under an Idempotency-Key
    struct row swept; // where the sweep for old ones stands
};

typedef void resource_handler(struct api *a, struct request *r);

struct resource {
    const char *method, *pattern;
    resource_handler *handler;
    unsigned needs; // one of these permissions; 0: open to everybody
    const char *tag, *summary;
    const char *query;    // names of query parameters, separated by spaces; NULL: none
    const char *body;     // schema of the JSON body by name, or a media type; NULL: none
    const char *statuses; // "201 409 422"
};
extern const struct resource resources[];
extern const size_t resource_count;

// definitions.c
resource_handler definitions_deploy, definitions_list, definition_show;
// instances.c
resource_handler instances_start, instances_list, instance_show, instance_history;
// views.c
resource_handler views_list, view_show;
// controls.c
resource_handler instance_cancel, instance_pause, instance_resume, instance_retry, instance_repair,
    instance_to_version, incidents_list;
// claims.c
resource_handler item_take, item_return, instance_remind;
// cases.c
resource_handler case_export, case_verify;
// events.c
resource_handler events_accept, event_why;
// items.c
resource_handler items_list, item_get, item_answers, item_take_answer;
// persons.c
resource_handler persons_list, person_get, person_put, persons_import;
// groups.c
resource_handler groups_list, group_show, group_join, group_leave;
// bounces.c
resource_handler bounces_take;
// accounts.c
resource_handler accounts_list, account_self, account_create, account_update, tokens_list,
    token_make, token_end, acts_page;
// lifecycle.c
resource_handler lifecycle_stream;
void lifecycle_done(struct api *a);
// health.c
resource_handler health_live, health_ready, health_metrics, openapi_show;

// ---- helpers (reply_later.c, page.c)

// Records an act of who asks; takes the detail.
void record_act(struct api *a, struct request *r, const char *act, const char *instance,
                json detail_take);

// Replies once everything so far is durable; takes the body.
void reply_after_commit(struct api *a, struct request *r, int status, json body_take);
// The same with JSON as text, whose bytes it takes.
void reply_text_after_commit(struct api *a, struct request *r, int status, struct bytes *text_take);
// The same; {id, status} of instances, or a list of them, are told as they stand at the reply.
void reply_instances_after_commit(struct api *a, struct request *r, int status, json body_take);

// {items, next} from a list that takes its place; `next` follows from the last item's text at `key`
// when the page is full.
void reply_page(struct request *r, json items_take, size_t limit, const char *key);
// ?limit= and ?cursor=; replies itself and returns false when they are wrong. *after: the cursor's
// text, owned by the request's arena, or NULL.
bool read_page(struct request *r, size_t *limit, const char **after);
// Whether a cursor's text can be of a list by ids, or by numbers; replies itself if not.
bool cursor_is_id(struct request *r, const char *after);
bool cursor_number(struct request *r, const char *after, int64_t *number);
// Whether the request has only queries that its resource knows; replies itself if not.
bool check_queries(struct request *r, const char *known);

// What an object of a request may hold. A member of the wrong kind is refused, never passed over: a
// receipt given as a number would otherwise make a second answer.
struct member {
    const char *name; // NULL ends a list
    unsigned kinds;   // MEMBER_…
};
#define MEMBER_TEXT   (1U << JSON_STRING)
#define MEMBER_NULL   (1U << JSON_NULL)
#define MEMBER_BOOL   (1U << JSON_BOOL)
#define MEMBER_NUMBER (1U << JSON_NUMBER)
#define MEMBER_OBJECT (1U << JSON_OBJECT)
#define MEMBER_ANY    (~0U)

CHECKED bool members_check(json object, const struct member *members, struct fail *why);
// The body as JSON, which must be an object with these members only.
// Replies itself and returns false if not. An empty body counts as {} where `may_lack`.
bool read_object(struct request *r, json *out, const struct member *members, bool may_lack);
