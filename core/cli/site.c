#include "cli/site.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/last_words.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "calendar/zone.h"
#include "cli/context.h"
#include "effects/http.h"
#include "effects/mail.h"
#include "effects/sink.h"
#include "engine/loop.h"
#include "net/client.h"
#include "people/keyring.h"
#include "plugin/held.h"
#include "store/memory.h"
#include "store/sqlite.h"
#include "store/store.h"

#define FLUSH_PATIENCE_MS 10000
#define PULSE_MS          500
#define SECRET_BYTES_MAX  (64 * 1024)

struct site {
    uv_loop_t loop;
    uv_async_t woken; // virtual: ends the wait for the store or an effect
    uv_timer_t pulse; // while site_run waits: the disk is looked at
    bool is_virtual;
    struct virtual_port clock;
    struct engine_loop *engine_loop; // NULL when site_run drives the engine
    struct memory_disk *disk;
    struct store *store;
    struct engine *engine;
    struct people *people;
    struct client *client;
    struct http_executor *http;
    struct mail_executor *mail;
    struct sink_executor *sink;
    json secrets;
    struct last_words crash; // of the process before
    bool keeps_last_words;
};

static void on_woken(uv_async_t *handle)
{
    (void)handle;
}

static void wake_virtual(void *context)
{
    struct site *s = context;
    uv_async_send(&s->woken);
}

// One file a secret; the name is the file's, the value its content without the line's end.
static bool read_secrets(struct site *s, const char *directory, struct fail *why)
{
    s->secrets = json_object();
    if (!directory)
        return true;
    DIR *folder = opendir(directory);
    if (!folder)
        return fail(why, FAIL_NOT_FOUND, "the folder of secrets '%s' cannot be read", directory);
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        struct bytes content;
        bytes_init(&content, SECRET_BYTES_MAX);
        char *path = mem_printf("%s/%s", directory, entry->d_name);
        ok = cli_read_file(path, &content, why);
        while (content.length > 0 && strchr("\r\n", content.data[content.length - 1]))
            content.data[--content.length] = 0;
        if (ok)
            json_set_text(&s->secrets, entry->d_name, content.data);
        mem_free(path);
        bytes_done(&content);
    }
    closedir(folder);
    return ok;
}

static bool open_store(struct site *s, const char *data, struct fail *why)
{
    struct store_driver *driver;
    if (data) {
        driver = sqlite_driver_open(&(struct sqlite_opts){.directory = data}, why);
    } else {
        s->disk = memory_disk_new();
        driver = memory_driver_new(s->disk);
    }
    if (!driver)
        return false;
    s->store = store_open(
        &(struct store_opts){.driver = driver,
                             .wake = s->engine_loop ? engine_loop_store_wake : wake_virtual,
                             .context = s->engine_loop ? (void *)s->engine_loop : (void *)s},
        why);
    return s->store != NULL;
}

static void add_executors(struct site *s, const struct site_opts *opts)
{
    const struct config *c = opts->config;
    s->client = client_new(&s->loop);
    s->http = http_executor_new(s->client);
    engine_add_executor(s->engine, http_executor(s->http));
    struct mail_executor_opts mail = {
        .people = s->people, .directory = opts->data, .keep = opts->mail_is_kept};
    if (c) {
        mail.server = config_get(c, CONFIG_MAIL_SERVER);
        mail.user = config_get(c, CONFIG_MAIL_USER);
        mail.password = config_get(c, CONFIG_MAIL_PASSWORD);
        mail.from = config_get(c, CONFIG_MAIL_FROM);
        mail.reply_to = config_get(c, CONFIG_MAIL_REPLY_TO);
        mail.bounces = config_get(c, CONFIG_MAIL_BOUNCE);
        mail.ca = config_get(c, CONFIG_MAIL_CA);
        mail.lax_tls = config_is(c, CONFIG_MAIL_TLS, "optional");
        mail.rate = config_number(c, CONFIG_MAIL_RATE);
        mail.domain_rate = config_number(c, CONFIG_MAIL_DOMAIN_RATE);
    }
    s->mail = mail_executor_new(&mail, s->client);
    engine_add_executor(s->engine, mail_executor(s->mail));
    if (c && config_get(c, CONFIG_SINK)) {
        s->sink = sink_executor_new(s->client, config_get(c, CONFIG_SINK));
        engine_add_executor(s->engine, sink_executor(s->sink));
    }
}

