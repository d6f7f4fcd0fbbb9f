// dure run: one workflow in this process, its output on stdout.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "calendar/duration.h"
#include "calendar/instant.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/context.h"
#include "cli/site.h"

static const char usage[] =
    "usage: dure run FILE [--input JSON|@FILE] [--with FILE]... [--event JSON|@FILE]...\n"
    "                [--data DIR] [--virtual] [--trace FILE] [--plugins DIR] [--secrets DIR]\n"
    "                [--patience DURATION]\n"
    "Runs one workflow here (in memory without --data) and prints its output as JSON.\n"
    "  --with       a further definition, for workflows that run others (repeatable)\n"
    "  --event      a CloudEvent, or a list of them, each sent once nothing but waiting is left\n"
    "               to do, before any time passes (repeatable; in order)\n"
    "  --virtual    skips waiting time\n"
    "  --trace      one JSON line a lifecycle event: time, type, reference, name\n"
    "  --secrets    folder with one file a secret, named as the definition names it\n"
    "               (DURE_SECRETS)\n"
    "  --patience   how long to wait for a timer that lies ahead (PT1M)\n"
    "exit code: 0 completed, 1 faulted or cancelled (the error on stderr), 2 wrong usage,\n"
    "           3 nothing left to do but wait (the waits on stderr)\n";

enum { REPEATS_MAX = 64 };

// What an option that may be repeated was given, in order.
struct repeated {
    const char *values[REPEATS_MAX];
    size_t count;
};

struct running {
    const char *file, *input, *data, *trace, *plugins, *secrets;
    struct repeated with, event;
    json events; // all of them, in order
    size_t sent;
    bool is_virtual;
    int64_t patience_ms;
    struct site *site;
    struct id id;
    bool ended;
    FILE *trace_file;
};

static void on_ended(void *context, const char *id)
{
    struct running *r = context;
    (void)id;
    r->ended = true;
}

static bool has_events(const struct running *r)
{
    return r->sent < json_length(r->events);
}

// At the end, or where the next event is due: when all that is left is to wait.
static bool may_stop(void *context)
{
    const struct running *r = context;
    return r->ended || (has_events(r) && engine_is_idle(site_engine(r->site)));
}

static void on_happened(void *context, const char *instance, int64_t at_ms, json entry)
{
    struct running *r = context;
    if (strcmp(instance, r->id.text) != 0)
        return;
    char time[INSTANT_TEXT_SIZE];
    instant_write_utc(at_ms, time);
    json line = json_ref(entry);
    json_set_text(&line, "time", time);
    char *text = json_dump(line);
    fprintf(r->trace_file, "%s\n", text);
    mem_free(text);
    json_free(line);
}

static void print_error(json v)
{
    char *text = json_dump(v);
    fprintf(stderr, "%s\n", text);
    mem_free(text);
}

// What is wrong with the definition or the start, as the one JSON object that callers read.
static int refuse(const struct fail *why)
{
    json error = problem_new(why->kind == FAIL_INVALID ? "validation" : "runtime", 400,
                             "Not started", why->message, NULL);
    print_error(error);
    json_free(error);
    return EXIT_BAD;
}

static struct definition *deploy(struct running *r, const char *file, struct fail *why)
{
    struct bytes text;
    struct diagnostics diagnostics;
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    diagnostics_init(&diagnostics);
    struct definition *definition = NULL;
    if (cli_read_file(file, &text, why))
        definition = engine_deploy(site_engine(r->site), file, text.data, text.length, true,
                                   &diagnostics, why);
    if (!definition && diagnostics.count > 0) {
        cli_print_diagnostics(&diagnostics);
    }
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return definition;
}

static bool start(struct running *r, struct fail *why)
{
    for (size_t i = 0; i < r->with.count; i++)
        if (!deploy(r, r->with.values[i], why))
            return false;
    json input = json_absent();
    bool ok = cli_value(r->input, &input, why);
    struct definition *definition = ok ? deploy(r, r->file, why) : NULL;
    ok = definition != NULL;
    if (ok) {
        struct start_opts opts = {
            .definition = {definition->namespace, definition->name, definition->version},
            .input = input,
        };
        ok = engine_start(site_engine(r->site), &opts, &r->id, why);
    }
    json_free(input);
    return ok;
}

// An event given by hand needs its type alone.
static bool send_next(struct running *r, struct fail *why)
{
    struct event_receipt receipt;
    json event = json_at(r->events, r->sent++);
    if (json_is_object(event) && !json_has(event, "specversion"))
        json_set_text(&event, "specversion", "1.0");
    if (json_is_object(event) && !json_has(event, "source"))
        json_set_text(&event, "source", "/dure/run");
    if (json_is_object(event) && !json_has(event, "id"))
        json_set_take(&event, "id", json_printf("%zu", r->sent));
    bool ok = engine_event(site_engine(r->site), event, &receipt, why);
    json_free(event);
    return ok;
}

static bool go_on(struct running *r, bool *ended, struct fail *why)
{
    for (;;) {
        *ended = site_run(r->site, may_stop, r, r->patience_ms) && r->ended;
        if (r->ended || !has_events(r))
            return true;
        if (!send_next(r, why))
            return false;
    }
}

