#include "net/client.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"

struct client {
    uv_loop_t *loop;
    struct transfers *transfers;
    struct list calls;
    struct list aborted;
    uv_timer_t soon; // tells the aborted
};

struct client_call {
    struct transfer transfer; // first: found back from it
    struct client *client;
    struct list place;
    struct curl_slist *headers;
    json got_headers;
    int got_header_count;
    bool aborted;
    struct bytes body;
    client_answered *answered;
    void *context;
    char error[CURL_ERROR_SIZE];
};

struct client *client_new(uv_loop_t *loop)
{
    struct client *client = mem_new(struct client);
    client->loop = loop;
    client->transfers = transfers_new(loop);
    list_init(&client->calls);
    list_init(&client->aborted);
    must(uv_timer_init(loop, &client->soon) == 0);
    client->soon.data = client;
    return client;
}

uv_loop_t *client_loop(const struct client *client)
{
    return client->loop;
}

static void call_free(struct client_call *call)
{
    list_remove(&call->place);
    if (call->transfer.easy)
        transfer_done(&call->transfer);
    curl_slist_free_all(call->headers);
    json_free(call->got_headers);
    bytes_done(&call->body);
    mem_free(call);
}

void client_cancel(struct client_call *call)
{
    if (!call->aborted)
        transfer_remove(call->client->transfers, &call->transfer);
    call_free(call);
}

static void tell_aborted(uv_timer_t *timer)
{
    struct client *client = timer->data;
    while (!list_is_empty(&client->aborted)) {
        struct client_call *call = list_owner(client->aborted.next, struct client_call, place);
        list_remove(&call->place);
        struct client_response response = {
            .headers = call->got_headers, .url = "", .was_sent = true};
        fail(&response.why, FAIL_TIMEOUT, "the call was broken off");
        call->answered(call->context, &response);
        call_free(call);
    }
}

void client_abort(struct client_call *call)
{
    must(!call->aborted);
    call->aborted = true;
    transfer_remove(call->client->transfers, &call->transfer);
    list_remove(&call->place);
    list_append(&call->client->aborted, &call->place);
    uv_timer_start(&call->client->soon, tell_aborted, 0, 0);
}

static void client_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void client_close(struct client *client)
{
    list_each_safe(&client->calls, node, after)
        client_cancel(list_owner(node, struct client_call, place));
    list_each_safe(&client->aborted, node, after)
        client_cancel(list_owner(node, struct client_call, place));
    transfers_close(client->transfers);
    uv_close((uv_handle_t *)&client->soon, client_closed);
}

// ---- what is sent

static bool is_token(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("!#$%&'*+-.^_`|~", *c))
            return false;
    return *name != 0;
}

// An empty value is written "Name;" for libcurl, which otherwise takes the header away.
static bool add_header(struct client_call *call, const char *name, json value, struct fail *why)
{
    if (!is_token(name))
        return fail(why, FAIL_INVALID, "'%.80s' is not the name of a header", name);
    if (!json_is_string(value))
        return fail(why, FAIL_INVALID, "header '%.80s' must be text", name);
    const char *text = json_text(value);
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7F)
            return fail(why, FAIL_INVALID, "header '%.80s' holds a line break or control character",
                        name);
    char *line = *text ? mem_printf("%s: %s", name, text) : mem_printf("%s;", name);
    call->headers = curl_slist_append(call->headers, line);
    mem_free(line);
    return true;
}

static bool add_headers(struct client_call *call, json headers, struct fail *why)
{
    call->headers = curl_slist_append(NULL, "Expect:"); // no waiting for 100 Continue
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    while (json_is_object(headers) && json_next(headers, &cursor, &name, &value)) {
        if (!add_header(call, name, value, why)) {
            json_cursor_done(&cursor);
            return false;
        }
    }
    return true;
}

static void set_body(CURL *easy, const struct client_request *request)
{
    if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    bool post = strcmp(request->method, "POST") == 0;
    if (request->body || post) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_bytes);
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body ? request->body : "");
    }
    // A custom method would be kept through redirects that turn POST into GET.
    if (!post && (strcmp(request->method, "GET") != 0 || request->body))
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_authentication(CURL *easy, const struct client_request *request)
{
    if (request->username) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, request->username);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password ? request->password : "");
    }
    if (request->bearer) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request->bearer);
    }
}

