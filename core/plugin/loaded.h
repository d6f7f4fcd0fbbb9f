// Plugins as they lie in memory: the texts of a folder, the Lua state made from them, and what its
// functions say of themselves. A state that was spoiled is made anew from the same texts. Shared by
// the files of this room only. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/map.h"
#include "engine/function_host.h"
#include "people/people.h"
#include "plugin/plugin.h"
#include "plugin/sandbox.h"
#include "plugin/watchdog.h"
#include "json/diagnostic.h"
#include "json/json.h"
#include "json/schema.h"

#define KILLS_MAX             3 // then a plugin is quarantined until it is loaded anew
#define GOOD_CALLS            100 // after so many a kill is forgotten: one bad answer a day is no pattern
#define PLUGIN_FILES_MAX      200
#define PLUGIN_FILE_BYTES_MAX (1024 * 1024)
#define PLUGIN_FOLDER_DEPTH   4

enum effects { EFFECTS_PURE, EFFECTS_LOCAL, EFFECTS_IDEMPOTENT, EFFECTS_ONCE };
extern const char *const effects_names[4];
extern const char *const event_names[6]; // by enum step_event: "start", "answer", …

struct plugin_file {
    char *name; // as require calls it: "plugin", "lib.tally"
    char *text;
    size_t bytes;
};

struct function {
    struct plugin *plugin;
    struct function_signature signature; // owns its texts through this struct
    char *name, *summary;
    enum effects effects;
    bool handles[6]; // by enum step_event
    json input_schema, output_schema;
    struct schema *input, *output; // NULL: anything goes
    json views;                    // [{name, title}]
};

struct plugin {
    struct plugins *owner;
    char *name, *version, *folder;
    struct hash hash; // of all texts
    struct plugin_file *files;
    size_t file_count;
    struct function *functions;
    size_t function_count;
    struct sandbox *sandbox; // NULL: made at the next use
    bool current;            // not replaced by a newer loading
    int kills;               // with fewer than GOOD_CALLS between them
    int good_calls;          // since the last one
    bool quarantined;
    bool held; // after two crashes: see held.h
};

struct plugins {
    struct function_host host; // first: the host is this
    struct plugin_limits limits;
    struct plugin **loaded;
    size_t count, capacity;
    struct map functions; // current ones by name -> struct function
    const char **names;   // NULL-terminated, of the current functions
    struct people *people;
    struct watchdog *watchdog;
    struct map queries; // compiled jq texts of dure.json.query
};

// Reads the folder, makes a state and reads its description. NULL: diagnostics say why.
struct plugin *plugin_load(struct plugins *owner, const char *folder, const char *name,
                           struct diagnostics *diagnostics);
void plugin_free(struct plugin *plugin);
// The state, made anew if there is none; NULL and why if its text does not run any more.
struct sandbox *plugin_sandbox(struct plugin *plugin, struct fail *why);
// After a run that was killed: drops the state, counts, quarantines. `excused`: not its own fault.
void plugin_spoiled(struct plugin *plugin, bool excused);

struct function *plugins_function(struct plugins *p, const char *name, const char *version);

// Runs a body under the watchdog.
enum sandbox_end plugin_run(struct plugin *plugin, const char *function, lua_CFunction body,
                            void *context);
// Pushes the function's handler for an event. May jump.
void plugin_push_handler_jmp(lua_State *L, const char *function, const char *event);
// The same for a view, which is a function or has one as `make`.
void plugin_push_view_jmp(lua_State *L, const char *function, const char *view);

// Folder reading (folder.c).
CHECKED bool folder_read(const char *folder, struct plugin_file **files, size_t *count,
                         struct hash *hash, struct fail *why);
void folder_free(struct plugin_file *files, size_t count);
