#include "cli/context.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "json/diagnostic.h"
#include "json/yaml.h"

#define PLUGIN_CPU_MS     1000 // the default
#define PLUGIN_CPU_MS_MIN 100
#define PLUGIN_CPU_MS_MAX 600000

static struct plugins *loaded;

bool cli_read_file(const char *path, struct bytes *out, struct fail *why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!file)
        return fail(why, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_IO, "cannot read '%s': %s", path,
                    strerror(errno));
    char block[16384];
    size_t n;
    while (!out->overflowed && (n = fread(block, 1, sizeof block, file)) > 0)
        bytes_append(out, block, n);
    bool broken = ferror(file) != 0;
    int error = errno;
    if (file != stdin)
        fclose(file);
    if (broken)
        return fail(why, FAIL_IO, "cannot read '%s': %s", path, strerror(error));
    if (out->overflowed)
        return fail(why, FAIL_LIMIT, "'%s' is longer than the %zu bytes allowed", path, out->max);
    return true;
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *cli_plugins_directory(const char *given)
{
    if (given)
        return mem_string(given);
    const char *set = getenv("DURE_PLUGINS");
    if (set && *set)
        return mem_string(set);
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return NULL;
    self[n] = 0;
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    static const char *const beside[] = {"/../plugins", "/../share/dure/plugins"};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char *path = mem_printf("%s%s", self, beside[i]);
        if (is_directory(path))
            return path;
        mem_free(path);
    }
    return NULL;
}

// What is still inside a call at ten times its budget is stuck, though never before the default.
static struct plugin_limits plugin_limits(void)
{
    struct plugin_limits limits = {0};
    const char *set = getenv("DURE_PLUGIN_CPU_MS");
    if (!set || !*set)
        return limits;
    char *end;
    long ms = strtol(set, &end, 10);
    if (*end || ms < PLUGIN_CPU_MS_MIN || ms > PLUGIN_CPU_MS_MAX) {
        fprintf(stderr, "dure: DURE_PLUGIN_CPU_MS is %d to %d, not '%s'\n", PLUGIN_CPU_MS_MIN,
                PLUGIN_CPU_MS_MAX, set);
        exit(EXIT_USAGE);
    }
    limits.cpu_ms = (int)ms;
    if (ms > PLUGIN_CPU_MS)
        limits.stuck_ms = (int)ms * 10;
    return limits;
}

struct plugins *cli_plugins(const char *given)
{
    if (loaded)
        return loaded;
    char *directory = cli_plugins_directory(given);
    if (!directory)
        return NULL;
    struct fail why = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct plugin_limits limits = plugin_limits();
    loaded = plugins_new(&limits);
    bool ok = plugins_load(loaded, directory, &diagnostics, &why);
    if (!ok)
        fprintf(stderr, "dure: %s; --plugins or DURE_PLUGINS names the folder\n", why.message);
    cli_print_diagnostics(&diagnostics);
    diagnostics_done(&diagnostics);
    mem_free(directory);
    if (!ok)
        exit(EXIT_BAD);
    return loaded;
}

const struct function_catalogue *cli_functions(const char *given)
{
    struct plugins *plugins = cli_plugins(given);
    return plugins ? &plugins_host(plugins)->catalogue : NULL;
}

void cli_plugins_done(void)
{
    if (loaded)
        plugins_free(loaded);
    loaded = NULL;
}

// YAML takes most JSON, but fewer values and no escaped surrogate pairs, so JSON is tried first;
// what is no YAML either was meant as JSON if its file says so.
static bool read_value(const char *name, const struct bytes *source, json *out, struct fail *why)
{
    struct fail not_json;
    if (json_parse(source->data, source->length, out, &not_json))
        return true;
    const char *ending = strrchr(name, '.');
    if (ending && strcmp(ending, ".json") == 0)
        return fail(why, FAIL_INVALID, "%s: %s", name, not_json.message);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct yaml_document *document = yaml_parse(name, source->data, source->length, &diagnostics);
    if (document)
        *out = yaml_to_json(document->root);
    else
        fail(why, FAIL_INVALID, "%s:%d:%d: %s", name, diagnostics.items[0].line,
             diagnostics.items[0].column, diagnostics.items[0].message);
    bool ok = document != NULL;
    yaml_free(document);
    diagnostics_done(&diagnostics);
    return ok;
}

