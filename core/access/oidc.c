#include "access/oidc.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "access/account.h"
#include "access/state.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "net/client.h"
#include "net/form.h"

#define PENDING_MAX    512
#define PENDING_MS     (10 * INT64_C(60000))
#define DISCOVERY_MS   (60 * INT64_C(60000))
#define CALL_MS        10000
#define ANSWER_BYTES   (256 * 1024)
#define NEXT_BYTES_MAX 512
#define RUNNING_MAX    64
#define NAMES_MAX      50 // tried before a new account has one

// A log-in that has begun: in the browser that has the secret `browser`.
struct pending {
    struct hash state, browser;
    char nonce[SECRET_SIZE], verifier[SECRET_SIZE];
    char next[NEXT_BYTES_MAX];
    int64_t until_ms; // 0: free
};

struct oidc {
    struct access *access;
    struct client *client;
    char *issuer, *client_id, *client_secret, *roles;
    char *authorization, *token; // endpoints, once discovered
    int64_t discovered_ms;
    struct pending pending[PENDING_MAX];
    size_t next_pending;
    struct list running;
    size_t running_count;
};

// A call to the provider under way.
struct errand {
    struct list node;
    struct oidc *oidc;
    char *redirect_uri, *next, *code;
    struct pending pending; // of a return
    oidc_begun *begun;      // or known
    oidc_known *known;
    void *context;
};

// ---- life

static bool is_safe(const char *url)
{
    static const char *const good[] = {"https://", "http://127.0.0.1", "http://localhost",
                                       "http://[::1]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t bytes = strlen(good[i]);
        if (strncmp(url, good[i], bytes) == 0 && (i == 0 || strchr(":/", url[bytes])))
            return true; // the end of the text is in the string too
    }
    return false;
}

struct oidc *oidc_new(const struct oidc_opts *opts, struct fail *why)
{
    if (!is_safe(opts->issuer)) {
        fail(why, FAIL_INVALID, "oidc_issuer: '%s' is no https address", opts->issuer);
        return NULL;
    }
    if (!opts->client_id || !*opts->client_id) {
        fail(why, FAIL_INVALID, "oidc_client_id: name this client as the provider knows it");
        return NULL;
    }
    if (!oidc_roles_check(opts->roles ? opts->roles : "", why))
        return NULL;
    struct oidc *o = mem_new(struct oidc);
    o->access = opts->access;
    o->client = client_new(opts->loop);
    o->issuer = mem_string(opts->issuer);
    o->client_id = mem_string(opts->client_id);
    o->client_secret = mem_string(opts->client_secret);
    o->roles = mem_string(opts->roles);
    list_init(&o->running);
    return o;
}

static void errand_free(struct errand *e)
{
    list_remove(&e->node);
    e->oidc->running_count--;
    mem_free(e->redirect_uri);
    mem_free(e->next);
    mem_free(e->code);
    sodium_memzero(&e->pending, sizeof e->pending);
    mem_free(e);
}

static void errand_fail(struct errand *e, const struct fail *why)
{
    if (e->begun)
        e->begun(e->context, NULL, NULL, why);
    else
        e->known(e->context, NULL, NULL, why);
    errand_free(e);
}

void oidc_free(struct oidc *o)
{
    if (!o)
        return;
    client_close(o->client); // no answer comes any more
    while (!list_is_empty(&o->running))
        errand_fail(list_owner(o->running.next, struct errand, node), NULL);
    mem_free(o->issuer);
    mem_free(o->client_id);
    if (o->client_secret)
        sodium_memzero(o->client_secret, strlen(o->client_secret));
    mem_free(o->client_secret);
    mem_free(o->roles);
    mem_free(o->authorization);
    mem_free(o->token);
    sodium_memzero(o->pending, sizeof o->pending);
    mem_free(o);
}

static struct errand *errand_new(struct oidc *o, const char *redirect_uri)
{
    struct errand *e = mem_new(struct errand);
    e->oidc = o;
    e->redirect_uri = mem_string(redirect_uri);
    list_append(&o->running, &e->node);
    o->running_count++;
    return e;
}

