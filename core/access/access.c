#include "access/access.h"

#include <string.h>
#include <strings.h>

#include "access/account.h"
#include "access/login.h"
#include "access/session.h"
#include "access/state.h"
#include "access/token.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"

struct access *access_new(const struct access_opts *opts)
{
    must(opts->engine);
    struct access *x = mem_new(struct access);
    const struct port *port = engine_port(opts->engine);
    uint8_t key[HASH_BYTES];
    uint64_t seed;
    x->engine = opts->engine;
    x->store = engine_store(opts->engine);
    x->acts.engine = opts->engine;
    x->dev = opts->dev;
    x->local = mem_string(opts->local);
    x->secure = opts->public_url && strncmp(opts->public_url, "https://", 8) == 0;
    x->has_token = opts->token && *opts->token;
    if (x->has_token)
        x->token = hash_of(opts->token, strlen(opts->token));
    if (opts->proxies)
        x->proxies = *opts->proxies;
    if (opts->loop)
        x->passwords = passwords_new(opts->loop, &opts->cost);
    port->secret(port->context, key, sizeof key);
    limiter_init(&x->limiter, key);
    port->secret(port->context, &seed, sizeof seed);
    random_seed(&x->random, seed);
    return x;
}

void access_free(struct access *x)
{
    if (!x)
        return;
    passwords_close(x->passwords);
    mem_free(x->local);
    mem_free(x);
}

int64_t access_now_ms(const struct access *x)
{
    const struct port *port = engine_port(x->engine);
    return port->now_ms(port->context);
}

void access_secret(struct access *x, char out[SECRET_SIZE])
{
    uint8_t secret[SECRET_BYTES];
    const struct port *port = engine_port(x->engine);
    port->secret(port->context, secret, sizeof secret);
    base64_encode(secret, sizeof secret, out);
}

bool access_may_change(struct access *x, struct fail *why)
{
    struct fail trouble = {0};
    return !store_trouble(x->store, &trouble) ||
           fail_code(why, FAIL_BUSY, "disk", "the disk refuses commits: %s", trouble.message);
}

bool actor_may(const struct actor *actor, unsigned permissions)
{
    return (actor->permissions & permissions) != 0;
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

static const char *bearer_of(const struct request *r)
{
    const char *header = request_header(r, "Authorization");
    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    return header + 7 + strspn(header + 7, " ");
}

static bool is_bootstrap(const struct access *x, const char *given)
{
    struct hash hash = hash_of(given, strlen(given));
    return x->has_token && hash_equal(&hash, &x->token);
}

// ---- guesses

int access_guess_wait_s(struct access *x, const struct request *r, enum guess kind)
{
    char client[CLIENT_SIZE];
    client_of(&x->proxies, r, client);
    return limiter_wait_s(&x->limiter, kind, client, access_now_ms(x));
}

void access_guessed(struct access *x, const struct request *r, enum guess kind)
{
    char client[CLIENT_SIZE];
    client_of(&x->proxies, r, client);
    limiter_count(&x->limiter, kind, client, access_now_ms(x));
}

// A secret that nobody has: after many of them, the answer is to come later. One that is good is
// never kept waiting: 256 bits are not found by guessing, and others sit behind the same address.
static struct actor nobody_guessed(struct access *x, const struct request *r)
{
    struct actor nobody = {.kind = ACTOR_NOBODY, .name = "", .display = ""};
    nobody.retry_after_s = access_guess_wait_s(x, r, GUESS_SECRET);
    access_guessed(x, r, GUESS_SECRET);
    return nobody;
}

// ---- sessions

const char *access_cookie_name(const struct access *x)
{
    // The prefix makes browsers refuse it from a neighbouring host or without TLS (RFC 6265bis).
    return x->secure ? "__Host-dure" : "dure";
}

char *access_cookie(const struct access *x, const char *secret)
{
    return mem_printf("%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", access_cookie_name(x), secret,
                      x->secure ? "; Secure" : "", *secret ? "" : "; Max-Age=0");
}

static bool find_session(struct access *x, struct request *r, struct actor *out)
{
    const char *secret = request_cookie(r, access_cookie_name(x));
    struct arena *arena = request_arena(r);
    struct account account;
    struct fail why = {0};
    if (!secret || !*secret)
        return false;
    char *name = session_account(x, secret);
    if (!name) {
        *out = nobody_guessed(x, r);
        return true;
    }
    if (account_read(x, name, &account, &why) && account.is_active) {
        char csrf[SESSION_SIZE], hex[HASH_HEX_SIZE];
        struct hash hash = session_hash(secret);
        session_csrf(secret, csrf);
        hash_hex(&hash, hex);
        *out = (struct actor){.kind = ACTOR_SESSION,
                              .name = arena_string(arena, account.name),
                              .display = arena_string(arena, account.display),
                              .permissions = account.permissions,
                              .csrf = arena_string(arena, csrf),
                              .session = arena_string(arena, hex)};
    }
    account_done(&account);
    mem_free(name);
    return out->kind == ACTOR_SESSION;
}

bool access_csrf_fits(const struct actor *actor, const char *given)
{
    if (!actor->csrf)
        return true;
    struct hash a = hash_of(actor->csrf, strlen(actor->csrf)),
                b = hash_of(given ? given : "", given ? strlen(given) : 0);
    return hash_equal(&a, &b);
}

static struct actor find(struct access *x, struct request *r)
{
    struct actor actor = {.kind = ACTOR_NOBODY, .name = "", .display = ""};
    const char *bearer = bearer_of(r);
    if (bearer && is_bootstrap(x, bearer))
        return (struct actor){
            ACTOR_BOOTSTRAP, "DURE_TOKEN", "DURE_TOKEN", PERMIT_ALL, NULL, NULL, 0};
    if (bearer && token_actor(x, bearer, request_arena(r), &actor))
        return actor;
    bool near = request_is_loopback(r) && host_is_loopback(r);
    if (near && x->local)
        return (struct actor){ACTOR_LOCAL, x->local, x->local, PERMIT_ALL, NULL, NULL, 0};
    if (find_session(x, r, &actor) && actor.kind == ACTOR_SESSION)
        return actor;
    if (near && x->dev)
        return (struct actor){ACTOR_OPEN, "", "", PERMIT_ALL, NULL, NULL, 0};
    return bearer ? nobody_guessed(x, r) : actor;
}

const struct actor *access_check(struct access *x, struct request *r)
{
    const struct actor *known = request_user(r);
    if (known)
        return known;
    struct actor *actor = arena_new(request_arena(r), struct actor);
    *actor = find(x, r);
    request_set_user(r, actor);
    return actor;
}

void access_record(struct access *x, const struct actor *actor, const struct act *act)
{
    acts_record(&x->acts, actor, act);
}

void login_out(struct access *x, const struct actor *actor, const struct request *r)
{
    const char *secret = request_cookie(r, access_cookie_name(x));
    struct fail why = {0};
    if (actor->kind != ACTOR_SESSION || !secret || !session_end(x, secret, &why))
        return;
    access_record(x, actor, &(struct act){.act = "log-out", .detail = json_absent()});
}
