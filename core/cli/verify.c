// dure verify, backup and doctor: what an auditor and an operator ask of a data directory.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/context.h"
#include "people/keyring.h"
#include "people/urn_check.h"
#include "store/audit.h"
#include "store/doctor.h"
#include "store/page_check.h"
#include "store/sqlite.h"
#include "store/store.h"

static const char verify_usage[] =
    "usage: dure verify DIR [--instance ID] [--export FILE] [--json]\n"
    "       dure verify CASE.json [--receipt RECEIPT] [--json]\n"
    "Looks at every page of a data directory's database and at its log, and walks its audit chain "
    "(or that of one\n"
    "instance, or of an exported case); exit 1 if anything does not fit. --export writes one "
    "instance as a case that\n"
    "can be verified alone. Of a secret vote in a case it counts the ballots again and checks that "
    "they are those that\n"
    "were cast; --receipt says whether the ballot behind a voter's receipt is among them. --data "
    "DIR "
    "is the same as DIR.\n";
static const char backup_usage[] =
    "usage: dure backup DIR FILE\n"
    "Copies the database of a data directory, in use or not, into a new file. --data DIR is the "
    "same as DIR.\n";
static const char doctor_usage[] =
    "usage: dure doctor DIR [--seal-keys FOLDER] [--json]\n"
    "Examines a data directory and says in words what is wrong and what to do. --data DIR is the "
    "same as DIR.\n";

// In one moment, because a server may be at work beside. `trusts`: the pages were looked at before,
// and what is damaged is read as it stands.
static struct store *open_to_look(const char *directory, bool trusts, struct fail *why)
{
    struct store_driver *driver = sqlite_driver_open(&(struct sqlite_opts){.directory = directory,
                                                                           .read_only = true,
                                                                           .one_moment = true,
                                                                           .trusts = trusts,
                                                                           .skip_check = trusts},
                                                     why);
    return driver ? store_open(&(struct store_opts){.driver = driver}, why) : NULL;
}

