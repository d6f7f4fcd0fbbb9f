#include <stdlib.h>
#include <string.h>

#include "api/replay.h"
#include "api/resource.h"
#include "api/wait.h"
#include "base/arena.h"
#include "base/limits.h"

// ---- starting

// What one start asks for; texts are borrowed from `body`.
struct order {
    struct definition_ref definition;
    const char *title;
    json input;
};

static bool read_order(json body, struct order *order, struct fail *why)
{
    static const struct member members[] = {{"definition", MEMBER_OBJECT},
                                            {"input", MEMBER_ANY},
                                            {"title", MEMBER_TEXT | MEMBER_NULL},
                                            {NULL, 0}};
    static const struct member reference[] = {{"namespace", MEMBER_TEXT},
                                              {"name", MEMBER_TEXT},
                                              {"version", MEMBER_TEXT | MEMBER_NULL},
                                              {NULL, 0}};
    json definition = json_get(body, "definition");
    *order = (struct order){.input = json_get(body, "input")};
    order->title = json_get_text(body, "title", NULL);
    order->definition.namespace = json_get_text(definition, "namespace", NULL);
    order->definition.name = json_get_text(definition, "name", NULL);
    order->definition.version = json_get_text(definition, "version", NULL);
    bool good = order->definition.namespace && order->definition.name;
    if (!good)
        fail(why, FAIL_INVALID, "'definition' must be {namespace, name, version?}");
    good = good && members_check(body, members, why) &&
           (members_check(definition, reference, why) || fail_within(why, "'definition'"));
    json_free(definition); // its members live on in the body
    return good;
}

// Whether the start would be refused, so that a list is started whole or not at all.
static bool check_order(struct api *a, const struct order *order, struct fail *why)
{
    struct definition *d = engine_definition(a->engine, &order->definition, why);
    if (!d)
        return false;
    if (!d->data.input_schema)
        return true;
    json input = json_is_absent(order->input) ? json_object() : json_ref(order->input);
    bool good = schema_require(d->data.input_schema, input, why);
    json_free(input);
    return good;
}

static bool start_one(struct api *a, struct request *r, json body, struct id *id, struct fail *why)
{
    struct order order;
    bool good = read_order(body, &order, why);
    struct start_opts opts = {
        .definition = order.definition, .input = order.input, .title = order.title};
    good = good && engine_start(a->engine, &opts, id, why);
    if (good)
        record_act(a, r, "start", id->text, json_absent());
    json_free(order.input);
    return good;
}

// The status is that of now; the reply tells the one after the commit.
static json started(const char *id)
{
    json body = json_object();
    json_set_text(&body, "id", id);
    json_set_text(&body, "status", "pending");
    return body;
}

static void start_single(struct api *a, struct request *r, json body, struct replay *replay,
                         int64_t wait_s)
{
    struct id id;
    struct fail why;
    if (!start_one(a, r, body, &id, &why)) {
        replay_done(replay);
        request_fail(r, &why);
        return;
    }
    request_set_header(r, "Location",
                       arena_printf(request_arena(r), "/api/v1/instances/%s", id.text));
    if (wait_s == 0) {
        replay_end_take(replay, a, r, 201, started(id.text));
        return;
    }
    replay_keep_take(replay, a, 201, started(id.text));
    wait_for_end(a, r, id.text, wait_s);
}

static bool check_list(struct api *a, struct request *r, json list)
{
    size_t count = json_length(list);
    if (count == 0 || count > API_BATCH_MAX) {
        request_problem(r, 422, "limit", "a list of starts has 1 to %d members", API_BATCH_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        json body = json_at(list, i);
        struct order order;
        struct fail why;
        bool good = read_order(body, &order, &why) && check_order(a, &order, &why);
        json_free(order.input);
        json_free(body);
        if (good)
            continue;
        fail_within(&why, "start %zu of %zu (none was started)", i + 1, count);
        request_fail(r, &why);
        return false;
    }
    return true;
}

static void start_list(struct api *a, struct request *r, json list, struct replay *replay)
{
    if (!check_list(a, r, list)) {
        replay_done(replay);
        return;
    }
    json out = json_array();
    for (size_t i = 0; i < json_length(list); i++) {
        json body = json_at(list, i);
        struct id id;
        struct fail why;
        if (start_one(a, r, body, &id, &why)) {
            json_append_take(&out, started(id.text));
        } else { // only what no check foresees; the others have begun
            json problem = json_object();
            json_set_text(&problem, "code", why.code);
            json_set_text(&problem, "detail", why.message);
            json_append_take(&out, problem);
        }
        json_free(body);
    }
    replay_end_take(replay, a, r, 201, out);
}

void instances_start(struct api *a, struct request *r)
{
    struct fail why;
    int64_t wait_s;
    json body;
    if (!request_query_int(r, "wait", 0, API_WAIT_MAX, 0, &wait_s, &why) ||
        !request_json(r, &body, &why)) {
        request_fail(r, &why);
        return;
    }
    struct replay replay;
    if (!json_is_array(body) && !json_is_object(body))
        request_problem(r, 422, "invalid", "the body must be a start or a list of starts");
    else if (replay_begin(&replay, a, r) == REPLAY_DONE)
        (void)0; // it has replied
    else if (json_is_array(body))
        start_list(a, r, body, &replay);
    else
        start_single(a, r, body, &replay, wait_s);
    json_free(body);
}

// ---- looking

// "ns/name"
static bool read_definition(struct request *r, struct list_opts *opts)
{
    const char *text = request_query(r, "definition");
    if (!text || !*text)
        return true;
    const char *slash = strchr(text, '/');
    if (!slash || slash == text || !slash[1]) {
        request_problem(r, 400, "bad_query", "'definition' is NAMESPACE/NAME");
        return false;
    }
    opts->namespace = arena_string_sized(request_arena(r), text, (size_t)(slash - text));
    opts->name = slash + 1;
    return true;
}

void instances_list(struct api *a, struct request *r)
{
    struct list_opts opts = {.status = request_query(r, "status")};
    enum instance_status status;
    struct fail why = {0};
    if (opts.status && !instance_status_parse(opts.status, &status)) {
        request_problem(r, 400, "bad_query", "there is no status '%.40s'", opts.status);
        return;
    }
    if (!read_definition(r, &opts) || !read_page(r, &opts.limit, &opts.after) ||
        !cursor_is_id(r, opts.after))
        return;
    json list = engine_list(a->engine, &opts, &why);
    if (json_is_array(list))
        reply_page(r, list, opts.limit, "id");
    else
        request_fail(r, &why);
}

void instance_show(struct api *a, struct request *r)
{
    struct fail why;
    json shown = engine_show(a->engine, request_param(r, "id"), &why);
    if (json_is_object(shown))
        request_reply_json(r, 200, shown);
    else
        request_fail(r, &why);
    json_free(shown);
}

void instance_history(struct api *a, struct request *r)
{
    size_t limit;
    const char *after;
    struct fail why = {0};
    int64_t seq;
    if (!read_page(r, &limit, &after) || !cursor_number(r, after, &seq))
        return;
    if (!request_query(r, "limit"))
        limit = LIMIT_PAGE_ROWS;
    json list = engine_history(a->engine, request_param(r, "id"), seq, limit, &why);
    if (json_is_array(list))
        reply_page(r, list, limit, "seq");
    else
        request_fail(r, &why);
}