// ---- the beginning

static struct hash hash_text(const char *text)
{
    return hash_of(text, strlen(text));
}

// The oldest gives way: whoever begins a thousand log-ins pushes out none but beginnings.
static struct pending *put_pending(struct oidc *o, const char *next, char state[SECRET_SIZE],
                                   char browser[SECRET_SIZE])
{
    struct pending *p = &o->pending[o->next_pending++ % PENDING_MAX];
    access_secret(o->access, state);
    access_secret(o->access, browser);
    access_secret(o->access, p->nonce);
    access_secret(o->access, p->verifier);
    p->state = hash_text(state);
    p->browser = hash_text(browser);
    p->until_ms = access_now_ms(o->access) + PENDING_MS;
    snprintf(p->next, sizeof p->next, "%s", next ? next : "");
    return p;
}

static void add_field(struct bytes *out, const char *name, const char *value)
{
    bytes_printf(out, "%s%s=", out->length > 0 ? "&" : "", name);
    percent_encode(value, out);
}

static void send_away(struct errand *e)
{
    struct oidc *o = e->oidc;
    char state[SECRET_SIZE], browser[SECRET_SIZE], challenge[BASE64_SIZE(crypto_hash_sha256_BYTES)];
    unsigned char digest[crypto_hash_sha256_BYTES];
    struct bytes query;
    const struct pending *p = put_pending(o, e->next, state, browser);
    crypto_hash_sha256(digest, (const unsigned char *)p->verifier, strlen(p->verifier));
    base64_encode(digest, sizeof digest, challenge);
    bytes_init(&query, 16384);
    add_field(&query, "response_type", "code");
    add_field(&query, "scope", "openid profile email");
    add_field(&query, "client_id", o->client_id);
    add_field(&query, "redirect_uri", e->redirect_uri);
    add_field(&query, "state", state);
    add_field(&query, "nonce", p->nonce);
    add_field(&query, "code_challenge", challenge);
    add_field(&query, "code_challenge_method", "S256");
    char *url = mem_printf("%s%s%s", o->authorization, strchr(o->authorization, '?') ? "&" : "?",
                           query.data);
    e->begun(e->context, url, browser, NULL);
    mem_free(url);
    bytes_done(&query);
    errand_free(e);
}

static bool provider_failed(const struct client_response *response, const char *what,
                            struct fail *why)
{
    if (response->status == 200)
        return false;
    log_warn("access", "provider_failed", "what=%s status=%d reason=\"%s\"", what, response->status,
             response->why.message);
    fail_code(why, FAIL_IO, "provider", "the provider does not answer as it should (%s)", what);
    return true;
}

static bool take_endpoints(struct oidc *o, json document, struct fail *why)
{
    const char *authorization = json_get_text(document, "authorization_endpoint", ""),
               *token = json_get_text(document, "token_endpoint", "");
    // A document of another issuer is a mix-up (OpenID Connect Discovery 4.3).
    if (strcmp(json_get_text(document, "issuer", ""), o->issuer) != 0 || !is_safe(authorization) ||
        !is_safe(token))
        return fail_code(why, FAIL_IO, "provider",
                         "the provider's configuration is not that of oidc_issuer");
    mem_free(o->authorization);
    mem_free(o->token);
    o->authorization = mem_string(authorization);
    o->token = mem_string(token);
    o->discovered_ms = access_now_ms(o->access);
    return true;
}

static void on_discovered(void *context, const struct client_response *response)
{
    struct errand *e = context;
    struct fail why = {0};
    json document = json_absent();
    bool good = !provider_failed(response, "configuration", &why) &&
                json_parse(response->body, response->body_bytes, &document, &why) &&
                take_endpoints(e->oidc, document, &why);
    json_free(document);
    if (good)
        send_away(e);
    else
        errand_fail(e, &why);
}