bool cli_value(const char *text, json *out, struct fail *why)
{
    *out = json_absent();
    if (!text)
        return true;
    struct bytes source;
    bytes_init(&source, LIMIT_PAYLOAD_BYTES);
    bool is_file = text[0] == '@', ok = true;
    if (is_file)
        ok = cli_read_file(text + 1, &source, why);
    else
        bytes_add(&source, text);
    ok = ok && read_value(is_file ? text + 1 : "the value", &source, out, why);
    bytes_done(&source);
    return ok;
}

void cli_print_json(json v)
{
    struct bytes text;
    bytes_init(&text, SIZE_MAX / 4);
    json_write(v, isatty(STDOUT_FILENO) ? JSON_PRETTY : JSON_COMPACT, &text);
    fwrite(text.data, 1, text.length, stdout);
    putchar('\n');
    bytes_done(&text);
}

void cli_print_diagnostics(const struct diagnostics *diagnostics)
{
    struct bytes text;
    if (diagnostics->count == 0)
        return;
    bytes_init(&text, 1 << 20);
    diagnostics_write_text(diagnostics, cli_is_color(STDERR_FILENO), &text);
    fputs(text.data, stderr);
    bytes_done(&text);
}

void cli_print_fail(const char *command, const struct fail *why)
{
    fprintf(stderr, "dure %s: %s\n", command, why->message);
}

bool cli_is_color(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(fd) && !(no_color && *no_color);
}

int cli_usage(const char *usage, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("dure: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n%s", usage);
    return EXIT_USAGE;
}

#define OPTIONS_MAX 64

static int refuse_option(const char *usage, const char *command, const char *given,
                         const struct option *options)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0, length = strcspn(given, "=");
    for (; options[count].name && count < OPTIONS_MAX; count++)
        names[count] = options[count].name;
    char *word = mem_string_sized(given, length);
    const char *near = diagnostics_nearest(word + strspn(word, "-"), names, count);
    fprintf(stderr, "dure %s: there is no option '%s'%s%s%s\n%s", command, word,
            near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "", usage);
    mem_free(word);
    return EXIT_USAGE;
}

int cli_wrong_option(const char *usage, char **argv, const struct option *options)
{
    const char *given = argv[optind - 1];
    for (; optopt && options->name; options++) {
        if (options->val != optopt)
            continue;
        fprintf(stderr, "dure %s: '--%s' %s\n%s", argv[0], options->name,
                options->has_arg ? "needs a value" : "takes no value", usage);
        return EXIT_USAGE;
    }
    char letter[] = {'-', (char)optopt, 0};
    if (optopt) {
        fprintf(stderr, "dure %s: there is no option '%s'\n%s", argv[0], letter, usage);
        return EXIT_USAGE;
    }
    return refuse_option(usage, argv[0], given, options);
}

bool cli_number(const char *name, const char *text, int64_t least, int64_t most, int64_t *out,
                struct fail *why)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool plain = *text && strspn(text, "-0123456789") == strlen(text);
    if (!plain || *end || errno || value < least || value > most)
        return fail(why, FAIL_INVALID, "%s: '%.60s' is no whole number from %lld to %lld", name,
                    text, (long long)least, (long long)most);
    *out = value;
    return true;
}

struct definition *cli_definition(const char *path, const struct function_catalogue *f,
                                  struct fail *why)
{
    struct diagnostics diagnostics;
    struct definition *d = NULL;
    struct bytes text;
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    diagnostics_init(&diagnostics);
    if (cli_read_file(path, &text, why)) {
        d = definition_parse(path, text.data, text.length,
                             &(struct definition_opts){.functions = f}, &diagnostics);
        if (d == NULL)
            fail(why, FAIL_INVALID, "'%s' has mistakes; they come first", path);
    }
    bytes_clear(&text);
    if (d == NULL && diagnostics.count > 0) {
        diagnostics_write_text(&diagnostics, cli_is_color(STDERR_FILENO), &text);
        fputs(text.data, stderr);
    }
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return d;
}

static bool prefers_korean(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strncmp(value, "ko", 2) == 0;
    }
    return false;
}

const char *cli_text_in(json text)
{
    if (json_is_string(text))
        return json_text(text);
    const char *ko = json_get_text(text, "ko", NULL), *en = json_get_text(text, "en", NULL);
    return (prefers_korean() && ko) || !en ? ko : en;
}
