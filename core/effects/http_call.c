#include "effects/http_call.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "net/form.h"
#include "net/mime.h"

#define CALL_TIMEOUT_MS 60000

static bool bad(struct fail *why, const char *what)
{
    return fail(why, FAIL_INVALID, "%s", what);
}

// ---- method and address

static bool read_method(struct http_call *call, json with, struct fail *why)
{
    json method = json_get(with, "method");
    bool absent = json_is_absent(method); // the DSL demands it, plugins may leave it out
    bool good = absent || json_is_string(method) || bad(why, "an HTTP method must be a text");
    if (good) {
        char *text = arena_string(&call->arena, absent ? "GET" : json_text(method));
        for (char *c = text; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        call->request.method = text;
    }
    json_free(method);
    return good;
}

static bool add_query_value(struct bytes *url, const char *name, json value, struct fail *why)
{
    if (json_is_null(value))
        return true;
    char *text = json_is_string(value) ? mem_string(json_text(value)) : json_dump(value);
    bool good = !json_is_object(value) && !json_is_array(value);
    bytes_add_char(url, strchr(url->data, '?') ? '&' : '?');
    percent_encode(name, url);
    bytes_add_char(url, '=');
    percent_encode(text, url);
    mem_free(text);
    return good ||
           fail(why, FAIL_INVALID, "query parameter '%.80s' must be a text, number or truth", name);
}

// A list gives the parameter several times.
static bool add_query_parameter(struct bytes *url, const char *name, json value, struct fail *why)
{
    if (!json_is_array(value))
        return add_query_value(url, name, value, why);
    for (size_t i = 0; i < json_length(value); i++) {
        json item = json_at(value, i);
        bool good = add_query_value(url, name, item, why);
        json_free(item);
        if (!good)
            return false;
    }
    return true;
}

static bool add_query(struct bytes *url, json with, struct fail *why)
{
    json query = json_get(with, "query");
    bool good = json_is_absent(query) || json_is_null(query) || json_is_object(query) ||
                bad(why, "the query of an HTTP call must be an object");
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    while (good && json_is_object(query) && json_next(query, &cursor, &name, &value))
        good = add_query_parameter(url, name, value, why);
    json_cursor_done(&cursor);
    json_free(query);
    return good;
}

// What stands before the host's '@' would come back in outputs and errors.
static bool has_credentials(const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    return memchr(host, '@', strcspn(host, "/?")) != NULL;
}

static bool read_address(struct http_call *call, json with, struct fail *why)
{
    json uri = json_get(with, "endpoint");
    if (json_is_absent(uri))
        json_swap_take(&uri, json_has(with, "uri") ? json_get(with, "uri") : json_get(with, "url"));
    if (json_is_object(uri))
        json_swap_take(&uri, json_get(uri, "uri"));
    bool good = json_is_string(uri) || bad(why, "the endpoint of an HTTP call needs a uri");
    struct bytes url;
    bytes_init(&url, LIMIT_HEADER_BYTES);
    if (good) {
        const char *text = json_text(uri);
        bytes_append(&url, text, strcspn(text, "#")); // a fragment never travels
        good = add_query(&url, with, why);
    }
    if (good && has_credentials(url.data))
        good = bad(why, "a uri may hold no credentials; give them as authentication");
    if (good && url.overflowed)
        good = fail(why, FAIL_LIMIT, "the uri is longer than %d bytes", LIMIT_HEADER_BYTES);
    call->request.url = arena_string(&call->arena, url.data);
    bytes_done(&url);
    json_free(uri);
    return good;
}

// ---- headers and body

static bool read_headers(struct http_call *call, json with, struct fail *why)
{
    json headers = json_get(with, "headers");
    bool good = json_is_absent(headers) || json_is_null(headers) || json_is_object(headers) ||
                bad(why, "the headers of an HTTP call must be an object");
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    while (good && json_is_object(headers) && json_next(headers, &cursor, &name, &value)) {
        char *text = json_is_string(value) ? mem_string(json_text(value)) : json_dump(value);
        json_set_text(&call->shown_headers, name, text);
        mem_free(text);
    }
    json_free(headers);
    return good;
}

static json find_header(json headers, const char *wanted)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    while (json_next(headers, &cursor, &name, &value)) {
        if (strcasecmp(name, wanted) != 0)
            continue;
        json found = json_ref(value);
        json_cursor_done(&cursor);
        return found;
    }
    return json_absent();
}