// Keys of secret votes lie outside of the data directory; those that a crash left behind are
// destroyed.
static bool open_keyring(struct site *s, const struct site_opts *opts, struct fail *why)
{
    if (!opts->data)
        return true;
    char *folder = config_seal_folder(opts->config, opts->data);
    people_set_seal_folder(s->people, folder);
    mem_free(folder);
    return keyring_sweep(s->people, why);
}

// After the store, which has the lock of the directory. A disk that has no room for them is no
// reason not to start.
static void open_last_words(struct site *s, const struct site_opts *opts)
{
    struct fail why = {0};
    if (!opts->data)
        return;
    s->keeps_last_words = last_words_open(opts->data, &s->crash, &why);
    if (!s->keeps_last_words)
        log_warn("site", "no_last_words", "reason=\"%s\"", why.message);
    if (*s->crash.text)
        log_error("site", "crashed_before", "at=%" PRId64 " words=\"%s\"", s->crash.at_ms,
                  s->crash.text);
}

// What a configuration calls 0 is for ever; without one it is as usual.
static int keep_days(const struct config *c)
{
    int days = c ? config_number(c, CONFIG_KEEP_DAYS) : 0;
    return c && days == 0 ? -1 : days;
}

static bool open_engine(struct site *s, const struct site_opts *opts, struct fail *why)
{
    const struct zone *zone = config_zone(opts->config, why);
    if (!zone)
        return false;
    open_last_words(s, opts);
    struct engine_opts engine_opts = {
        .store = s->store,
        .port = s->is_virtual ? &s->clock.port : port_system(),
        .host = opts->plugins ? plugins_host(opts->plugins) : NULL,
        .secrets = s->secrets,
        .zone = zone,
        .wake = s->engine_loop ? engine_loop_engine_wake : NULL,
        .context = s->engine_loop,
        .last_words = *s->crash.text ? s->crash.text : NULL,
        .last_words_ms = s->crash.at_ms,
        .keep_days = keep_days(opts->config),
    };
    s->engine = engine_new(&engine_opts);
    s->people = people_new(s->engine);
    people_set_zone(s->people, zone);
    if (opts->plugins)
        plugins_attach(opts->plugins, s->people);
    add_executors(s, opts);
    if (opts->plugins && opts->data)
        held_recover(opts->plugins, s->store, engine_opts.last_words, s->crash.at_ms);
    if (!open_keyring(s, opts, why) || !engine_recover(s->engine, why))
        return false;
    if (s->keeps_last_words)
        last_words_clear();
    if (s->engine_loop)
        engine_loop_attach(s->engine_loop, s->engine);
    return true;
}

struct site *site_open(const struct site_opts *opts, struct fail *why)
{
    struct site *s = mem_new(struct site);
    s->is_virtual = opts->is_virtual;
    s->secrets = json_absent();
    must(uv_loop_init(&s->loop) == 0);
    must(uv_async_init(&s->loop, &s->woken, on_woken) == 0);
    must(uv_timer_init(&s->loop, &s->pulse) == 0);
    if (s->is_virtual) {
        const struct port *real = port_system();
        uint64_t seed;
        real->secret(real->context, &seed, sizeof seed);
        virtual_port_init(&s->clock, opts->now_ms ? opts->now_ms : real->now_ms(real->context),
                          seed);
    }
    if (!s->is_virtual || opts->is_served)
        s->engine_loop = engine_loop_new(&s->loop);
    if (read_secrets(s, opts->config ? config_get(opts->config, CONFIG_SECRETS) : NULL, why) &&
        open_store(s, opts->data, why) && open_engine(s, opts, why))
        return s;
    site_close(s);
    return NULL;
}

