// dure people: import a CSV in two steps, preview and commit, and look people up.
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/operate.h"

static const char usage[] =
    "usage: dure people import FILE [--yes] [--json] [--server URL | --data DIR]\n"
    "       dure people find TEXT [--json] [--server URL | --data DIR]\n"
    "The CSV (UTF-8 or CP949) has a header: id,name,email,phone,language,groups (separated by ;), "
    "and any\n"
    "attributes. The import shows what it would do; with --yes, or a yes at the terminal, it does "
    "it.\n";

// What would happen, by kind of action, and every problem with its line. Returns how many rows are
// refused.
static size_t print_preview(json preview)
{
    json rows = json_get(preview, "rows");
    size_t added = 0, changed = 0, same = 0, refused = 0;
    for (size_t i = 0; i < json_length(rows); i++) {
        json row = json_at(rows, i);
        const char *action = json_get_text(row, "action", "");
        added += strcmp(action, "add") == 0;
        changed += strcmp(action, "change") == 0;
        same += strcmp(action, "same") == 0;
        refused += strcmp(action, "refuse") == 0;
        json problems = json_get(row, "problems");
        for (size_t k = 0; k < json_length(problems); k++) {
            json problem = json_at(problems, k);
            char *text =
                json_is_string(problem) ? mem_string(json_text(problem)) : json_dump(problem);
            fprintf(stderr, "line %lld: %s\n", (long long)json_get_int(row, "line", 0), text);
            mem_free(text);
            json_free(problem);
        }
        json_free(problems);
        json_free(row);
    }
    json_free(rows);
    fprintf(stderr, "%zu new, %zu changed, %zu as they are, %zu refused\n", added, changed, same,
            refused);
    return refused;
}

static bool agreed(bool yes)
{
    if (yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        fputs("nothing was changed: say --yes to import\n", stderr);
        return false;
    }
    fputs("import? [y/N] ", stderr);
    int c = getchar();
    return c == 'y' || c == 'Y';
}

static int import(struct remote *t, const char *file, bool yes, bool as_json)
{
    struct fail why = {0};
    struct bytes csv;
    bytes_init(&csv, LIMIT_BODY_BYTES);
    json preview = json_absent(), answer = json_absent();
    struct remote_request request = {
        .method = "POST", .path = "/api/v1/people/import?preview=1", .type = "text/csv"};
    bool ok = cli_read_file(file, &csv, &why);
    if (ok) {
        request.text = csv.data;
        request.text_bytes = csv.length;
        ok = remote_ask(t, &request, &preview, &why);
    }
    int code = ok ? EXIT_GOOD : operate_refused("people", &why);
    if (ok && print_preview(preview) > 0) {
        fputs("nothing was changed: mend the refused lines first\n", stderr);
        code = EXIT_BAD;
    } else if (ok && !agreed(yes)) {
        code = EXIT_BAD;
    }
    if (code == EXIT_GOOD) {
        request.path = "/api/v1/people/import";
        if (!remote_ask(t, &request, &answer, &why))
            code = operate_refused("people", &why);
        else if (as_json)
            cli_print_json(answer);
        else
            puts("imported");
    }
    json_free(preview);
    json_free(answer);
    bytes_done(&csv);
    return code;
}

static int find(struct remote *t, const char *text, bool as_json)
{
    struct fail why = {0};
    struct bytes query;
    bytes_init(&query, 4096);
    remote_escape(&query, text);
    json page = json_absent();
    bool ok = remote_get(t, &page, &why, "/api/v1/people?q=%s", query.data);
    bytes_done(&query);
    if (ok && as_json) {
        cli_print_json(page);
    } else if (ok) {
        json items = json_get(page, "items");
        for (size_t i = 0; i < json_length(items); i++) {
            json person = json_at(items, i);
            printf("%s  %s  %s\n", json_get_text(person, "id", ""),
                   json_get_text(person, "name", ""), json_get_text(person, "email", ""));
            json_free(person);
        }
        json_free(items);
    }
    json_free(page);
    return ok ? EXIT_GOOD : operate_refused("people", &why);
}

int command_people(int argc, char **argv)
{
    static const struct option options[] = {{"server", required_argument, NULL, 's'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"plugins", required_argument, NULL, 'p'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"yes", no_argument, NULL, 'y'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct remote_opts opts = {0};
    bool as_json = false, yes = false;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'h':
            fputs(usage, stdout);
            return EXIT_GOOD;
        case 's':
            opts.server = optarg;
            break;
        case 'd':
            opts.data = optarg;
            break;
        case 'p':
            opts.plugins = optarg;
            break;
        case 'j':
            as_json = true;
            break;
        case 'y':
            yes = true;
            break;
        default:
            return cli_wrong_option(usage, argv, options);
        }
    }
    bool imports = argc - optind == 2 && strcmp(argv[optind], "import") == 0;
    if (!imports && !(argc - optind == 2 && strcmp(argv[optind], "find") == 0))
        return cli_usage(usage, "people needs `import FILE` or `find TEXT`");
    struct fail why = {0};
    opts.may_create = imports;
    struct remote *t = remote_open(&opts, &why);
    if (!t)
        return operate_refused("people", &why);
    const char *word = argv[optind + 1];
    int code = imports ? import(t, word, yes, as_json) : find(t, word, as_json);
    remote_close(t);
    return code;
}
