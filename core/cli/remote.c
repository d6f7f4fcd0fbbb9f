#include "cli/remote.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "cli/context.h"
#include "cli/front.h"
#include "cli/site.h"
#include "net/client.h"
#include "net/form.h"

#define PATH_BYTES 8192
#define SETTLE_MS                                                                                  \
    2000 // how far ahead a timer may be that a command on a stopped server still sees through

struct remote {
    uv_loop_t own_loop;
    uv_loop_t *loop; // own_loop, or the site's
    struct site *site;
    struct front *front;
    struct client *client;
    char *base; // "http://127.0.0.1:8080"
    char *token;
    // the answer in hand
    bool answered;
    int status;
    json body;
    struct fail why;
};

static bool has_database(const char *directory)
{
    char *path = mem_printf("%s/dure.db", directory);
    bool found = access(path, F_OK) == 0;
    mem_free(path);
    return found;
}

// Whoever may write the data directory may do everything; the audit chain has the name.
static char *local_user(void)
{
    const struct passwd *user = getpwuid(getuid());
    return user ? mem_string(user->pw_name) : mem_printf("uid %u", (unsigned)getuid());
}

static bool open_site(struct remote *t, const struct remote_opts *opts, struct fail *why)
{
    if (!opts->may_create && !has_database(opts->data))
        return fail(why, FAIL_NOT_FOUND, "'%s' is no data directory: it has no dure.db",
                    opts->data);
    struct plugins *plugins = cli_plugins(opts->plugins);
    t->site = site_open(&(struct site_opts){.data = opts->data, .plugins = plugins}, why);
    if (!t->site)
        return false;
    char *user = local_user();
    t->front = front_open(
        &(struct front_opts){
            .site = t->site, .plugins = plugins, .host = "127.0.0.1", .dev = true, .local = user},
        why);
    mem_free(user);
    if (!t->front)
        return false;
    t->loop = site_loop(t->site);
    t->base = mem_printf("http://127.0.0.1:%u", front_port(t->front));
    return true;
}

struct remote *remote_open(const struct remote_opts *opts, struct fail *why)
{
    struct remote *t = mem_new(struct remote);
    t->body = json_absent();
    const char *token = getenv("DURE_TOKEN"),
               *server = opts->server ? opts->server : getenv("DURE_SERVER");
    t->token = mem_string(token && *token ? token : NULL);
    if (opts->data) {
        if (!open_site(t, opts, why)) {
            remote_close(t);
            return NULL;
        }
    } else {
        must(uv_loop_init(&t->own_loop) == 0);
        t->loop = &t->own_loop;
        t->base = mem_string(server && *server ? server : "http://127.0.0.1:8080");
        size_t length = strlen(t->base);
        while (length > 0 && t->base[length - 1] == '/')
            t->base[--length] = 0;
    }
    t->client = client_new(t->loop);
    return t;
}

static bool is_settled(void *context)
{
    (void)context;
    return false; // site_run stops by itself once only waits are left
}

void remote_close(struct remote *t)
{
    if (!t)
        return;
    if (t->client)
        client_close(t->client);
    if (t->front)
        front_close(t->front);
    if (t->site) {
        site_run(t->site, is_settled, NULL, SETTLE_MS);
        site_close(t->site);
    }
    if (t->loop == &t->own_loop) {
        uv_run(t->loop, UV_RUN_DEFAULT);
        must(uv_loop_close(t->loop) == 0);
    }
    json_free(t->body);
    mem_free(t->base);
    mem_free(t->token);
    mem_free(t);
}

const char *remote_base(const struct remote *t)
{
    return t->base;
}

static void on_answered(void *context, const struct client_response *response)
{
    struct remote *t = context;
    t->answered = true;
    t->status = response->status;
    t->why = response->why;
    json_swap_take(&t->body, json_absent());
    struct fail ignored = {0};
    if (response->body_bytes > 0 &&
        !json_parse(response->body, response->body_bytes, &t->body, &ignored))
        t->body = json_absent();
}

static bool judge(struct remote *t, struct fail *why)
{
    if (t->status == 0)
        return fail(why, t->why.kind, "%s does not answer: %s", t->base, t->why.message);
    if (t->status < 300)
        return true;
    if (t->status == 401)
        return fail_code(why, FAIL_DENIED, "unauthorized",
                         t->token ? "%s does not know the token in DURE_TOKEN"
                                  : "%s asks for its token; set DURE_TOKEN to it",
                         t->base);
    const char *detail = json_get_text(t->body, "detail", NULL);
    return fail_code(why, t->status == 404 ? FAIL_NOT_FOUND : FAIL_REFUSED,
                     json_get_text(t->body, "code", ""), "%s",
                     detail ? detail : json_get_text(t->body, "title", "the server refused"));
}

bool remote_ask(struct remote *t, const struct remote_request *request, json *out, struct fail *why)
{
    char *url = mem_printf("%s%s", t->base, request->path), *text = NULL;
    size_t bytes = request->text_bytes;
    json headers = json_object();
    if (request->text) {
        text = mem_alloc(bytes + 1);
        memcpy(text, request->text, bytes + 1);
    } else if (!json_is_absent(request->body)) {
        text = json_dump(request->body);
        bytes = strlen(text);
    }
    if (text)
        json_set_text(&headers, "Content-Type", request->type ? request->type : "application/json");
    if (request->key)
        json_set_text(&headers, "Idempotency-Key", request->key);
    json_set_text(&headers, "Accept", "application/json");
    struct client_request call = {.method = request->method,
                                  .url = url,
                                  .headers = headers,
                                  .body = text,
                                  .body_bytes = bytes,
                                  .max_bytes = LIMIT_BODY_BYTES * 8,
                                  .timeout_ms = 120000,
                                  .bearer = t->token};
    t->answered = false;
    bool sent = client_send(t->client, &call, on_answered, t, why) != NULL;
    while (sent && !t->answered)
        uv_run(t->loop, UV_RUN_ONCE);
    bool ok = sent && judge(t, why);
    *out = sent ? json_ref(t->body) : json_absent();
    json_free(headers);
    mem_free(text);
    mem_free(url);
    return ok;
}

bool remote_get(struct remote *t, json *out, struct fail *why, const char *path_format, ...)
{
    char path[PATH_BYTES];
    va_list arguments;
    va_start(arguments, path_format);
    int length = vsnprintf(path, sizeof path, path_format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof path)
        return fail(why, FAIL_LIMIT, "the request is longer than %d bytes", PATH_BYTES);
    return remote_ask(
        t, &(struct remote_request){.method = "GET", .path = path, .body = json_absent()}, out,
        why);
}

void remote_escape(struct bytes *out, const char *text)
{
    percent_encode(text, out);
}
