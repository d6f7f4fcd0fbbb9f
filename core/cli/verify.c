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
    "usage: dure verify DIR [--instance ID] [--export FILE]\n"
    "       dure verify CASE.json [--receipt RECEIPT]\n"
    "Looks at every page of a data directory's database and at its log, and walks its audit chain "
    "(or that of one\n"
    "instance, or of an exported case); exit 1 if anything does not fit. --export writes one "
    "instance as a case that\n"
    "can be verified alone. Of a secret vote in a case it counts the ballots again and checks that "
    "they are those that\n"
    "were cast; --receipt says whether the ballot behind a voter's receipt is among them.\n";
static const char backup_usage[] =
    "usage: dure backup DIR FILE\n"
    "Copies the database of a data directory, in use or not, into a new file.\n";
static const char doctor_usage[] =
    "usage: dure doctor DIR [--seal-keys FOLDER]\n"
    "Examines a data directory and says in words what is wrong and what to do.\n";

// `trusts`: the pages were looked at before, and what is damaged is read as it stands.
static struct store *open_to_look(const char *directory, bool trusts, struct fail *why)
{
    struct store_driver *driver = sqlite_driver_open(
        &(struct sqlite_opts){
            .directory = directory, .read_only = true, .trusts = trusts, .skip_check = trusts},
        why);
    return driver ? store_open(&(struct store_opts){.driver = driver}, why) : NULL;
}

static int print_report(bool ok, const struct audit_report *r, const struct fail *why)
{
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
static bool verify_urns(json exported, const char *receipt, struct fail *why)
{
    struct bytes lines;
    bytes_init(&lines, 1 << 20);
    struct urn_check_report report = {.lines = &lines};
    bool ok = urn_check_case(exported, receipt, &report, why);
    fputs(lines.data, stdout);
    bytes_done(&lines);
    return ok;
}

static int verify_case(const char *file, const char *receipt, struct audit_report *report)
{
    struct fail why = {0};
    struct bytes text;
    bytes_init(&text, 256u << 20);
    json exported = json_absent();
    bool ok = cli_read_file(file, &text, &why) &&
              json_parse(text.data, text.length, &exported, &why) &&
              audit_verify_case(exported, report, &why) && verify_urns(exported, receipt, &why);
    json_free(exported);
    bytes_done(&text);
    return print_report(ok, report, &why);
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
                            struct audit_report *report)
{
    struct fail why = {0};
    bool fit = verify_pages(directory);
    struct store *store = open_to_look(directory, !fit, &why);
    if (!store) {
        cli_print_fail("verify", &why);
        return EXIT_BAD;
    }
    bool ok = audit_verify(store, instance, report, &why);
    int code = print_report(ok, report, &why);
    if (!fit)
        code = EXIT_BAD;
    if (ok && export && !export_case(store, instance, export, &why)) {
        cli_print_fail("verify", &why);
        code = EXIT_BAD;
    }
    store_close(store);
    return code;
}

int command_verify(int argc, char **argv)
{
    static const struct option options[] = {{"instance", required_argument, NULL, 'i'},
                                            {"export", required_argument, NULL, 'e'},
                                            {"receipt", required_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *instance = NULL, *export = NULL, *receipt = NULL;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(verify_usage, stdout), EXIT_GOOD;
        if (c == 'i')
            instance = optarg;
        else if (c == 'e')
            export = optarg;
        else if (c == 'r')
            receipt = optarg;
        else
            return cli_wrong_option(verify_usage, argv, options);
    }
    if (argc - optind != 1 || (export && !instance))
        return cli_usage(verify_usage, "%s",
                         export ? "--export needs --instance"
                                : "verify needs one directory or case");
    struct stat st;
    if (stat(argv[optind], &st) != 0) {
        fprintf(stderr, "dure verify: there is no '%s'\n", argv[optind]);
        return EXIT_BAD;
    }
    if (receipt && S_ISDIR(st.st_mode))
        return cli_usage(verify_usage, "--receipt needs a case, which --export makes");
    struct bytes details;
    bytes_init(&details, 1 << 20);
    struct audit_report report = {.details = &details};
    int code = S_ISDIR(st.st_mode) ? verify_directory(argv[optind], instance, export, &report)
                                   : verify_case(argv[optind], receipt, &report);
    bytes_done(&details);
    return code;
}

static bool asks_help(int argc, char **argv)
{
    return argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

int command_backup(int argc, char **argv)
{
    struct fail why = {0};
    if (asks_help(argc, argv))
        return fputs(backup_usage, stdout), EXIT_GOOD;
    if (argc != 3)
        return cli_usage(backup_usage, "backup needs a data directory and a file");
    char *path = mem_printf("%s/dure.db", argv[1]);
    bool found = access(path, R_OK) == 0 ||
                 fail(&why, FAIL_NOT_FOUND, "cannot read '%s': %s", path, strerror(errno));
    mem_free(path);
    if (!found || !sqlite_backup(argv[1], argv[2], &why)) {
        cli_print_fail("backup", &why);
        return EXIT_BAD;
    }
    printf("%s written\n", argv[2]);
    return EXIT_GOOD;
}

// Open secret votes whose keys are not where they should be.
static bool print_keys(struct store *store, const char *directory, const char *folder)
{
    struct fail why = {0};
    struct config config;
    struct bytes lines;
    if (!config_read(&config, NULL, &why)) {
        printf("problem: the configuration cannot be read: %s\n", why.message);
        config_done(&config);
        return false;
    }
    config_set(&config, CONFIG_SEAL_KEYS, folder);
    char *keys = config_seal_folder(&config, directory);
    bytes_init(&lines, 1 << 20);
    bool sound = keyring_examine(store, keys, &lines, &why);
    fputs(lines.data, stdout);
    bytes_done(&lines);
    mem_free(keys);
    config_done(&config);
    return sound;
}

// The chain is looked at only where the database opens.
static bool print_chain(const char *directory, const char *folder)
{
    struct fail why = {0};
    struct store *store = open_to_look(directory, true, &why);
    if (!store) {
        printf("problem: the database does not open: %s\n", why.message);
        return false;
    }
    struct bytes details;
    bytes_init(&details, 1 << 20);
    struct audit_report report = {.details = &details};
    bool whole = audit_verify(store, NULL, &report, &why);
    if (whole)
        printf("ok: the audit chain is whole: %lld instances, %lld rows, %lld commits\n",
               (long long)report.instances, (long long)report.rows, (long long)report.commits);
    else
        printf("problem: the audit chain is not whole: %s\n%srestore a backup, or export the cases "
               "that are whole with "
               "`dure verify --export`\n",
               why.message, details.data);
    bytes_done(&details);
    bool keys = print_keys(store, directory, folder);
    store_close(store);
    return whole && keys;
}

// One line a finding; the way out is part of the sentence.
int command_doctor(int argc, char **argv)
{
    if (asks_help(argc, argv))
        return fputs(doctor_usage, stdout), EXIT_GOOD;
    const char *folder = argc == 4 && strcmp(argv[2], "--seal-keys") == 0 ? argv[3] : NULL;
    if (argc != 2 && folder == NULL)
        return cli_usage(doctor_usage, "doctor needs a data directory");
    struct bytes lines;
    bytes_init(&lines, 1 << 20);
    struct doctor_report report = {.lines = &lines};
    bool sound = store_doctor(argv[1], &report);
    fputs(lines.data, stdout);
    bytes_done(&lines);
    bool whole = print_chain(argv[1], folder);
    return sound && whole ? EXIT_GOOD : EXIT_BAD;
}
