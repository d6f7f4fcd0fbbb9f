// dure deploy: hand definitions to a server, all of them checked there before one is taken.
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/operate.h"

static const char usage[] =
    "usage: dure deploy FILE… [--server URL | --data DIR] [--plugins DIR] [--json]\n"
    "Hands definitions to a server. The same text again is no change; another text under a version "
    "that is\n"
    "already deployed is refused: give it a new version.\n";

static void print_errors(json problem)
{
    json errors = json_get(problem, "errors");
    for (size_t i = 0; i < json_length(errors); i++) {
        json error = json_at(errors, i);
        const char *hint = json_get_text(error, "suggestion", "");
        fprintf(stderr, "%s:%lld:%lld: %s: %s%s%s\n", json_get_text(error, "file", "definition"),
                (long long)json_get_int(error, "line", 0),
                (long long)json_get_int(error, "column", 0),
                json_get_text(error, "severity", "error"), json_get_text(error, "message", ""),
                *hint ? "; " : "", hint);
        json_free(error);
    }
    json_free(errors);
}

enum step { STEP_CHECK, STEP_DEPLOY };

static int hand_over(struct remote *t, const char *file, enum step step, bool as_json)
{
    struct fail why = {0};
    struct bytes text;
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    json answer = json_absent(), body = json_object();
    bool ok = cli_read_file(file, &text, &why);
    if (ok && strlen(text.data) < text.length)
        ok = fail(&why, FAIL_INVALID, "'%s' holds zero characters, so it is not YAML", file);
    if (ok) {
        json_set_text(&body, "file", file);
        json_set_text(&body, "text", text.data);
        struct remote_request request = {.method = "POST",
                                         .path = step == STEP_CHECK ? "/api/v1/definitions?check=1"
                                                                    : "/api/v1/definitions",
                                         .body = body};
        ok = remote_ask(t, &request, &answer, &why);
    }
    if (ok && step == STEP_CHECK)
        (void)0; // nothing was done yet
    else if (ok && as_json)
        cli_print_json(answer);
    else if (ok)
        printf("%s/%s:%s deployed\n", json_get_text(answer, "namespace", ""),
               json_get_text(answer, "name", ""), json_get_text(answer, "version", ""));
    else
        print_errors(answer);
    int code = ok ? EXIT_GOOD : operate_refused("deploy", &why);
    json_free(body);
    json_free(answer);
    bytes_done(&text);
    return code;
}

int command_deploy(int argc, char **argv)
{
    static const struct option options[] = {
        {"server", required_argument, NULL, 's'},  {"data", required_argument, NULL, 'd'},
        {"plugins", required_argument, NULL, 'p'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},          {0}};
    struct remote_opts opts = {0};
    bool as_json = false;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (c == 's')
            opts.server = optarg;
        else if (c == 'd')
            opts.data = optarg;
        else if (c == 'p')
            opts.plugins = optarg;
        else if (c == 'j')
            as_json = true;
        else
            return cli_wrong_option(usage, argv, options);
    }
    if (optind == argc)
        return cli_usage(usage, "deploy needs a file");
    struct fail why = {0};
    opts.may_create = true;
    struct remote *t = remote_open(&opts, &why);
    if (!t)
        return operate_refused("deploy", &why);
    int code = EXIT_GOOD;
    for (int i = optind; i < argc; i++)
        if (hand_over(t, argv[i], STEP_CHECK, as_json) != EXIT_GOOD)
            code = EXIT_BAD;
    if (code != EXIT_GOOD && argc - optind > 1)
        fputs("nothing was deployed\n", stderr);
    for (int i = optind; code == EXIT_GOOD && i < argc; i++)
        code = hand_over(t, argv[i], STEP_DEPLOY, as_json);
    remote_close(t);
    return code;
}
