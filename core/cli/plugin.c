// dure plugin: list what is installed, check a folder, begin a new one.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/site.h"
#include "store/store.h"

static const char usage[] =
    "usage: dure plugin list [--plugins DIR] [--json]\n"
    "       dure plugin check DIR        say what is wrong with the plugins in a folder\n"
    "       dure plugin new NAME [DIR]   begin a plugin, with its test, in DIR/NAME "
    "(plugins/NAME)\n"
    "       dure plugin release NAME --data DIR [--plugins DIR]   let a plugin run again that was "
    "held\n"
    "                                    because it was at work in two crashes in a row\n";

#define RELEASE_PATIENCE_MS 10000

static int list(const char *directory, bool as_json)
{
    struct plugins *plugins = cli_plugins(directory);
    if (!plugins) {
        fputs("dure plugin: no plugins folder was found; name it with --plugins\n", stderr);
        return EXIT_BAD;
    }
    json all = plugins_list(plugins);
    if (as_json) {
        cli_print_json(all);
        json_free(all);
        return EXIT_GOOD;
    }
    for (size_t i = 0; i < json_length(all); i++) {
        json plugin = json_at(all, i), functions = json_get(plugin, "functions");
        for (size_t k = 0; k < json_length(functions); k++) {
            json function = json_at(functions, k);
            printf("%-14s %-8s %-10s %s\n", json_get_text(function, "name", ""),
                   json_get_text(plugin, "version", ""), json_get_text(function, "effects", ""),
                   json_get_text(function, "summary", ""));
            json_free(function);
        }
        json_free(functions);
        json_free(plugin);
    }
    json_free(all);
    return EXIT_GOOD;
}

// On a stopped server's data: while it runs, the lock says so.
static int release(const char *name, const char *data, const char *directory)
{
    struct fail why = {0};
    struct plugins *plugins = cli_plugins(directory);
    struct site *site =
        plugins ? site_open(&(struct site_opts){.data = data, .plugins = plugins}, &why) : NULL;
    bool ok = site != NULL && plugins_release(plugins, site_store(site), name, &why);
    if (ok) {
        store_seal(site_store(site), engine_now_ms(site_engine(site)), NULL, NULL);
        ok = store_flush(site_store(site), RELEASE_PATIENCE_MS, &why);
    }
    if (ok)
        printf("%s runs again when the server starts; resume what was held with it\n", name);
    else
        cli_print_fail("plugin", &why);
    site_close(site);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

static int check(const char *directory)
{
    struct fail why = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct plugins *plugins = plugins_new(NULL);
    bool ok = plugins_load(plugins, directory, &diagnostics, &why);
    if (!ok)
        cli_print_fail("plugin", &why);
    struct bytes text;
    bytes_init(&text, 1 << 20);
    diagnostics_write_text(&diagnostics, cli_is_color(STDERR_FILENO), &text);
    fputs(text.data, stderr);
    ok = ok && diagnostics.errors == 0;
    bytes_done(&text);
    diagnostics_done(&diagnostics);
    plugins_free(plugins);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

static bool write_file(const char *folder, const char *name, const char *format, const char *plugin)
{
    char *path = mem_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "wx");
    if (!file)
        fprintf(stderr, "dure plugin: cannot write '%s': %s\n", path, strerror(errno));
    for (const char *c = format; file && *c; c++)
        *c == '@' ? fputs(plugin, file) : fputc(*c, file);
    bool ok = file && fclose(file) == 0;
    if (ok)
        printf("%s\n", path);
    mem_free(path);
    return ok;
}

static const char new_plugin[] =
    "-- @: says hello; replace it by what yours does.\n"
    "local functions = {}\n\n"
    "functions[\"@\"] = {\n"
    "  summary = \"Say hello\",\n"
    "  effects = \"pure\",\n"
    "  input = {\n"
    "    type = \"object\",\n"
    "    required = { \"who\" },\n"
    "    properties = { who = { type = \"string\", description = \"whom to greet\" } },\n"
    "    additionalProperties = false,\n"
    "  },\n"
    "  output = { type = \"object\" },\n"
    "  start = function(step)\n"
    "    return { greeting = \"Hello \" .. step.input.who }\n"
    "  end,\n"
    "}\n\n"
    "return { name = \"@\", version = \"0.1.0\", functions = functions }\n";
static const char new_test[] =
    "-- Run with: dure test DIR\n"
    "test(\"@ greets\", function(t)\n"
    "  local run = t:start(\"@\", { who = \"Dure\" })\n"
    "  run:expect{ status = \"completed\", output = { greeting = \"Hello Dure\" } }\n"
    "end)\n";
static const char new_readme[] = "# @\n\nSays hello. A task that uses it:\n\n```yaml\n- greet:\n   "
                                 " call: @\n    with: { who: Dure }\n```\n";

static int begin(const char *name, const char *directory)
{
    for (const char *c = name; *c; c++) {
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
              (*c >= '0' && *c <= '9' && c > name))) {
            fprintf(stderr,
                    "dure plugin: '%s' is no name of a plugin; it has letters and digits, a letter "
                    "first\n",
                    name);
            return EXIT_BAD;
        }
    }
    char *folder = mem_printf("%s/%s", directory, name), *test = mem_printf("%s_test.lua", name);
    mkdir(directory, 0777);
    bool ok = mkdir(folder, 0777) == 0;
    if (!ok)
        fprintf(stderr, "dure plugin: cannot make '%s': %s\n", folder, strerror(errno));
    ok = ok && write_file(folder, "plugin.lua", new_plugin, name) &&
         write_file(folder, test, new_test, name) &&
         write_file(folder, "README.md", new_readme, name);
    mem_free(folder);
    mem_free(test);
    return ok ? EXIT_GOOD : EXIT_BAD;
}

int command_plugin(int argc, char **argv)
{
    static const struct option options[] = {{"plugins", required_argument, NULL, 'p'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *directory = NULL, *data = NULL;
    bool as_json = false;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (c == 'p')
            directory = optarg;
        else if (c == 'd')
            data = optarg;
        else if (c == 'j')
            as_json = true;
        else
            return cli_wrong_option(usage, argv, options);
    }
    const char *verb = optind < argc ? argv[optind] : "",
               *word = optind + 1 < argc ? argv[optind + 1] : NULL;
    if (strcmp(verb, "list") == 0)
        return list(directory, as_json);
    if (strcmp(verb, "check") == 0 && word)
        return check(word);
    if (strcmp(verb, "release") == 0 && word && data)
        return release(word, data, directory);
    if (strcmp(verb, "new") == 0 && word && *word)
        return begin(word, optind + 2 < argc ? argv[optind + 2] : "plugins");
    return cli_usage(usage,
                     "plugin needs `list`, `check DIR`, `new NAME` or `release NAME --data DIR`");
}
