#include "cli/front.h"

#include "access/access.h"
#include "access/oidc.h"
#include "api/api.h"
#include "base/mem.h"
#include "calendar/instant.h"
#include "net/reply.h"
#include "net/request.h"
#include "net/server.h"
#include "plugin/plugin.h"
#include "plugin/view.h"
#include "web/page.h"
#include "web/web.h"

struct front {
    struct site *site;
    struct server *server;
    struct access *access;
    struct oidc *oidc; // or NULL
    struct api *api;
    struct web *web;
};

static bool is_busy(void *context)
{
    struct front *f = context;
    struct fail why = {0};
    return store_trouble(site_store(f->site), &why);
}

// --dev --now: the clock is moved by hand.
static void move_clock(void *context, struct request *r)
{
    struct front *f = context;
    struct fail why = {0};
    json body = json_absent(), answer = json_object();
    int64_t ms;
    bool ok = (request_is_loopback(r) && !request_is_cross_site(r)) ||
              fail_code(&why, FAIL_DENIED, "cross_site", "another site may not move the clock");
    ok = ok && request_json(r, &body, &why) &&
         instant_parse(json_get_text(body, "to", ""), &ms, &why) &&
         site_move_clock(f->site, ms, &why);
    if (ok) {
        char now[INSTANT_TEXT_SIZE];
        instant_write_utc(ms, now);
        json_set_text(&answer, "now", now);
        request_reply_json(r, 200, answer);
    } else {
        request_fail(r, &why);
    }
    json_free(answer);
    json_free(body);
}

static json list_views(void *context, const char *instance, struct fail *why)
{
    return plugins_views(context, instance, why);
}

static json show_view(void *context, const char *instance, const char *task, const char *name,
                      struct fail *why)
{
    return plugins_view(context, instance, task, name, why);
}

static bool open_oidc(struct front *f, const struct front_opts *opts, struct fail *why)
{
    const struct config *c = opts->config;
    const char *issuer = c ? config_get(c, CONFIG_OIDC_ISSUER) : NULL;
    if (!issuer)
        return true;
    f->oidc =
        oidc_new(&(struct oidc_opts){.access = f->access,
                                     .loop = site_loop(opts->site),
                                     .issuer = issuer,
                                     .client_id = config_get(c, CONFIG_OIDC_CLIENT_ID),
                                     .client_secret = config_get(c, CONFIG_OIDC_CLIENT_SECRET),
                                     .roles = config_get(c, CONFIG_OIDC_ROLES)},
                 why);
    return f->oidc != NULL;
}

static void close_access(struct front *f)
{
    oidc_free(f->oidc);
    access_free(f->access);
}

static bool open_access(struct front *f, const struct front_opts *opts, struct fail *why)
{
    struct proxies proxies = {.count = 0};
    if (opts->config &&
        !proxies_read(config_get(opts->config, CONFIG_TRUSTED_PROXIES), &proxies, why))
        return false;
    f->access = access_new(&(struct access_opts){.engine = site_engine(opts->site),
                                                 .dev = opts->dev && !opts->local,
                                                 .local = opts->local,
                                                 .token = opts->token,
                                                 .public_url = opts->public_url,
                                                 .proxies = &proxies,
                                                 .loop = site_loop(opts->site)});
    return open_oidc(f, opts, why);
}

struct front *front_open(const struct front_opts *opts, struct fail *why)
{
    struct front *f = mem_new(struct front);
    f->site = opts->site;
    if (!open_access(f, opts, why)) {
        close_access(f);
        mem_free(f);
        return NULL;
    }
    f->server = server_new(site_loop(opts->site),
                           &(struct server_opts){.host = opts->host,
                                                 .port = opts->port,
                                                 .busy = is_busy,
                                                 .page = page_of_problem,
                                                 .context = f},
                           why);
    if (!f->server) {
        close_access(f);
        mem_free(f);
        return NULL;
    }
    f->api = api_new(&(struct api_opts){
        .server = f->server,
        .engine = site_engine(opts->site),
        .people = site_people(opts->site),
        .catalogue = opts->plugins ? &plugins_host(opts->plugins)->catalogue : NULL,
        .dev = opts->dev,
        .access = f->access,
        .views = opts->plugins ? list_views : NULL,
        .view = opts->plugins ? show_view : NULL,
        .views_context = opts->plugins});
    f->web = web_new(&(struct web_opts){.server = f->server,
                                        .loop = site_loop(opts->site),
                                        .engine = site_engine(opts->site),
                                        .people = site_people(opts->site),
                                        .plugins = opts->plugins,
                                        .dev = opts->dev,
                                        .oidc = f->oidc,
                                        .access = f->access,
                                        .public_url = opts->public_url});
    if (opts->dev)
        server_route(f->server, "POST", "/dev/clock", move_clock, f);
    return f;
}

uint16_t front_port(const struct front *f)
{
    return server_port(f->server);
}

void front_drain(struct front *f, int patience_ms, void (*drained)(void *context), void *context)
{
    server_drain(f->server, patience_ms, drained, context);
}

void front_close(struct front *f)
{
    server_close(f->server);
    api_free(f->api);
    oidc_free(f->oidc); // what it tells goes to the pages
    web_free(f->web);
    access_free(f->access);
    mem_free(f);
}
