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
        fprintf(stderr, "%s:%lld:%lld: %s: %s\n", json_get_text(error, "file", "definition"),
                (long long)json_get_int(error, "line", 0),
                (long long)json_get_int(error, "column", 0),
                json_get_text(error, "severity", "error"), json_get_text(error, "message", ""));
        json_free(error);
    }
    json_free(errors);
}

static int deploy_file(struct remote *t, const char *file, bool as_json)
{
    struct fail why = {0};
    struct bytes text;
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    json answer = json_absent(), body = json_object();
    bool ok = cli_read_file(file, &text, &why);
    if (ok) {
        json_set_text(&body, "file", file);
        json_set_text(&body, "text", text.data);
        struct remote_request request = {
            .method = "POST", .path = "/api/v1/definitions", .body = body};
        ok = remote_ask(t, &request, &answer, &why);
    }
    if (ok && as_json)
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
    struct remote *t = remote_open(&opts, &why);
    if (!t)
        return operate_refused("deploy", &why);
    int code = EXIT_GOOD;
    for (int i = optind; i < argc; i++)
        if (deploy_file(t, argv[i], as_json) != EXIT_GOOD)
            code = EXIT_BAD;
    remote_close(t);
    return code;
}
