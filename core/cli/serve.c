// dure serve: the server, until SIGTERM or SIGINT drains it.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/context.h"
#include "cli/front.h"
#include "cli/load.h"
#include "cli/site.h"
#include "cli/watch_files.h"
#include "people/item.h"
#include "json/diagnostic.h"

static const char usage[] =
    "usage: dure serve [--data DIR] [--listen HOST:PORT] [--config FILE] [--plugins DIR] [--load "
    "DIR] [--dev]\n"
    "Runs the server until SIGTERM or SIGINT.\n"
    "  --dev    loopback only, no log-in, mails kept in a mailbox page, reload when a definition "
    "or plugin changes\n"
    "  --now    with --dev: the clock stands at this moment and is moved by POST /dev/clock "
    "{\"to\": …}\n"
    "  --load   a folder whose definitions, people.csv and start.yaml are brought in\n"
    "\nkeys of dure.yaml, each also an environment variable DURE_KEY:\n";

#define DRAIN_MS 10000

struct serving {
    struct config config;
    const char *load;
    bool dev;
    int64_t now_ms; // of a clock that stands; 0: the real one
    char *host;
    uint16_t port;
    struct plugins *plugins;
    struct site *site;
    struct front *front;
    struct file_watch *watch;
    uv_signal_t signals[2];
    bool stopping;
};

static bool parse_listen(struct serving *s, struct fail *why)
{
    const char *text = config_get(&s->config, CONFIG_LISTEN), *colon = strrchr(text, ':');
    char *end;
    long port = colon ? strtol(colon + 1, &end, 10) : -1;
    if (!colon || !colon[1] || *end || port < 0 || port > 65535)
        return fail(why, FAIL_INVALID, "'%s' is no address to listen on; write HOST:PORT", text);
    s->host = mem_string_sized(text, (size_t)(colon - text));
    s->port = (uint16_t)port;
    bool loopback = strcmp(s->host, "127.0.0.1") == 0 || strcmp(s->host, "localhost") == 0 ||
                    strcmp(s->host, "::1") == 0;
    if (s->dev && !loopback)
        return fail(why, FAIL_DENIED,
                    "--dev has no log-in and listens on loopback only; '%s' is not", s->host);
    return true;
}

static void on_drained(void *context)
{
    struct serving *s = context;
    uv_stop(site_loop(s->site));
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct serving *s = handle->data;
    if (s->stopping) {
        uv_stop(site_loop(s->site)); // a second one does not wait
        return;
    }
    s->stopping = true;
    log_info("serve", "drains", "signal=%d", number);
    front_drain(s->front, DRAIN_MS, on_drained, s);
}

static void on_changed(void *context)
{
    struct serving *s = context;
    struct diagnostics diagnostics;
    struct fail why = {0};
    diagnostics_init(&diagnostics);
    char *directory = cli_plugins_directory(config_get(&s->config, CONFIG_PLUGINS));
    if (directory && !plugins_load(s->plugins, directory, &diagnostics, &why))
        cli_print_fail("reload", &why);
    cli_print_diagnostics(&diagnostics);
    diagnostics_done(&diagnostics);
    if (s->load)
        (void)load_folder(s->site, s->load, true);
    log_info("serve", "reloaded", "plugins=\"%s\" load=\"%s\"", directory ? directory : "",
             s->load ? s->load : "");
    mem_free(directory);
}

// The public forms that are open, so that whoever started a server for a look knows where to look.
static void print_addresses(struct serving *s)
{
    unsigned port = front_port(s->front);
    struct fail why = {0};
    printf("console  http://%s:%u/console\n", s->host, port);
    if (s->dev)
        printf("mailbox  http://%s:%u/console/mail\n", s->host, port);
    json items = item_list(site_people(s->site),
                           &(struct item_list_opts){.status = "open", .limit = 50}, &why);
    for (size_t i = 0; i < json_length(items); i++) {
        json item = json_at(items, i);
        if (!json_get_text(item, "assignee", NULL))
            printf("form     http://%s:%u/f/%s\n", s->host, port, json_get_text(item, "id", ""));
        json_free(item);
    }
    json_free(items);
    fflush(stdout);
}

static void print_once_settled(void *context)
{
    print_addresses(context);
}

static void set_url(struct serving *s)
{
    const char *given = config_get(&s->config, CONFIG_PUBLIC_URL);
    char *own = mem_printf("http://%s:%u", s->host, front_port(s->front));
    people_set_url(site_people(s->site), given ? given : own);
    mem_free(own);
}

static bool is_folder(const char *path, struct fail *why)
{
    struct stat st;
    if (!path || (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && access(path, R_OK | X_OK) == 0))
        return true;
    return fail(why, FAIL_NOT_FOUND, "--load: '%s' is no folder that can be read", path);
}