void site_close(struct site *s)
{
    struct fail why = {0};
    if (!s)
        return;
    if (s->store && !store_flush(s->store, FLUSH_PATIENCE_MS, &why))
        cli_print_fail("close", &why);
    if (s->engine)
        engine_poll(s->engine);
    if (s->engine_loop)
        engine_loop_close(s->engine_loop);
    http_executor_free(s->http);
    mail_executor_free(s->mail);
    sink_executor_free(s->sink);
    if (s->client)
        client_close(s->client);
    uv_close((uv_handle_t *)&s->woken, NULL);
    uv_close((uv_handle_t *)&s->pulse, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    people_free(s->people);
    engine_free(s->engine);
    if (s->store)
        store_close(s->store);
    if (s->keeps_last_words)
        last_words_close();
    memory_disk_free(s->disk);
    must(uv_loop_close(&s->loop) == 0);
    json_free(s->secrets);
    mem_free(s);
}

uv_loop_t *site_loop(struct site *s)
{
    return &s->loop;
}

struct engine *site_engine(struct site *s)
{
    return s->engine;
}

struct people *site_people(struct site *s)
{
    return s->people;
}

struct store *site_store(struct site *s)
{
    return s->store;
}

static void on_pulse(uv_timer_t *handle)
{
    (void)handle; // that the loop wakes is enough
}

// One round of the loop. False once the disk has refused for as long as a person would wait: a
// server goes on when the disk does, a command ends and says so. `since_ms` begins at 0.
static bool wait_once(struct site *s, uint64_t *since_ms)
{
    struct fail why = {0};
    uv_timer_start(&s->pulse, on_pulse, PULSE_MS, 0);
    uv_run(&s->loop, UV_RUN_ONCE);
    uv_timer_stop(&s->pulse);
    if (!s->store || !store_trouble(s->store, &why))
        *since_ms = 0;
    else if (*since_ms == 0)
        *since_ms = uv_now(&s->loop);
    return *since_ms == 0 || uv_now(&s->loop) - *since_ms < FLUSH_PATIENCE_MS;
}

static bool run_virtual(struct site *s, bool (*done)(void *context), void *context)
{
    uint64_t since_ms = 0;
    for (;;) {
        while (engine_turn(s->engine))
            ;
        engine_poll(s->engine);
        if (done(context))
            return true;
        if (!engine_is_idle(s->engine)) {
            if (!wait_once(s, &since_ms))
                return false;
            continue;
        }
        int64_t due = engine_next_due_ms(s->engine);
        if (due == INSTANT_NONE)
            return false;
        if (due > s->clock.now_ms)
            s->clock.now_ms = due;
    }
}

bool site_run(struct site *s, bool (*done)(void *context), void *context, int64_t patience_ms)
{
    if (s->is_virtual)
        return run_virtual(s, done, context);
    const struct port *port = engine_port(s->engine);
    uint64_t since_ms = 0;
    while (!done(context)) {
        if (engine_is_idle(s->engine)) {
            int64_t due = engine_next_due_ms(s->engine);
            if (due == INSTANT_NONE || due - port->now_ms(port->context) > patience_ms)
                return false;
        }
        if (!wait_once(s, &since_ms))
            return false;
    }
    return true;
}

// Goes on until nothing is left to do at this moment, but for effects that the loop still carries,
// and all is durable. Runs inside a callback of the loop, so it never runs the loop itself.
static bool settle(struct site *s, struct fail *why)
{
    do {
        while (engine_turn(s->engine))
            ;
        if (!store_flush(s->store, FLUSH_PATIENCE_MS, why))
            return false;
        engine_poll(s->engine);
    } while (!engine_is_idle(s->engine) && engine_effects_running(s->engine) == 0);
    return true;
}

bool site_move_clock(struct site *s, int64_t ms, struct fail *why)
{
    if (!s->is_virtual)
        return fail(why, FAIL_UNSUPPORTED, "the clock of this server is the real one");
    if (ms < s->clock.now_ms)
        return fail(why, FAIL_INVALID, "the clock cannot go back");
    for (;;) {
        if (!settle(s, why))
            return false;
        int64_t due = engine_next_due_ms(s->engine);
        if (due == INSTANT_NONE || due > ms)
            break;
        if (due > s->clock.now_ms)
            s->clock.now_ms = due;
    }
    s->clock.now_ms = ms;
    return settle(s, why);
}
