// dure check: what is wrong with workflows, one message a mistake.
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/scenario.h"

static const char usage[] = "usage: dure check PATH… [--format text|json|sarif] [--plugins DIR]\n"
                            "Says what is wrong with workflows: place, mistake, way out. In a "
                            "folder every *.yaml that is a\n"
                            "workflow is checked; a *.test.yaml only where it is named. Exit code "
                            "1 if there is any error.\n";

#define DEPTH_MAX        16
#define OUTPUT_BYTES_MAX (64 * 1024 * 1024)

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF };

struct checking {
    struct diagnostics diagnostics;
    struct definition_opts opts;
    size_t files;
    bool all_read;
};

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static void check_scenario(struct checking *c, const char *path)
{
    c->files++;
    scenario_free(scenario_read(path, &c->diagnostics));
}

// A folder may hold other YAML too. What cannot be read as YAML is taken for a workflow if it looks
// like one, so that a slip in its indentation does not hide it.
static bool is_workflow(const char *path, const struct bytes *text)
{
    struct diagnostics ignored;
    diagnostics_init(&ignored);
    struct yaml_document *document = yaml_parse(path, text->data, text->length, &ignored);
    bool is = strstr(text->data, "document:") != NULL && strstr(text->data, "dsl:") != NULL;
    if (document != NULL) {
        const struct yaml_node *root = document->root;
        const struct yaml_node *about =
            root->kind == YAML_MAPPING ? yaml_get(root, "document") : NULL;
        is = about != NULL && about->kind == YAML_MAPPING && yaml_get(about, "dsl") != NULL;
    }
    yaml_free(document);
    diagnostics_done(&ignored);
    return is;
}

static void check_file(struct checking *c, const char *path, bool named)
{
    struct bytes text;
    struct fail why;
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    if (!cli_read_file(path, &text, &why)) {
        cli_print_fail("check", &why);
        c->all_read = false;
    } else if (named || is_workflow(path, &text)) {
        c->files++;
        definition_unref(definition_parse(path, text.data, text.length, &c->opts, &c->diagnostics));
    }
    bytes_done(&text);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void check_folder(struct checking *c, const char *path, int depth)
{
    struct dirent **entries;
    int count = depth > DEPTH_MAX ? -1 : scandir(path, &entries, is_visible, alphasort);
    if (count < 0)
        return;
    for (int i = 0; i < count; i++) {
        struct stat st;
        char *inner = mem_printf("%s/%s", path, entries[i]->d_name);
        if (stat(inner, &st) == 0 && S_ISDIR(st.st_mode))
            check_folder(c, inner, depth + 1);
        else if ((ends_with(inner, ".yaml") || ends_with(inner, ".yml")) &&
                 !ends_with(inner, ".test.yaml"))
            check_file(c, inner, false);
        mem_free(inner);
        free(entries[i]);
    }
    free(entries);
}

static void check_path(struct checking *c, const char *path)
{
    struct stat st;
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        if (ends_with(path, ".test.yaml"))
            check_scenario(c, path);
        else
            check_file(c, path, true);
        return;
    }
    size_t before = c->files;
    check_folder(c, path, 0);
    if (c->files > before)
        return;
    fprintf(stderr, "dure check: there is no workflow in '%s'\n", path);
    c->all_read = false;
}

static void print_text(const struct checking *c)
{
    const struct diagnostics *d = &c->diagnostics;
    struct bytes text;
    bytes_init(&text, OUTPUT_BYTES_MAX);
    diagnostics_write_text(d, cli_is_color(STDOUT_FILENO), &text);
    fwrite(text.data, 1, text.length, stdout);
    bytes_done(&text);
    fflush(stdout);
    fprintf(stderr, "%zu %s checked: %zu %s, %zu %s\n", c->files, c->files == 1 ? "file" : "files",
            d->errors, d->errors == 1 ? "error" : "errors", d->warnings,
            d->warnings == 1 ? "warning" : "warnings");
}

static void print(const struct checking *c, enum format format)
{
    if (format == FORMAT_TEXT) {
        print_text(c);
        return;
    }
    json out = format == FORMAT_JSON ? diagnostics_to_json(&c->diagnostics)
                                     : diagnostics_to_sarif(&c->diagnostics);
    cli_print_json(out);
    json_free(out);
}

static bool parse_format(const char *text, enum format *format)
{
    static const char *const NAMES[] = {
        [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_SARIF] = "sarif"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strcmp(text, NAMES[i]) != 0)
            continue;
        *format = (enum format)i;
        return true;
    }
    return false;
}

int command_check(int argc, char **argv)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"plugins", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct checking c = {.opts = {.thorough = true}, .all_read = true};
    enum format format = FORMAT_TEXT;
    const char *plugins = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (option == 'f' && !parse_format(optarg, &format))
            return cli_usage(usage, "there is no format '%s'; there are text, json, sarif", optarg);
        if (option == 'j')
            format = FORMAT_JSON;
        if (option == 'p')
            plugins = optarg;
        if (option == '?')
            return cli_wrong_option(usage, argv, options);
    }
    if (optind == argc)
        return cli_usage(usage, "check needs a path");
    c.opts.functions = cli_functions(plugins);
    diagnostics_init(&c.diagnostics);
    for (int i = optind; i < argc; i++)
        check_path(&c, argv[i]);
    print(&c, format);
    bool good = c.all_read && c.diagnostics.errors == 0;
    diagnostics_done(&c.diagnostics);
    return good ? EXIT_GOOD : EXIT_BAD;
}
