// The plugin host: loads `NAME/plugin.lua` folders into sandboxed Lua states and runs their
// handlers for the engine. See plugin/README.md for the host API and the limits. Loop thread only;
// a watchdog thread only watches.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "engine/function_host.h"
#include "people/people.h"
#include "json/diagnostic.h"
#include "json/json.h"

struct plugins;

struct plugin_limits {
    size_t memory_bytes; // of each plugin; default 64 MiB
    int cpu_ms;          // of one handler call; default 1000
    int stuck_ms;        // the watchdog aborts; default 10000
};

struct plugins *plugins_new(const struct plugin_limits *limits); // NULL: defaults
void plugins_free(struct plugins *p);
// Loads every folder in `directory` that has a plugin.lua; one that does not load is named in
// diagnostics and left out. May be called again (--dev): changed plugins are loaded anew, running
// steps keep their version while it is loaded.
CHECKED bool plugins_load(struct plugins *p, const char *directory, struct diagnostics *diagnostics,
                          struct fail *why);
void plugins_attach(struct plugins *p, struct people *people); // before the first handler
struct function_host *plugins_host(struct plugins *p);
// Lets a plugin run again that was held after crashes, or stopped too often; joins the current
// batch.
struct store;
CHECKED bool plugins_release(struct plugins *p, struct store *s, const char *name,
                             struct fail *why);
json plugins_list(struct plugins *p); // [{name, version, functions: [{name, summary, effects,
                                      // input, output}], quarantined}]

// Runs a *_test.lua file against the loaded plugins; TAP lines to `line`.
typedef void plugin_test_line(void *context, bool passed, const char *name, const char *detail);
CHECKED bool plugins_test(struct plugins *p, const char *file, plugin_test_line *line,
                          void *context, struct fail *why);
