// dure: the table of commands and what `dure` without arguments says.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/last_words.h"
#include "base/log.h"

#include "cli/commands.h"
#include "cli/context.h"

static const struct command {
    const char *name, *group, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"check", "Write", "say what is wrong in definitions and scenarios, one message a mistake",
     command_check},
    {"graph", "Write", "draw a definition (svg, dot, mermaid)", command_graph},
    {"run", "Write", "run one workflow here and print its output", command_run},
    {"test", "Write", "play scenarios and plugin tests in virtual time", command_test},
    {"rehearse", "Write", "play a workflow through months and show everything that would happen",
     command_rehearse},
    {"schema", "Write", "print the JSON Schema for editors", command_schema},
    {"mail", "Write", "show templates of mails as they will be sent; take in what came back",
     command_mail},
    {"plugin", "Write", "list, check or begin plugins", command_plugin},
    {"serve", "Serve", "run the server", command_serve},
    {"deploy", "Operate", "hand definitions to a server", command_deploy},
    {"list", "Operate", "list instances (or definitions, items)", command_operate},
    {"show", "Operate", "show one instance and what it waits for", command_operate},
    {"start", "Operate", "start an instance", command_operate},
    {"send", "Operate", "send an event", command_operate},
    {"answer", "Operate", "answer a work item", command_operate},
    {"remind", "Operate", "mail those who have not answered", command_operate},
    {"cancel", "Operate", "cancel instances", command_operate},
    {"pause", "Operate", "pause instances", command_operate},
    {"resume", "Operate", "resume instances", command_operate},
    {"retry", "Operate", "retry faulted instances", command_operate},
    {"repair", "Operate", "say what became of an effect that a crash left unknown",
     command_operate},
    {"migrate", "Operate", "let instances go on by another version of their definition",
     command_operate},
    {"why", "Operate", "say why an event matched or did not", command_operate},
    {"people", "Operate", "import and look up people", command_people},
    {"account", "Operate", "say who may log in, and with which roles", command_account},
    {"token", "Operate", "make and revoke the tokens that programs come with", command_token},
    {"verify", "Keep", "verify the audit chain of a data directory or an exported case",
     command_verify},
    {"backup", "Keep", "copy a data directory while it is in use", command_backup},
    {"restore", "Keep", "make a data directory from a backup", command_restore},
    {"simulate", "Keep", "play worlds with faults from seeds, to find mistakes in Dure itself",
     command_simulate},
    {"doctor", "Keep", "examine a data directory and explain what is wrong", command_doctor},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_help(FILE *out)
{
    fputs("dure runs event workflows that are written in YAML.\n\nusage: dure COMMAND [--help] …\n",
          out);
    const char *group = "";
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(group, commands[i].group) != 0)
            fprintf(out, "\n%s\n", group = commands[i].group);
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\nexit code: 0 good, 1 the thing asked about is not good, 2 wrong usage\n", out);
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *near = diagnostics_nearest(name, names, COMMAND_COUNT);
    fprintf(stderr, "dure: there is no command '%s'", name);
    if (near)
        fprintf(stderr, "; did you mean '%s'?", near);
    fputs("\nrun `dure` for the list\n", stderr);
    return EXIT_USAGE;
}

// A file opened in the place of a closed standard one would get what is meant for people; libuv
// ends the process when it closes such a one.
static void hold_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
            _exit(EXIT_BAD);
}

// What could not be written is not good, whatever was computed.
static int written(const char *command, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "dure %s: the output could not be written: %s\n", command, strerror(errno));
    return code == EXIT_GOOD ? EXIT_BAD : code;
}

int main(int argc, char **argv)
{
    hold_standard_files();
    // libjq 1.6 loads $HOME/.jq into every program it compiles and cannot be told not to.
    unsetenv("HOME");
    // Nor does its `fromdate` keep to UTC where the machine's zone has daylight saving time.
    setenv("TZ", "UTC", 1);
    last_words_say();
    signal(SIGXFSZ, SIG_IGN); // a limit on the size of files is a full disk, not an end
    opterr = 0;               // what is wrong with an option is said by its command
    log_configure(LOG_WARN, !isatty(STDERR_FILENO)); // the server says more
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return EXIT_GOOD;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("dure " DURE_VERSION);
        return EXIT_GOOD;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        int code = commands[i].run(argc - 1, argv + 1);
        cli_plugins_done();
        return written(argv[1], code);
    }
    return unknown_command(argv[1]);
}