static bool open_all(struct serving *s, struct fail *why)
{
    s->plugins = cli_plugins(config_get(&s->config, CONFIG_PLUGINS));
    if (!s->plugins)
        fputs("dure serve: no folder of plugins was found, so there are no functions; name it with "
              "--plugins\n",
              stderr);
    struct site_opts site = {.data = config_get(&s->config, CONFIG_DATA),
                             .plugins = s->plugins,
                             .config = &s->config,
                             .is_virtual = s->now_ms != 0,
                             .now_ms = s->now_ms,
                             .is_served = true,
                             .mail_is_kept = s->dev && !config_get(&s->config, CONFIG_MAIL_SERVER)};
    if (!parse_listen(s, why) || !is_folder(s->load, why) || !(s->site = site_open(&site, why)))
        return false;
    struct front_opts front = {.site = s->site,
                               .plugins = s->plugins,
                               .host = s->host,
                               .port = s->port,
                               .dev = s->dev,
                               .token = config_get(&s->config, CONFIG_TOKEN),
                               .public_url = config_get(&s->config, CONFIG_PUBLIC_URL),
                               .config = &s->config};
    if (!(s->front = front_open(&front, why)))
        return false;
    // Mails that loading sets off have links: the address is known before anything is loaded.
    set_url(s);
    // Whoever develops mends a mistake while the server runs; a service does not begin with half.
    if (s->load && !load_folder(s->site, s->load, s->dev) && !s->dev)
        return fail(why, FAIL_INVALID, "mend what is in '%s', or start without --load", s->load);
    while (engine_turn(site_engine(s->site)))
        ;
    return true;
}

static void serve(struct serving *s)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        uv_signal_init(site_loop(s->site), &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, numbers[i]);
    }
    if (s->dev) {
        char *plugins = cli_plugins_directory(config_get(&s->config, CONFIG_PLUGINS));
        s->watch = file_watch_new(site_loop(s->site), (const char *const[]){plugins, s->load}, 2,
                                  on_changed, s);
        mem_free(plugins);
    }
    engine_after_commit(site_engine(s->site), print_once_settled, s);
    log_info("serve", "listens", "host=%s port=%u data=\"%s\" dev=%d", s->host,
             front_port(s->front), config_get(&s->config, CONFIG_DATA), s->dev);
    uv_run(site_loop(s->site), UV_RUN_DEFAULT);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    if (s->watch)
        file_watch_close(s->watch);
}

static int run(struct serving *s)
{
    struct fail why = {0};
    bool ok = open_all(s, &why);
    if (ok)
        serve(s);
    else
        cli_print_fail("serve", &why);
    if (s->front)
        front_close(s->front);
    if (s->site)
        site_close(s->site);
    if (ok)
        log_info("serve", "stopped", "drained=%d", s->stopping);
    mem_free(s->host);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

static void configure_log(const struct config *c)
{
    const char *level = config_get(c, CONFIG_LOG);
    enum log_level least = strcmp(level, "debug") == 0   ? LOG_DEBUG
                           : strcmp(level, "warn") == 0  ? LOG_WARN
                           : strcmp(level, "error") == 0 ? LOG_ERROR
                                                         : LOG_INFO;
    log_configure(least, !isatty(STDERR_FILENO));
}

// What the command line says, over what the configuration says.
struct options_given {
    const char *data, *listen, *file, *plugins, *now;
};

static int parse_options(struct serving *s, struct options_given *given, int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"listen", required_argument, NULL, 'l'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"plugins", required_argument, NULL, 'p'},
                                            {"load", required_argument, NULL, 'L'},
                                            {"dev", no_argument, NULL, 'D'},
                                            {"now", required_argument, NULL, 'n'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'd':
            given->data = optarg;
            break;
        case 'l':
            given->listen = optarg;
            break;
        case 'c':
            given->file = optarg;
            break;
        case 'p':
            given->plugins = optarg;
            break;
        case 'L':
            s->load = optarg;
            break;
        case 'D':
            s->dev = true;
            break;
        case 'n':
            given->now = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            config_describe(stdout);
            return EXIT_GOOD;
        default:
            return cli_wrong_option(usage, argv, options);
        }
    }
    return optind == argc ? -1 : cli_usage(usage, "serve takes options only");
}

int command_serve(int argc, char **argv)
{
    struct serving s = {0};
    struct options_given given = {0};
    struct fail why = {0};
    int code = parse_options(&s, &given, argc, argv);
    if (code >= 0)
        return code;
    if (given.now && (!s.dev || !instant_parse(given.now, &s.now_ms, &why)))
        return cli_usage(usage, "--now: %s", s.dev ? why.message : "only with --dev");
    code = EXIT_BAD;
    if (config_read(&s.config, given.file, &why)) {
        config_set(&s.config, CONFIG_DATA, given.data);
        config_set(&s.config, CONFIG_LISTEN, given.listen);
        config_set(&s.config, CONFIG_PLUGINS, given.plugins);
        configure_log(&s.config);
        if (config_check(&s.config, &why))
            code = run(&s);
        else
            cli_print_fail("serve", &why);
    } else {
        cli_print_fail("serve", &why);
    }
    config_done(&s.config);
    return code;
}