static int print_report_json(bool ok, const struct audit_report *r, const struct fail *why)
{
    json out = json_object();
    json_set_bool(&out, "whole", ok);
    json_set_int(&out, "instances", r->instances);
    json_set_int(&out, "rows", r->rows);
    json_set_int(&out, "commits", r->commits);
    json_set_int(&out, "personal", r->personal);
    json_set_int(&out, "erased", r->erased);
    json_set_int(&out, "wrong", r->bad);
    if (!ok)
        json_set_text(&out, "message", why->message);
    if (r->details && r->details->length > 0)
        json_set_text(&out, "details", r->details->data);
    cli_print_json(out);
    json_free(out);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

static int print_report(bool ok, bool as_json, const struct audit_report *r, const struct fail *why)
{
    if (as_json)
        return print_report_json(ok, r, why);
    if (r->details && r->details->length > 0)
        fputs(r->details->data, stderr);
    if (!ok)
        fprintf(stderr, "dure verify: %s\n", why->message);
    printf("%s: %lld instances, %lld rows of history, %lld commits, %lld personal payloads (%lld "
           "erased), %lld wrong\n",
           ok ? "whole" : "NOT WHOLE", (long long)r->instances, (long long)r->rows,
           (long long)r->commits, (long long)r->personal, (long long)r->erased, (long long)r->bad);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

// The secret votes in a case whose chain is whole.
static bool verify_urns(json exported, const char *receipt, bool as_json, struct fail *why)
{
    struct bytes lines;
    bytes_init(&lines, 1 << 20);
    struct urn_check_report report = {.lines = &lines};
    bool ok = urn_check_case(exported, receipt, &report, why);
    fputs(lines.data, as_json ? stderr : stdout);
    bytes_done(&lines);
    return ok;
}

static int verify_case(const char *file, const char *receipt, bool as_json,
                       struct audit_report *report)
{
    struct fail why = {0};
    struct bytes text;
    bytes_init(&text, 256u << 20);
    json exported = json_absent();
    bool ok =
        cli_read_file(file, &text, &why) && json_parse(text.data, text.length, &exported, &why) &&
        audit_verify_case(exported, report, &why) && verify_urns(exported, receipt, as_json, &why);
    json_free(exported);
    bytes_done(&text);
    return print_report(ok, as_json, report, &why);
}

static bool export_case(struct store *s, const char *instance, const char *file, struct fail *why)
{
    json exported;
    if (!audit_export(s, instance, &exported, why))
        return false;
    char *text = json_dump(exported);
    FILE *out = fopen(file, "wb");
    bool ok = out && fputs(text, out) >= 0;
    ok = (!out || fclose(out) == 0) && ok;
    mem_free(text);
    json_free(exported);
    return ok || fail(why, FAIL_IO, "cannot write '%s'", file);
}

// The bytes of the file, before anybody makes something of them.
static bool verify_pages(const char *directory)
{
    struct bytes lines;
    bytes_init(&lines, 1 << 20);
    struct page_report pages = {.lines = &lines};
    bool fit = page_check(directory, &pages);
    fputs(lines.data, stderr);
    if (!fit)
        fprintf(stderr,
                "dure verify: %lld of %lld pages are damaged; stop the server, keep a copy of the "
                "directory as it is, and restore a backup ('dure restore'); what follows is read "
                "as it stands\n",
                (long long)pages.bad, (long long)pages.pages);
    bytes_done(&lines);
    return fit;
}

static int verify_directory(const char *directory, const char *instance, const char *export,
                            bool as_json, struct audit_report *report)
{
    struct fail why = {0};
    bool fit = verify_pages(directory);
    struct store *store = open_to_look(directory, !fit, &why);
    if (!store) {
        cli_print_fail("verify", &why);
        return EXIT_BAD;
    }
    bool ok = audit_verify(store, instance, report, &why);
    if (ok && !fit && as_json)
        ok = fail(&why, FAIL_CORRUPT, "pages of the database are damaged");
    int code = print_report(ok, as_json, report, &why);
    if (!fit)
        code = EXIT_BAD;
    if (ok && export && !export_case(store, instance, export, &why)) {
        cli_print_fail("verify", &why);
        code = EXIT_BAD;
    }
    store_close(store);
    return code;
}

struct asked {
    const char *data, *instance, *export, *receipt, *keys;
    bool json;
    const char *words[2]; // the data directory first, however it was given
    int count;
};

// Below 0: go on.
static int parse(struct asked *a, int argc, char **argv, const char *usage,
                 const struct option *options)
{
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (c == 'd')
            a->data = optarg;
        else if (c == 'i')
            a->instance = optarg;
        else if (c == 'e')
            a->export = optarg;
        else if (c == 'r')
            a->receipt = optarg;
        else if (c == 'k')
            a->keys = optarg;
        else if (c == 'j')
            a->json = true;
        else
            return cli_wrong_option(usage, argv, options);
    }
    if (a->data)
        a->words[a->count++] = a->data;
    while (optind < argc && a->count < 2)
        a->words[a->count++] = argv[optind++];
    return optind == argc ? -1 : cli_usage(usage, "there is no argument '%s'", argv[optind]);
}

#define OPTION_DATA                                                                                \
    {                                                                                              \
        "data", required_argument, NULL, 'd'                                                       \
    }
#define OPTION_JSON                                                                                \
    {                                                                                              \
        "json", no_argument, NULL, 'j'                                                             \
    }
#define OPTION_HELP                                                                                \
    {                                                                                              \
        "help", no_argument, NULL, 'h'                                                             \
    }

int command_verify(int argc, char **argv)
{
    static const struct option options[] = {{"instance", required_argument, NULL, 'i'},
                                            {"export", required_argument, NULL, 'e'},
                                            {"receipt", required_argument, NULL, 'r'},
                                            OPTION_DATA,
                                            OPTION_JSON,
                                            OPTION_HELP,
                                            {0}};
    struct asked a = {0};
    int code = parse(&a, argc, argv, verify_usage, options);
    if (code >= 0)
        return code;
    if (a.count != 1 || (a.export && !a.instance))
        return cli_usage(verify_usage, "%s",
                         a.export ? "--export needs --instance"
                                  : "verify needs one directory or case");
    struct stat st;
    if (stat(a.words[0], &st) != 0) {
        fprintf(stderr, "dure verify: there is no '%s'\n", a.words[0]);
        return EXIT_BAD;
    }
    if (a.receipt && S_ISDIR(st.st_mode))
        return cli_usage(verify_usage, "--receipt needs a case, which --export makes");
    struct bytes details;
    bytes_init(&details, 1 << 20);
    struct audit_report report = {.details = &details};
    code = S_ISDIR(st.st_mode) ? verify_directory(a.words[0], a.instance, a.export, a.json, &report)
                               : verify_case(a.words[0], a.receipt, a.json, &report);
    bytes_done(&details);
    return code;
}

int command_backup(int argc, char **argv)
{
    static const struct option options[] = {OPTION_DATA, OPTION_HELP, {0}};
    struct fail why = {0};
    struct asked a = {0};
    int code = parse(&a, argc, argv, backup_usage, options);
    if (code >= 0)
        return code;
    if (a.count != 2)
        return cli_usage(backup_usage, "backup needs a data directory and a file");
    char *path = mem_printf("%s/dure.db", a.words[0]);
    bool found = access(path, R_OK) == 0 ||
                 fail(&why, FAIL_NOT_FOUND, "cannot read '%s': %s", path, strerror(errno));
    mem_free(path);
    if (!found || !sqlite_backup(a.words[0], a.words[1], &why)) {
        cli_print_fail("backup", &why);
        return EXIT_BAD;
    }
    printf("%s written\n", a.words[1]);
    return EXIT_GOOD;
}

// Open secret votes whose keys are not where they should be.
static bool tell_keys(struct store *store, const char *directory, const char *folder,
                      struct bytes *out)
{
    struct fail why = {0};
    struct config config;
    if (!config_read(&config, NULL, &why)) {
        bytes_printf(out, "problem: the configuration cannot be read: %s\n", why.message);
        config_done(&config);
        return false;
    }
    config_set(&config, CONFIG_SEAL_KEYS, folder);
    char *keys = config_seal_folder(&config, directory);
    bool sound = keyring_examine(store, keys, out, &why);
    mem_free(keys);
    config_done(&config);
    return sound;
}

// The chain is looked at only where the database opens.
static bool tell_chain(const char *directory, const char *folder, struct bytes *out)
{
    struct fail why = {0};
    struct store *store = open_to_look(directory, true, &why);
    if (!store) {
        bytes_printf(out, "problem: the database does not open: %s\n", why.message);
        return false;
    }
    struct bytes details;
    bytes_init(&details, 1 << 20);
    struct audit_report report = {.details = &details};
    bool whole = audit_verify(store, NULL, &report, &why);
    if (whole)
        bytes_printf(out, "ok: the audit chain is whole: %lld instances, %lld rows, %lld commits\n",
                     (long long)report.instances, (long long)report.rows,
                     (long long)report.commits);
    else
        bytes_printf(
            out,
            "problem: the audit chain is not whole: %s\n%srestore a backup, or export the cases "
            "that are whole with "
            "`dure verify --export`\n",
            why.message, details.data);
    bytes_done(&details);
    bool keys = tell_keys(store, directory, folder, out);
    store_close(store);
    return whole && keys;
}

// {sound, findings: [{kind: ok|problem|hint, text}]}
static void print_findings(bool sound, const char *lines)
{
    static const char *const kinds[] = {"ok", "problem", "hint"};
    json out = json_object(), findings = json_array();
    for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t bytes = strcspn(line, "\n"), skip = 0;
        const char *kind = "hint";
        for (size_t i = 0; i < 3 && skip == 0; i++) {
            size_t length = strlen(kinds[i]);
            if (strncmp(line, kinds[i], length) == 0 && strncmp(line + length, ": ", 2) == 0)
                kind = kinds[i], skip = length + 2;
        }
        json finding = json_object();
        json_set_text(&finding, "kind", kind);
        json_set_take(&finding, "text", json_string_sized(line + skip, bytes - skip));
        json_append_take(&findings, finding);
    }
    json_set_bool(&out, "sound", sound);
    json_set_take(&out, "findings", findings);
    cli_print_json(out);
    json_free(out);
}

// One line a finding; the way out is part of the sentence.
int command_doctor(int argc, char **argv)
{
    static const struct option options[] = {
        {"seal-keys", required_argument, NULL, 'k'}, OPTION_DATA, OPTION_JSON, OPTION_HELP, {0}};
    struct asked a = {0};
    int code = parse(&a, argc, argv, doctor_usage, options);
    if (code >= 0)
        return code;
    if (a.count != 1)
        return cli_usage(doctor_usage, "doctor needs a data directory");
    struct bytes lines;
    bytes_init(&lines, 4 << 20);
    struct doctor_report report = {.lines = &lines};
    bool sound = store_doctor(a.words[0], &report);
    sound &= tell_chain(a.words[0], a.keys, &lines);
    if (a.json)
        print_findings(sound, lines.data);
    else
        fputs(lines.data, stdout);
    bytes_done(&lines);
    return sound ? EXIT_GOOD : EXIT_BAD;
}
