// dure restore: a backup becomes a data directory.
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "store/restore.h"

static const char usage[] =
    "usage: dure restore FILE --data DIR [--force]\n"
    "Makes a data directory from a backup: copies it, brings it to this version, checks every page "
    "and the audit\n"
    "chain, and only then gives it its name. A data directory that is there is refused; with "
    "--force it is put aside\n"
    "as DIR.before-NUMBER, never removed. Keys of secret votes and mails kept as files are not "
    "part of a backup.\n";

static int restore(const struct restore_opts *opts)
{
    struct fail why = {0};
    struct bytes details;
    bytes_init(&details, 1 << 20);
    struct restore_result result = {.audit.details = &details};
    bool ok = store_restore(opts, &result, &why);
    if (ok) {
        printf("%s restored: %lld instances, %lld rows of history, %lld commits, all whole\n",
               opts->directory, (long long)result.audit.instances, (long long)result.audit.rows,
               (long long)result.audit.commits);
        if (result.before)
            printf("what was there lies in %s\n", result.before);
        puts("keys of secret votes that are still open come from where they were kept; `dure "
             "doctor` says if one is missing");
    } else {
        fputs(details.data ? details.data : "", stderr);
        cli_print_fail("restore", &why);
    }
    mem_free(result.before);
    bytes_done(&details);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

int command_restore(int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"force", no_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct restore_opts opts = {0};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (c == 'd')
            opts.directory = optarg;
        else if (c == 'f')
            opts.force = true;
        else
            return cli_wrong_option(usage, argv, options);
    }
    if (argc - optind != 1 || !opts.directory || !*opts.directory)
        return cli_usage(usage, "restore needs a backup and --data DIR");
    opts.file = argv[optind];
    char *directory = mem_string(opts.directory);
    for (size_t n = strlen(directory); n > 1 && directory[n - 1] == '/';)
        directory[--n] = 0;
    opts.directory = directory;
    int code = restore(&opts);
    mem_free(directory);
    return code;
}