static void discover(struct errand *e)
{
    struct fail why = {0};
    size_t bytes = strlen(e->oidc->issuer);
    bool slash = bytes > 0 && e->oidc->issuer[bytes - 1] == '/';
    char *url =
        mem_printf("%s%s.well-known/openid-configuration", e->oidc->issuer, slash ? "" : "/");
    struct client_request request = {.method = "GET",
                                     .url = url,
                                     .headers = json_absent(),
                                     .timeout_ms = CALL_MS,
                                     .max_bytes = ANSWER_BYTES};
    if (!client_send(e->oidc->client, &request, on_discovered, e, &why))
        errand_fail(e, &why);
    mem_free(url);
}

void oidc_begin(struct oidc *o, const char *redirect_uri, const char *next, oidc_begun *done,
                void *context)
{
    struct errand *e = errand_new(o, redirect_uri);
    e->begun = done;
    e->context = context;
    e->next = mem_string(next);
    if (o->running_count > RUNNING_MAX) {
        struct fail why = {0};
        fail(&why, FAIL_BUSY, "too many log-ins at once; try again in a moment");
        errand_fail(e, &why);
    } else if (o->authorization && access_now_ms(o->access) < o->discovered_ms + DISCOVERY_MS) {
        send_away(e);
    } else {
        discover(e);
    }
}

// ---- the return

static bool take_pending(struct oidc *o, const struct oidc_return *back, struct pending *out)
{
    struct hash state = hash_text(back->state ? back->state : ""),
                browser = hash_text(back->browser ? back->browser : "");
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &o->pending[i];
        if (p->until_ms == 0 || !hash_equal(&p->state, &state))
            continue;
        *out = *p;
        sodium_memzero(p, sizeof *p); // good once
        return hash_equal(&out->browser, &browser) && access_now_ms(o->access) < out->until_ms;
    }
    return false;
}

// A name for a new account: what the person is called there, with a number where it is taken. An
// account that is there already is never taken over by its name.
static bool free_name(struct access *x, json claims, const char *subject,
                      char out[ACCOUNT_NAME_BYTES + 1], struct fail *why)
{
    char base[ACCOUNT_NAME_BYTES + 1], hex[HASH_HEX_SIZE];
    struct hash hash = hash_text(subject);
    struct fail ignored = {0};
    hash_hex(&hash, hex);
    if (!account_name(json_get_text(claims, "preferred_username", NULL), base, &ignored) &&
        !account_name(json_get_text(claims, "email", NULL), base, &ignored))
        snprintf(base, sizeof base, "oidc-%.12s", hex);
    for (int i = 1; i <= NAMES_MAX; i++) {
        struct account taken;
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, "-%d", i);
        struct bytes name;
        bytes_init(&name, 2 * sizeof base);
        bytes_printf(&name, "%s%s", base, number);
        bool good = account_name(name.data, out, &ignored);
        bytes_done(&name);
        if (good && !account_read(x, out, &taken, &ignored))
            return ignored.kind == FAIL_NOT_FOUND ||
                   fail(why, FAIL_BUSY, "the accounts cannot be read just now");
        if (good)
            account_done(&taken);
    }
    return fail(why, FAIL_CONFLICT, "no name is free for this account");
}

static bool keep_account(struct oidc *o, json claims, const char *names,
                         char account[ACCOUNT_NAME_BYTES + 1], struct fail *why)
{
    struct actor by = {.kind = ACTOR_PROVIDER, .name = o->issuer};
    char *subject = mem_printf("%s %s", o->issuer, json_get_text(claims, "sub", ""));
    struct account old;
    struct fail none = {0};
    bool good;
    if (account_by_subject(o->access, subject, &old, &none)) {
        struct account_change change = {.name = account, .roles = names};
        snprintf(account, ACCOUNT_NAME_BYTES + 1, "%s", old.name);
        good = strcmp(old.roles, names) == 0 || account_change(o->access, &by, &change, why);
        account_done(&old);
    } else if (none.kind == FAIL_NOT_FOUND) {
        const char *display = json_get_text(claims, "name", NULL);
        struct account_change change = {
            .name = account, .display = display, .roles = names, .subject = subject};
        good = free_name(o->access, claims, subject, account, why) &&
               account_add(o->access, &by, &change, why);
    } else {
        *why = none;
        good = false;
    }
    mem_free(subject);
    return good;
}