static void write_form(json body, struct bytes *out)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    while (json_next(body, &cursor, &name, &value)) {
        char *text = json_is_string(value) ? mem_string(json_text(value)) : json_dump(value);
        if (out->length)
            bytes_add_char(out, '&');
        percent_encode(name, out);
        bytes_add_char(out, '=');
        percent_encode(text, out);
        mem_free(text);
    }
}

// A text goes as it is unless its type says JSON; everything else is JSON unless its type is a
// form.
static bool read_body(struct http_call *call, json with, struct fail *why)
{
    json body = json_get(with, "body"), type = find_header(call->shown_headers, "content-type");
    const char *said = json_is_string(type) ? json_text(type) : NULL;
    bool none = json_is_absent(body) || json_is_null(body);
    if (none) {
        // nothing to send
    } else if (json_is_string(body) && !(said && strcasestr(said, "json"))) {
        bytes_append(&call->body, json_text(body), json_text_bytes(body));
        if (!said)
            json_set_text(&call->shown_headers, "Content-Type", "text/plain; charset=utf-8");
    } else if (json_is_object(body) && said && strcasestr(said, "x-www-form-urlencoded")) {
        write_form(body, &call->body);
    } else {
        json_write(body, JSON_COMPACT, &call->body);
        if (!said)
            json_set_text(&call->shown_headers, "Content-Type", "application/json");
    }
    json_free(type);
    json_free(body);
    if (call->body.overflowed)
        return fail(why, FAIL_LIMIT, "the body of an HTTP call may have %d bytes at most",
                    LIMIT_PAYLOAD_BYTES);
    if (!none) {
        call->request.body = call->body.data;
        call->request.body_bytes = call->body.length;
    }
    return true;
}

// ---- authentication

static const char *policy_text(struct http_call *call, json policy, const char *name)
{
    const char *text = json_get_text(policy, name, NULL);
    return text ? arena_string(&call->arena, text) : NULL;
}

static bool read_authentication(struct http_call *call, json request, struct fail *why)
{
    json policy = json_get(request, "authentication");
    if (json_is_absent(policy)) // plugins write it beside the endpoint's uri
        json_swap_take(&policy, json_path(request, "with.endpoint.authentication"));
    json basic = json_get(policy, "basic"), bearer = json_get(policy, "bearer");
    if (json_is_object(basic)) {
        call->request.username = policy_text(call, basic, "username");
        call->request.password = policy_text(call, basic, "password");
    } else if (json_is_object(bearer)) {
        call->request.bearer = policy_text(call, bearer, "token");
    }
    bool none = json_is_absent(policy) || json_is_null(policy);
    bool good = none || call->request.username || call->request.bearer ||
                fail(why, FAIL_UNSUPPORTED,
                     "HTTP authentication here is basic (username, password) or bearer (token)");
    json_free(basic);
    json_free(bearer);
    json_free(policy);
    return good;
}

// A header takes visible ASCII; task names may be of any script.
static void add_key(struct http_call *call, const char *key)
{
    json given = find_header(call->shown_headers, "idempotency-key");
    if (json_is_absent(given)) {
        struct bytes text;
        bytes_init(&text, LIMIT_HEADER_BYTES);
        for (const char *c = key; *c; c++) {
            if (*c > 0x20 && *c < 0x7F)
                bytes_add_char(&text, *c);
            else
                bytes_printf(&text, "%%%02X", (unsigned)(unsigned char)*c);
        }
        json_set_text(&call->headers, "Idempotency-Key", text.data);
        bytes_done(&text);
    }
    json_free(given);
}

static bool read_output(struct http_call *call, json with, struct fail *why)
{
    json output = json_get(with, "output");
    const char *word = json_is_string(output) ? json_text(output) : "content";
    bool good = true;
    if (strcmp(word, "content") == 0)
        call->output = OUTPUT_CONTENT;
    else if (strcmp(word, "response") == 0)
        call->output = OUTPUT_RESPONSE;
    else if (strcmp(word, "raw") == 0)
        call->output = OUTPUT_RAW;
    else
        good = fail(why, FAIL_INVALID,
                    "the output of an HTTP call is content, response or raw, not '%.40s'", word);
    json_free(output);
    call->redirect = json_get_bool(with, "redirect", false);
    return good;
}

