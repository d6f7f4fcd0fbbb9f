// What several commands need: reading files, finding the plugins, printing. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "definition/definition.h"
#include "plugin/plugin.h"
#include "json/diagnostic.h"
#include "json/json.h"

// The whole file ("-": standard input) into `out`, at most LIMIT_DEFINITION_BYTES or what `out`
// allows.
CHECKED bool cli_read_file(const char *path, struct bytes *out, struct fail *why);

// Where the plugins are: `given` (--plugins), else $DURE_PLUGINS, else ../plugins or
// ../share/dure/plugins beside the binary; NULL if nowhere. The caller frees with mem_free.
char *cli_plugins_directory(const char *given);

// Loads the plugins once a process and returns them, or their catalogue; NULL when there are none.
// A plugin that does not load is named on stderr. A folder that cannot be read ends the process:
// going on without functions would only bring mistakes that nobody has made. Lives to the end.
struct plugins *cli_plugins(const char *given);
const struct function_catalogue *cli_functions(const char *given);
void cli_plugins_done(void);
// The workflow in a file; NULL and why, with its mistakes on stderr. definition_unref.
struct definition *cli_definition(const char *path, const struct function_catalogue *f,
                                  struct fail *why);

// A value given on the command line: JSON or YAML text, or @FILE, or NULL (absent).
CHECKED bool cli_value(const char *text, json *out, struct fail *why);

void cli_print_json(json v); // one line; indented on a terminal
// On stderr, in colour on a terminal; nothing if there are none.
void cli_print_diagnostics(const struct diagnostics *diagnostics);
void cli_print_fail(const char *command, const struct fail *why);
bool cli_is_color(int fd); // a terminal, and NO_COLOR is not set
// A text that people read: itself, or the one of {ko, en} that the environment's language asks for.
// NULL if it is neither; borrowed from `text`.
const char *cli_text_in(json text);
// "usage: …" on stderr and EXIT_USAGE.
int cli_usage(const char *usage, const char *format, ...) PRINTF(2, 3);
// The same for what getopt_long has just refused.
struct option;
int cli_wrong_option(const char *usage, char **argv, const struct option *options);
// A whole number in [least, most]; "--limit" names it in the message.
CHECKED bool cli_number(const char *name, const char *text, int64_t least, int64_t most,
                        int64_t *out, struct fail *why);
