// dure graph: the picture of a workflow.
#include <errno.h>
#include <getopt.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/commands.h"
#include "cli/context.h"

static const char usage[] =
    "usage: dure graph FILE [--format svg|dot|mermaid] [--plugins DIR]\n"
    "Draws a workflow on standard output. SVG, the default, is made by Graphviz' `dot`.\n";

extern char **environ;

#define PICTURE_BYTES_MAX (64 * 1024 * 1024)

// The whole text in a file without a name, from which the child reads: a pipe could block both.
static int as_input(const struct bytes *text)
{
    int fd = memfd_create("dure-graph", MFD_CLOEXEC);
    for (size_t done = 0; fd >= 0 && done < text->length;) {
        ssize_t n = write(fd, text->data + done, text->length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool run_dot(int input, struct fail *why)
{
    char *arguments[] = {"dot", "-Tsvg", NULL};
    posix_spawn_file_actions_t files;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    int error = posix_spawnp(&child, "dot", &files, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    if (error == ENOENT)
        return fail(why, FAIL_NOT_FOUND,
                    "Graphviz is not installed: 'apt install graphviz', or use --format dot or "
                    "--format mermaid");
    if (error != 0)
        return fail(why, FAIL_IO, "cannot start 'dot': %s", strerror(error));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(why, FAIL_IO, "'dot' could not draw the picture; try --format dot");
    return true;
}

static bool write_svg(const struct bytes *dot, struct fail *why)
{
    int input = as_input(dot);
    if (input < 0)
        return fail(why, FAIL_IO, "cannot hand the picture to 'dot': %s", strerror(errno));
    bool good = run_dot(input, why);
    close(input);
    return good;
}

static bool write_picture(const struct definition *d, const char *format, struct fail *why)
{
    struct bytes text;
    bool good = true;
    bytes_init(&text, PICTURE_BYTES_MAX);
    if (strcmp(format, "mermaid") == 0)
        graph_mermaid(d, &text);
    else
        graph_dot(d, json_absent(), &text);
    if (text.overflowed)
        good = fail(why, FAIL_LIMIT, "the picture is larger than %d bytes", PICTURE_BYTES_MAX);
    else if (strcmp(format, "svg") == 0)
        good = write_svg(&text, why);
    else
        fwrite(text.data, 1, text.length, stdout);
    bytes_done(&text);
    return good;
}

int command_graph(int argc, char **argv)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"plugins", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *format = "svg", *plugins = NULL;
    struct fail why;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (option == '?')
            return cli_wrong_option(usage, argv, options);
        if (option == 'f')
            format = optarg;
        if (option == 'p')
            plugins = optarg;
    }
    if (strcmp(format, "svg") != 0 && strcmp(format, "dot") != 0 && strcmp(format, "mermaid") != 0)
        return cli_usage(usage, "there is no format '%s'; there are svg, dot, mermaid", format);
    if (optind + 1 != argc)
        return cli_usage(usage, "graph needs one file");
    struct definition *d = cli_definition(argv[optind], cli_functions(plugins), &why);
    bool good = d != NULL && write_picture(d, format, &why);
    if (!good)
        cli_print_fail("graph", &why);
    definition_unref(d);
    return good ? EXIT_GOOD : EXIT_BAD;
}