// ---- what comes back

static size_t got_body(char *data, size_t size, size_t count, void *context)
{
    struct client_call *call = context;
    return bytes_append(&call->body, data, size * count) ? size * count : CURL_WRITEFUNC_ERROR;
}

static void keep_header(struct client_call *call, const char *line, size_t bytes)
{
    const char *colon = memchr(line, ':', bytes);
    if (!colon || colon == line || call->got_header_count++ >= CLIENT_HEADERS_MAX)
        return;
    char *name = mem_string_sized(line, (size_t)(colon - line));
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    const char *value = colon + 1, *end = line + bytes;
    while (value < end && isspace((unsigned char)*value))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    size_t length = (size_t)(end - value);
    if (is_token(name) && utf8_is_valid(value, length) && !memchr(value, 0, length)) {
        const char *before = json_get_text(call->got_headers, name, NULL);
        json joined = before ? json_printf("%s, %.*s", before, (int)length, value)
                             : json_string_sized(value, length);
        json_set_take(&call->got_headers, name, joined);
    }
    mem_free(name);
}

// A new status line begins the headers of the next answer (redirects, 100 Continue).
static size_t got_header(char *data, size_t size, size_t count, void *context)
{
    struct client_call *call = context;
    size_t bytes = size * count;
    if (bytes > 5 && memcmp(data, "HTTP/", 5) == 0) {
        json_swap_take(&call->got_headers, json_object());
        call->got_header_count = 0;
        bytes_clear(&call->body);
    } else {
        keep_header(call, data, bytes);
    }
    return bytes;
}

static enum fail_kind kind_of(CURLcode result)
{
    if (result == CURLE_OPERATION_TIMEDOUT)
        return FAIL_TIMEOUT;
    if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL)
        return FAIL_INVALID;
    if (result == CURLE_TOO_MANY_REDIRECTS)
        return FAIL_LIMIT;
    return FAIL_IO;
}

static void call_done(struct transfer *t, CURLcode result)
{
    struct client_call *call = (struct client_call *)(void *)t;
    struct client_response response = {.headers = call->got_headers};
    char *url = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
    response.url = url ? url : "";
    long request_bytes = 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    response.was_sent = request_bytes > 0;
    if (result == CURLE_OK) {
        long status = 0;
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        response.status = (int)status;
        response.body = call->body.data;
        response.body_bytes = call->body.length;
    } else if (call->body.overflowed) {
        fail(&response.why, FAIL_LIMIT, "the answer has more than %zu bytes", call->body.max);
    } else {
        fail(&response.why, kind_of(result), "%s",
             call->error[0] ? call->error : curl_easy_strerror(result));
    }
    list_remove(&call->place); // client_close inside the callback must not meet it
    call->answered(call->context, &response);
    call_free(call);
}

// ---- sending

static bool check_request(const struct client_request *request, struct fail *why)
{
    if (!is_token(request->method))
        return fail(why, FAIL_INVALID, "'%.40s' is not a method", request->method);
    bool known = strncasecmp(request->url, "http://", 7) == 0 ||
                 strncasecmp(request->url, "https://", 8) == 0;
    if (!known)
        return fail(why, FAIL_INVALID, "'%.200s' is not an http or https address", request->url);
    return true;
}

struct client_call *client_send(struct client *client, const struct client_request *request,
                                client_answered *answered, void *context, struct fail *why)
{
    if (!check_request(request, why))
        return NULL;
    struct client_call *call = mem_new(struct client_call);
    call->client = client;
    call->answered = answered;
    call->context = context;
    call->got_headers = json_object();
    bytes_init(&call->body, request->max_bytes ? request->max_bytes : LIMIT_PAYLOAD_BYTES);
    list_append(&client->calls, &call->place);
    if (!add_headers(call, request->headers, why)) {
        call_free(call);
        return NULL;
    }
    transfer_init(&call->transfer, "http,https",
                  request->timeout_ms ? request->timeout_ms : CLIENT_TIMEOUT_MS);
    call->transfer.done = call_done;
    CURL *easy = call->transfer.easy;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Dure/" DURE_VERSION);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request->follow ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)CLIENT_REDIRECTS_MAX);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, got_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, got_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    set_body(easy, request);
    set_authentication(easy, request);
    transfer_add(client->transfers, &call->transfer);
    return call;
}