bool http_call_init(struct http_call *call, json request, const char *key, struct fail *why)
{
    *call = (struct http_call){.headers = json_absent(), .shown_headers = json_object()};
    arena_init(&call->arena);
    bytes_init(&call->body, LIMIT_PAYLOAD_BYTES);
    json with = json_get(request, "with");
    if (!json_is_object(with))
        json_swap_take(&with, json_ref(request));
    bool good = read_method(call, with, why) && read_address(call, with, why) &&
                read_headers(call, with, why) && read_body(call, with, why) &&
                read_authentication(call, request, why) && read_output(call, with, why);
    json_free(with);
    if (!good)
        return false;
    json_swap_take(&call->headers, json_ref(call->shown_headers));
    add_key(call, key);
    call->request.headers = call->headers;
    call->request.timeout_ms = CALL_TIMEOUT_MS;
    return true;
}

void http_call_done(struct http_call *call)
{
    arena_done(&call->arena);
    bytes_done(&call->body);
    json_free(call->headers);
    json_free(call->shown_headers);
}

// ---- the answer

bool http_call_is_good(const struct http_call *call, int status)
{
    return status >= 200 && status < (call->redirect ? 400 : 300);
}

static json base64_text(const struct client_response *response)
{
    struct bytes out;
    bytes_init(&out, response->body_bytes * 2 + 8);
    mime_base64(response->body, response->body_bytes, 0, &out);
    json text = json_string_sized(out.data, out.length);
    bytes_done(&out);
    return text;
}

static bool is_text(const char *body, size_t bytes)
{
    return utf8_is_valid(body, bytes) && !memchr(body, 0, bytes);
}

static bool says_json(const char *type)
{
    size_t length = strcspn(type, "; \t");
    return (length == 16 && strncasecmp(type, "application/json", 16) == 0) ||
           (length == 9 && strncasecmp(type, "text/json", 9) == 0) ||
           (length > 5 && strncasecmp(type + length - 5, "+json", 5) == 0);
}

static bool read_content(const struct client_response *response, json *out, struct fail *why)
{
    json type = json_get(response->headers, "content-type");
    bool is_json = json_is_string(type) && says_json(json_text(type));
    json_free(type);
    *out = json_null();
    if (response->body_bytes == 0)
        return true;
    if (is_json) {
        if (json_parse(response->body, response->body_bytes, out, why))
            return true;
        *out = json_null();
        return fail_within(why, "the answer says it is JSON, but");
    }
    *out = is_text(response->body, response->body_bytes)
               ? json_string_sized(response->body, response->body_bytes)
               : base64_text(response);
    return true;
}

// The headers as sent but for the credentials: the answer goes into state and history.
static json shown_request(const struct http_call *call)
{
    json headers = json_ref(call->shown_headers);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    while (json_next(call->shown_headers, &cursor, &name, &value))
        if (strcasecmp(name, "authorization") == 0 || strcasecmp(name, "cookie") == 0)
            json_remove(&headers, name);
    json request = json_object();
    char *method = mem_string(call->request.method);
    for (char *c = method; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    json_set_text(&request, "method", method);
    mem_free(method);
    json_set_text(&request, "uri", call->request.url);
    json_set_take(&request, "headers", headers);
    return request;
}

bool http_call_output(const struct http_call *call, const struct client_response *response,
                      json *out, struct fail *why)
{
    if (call->output == OUTPUT_RAW) {
        *out = base64_text(response);
        return true;
    }
    json content;
    bool good = read_content(response, &content, why);
    if (!good || call->output == OUTPUT_CONTENT) {
        *out = content;
        return good;
    }
    *out = json_object();
    json_set_take(out, "request", shown_request(call));
    json_set_int(out, "statusCode", response->status);
    json_set(out, "headers", response->headers);
    json_set_take(out, "content", content);
    return true;
}
