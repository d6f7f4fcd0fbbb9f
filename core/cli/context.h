// What several commands need: reading files, finding the plugins, printing. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "definition/definition.h"
#include "plugin/plugin.h"
#include "json/json.h"

// The whole file ("-": standard input) into `out`, at most LIMIT_DEFINITION_BYTES or what `out`
// allows.
CHECKED bool cli_read_file(const char *path, struct bytes *out, struct fail *why);

// Where the plugins are: `given` (--plugins), else $DURE_PLUGINS, else ../plugins or
// ../share/dure/plugins beside the binary; NULL if nowhere. The caller frees with mem_free.
char *cli_plugins_directory(const char *given);

// Loads the plugins once a process and returns them, or their catalogue; NULL when there are none.
// A plugin that does not load is named on stderr. Lives to the end of the process.
struct plugins *cli_plugins(const char *given);
const struct function_catalogue *cli_functions(const char *given);
void cli_plugins_done(void);

// A value given on the command line: JSON or YAML text, or @FILE, or NULL (absent).
CHECKED bool cli_value(const char *text, json *out, struct fail *why);

void cli_print_json(json v); // one line; indented on a terminal
void cli_print_fail(const char *command, const struct fail *why);
bool cli_is_color(int fd); // a terminal, and NO_COLOR is not set
// "usage: …" on stderr and EXIT_USAGE.
int cli_usage(const char *usage, const char *format, ...) PRINTF(2, 3);
