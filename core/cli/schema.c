// dure schema: JSON Schema of the language, for editors.
#include <getopt.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/context.h"

static const char usage[] =
    "usage: dure schema [--plugins DIR]\n"
    "Prints the JSON Schema (2020-12) of the language with the arguments of every installed\n"
    "function. Keep it in a file and name that in a workflow's first line:\n"
    "  # yaml-language-server: $schema=dure.schema.json\n";

int command_schema(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"plugins", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *plugins = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        if (option == '?')
            return cli_wrong_option(usage, argv, options);
        if (option == 'p')
            plugins = optarg;
    }
    if (optind != argc)
        return cli_usage(usage, "schema takes no file");
    json schema = definition_editor_schema(cli_functions(plugins));
    cli_print_json(schema);
    json_free(schema);
    return EXIT_GOOD;
}
