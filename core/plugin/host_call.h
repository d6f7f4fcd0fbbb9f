// One handler call on its way: what the functions of the host API find behind the Lua state. The
// engine's step_call and step_outcome are borrowed. Loop thread only.
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "engine/function_host.h"
#include "people/people.h"
#include "plugin/loaded.h"

struct host_call {
    struct plugins *plugins;
    struct plugin *plugin;
    const struct function *function;
    struct engine *engine;
    const struct step_call *call; // of a replay: the handler's event, not the result's
    struct step_outcome *out;

    json state;       // what the handlers keep; absent: none yet
    int64_t draws;    // of step:random
    int64_t serial;   // of ids, events and effects made
    json awaits;      // handlers that wait for an HTTP answer; see lua_http.c
    json journal;     // answers this handler has had; absent: it is not replayed
    int64_t awaiting; // the number of this handler's wait; 0: none yet
    size_t answered;  // journal entries used up
    bool wrote;       // changed something, so that it may not await any more
    bool settled;     // `out` has its verdict
    const char *view; // a view is shown, which only reads; else NULL
    json shown;       // what it gave
    bool broken;      // the store failed: not the plugin's fault
    struct fail why;
};

// The call in hand, or an error where there is none (while the plugin loads, in tests).
struct host_call *host_call_jmp(lua_State *L);
// The same for a function that changes something; a pure function may not.
struct host_call *host_change_jmp(lua_State *L);
// For what a pure function may do too: leave a copy for people to read. A view may not.
struct host_call *host_note_jmp(lua_State *L);
// Raises what the house said; what the disk said ends the run as broken.
int host_fail_jmp(lua_State *L, const struct fail *why);

int64_t host_next_serial(struct host_call *h);
// An id that is the same whenever the same call is played again.
void host_stable_id(struct host_call *h, const char *what, char out[HASH_HEX_SIZE]);
uint64_t host_stable_number(struct host_call *h, const char *what, int64_t counter);

// Arguments that many functions take. The zone is the definition's where none is named.
const struct zone *host_zone_jmp(lua_State *L, int index);
int64_t host_instant_jmp(lua_State *L, int index); // integer ms, or text
// The name of the task at a reference: its last part.
const char *host_task_of(const char *path);
