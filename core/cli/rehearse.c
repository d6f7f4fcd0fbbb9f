// dure rehearse: a workflow played through virtual time before it goes live, as the calendar of all
// that will happen if nobody answers, or as a scenario's script says.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "calendar/zone.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "people/item.h"
#include "plugin/world.h"

static const char usage[] =
    "usage: dure rehearse FILE [--input JSON|@FILE] [--people FILE.csv] [--now TIME] [--days N] "
    "[--plugins DIR] [--json]\n"
    "Plays the workflow in virtual time as if nobody answered, and prints every step, mail and "
    "deadline with its\n"
    "moment. To rehearse with answers, write them as a scenario and run `dure test`.\n";

#define DAYS_MAX 36600

struct rehearsal {
    const char *file, *input, *people, *plugins;
    int64_t now_ms;
    int64_t days;
    bool json;
    struct world *world;
    struct definition *definition;
    struct id id;
    json events; // [{at, what, detail}]
    int64_t mails_seen;
};

static void add(struct rehearsal *r, int64_t at_ms, const char *what, const char *detail)
{
    char at[64];
    zone_write(r->definition ? r->definition->zone : zone_utc(), at_ms, at, sizeof at);
    json event = json_object();
    json_set_text(&event, "at", at);
    json_set_text(&event, "what", what);
    json_set_text(&event, "detail", detail);
    json_append_take(&r->events, event);
}

static void on_happened(void *context, const char *instance, int64_t at_ms, json entry)
{
    static const char *const told[][2] = {{"task.started.v1", "begins"},
                                          {"task.completed.v1", "ends"},
                                          {"task.faulted.v1", "fails"},
                                          {"task.retried.v1", "tries again"},
                                          {"workflow.completed.v1", "workflow completed"},
                                          {"workflow.faulted.v1", "workflow faulted"}};
    struct rehearsal *r = context;
    const char *type = json_get_text(entry, "type", "");
    (void)instance;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (strstr(type, told[i][0]))
            add(r, at_ms, told[i][1], json_get_text(entry, "name", ""));
}

static void take_mails(struct rehearsal *r)
{
    struct fail why = {0};
    json mails = world_mails(r->world, r->mails_seen, &why);
    for (size_t i = 0; i < json_length(mails); i++) {
        json mail = json_at(mails, i);
        char *text = mem_printf("to %s: %s", json_get_text(mail, "to", ""),
                                json_get_text(mail, "subject", ""));
        add(r, world_now_ms(r->world), "mail", text);
        r->mails_seen = json_get_int(mail, "seq", r->mails_seen);
        mem_free(text);
        json_free(mail);
    }
    json_free(mails);
}

static bool import(struct rehearsal *r, struct fail *why)
{
    if (!r->people)
        return true;
    struct bytes csv;
    json preview = json_absent();
    bytes_init(&csv, LIMIT_BODY_BYTES);
    bool ok = cli_read_file(r->people, &csv, why) &&
              people_import_preview(world_people(r->world), csv.data, csv.length, &preview, why) &&
              people_import_commit(world_people(r->world), preview, why);
    json_free(preview);
    bytes_done(&csv);
    return ok;
}

static bool begin(struct rehearsal *r, struct fail *why)
{
    struct bytes text;
    struct diagnostics diagnostics;
    json input = json_absent();
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    diagnostics_init(&diagnostics);
    bool ok =
        cli_read_file(r->file, &text, why) && cli_value(r->input, &input, why) && import(r, why);
    if (ok)
        r->definition = engine_deploy(world_engine(r->world), r->file, text.data, text.length, true,
                                      &diagnostics, why);
    if (ok && !r->definition && diagnostics.count > 0) {
        cli_print_diagnostics(&diagnostics);
    }
    ok = ok && r->definition;
    if (ok) {
        struct start_opts opts = {
            .definition = {r->definition->namespace, r->definition->name, r->definition->version},
            .input = input};
        engine_listen(world_engine(r->world), on_happened, r);
        ok =
            engine_start(world_engine(r->world), &opts, &r->id, why) && world_settle(r->world, why);
    }
    json_free(input);
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return ok;
}

// From due moment to due moment, so that every mail has the time it left at.
static bool play(struct rehearsal *r, struct fail *why)
{
    int64_t last = r->now_ms + r->days * 86400000;
    for (;;) {
        take_mails(r);
        int64_t due = engine_next_due_ms(world_engine(r->world));
        if (due == INT64_MIN || due > last)
            return true;
        if (due < world_now_ms(r->world))
            due = world_now_ms(r->world);
        if (!world_move_to(r->world, due, why))
            return false;
    }
}

static void print(struct rehearsal *r, json shown)
{
    for (size_t i = 0; i < json_length(r->events); i++) {
        json event = json_at(r->events, i);
        printf("%s  %-18s %s\n", json_get_text(event, "at", ""), json_get_text(event, "what", ""),
               json_get_text(event, "detail", ""));
        json_free(event);
    }
    printf("\n%s%s%s\n", json_get_text(shown, "status", ""),
           *json_get_text(shown, "waitsFor", "") ? ": " : "", json_get_text(shown, "waitsFor", ""));
}

static int rehearse(struct rehearsal *r)
{
    struct fail why = {0};
    r->events = json_array();
    r->world = world_new(
        &(struct world_opts){.plugins = cli_plugins(r->plugins), .now_ms = r->now_ms, .seed = 1},
        &why);
    bool ok = r->world && begin(r, &why) && play(r, &why);
    if (ok) {
        json shown = engine_show(world_engine(r->world), r->id.text, &why);
        if (r->json) {
            json all = json_object();
            json_set(&all, "events", r->events);
            json_set(&all, "instance", shown);
            cli_print_json(all);
            json_free(all);
        } else {
            print(r, shown);
        }
        json_free(shown);
    } else {
        cli_print_fail("rehearse", &why);
    }
    if (r->world)
        world_free(r->world);
    json_free(r->events);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

int command_rehearse(int argc, char **argv)
{
    static const struct option options[] = {
        {"input", required_argument, NULL, 'i'},   {"people", required_argument, NULL, 'P'},
        {"now", required_argument, NULL, 'n'},     {"days", required_argument, NULL, 'd'},
        {"plugins", required_argument, NULL, 'p'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},          {0}};
    const struct port *real = port_system();
    struct rehearsal r = {.days = 3660, .now_ms = real->now_ms(real->context)};
    struct fail why = {0};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (c == 'i')
            r.input = optarg;
        else if (c == 'P')
            r.people = optarg;
        else if (c == 'p')
            r.plugins = optarg;
        else if (c == 'j')
            r.json = true;
        else if (c != 'd' && c != 'n')
            return cli_wrong_option(usage, argv, options);
        else if (!(c == 'd' ? cli_number("--days", optarg, 1, DAYS_MAX, &r.days, &why)
                            : zone_parse(zone_utc(), optarg, &r.now_ms, &why)))
            return cli_usage(usage, "%s", why.message);
    }
    if (argc - optind != 1)
        return cli_usage(usage, "rehearse takes one file");
    r.file = argv[optind];
    return rehearse(&r);
}
