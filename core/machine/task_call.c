#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "machine/words.h"

static const char *kind_name(enum call_kind kind)
{
    switch (kind) {
    case CALL_FUNCTION:
        return "function";
    case CALL_HTTP:
        return "http";
    case CALL_OPENAPI:
        return "openapi";
    case CALL_GRPC:
        return "grpc";
    case CALL_ASYNCAPI:
        return "asyncapi";
    case CALL_A2A:
        return "a2a";
    case CALL_MCP:
        return "mcp";
    }
    return "";
}

// ---- authorization

static void base64(const char *s, size_t length, struct bytes *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        unsigned group = (unsigned)(unsigned char)s[i] << 16;
        if (i + 1 < length)
            group |= (unsigned)(unsigned char)s[i + 1] << 8;
        if (i + 2 < length)
            group |= (unsigned)(unsigned char)s[i + 2];
        bytes_add_char(out, digits[group >> 18 & 63]);
        bytes_add_char(out, digits[group >> 12 & 63]);
        bytes_add_char(out, i + 1 < length ? digits[group >> 6 & 63] : '=');
        bytes_add_char(out, i + 2 < length ? digits[group & 63] : '=');
    }
}

static json descriptor(const char *scheme, const char *parameter)
{
    json out = json_object();
    json_set_text(&out, "scheme", scheme);
    json_set_text(&out, "parameter", parameter);
    return out;
}

static json basic_authorization(json basic)
{
    struct bytes plain, coded;
    bytes_init(&plain, LIMIT_PAYLOAD_BYTES);
    bytes_init(&coded, LIMIT_PAYLOAD_BYTES * 2);
    json username = json_get(basic, "username"), password = json_get(basic, "password");
    bytes_add(&plain, json_is_string(username) ? json_text(username) : "");
    bytes_add_char(&plain, ':');
    bytes_add(&plain, json_is_string(password) ? json_text(password) : "");
    base64(plain.data, plain.length, &coded);
    json out = descriptor("Basic", coded.data);
    json_free(username);
    json_free(password);
    bytes_done(&plain);
    bytes_done(&coded);
    return out;
}

json call_authorization(json policy)
{
    json basic = json_get(policy, "basic"), bearer = json_get(policy, "bearer");
    json token = json_is_object(bearer) ? json_get(bearer, "token") : json_ref(bearer);
    json out = json_is_object(basic)   ? basic_authorization(basic)
               : json_is_string(token) ? descriptor("Bearer", json_text(token))
                                       : json_null();
    json_free(token);
    json_free(bearer);
    json_free(basic);
    return out;
}

// ---- HTTP: {method, endpoint: {uri}, headers, query, body, output, redirect}

// The endpoint as the author wrote it: a literal is a URI template, what an expression computed is
// not, since data must never be read as a template (dsl.md, "Runtime Expressions").
static bool endpoint_is_literal(const struct task *task)
{
    json text = json_path(task->source, "with.endpoint");
    if (json_is_object(text))
        json_swap_take(&text, json_get(text, "uri"));
    bool literal = json_is_string(text) && strstr(json_text(text), "${") == NULL;
    json_free(text);
    return literal;
}

static bool endpoint_uri(const struct frame *f, json with, struct bytes *out, struct fail *why)
{
    json uri = json_get(with, "endpoint");
    if (json_is_object(uri))
        json_swap_take(&uri, json_get(uri, "uri"));
    bool good = json_is_string(uri);
    if (!good)
        fail(why, FAIL_INVALID, "the endpoint's uri must be a text, not %s",
             json_kind_name(json_kind(uri)));
    else if (endpoint_is_literal(f->task))
        good = uri_expand(json_text(uri), f->input, out, why);
    else
        bytes_add(out, json_text(uri));
    json_free(uri);
    return good;
}

static bool resolve_http(const struct frame *f, json *with, struct fail *why)
{
    struct bytes uri;
    bytes_init(&uri, LIMIT_HEADER_BYTES);
    bool good = endpoint_uri(f, *with, &uri, why);
    if (good && uri.overflowed)
        good =
            fail(why, FAIL_LIMIT, "the endpoint's uri is longer than %d bytes", LIMIT_HEADER_BYTES);
    if (good) {
        json endpoint = json_object();
        json_set_text(&endpoint, "uri", uri.data);
        json_set_take(with, "endpoint", endpoint);
    }
    bytes_done(&uri);
    return good;
}

// ---- the call

// `with` evaluated; raised where that fails.
static bool arguments(struct run *r, struct frame *f, json *with)
{
    *with = json_object();
    if (f->task->call.with != NULL) {
        json_free(*with);
        if (!run_evaluate(r, f, f->task->call.with, f->input, with))
            return false;
    }
    struct fail why;
    if (f->task->call.kind != CALL_HTTP || resolve_http(f, with, &why))
        return true;
    json_free(*with);
    run_raise_type(r, f, "expression", &why);
    return false;
}

static bool authentication(struct run *r, struct frame *f, json *request)
{
    if (f->task->call.authentication == NULL)
        return true;
    json policy;
    if (!run_evaluate(r, f, f->task->call.authentication, f->input, &policy))
        return false;
    json_set_take(request, "authentication", policy);
    return true;
}

static json new_request(const struct task *task, json with_take)
{
    json request = json_object();
    json_set_text(&request, "kind", kind_name(task->call.kind));
    if (task->call.kind == CALL_FUNCTION) {
        json_set_text(&request, "name", task->call.function);
        if (task->call.version != NULL)
            json_set_text(&request, "version", task->call.version);
    }
    json_set_take(&request, "with", with_take);
    return request;
}

// A function of `use.functions` runs in this task's place, with the arguments as its input.
static void begin_local(struct run *r, struct frame *f)
{
    json input = json_ref(f->input);
    if (f->task->call.with != NULL) {
        json_free(input);
        if (!run_evaluate(r, f, f->task->call.with, f->input, &input))
            return;
    }
    run_child(r, f, f->task->call.local, input);
}

static void begin(struct run *r, struct frame *f)
{
    if (f->task->call.local != NULL) {
        begin_local(r, f);
        return;
    }
    json with;
    if (!arguments(r, f, &with))
        return;
    json request = new_request(f->task, with);
    if (!authentication(r, f, &request)) {
        json_free(request);
        return;
    }
    struct action *a = run_act(r, f, ACTION_CALL, "");
    a->request = request;
    a->await = true;
    run_wait(f);
}

static void child_done(struct run *r, struct frame *f, const struct child_end *end)
{
    run_complete(r, f, end->output);
}

const struct task_word word_call = {.begin = begin, .child_done = child_done};
