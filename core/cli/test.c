// dure test: scenarios and plugin tests in virtual time, a TAP-like line each.
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/scenario.h"

static const char usage[] =
    "usage: dure test PATH… [--plugins DIR]\n"
    "Plays *.test.yaml scenarios and *_test.lua files (folders are searched) in virtual time.\n";

#define DEPTH_MAX 16

struct tally {
    size_t passed, failed, number;
    struct plugins *plugins;
};

static void report(struct tally *t, bool passed, const char *name, const char *detail)
{
    t->number++;
    *(passed ? &t->passed : &t->failed) += 1;
    printf("%s %zu - %s\n", passed ? "ok" : "not ok", t->number, name);
    if (passed || !detail)
        return;
    for (const char *line = detail; *line;) {
        size_t length = strcspn(line, "\n");
        printf("# %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void test_scenario(struct tally *t, const char *file)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct scenario_result result = {0};
    bytes_init(&result.report, 1 << 20);
    struct scenario *scenario = scenario_read(file, &diagnostics);
    if (scenario)
        scenario_play(scenario, t->plugins, NULL, &result);
    else
        diagnostics_write_text(&diagnostics, false, &result.report);
    report(t, result.passed, file, result.report.data);
    scenario_free(scenario);
    bytes_done(&result.report);
    diagnostics_done(&diagnostics);
}

struct lua_file {
    struct tally *tally;
    const char *file;
};

static void lua_line(void *context, bool passed, const char *name, const char *detail)
{
    struct lua_file *lua = context;
    char *full = mem_printf("%s: %s", lua->file, name);
    report(lua->tally, passed, full, detail);
    mem_free(full);
}

static void test_lua(struct tally *t, const char *file)
{
    struct fail why = {0};
    struct lua_file context = {t, file};
    if (!t->plugins)
        report(t, false, file, "no plugins directory was found; name it with --plugins");
    else if (!plugins_test(t->plugins, file, lua_line, &context, &why))
        report(t, false, file, why.message);
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

// A folder's files come before its folders, both by name: the same order everywhere.
static bool test_path(struct tally *t, const char *path, int depth)
{
    struct stat st;
    if (depth > DEPTH_MAX || stat(path, &st) != 0) {
        fprintf(stderr, "dure test: there is no '%s'\n", path);
        return false;
    }
    if (!S_ISDIR(st.st_mode)) {
        if (ends_with(path, "_test.lua"))
            test_lua(t, path);
        else
            test_scenario(t, path);
        return true;
    }
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char *inner = mem_printf("%s/%s", path, entries[i]->d_name);
        bool folder = stat(inner, &st) == 0 && S_ISDIR(st.st_mode);
        if (folder || ends_with(inner, ".test.yaml") || ends_with(inner, "_test.lua"))
            test_path(t, inner, depth + 1);
        mem_free(inner);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return true;
}

int command_test(int argc, char **argv)
{
    static const struct option options[] = {
        {"plugins", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *directory = NULL;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (c != 'p')
            return cli_wrong_option(usage, argv, options);
        directory = optarg;
    }
    if (optind == argc)
        return cli_usage(usage, "test needs a path");
    struct tally t = {.plugins = cli_plugins(directory)};
    setvbuf(stdout, NULL, _IOLBF, 0);
    bool all_there = true;
    for (int i = optind; i < argc; i++)
        all_there &= test_path(&t, argv[i], 0);
    printf("%zu passed, %zu failed\n", t.passed, t.failed);
    if (all_there && t.number == 0)
        fputs("dure test: there is no *.test.yaml and no *_test.lua here\n", stderr);
    return t.failed > 0 || !all_there || t.number == 0 ? EXIT_BAD : EXIT_GOOD;
}