static bool read_answer(struct errand *e, const struct client_response *response,
                        char account[ACCOUNT_NAME_BYTES + 1], struct fail *why)
{
    struct oidc *o = e->oidc;
    struct bytes names;
    json answer = json_absent(), claims = json_absent();
    bytes_init(&names, 200);
    bool good = !provider_failed(response, "token", why) &&
                json_parse(response->body, response->body_bytes, &answer, why) &&
                oidc_read_token(json_get_text(answer, "id_token", ""),
                                &(struct oidc_expected){.issuer = o->issuer,
                                                        .client_id = o->client_id,
                                                        .nonce = e->pending.nonce,
                                                        .now_ms = access_now_ms(o->access)},
                                &claims, why) &&
                oidc_roles_of(o->roles, claims, &names, why) &&
                keep_account(o, claims, names.data, account, why);
    bytes_done(&names);
    json_free(claims);
    json_free(answer);
    return good;
}

static void on_exchanged(void *context, const struct client_response *response)
{
    struct errand *e = context;
    struct fail why = {0};
    char account[ACCOUNT_NAME_BYTES + 1];
    if (!read_answer(e, response, account, &why)) {
        log_warn("access", "provider_log_in_refused", "reason=\"%s\"", why.message);
        errand_fail(e, &why);
        return;
    }
    e->known(e->context, account, e->pending.next, NULL);
    errand_free(e);
}

static void exchange(struct errand *e)
{
    struct oidc *o = e->oidc;
    struct fail why = {0};
    struct bytes body;
    bytes_init(&body, 32768);
    add_field(&body, "grant_type", "authorization_code");
    add_field(&body, "code", e->code);
    add_field(&body, "redirect_uri", e->redirect_uri);
    add_field(&body, "client_id", o->client_id);
    add_field(&body, "code_verifier", e->pending.verifier);
    json headers = json_object();
    json_set_text(&headers, "Content-Type", "application/x-www-form-urlencoded");
    json_set_text(&headers, "Accept", "application/json");
    struct client_request request = {.method = "POST",
                                     .url = o->token,
                                     .headers = headers,
                                     .body = body.data,
                                     .body_bytes = body.length,
                                     .timeout_ms = CALL_MS,
                                     .max_bytes = ANSWER_BYTES};
    // client_secret_basic: both parts are form-encoded first (RFC 6749, 2.3.1).
    struct bytes user, password;
    bytes_init(&user, 4096);
    bytes_init(&password, 4096);
    if (o->client_secret) {
        percent_encode(o->client_id, &user);
        percent_encode(o->client_secret, &password);
        request.username = user.data;
        request.password = password.data;
    }
    if (!client_send(o->client, &request, on_exchanged, e, &why))
        errand_fail(e, &why);
    sodium_memzero(password.data, password.length);
    bytes_done(&user);
    bytes_done(&password);
    bytes_done(&body);
    json_free(headers);
}

void oidc_finish(struct oidc *o, const struct oidc_return *back, oidc_known *done, void *context)
{
    struct errand *e = errand_new(o, back->redirect_uri);
    struct fail why = {0};
    e->known = done;
    e->context = context;
    e->code = mem_string(back->code ? back->code : "");
    if (!take_pending(o, back, &e->pending))
        fail_code(&why, FAIL_DENIED, "bad_state",
                  "this log-in was not begun in this browser, or too long ago; begin again");
    else if (!*e->code || strlen(e->code) > 4096 || !o->token)
        fail_code(&why, FAIL_DENIED, "no_code", "the provider did not let you in");
    else if (o->running_count > RUNNING_MAX)
        fail(&why, FAIL_BUSY, "too many log-ins at once; try again in a moment");
    if (why.kind != FAIL_NONE)
        errand_fail(e, &why);
    else
        exchange(e);
}
