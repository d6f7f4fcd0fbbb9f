// One Lua state that hostile code cannot harm: a memory budget in its allocator, a CPU budget for
// each run, text chunks only, and a standard library without what reaches outside, never ends or
// gives two answers. A run is a coroutine; one that is killed is abandoned, never resumed, and the
// state is no good after it (sandbox_is_spoiled): the owner frees it and makes another.
//
//     fresh ──run──> fresh        (returned, raised, paused)
//       └────run──> spoiled       (killed: CPU, memory, or the host said so)
//
// Loop thread only.
#pragma once

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "json/json.h"

struct sandbox;

struct sandbox_limits {
    size_t memory_bytes;
    int cpu_ms; // of one run
};

enum sandbox_end {
    SANDBOX_RETURNED,
    SANDBOX_RAISED, // an error; see sandbox_take_error
    SANDBOX_PAUSED, // a host function stopped it with sandbox_pause_jmp
    SANDBOX_KILLED, // the reason is in sandbox_reason
};

struct sandbox *sandbox_new(const struct sandbox_limits *limits, const char *name);
void sandbox_free(struct sandbox *sb);
struct sandbox *sandbox_of(lua_State *L); // of any of its threads
const char *sandbox_name(const struct sandbox *sb);
size_t sandbox_memory(const struct sandbox *sb);
bool sandbox_is_spoiled(const struct sandbox *sb);
const char *sandbox_reason(const struct sandbox *sb);

// What host functions find behind their state during a run; NULL outside one.
void *sandbox_context(lua_State *L);

// Before sandbox_open_done a run loads the code: its context is the loader's. After it, it is a
// call's.
void sandbox_open_done(struct sandbox *sb);
bool sandbox_is_loading(lua_State *L);

// Runs `body`, a C function that may jump and gets no arguments, as a new coroutine. It may call
// Lua with lua_callk and go on in the continuation.
enum sandbox_end sandbox_run(struct sandbox *sb, lua_CFunction body, void *context);

// What was raised in the run that just ended SANDBOX_RAISED: text, or a table as JSON. Owned by the
// caller.
json sandbox_take_error(struct sandbox *sb);

// ---- for C functions inside a run (they may jump)

// Counts work that the instruction hook does not see; kills when the CPU budget is spent.
void sandbox_charge_jmp(lua_State *L, size_t steps);
// The CPU that the house used since this moment for something of a known size (counting an urn) is
// not the plugin's.
int64_t sandbox_clock(void);
void sandbox_excuse(lua_State *L, int64_t since);
// Ends the run as SANDBOX_PAUSED. Used as `return sandbox_pause_jmp(L);`
int sandbox_pause_jmp(lua_State *L);
// Ends the run as SANDBOX_KILLED, whatever pcall is in between.
int sandbox_kill_jmp(lua_State *L, const char *reason);
bool sandbox_is_dying(lua_State *L);

// What a plugin says, as one value of a log line: nothing in it can end the value or the line.
#define SANDBOX_LOG_BYTES 500
void sandbox_log_value(const char *text, char out[SANDBOX_LOG_BYTES]);

// Adds host functions to the table on top of the stack. What a function holds is given back when it
// returns, or when a pcall catches what it raised.
void sandbox_set_functions_jmp(lua_State *L, const luaL_Reg *functions);
// Keeps what a jump would leak; the newest is given back first. A thing must not lie in Lua's
// memory, which may be collected before.
void sandbox_hold_json(lua_State *L, json value);
void sandbox_hold(lua_State *L, void (*release)(void *thing), void *thing);
size_t sandbox_held(lua_State *L);
void sandbox_release_to(lua_State *L, size_t count); // releases down to this many
void sandbox_forget_to(lua_State *L,
                       size_t count); // the same, but its owner is somebody else again

// Files that `require` may load: the text of a module by name, or NULL. Borrowed for the state's
// life.
typedef const char *sandbox_source(void *context, const char *name, size_t *bytes);
void sandbox_set_source(struct sandbox *sb, sandbox_source *find, void *context);
const char *sandbox_find_source(lua_State *L, const char *name, size_t *bytes);
