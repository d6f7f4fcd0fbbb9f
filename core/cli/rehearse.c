// dure rehearse: a workflow played through virtual time before it goes live, as the calendar of all
// that will happen if everybody answers, if nobody does, or as a scenario's script says.
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/zone.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/rehearsal.h"
#include "engine/port.h"

static const char usage[] =
    "usage: dure rehearse FILE [--input JSON|@FILE] [--people FILE.csv] [--answers WHO]\n"
    "                     [--script FILE.test.yaml] [--now TIME] [--days N] [--plugins DIR] "
    "[--json]\n"
    "Plays the workflow in virtual time and prints every step, answer, mail and deadline with its\n"
    "moment: once as if everybody answered at once, once as if nobody did.\n"
    "  --answers    everybody, nobody, or both (both)\n"
    "  --script     as the script of a scenario says, with its people, input and clock; a FILE "
    "that\n"
    "               is a *.test.yaml is such a script itself\n";

#define DAYS_MAX 36600

struct wanted {
    struct rehearsal_opts opts;
    const char *answers, *input;
    bool json;
};

static void print(json calendar)
{
    json events = json_get(calendar, "events"), shown = json_get(calendar, "instance");
    for (size_t i = 0; i < json_length(events); i++) {
        json event = json_at(events, i);
        printf("%s  %-18s %s\n", json_get_text(event, "at", ""), json_get_text(event, "what", ""),
               json_get_text(event, "detail", ""));
        json_free(event);
    }
    json output = json_get(shown, "output"), error = json_get(shown, "error"),
         result = json_ref(json_is_absent(error) ? output : error);
    char *text = json_is_absent(result) ? mem_string("") : json_dump(result);
    const char *waits = json_get_text(shown, "waitsFor", text);
    printf("\n%s%s%s\n", json_get_text(shown, "status", ""), *waits ? ": " : "", waits);
    mem_free(text);
    json_free(result);
    json_free(error);
    json_free(output);
    json_free(shown);
    json_free(events);
}

// Both, unless nobody is asked anything: then there is but one way.
static bool rehearse_both(struct wanted *w, struct fail *why)
{
    w->opts.answers = ANSWERS_EVERYBODY;
    json everybody = rehearsal_play(&w->opts, why);
    if (json_is_absent(everybody))
        return false;
    w->opts.answers = ANSWERS_NOBODY;
    json nobody = rehearsal_play(&w->opts, why);
    bool ok = json_is_object(nobody), asks = json_get_int(everybody, "asked", 0) > 0;
    if (ok && w->json) {
        json both = json_object();
        json_set(&both, "everybody", everybody);
        json_set(&both, "nobody", nobody);
        cli_print_json(both);
        json_free(both);
    } else if (ok) {
        puts(asks ? "if everybody answers" : "nobody is asked anything");
        print(everybody);
        if (asks) {
            puts("\nif nobody answers");
            print(nobody);
        }
    }
    json_free(nobody);
    json_free(everybody);
    return ok;
}

static bool rehearse_one(struct wanted *w, struct fail *why)
{
    json calendar = rehearsal_play(&w->opts, why);
    bool ok = json_is_object(calendar);
    if (ok && w->json)
        cli_print_json(calendar);
    else if (ok)
        print(calendar);
    json_free(calendar);
    return ok;
}

static int rehearse(struct wanted *w)
{
    struct fail why = {0};
    bool both = !w->answers || strcmp(w->answers, "both") == 0;
    w->opts.input = json_absent();
    bool ok = cli_value(w->input, &w->opts.input, &why);
    if (ok && w->opts.script)
        w->opts.answers = ANSWERS_SCRIPT;
    else if (ok && !both)
        w->opts.answers = strcmp(w->answers, "everybody") == 0 ? ANSWERS_EVERYBODY : ANSWERS_NOBODY;
    ok = ok && (both && !w->opts.script ? rehearse_both(w, &why) : rehearse_one(w, &why));
    json_free(w->opts.input);
    if (!ok)
        cli_print_fail("rehearse", &why);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

static bool is_scenario(const char *file)
{
    static const char end[] = ".test.yaml";
    size_t length = strlen(file);
    return length >= sizeof end - 1 && strcmp(file + length - (sizeof end - 1), end) == 0;
}

static bool is_known(const char *answers)
{
    return strcmp(answers, "everybody") == 0 || strcmp(answers, "nobody") == 0 ||
           strcmp(answers, "both") == 0;
}

// NULL, or what is wrong with the options together.
static const char *misfit(const struct wanted *w, bool has_clock)
{
    if (w->answers && !is_known(w->answers))
        return "--answers is everybody, nobody or both";
    if (w->opts.script && (w->answers || w->input || w->opts.people || has_clock))
        return "a script brings its own answers, input, people and clock";
    return NULL;
}

int command_rehearse(int argc, char **argv)
{
    static const struct option options[] = {
        {"input", required_argument, NULL, 'i'},   {"people", required_argument, NULL, 'P'},
        {"now", required_argument, NULL, 'n'},     {"days", required_argument, NULL, 'd'},
        {"answers", required_argument, NULL, 'a'}, {"script", required_argument, NULL, 's'},
        {"plugins", required_argument, NULL, 'p'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},          {0}};
    const struct port *real = port_system();
    struct wanted w = {.opts = {.days = 3660, .now_ms = real->now_ms(real->context)}};
    const char *plugins = NULL;
    bool has_clock = false;
    struct fail why = {0};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (c == 'i')
            w.input = optarg;
        else if (c == 'P')
            w.opts.people = optarg;
        else if (c == 'a')
            w.answers = optarg;
        else if (c == 's')
            w.opts.script = optarg;
        else if (c == 'p')
            plugins = optarg;
        else if (c == 'j')
            w.json = true;
        else if (c != 'd' && c != 'n')
            return cli_wrong_option(usage, argv, options);
        else if (!(c == 'd' ? cli_number("--days", optarg, 1, DAYS_MAX, &w.opts.days, &why)
                            : zone_parse(zone_utc(), optarg, &w.opts.now_ms, &why)))
            return cli_usage(usage, "%s", why.message);
        has_clock |= c == 'n';
    }
    if (argc - optind != 1)
        return cli_usage(usage, "rehearse takes one file");
    if (is_scenario(argv[optind]) && !w.opts.script)
        w.opts.script = argv[optind];
    else
        w.opts.file = argv[optind];
    if (misfit(&w, has_clock))
        return cli_usage(usage, "%s", misfit(&w, has_clock));
    w.opts.plugins = cli_plugins(plugins);
    return rehearse(&w);
}
