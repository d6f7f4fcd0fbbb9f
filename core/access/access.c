#include "access/access.h"

#include <string.h>
#include <strings.h>

#include "access/acts.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"

struct access {
    struct engine *engine;
    struct acts acts;
    bool dev;
    char *local;
    bool has_token;
    struct hash token; // of the bootstrap token
};

struct access *access_new(const struct access_opts *opts)
{
    must(opts->engine);
    struct access *x = mem_new(struct access);
    x->engine = opts->engine;
    x->acts.engine = opts->engine;
    x->dev = opts->dev;
    x->local = mem_string(opts->local);
    x->has_token = opts->token && *opts->token;
    if (x->has_token)
        x->token = hash_of(opts->token, strlen(opts->token));
    return x;
}

void access_free(struct access *x)
{
    if (!x)
        return;
    mem_free(x->local);
    mem_free(x);
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

static struct actor find(struct access *x, const struct request *r)
{
    const char *bearer = bearer_of(r);
    if (bearer && is_bootstrap(x, bearer))
        return (struct actor){ACTOR_BOOTSTRAP, "DURE_TOKEN", "DURE_TOKEN", PERMIT_ALL, NULL};
    bool near = request_is_loopback(r) && host_is_loopback(r);
    if (near && x->local)
        return (struct actor){ACTOR_LOCAL, x->local, x->local, PERMIT_ALL, NULL};
    if (near && x->dev)
        return (struct actor){ACTOR_OPEN, "", "", PERMIT_ALL, NULL};
    return (struct actor){ACTOR_NOBODY, "", "", 0, NULL};
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