static int conclude(struct running *r, bool ended)
{
    struct fail why = {0};
    json shown = engine_show(site_engine(r->site), r->id.text, &why);
    if (json_is_absent(shown))
        return refuse(&why);
    int code;
    if (!ended && store_trouble(site_store(r->site), &why)) {
        code = refuse(&why);
    } else if (!ended) {
        json waits = json_object();
        json_set_text(&waits, "id", r->id.text);
        json_set_take(&waits, "waitsFor", json_get(shown, "waitsFor"));
        json_set_take(&waits, "waits", json_get(shown, "waits"));
        print_error(waits);
        json_free(waits);
        code = EXIT_WAITS;
    } else if (strcmp(json_get_text(shown, "status", ""), "completed") == 0) {
        json output = json_get(shown, "output");
        cli_print_json(output);
        json_free(output);
        code = EXIT_GOOD;
    } else {
        json error = json_get(shown, "error");
        if (!json_is_object(error))
            json_swap_take(&error, problem_new("runtime", 499, "Cancelled",
                                               "the instance was cancelled", NULL));
        print_error(error);
        json_free(error);
        code = EXIT_BAD;
    }
    json_free(shown);
    return code;
}

// All events are read before anything runs: a slip in the last one is told at once.
static bool read_events(struct running *r, struct fail *why)
{
    r->events = json_array();
    for (size_t i = 0; i < r->event.count; i++) {
        json given = json_absent();
        if (!cli_value(r->event.values[i], &given, why))
            return false;
        for (size_t k = 0; json_is_array(given) && k < json_length(given); k++)
            json_append_take(&r->events, json_at(given, k));
        if (!json_is_array(given))
            json_append(&r->events, given);
        json_free(given);
    }
    return true;
}

static int run(struct running *r, const struct config *config)
{
    struct fail why = {0};
    if (!read_events(r, &why))
        return refuse(&why);
    struct site_opts opts = {.data = r->data,
                             .is_virtual = r->is_virtual,
                             .config = config,
                             .plugins = cli_plugins(r->plugins),
                             .mail_is_kept = true};
    r->site = site_open(&opts, &why);
    if (!r->site)
        return refuse(&why);
    struct engine *engine = site_engine(r->site);
    int code;
    bool ended;
    // The listener comes first: the start's own entries are part of the trace.
    if (r->trace_file)
        engine_listen(engine, on_happened, r);
    if (start(r, &why)) {
        engine_when_ended(engine, r->id.text, on_ended, r);
        code = go_on(r, &ended, &why) ? conclude(r, ended) : refuse(&why);
    } else {
        code = refuse(&why);
    }
    engine_unlisten(engine, r);
    engine_forget_ended(engine, r);
    site_close(r->site);
    return code;
}

static bool repeat(struct repeated *r, const char *value)
{
    if (r->count == REPEATS_MAX)
        return false;
    r->values[r->count++] = value;
    return true;
}

static const struct option options[] = {
    {"input", required_argument, NULL, 'i'},    {"with", required_argument, NULL, 'W'},
    {"event", required_argument, NULL, 'e'},    {"secrets", required_argument, NULL, 's'},
    {"data", required_argument, NULL, 'd'},     {"virtual", no_argument, NULL, 'v'},
    {"trace", required_argument, NULL, 't'},    {"plugins", required_argument, NULL, 'p'},
    {"patience", required_argument, NULL, 'w'}, {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},           {0}};

static int parse(struct running *r, int argc, char **argv)
{
    struct duration patience = {.ms = 60000};
    struct fail why = {0};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'i':
            r->input = optarg;
            break;
        case 'W':
            if (!repeat(&r->with, optarg))
                return cli_usage(usage, "--with may be given %d times at most", REPEATS_MAX);
            break;
        case 'e':
            if (!repeat(&r->event, optarg))
                return cli_usage(usage,
                                 "--event may be given %d times at most; a file may hold "
                                 "a list",
                                 REPEATS_MAX);
            break;
        case 's':
            r->secrets = optarg;
            break;
        case 'd':
            r->data = optarg;
            break;
        case 'v':
            r->is_virtual = true;
            break;
        case 't':
            r->trace = optarg;
            break;
        case 'p':
            r->plugins = optarg;
            break;
        case 'j':
            break; // the output is JSON anyway
        case 'w':
            if (!duration_parse(optarg, &patience, &why))
                return cli_usage(usage, "--patience: %s", why.message);
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_GOOD;
        default:
            return cli_wrong_option(usage, argv, options);
        }
    }
    if (argc - optind != 1)
        return cli_usage(usage, "run takes one file");
    if (!duration_ms(&patience, &r->patience_ms, &why))
        return cli_usage(usage, "--patience: %s", why.message);
    r->file = argv[optind];
    return -1;
}

static int refuse_trace(const struct running *r)
{
    struct fail why = {0};
    fail(&why, FAIL_IO, "cannot write '%s': %s", r->trace, strerror(errno));
    return refuse(&why);
}

int command_run(int argc, char **argv)
{
    struct running r = {.events = json_absent(), .secrets = getenv("DURE_SECRETS")};
    int code = parse(&r, argc, argv);
    if (code >= 0)
        return code;
    if (r.trace && !(r.trace_file = fopen(r.trace, "w")))
        return refuse_trace(&r);
    struct config config = {0};
    config_set(&config, CONFIG_SECRETS, r.secrets);
    code = run(&r, &config);
    config_done(&config);
    json_free(r.events);
    bool written = !r.trace_file || !ferror(r.trace_file);
    if (r.trace_file)
        written &= fclose(r.trace_file) == 0;
    return written || code != EXIT_GOOD ? code : refuse_trace(&r);
}
