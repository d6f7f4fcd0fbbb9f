// Killing. A count hook looks at the thread's CPU clock. Over the budget it yields, and the run is
// never resumed, which no pcall can catch. Where a yield is impossible (inside a comparator or a
// replacement function, called from C) it raises and comes back at every further instruction, so
// that whoever catches it gets no further. The allocator brings the hook forward after much
// allocation, as one instruction can copy megabytes.
#include "plugin/sandbox.h"

#include <lauxlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "plugin/lua_base.h"
#include "plugin/lua_json.h"

#define HOOK_INSTRUCTIONS  1000
#define CHARGE_STEPS       20000              // host work between looks at the clock
#define LOOK_NS            10000000           // of wall clock after which a host call looks at it
#define VOLUME_BYTES       (4u * 1024 * 1024) // allocation between looks at the clock
#define STATE_MEMORY_BYTES (512u * 1024)      // the least budget that holds the libraries
#define HELD_MAX           100000

struct held {
    void (*release)(void *thing); // NULL: a JSON value
    void *thing;
    json value;
};

struct sandbox {
    lua_State *lua, *running;
    char *name;
    size_t memory, memory_max, volume;
    int64_t cpu_ns_max, cpu_ns_end, looked_ns;
    size_t steps;
    void *context;
    bool opened;
    bool hurried; // the hook comes at the next instruction
    bool paused;
    const char *reason; // why it was killed; NULL: it was not
    char reason_text[200];
    json error;
    struct held *held;
    size_t held_count, held_capacity;
    sandbox_source *find;
    void *find_context;
};

static int64_t cpu_ns(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

// A few nanoseconds, where the CPU's clock is a system call.
static int64_t coarse_ns(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_MONOTONIC_COARSE, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void hook_jmp(lua_State *L, lua_Debug *ignored);

// Safe from the allocator too: lua_sethook only stores fields.
static void hurry(struct sandbox *sb)
{
    if (sb->running == NULL || sb->hurried)
        return;
    sb->hurried = true;
    lua_sethook(sb->running, hook_jmp, LUA_MASKCOUNT, 1);
}

static void *allocate(void *context, void *p, size_t old_bytes, size_t new_bytes)
{
    struct sandbox *sb = context;
    size_t had = p == NULL ? 0 : old_bytes;
    if (new_bytes == 0) {
        sb->memory -= had;
        mem_free(p);
        return NULL;
    }
    if (new_bytes > had) {
        if (sb->memory - had > sb->memory_max || new_bytes > sb->memory_max - (sb->memory - had))
            return NULL;
        sb->volume += new_bytes - had;
        if (sb->volume > VOLUME_BYTES)
            hurry(sb);
    }
    void *grown = mem_resize(p, new_bytes);
    sb->memory = sb->memory - had + new_bytes;
    return grown;
}

static int panic(lua_State *L)
{
    must_context(lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "lua");
    must_not_reach();
}

struct sandbox *sandbox_of(lua_State *L)
{
    return *(struct sandbox **)lua_getextraspace(L);
}

void *sandbox_context(lua_State *L)
{
    return sandbox_of(L)->context;
}

bool sandbox_is_dying(lua_State *L)
{
    return sandbox_of(L)->reason != NULL;
}

static void kill_for(struct sandbox *sb, const char *reason)
{
    if (sb->reason == NULL)
        sb->reason = reason;
}

static void look_at_clock(struct sandbox *sb)
{
    sb->volume = 0;
    sb->steps = 0;
    sb->looked_ns = coarse_ns();
    if (cpu_ns() > sb->cpu_ns_end)
        kill_for(sb, "it used more CPU time than a call may");
}

static void hook_jmp(lua_State *L, lua_Debug *ignored)
{
    (void)ignored;
    struct sandbox *sb = sandbox_of(L);
    look_at_clock(sb);
    if (sb->reason == NULL) {
        if (sb->hurried)
            lua_sethook(L, hook_jmp, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
        sb->hurried = false;
        return;
    }
    if (lua_isyieldable(L)) {
        lua_yield(L, 0);
        return;
    }
    hurry(sb);
    luaL_error(L, "stopped: %s", sb->reason);
}

int64_t sandbox_clock(void)
{
    return cpu_ns();
}

void sandbox_excuse(lua_State *L, int64_t since)
{
    sandbox_of(L)->cpu_ns_end += cpu_ns() - since;
}

void sandbox_charge_jmp(lua_State *L, size_t steps)
{
    struct sandbox *sb = sandbox_of(L);
    sb->steps += steps;
    if (sb->steps < CHARGE_STEPS)
        return;
    look_at_clock(sb);
    if (sb->reason == NULL)
        return;
    hurry(sb);
    luaL_error(L, "stopped: %s", sb->reason);
}

int sandbox_kill_jmp(lua_State *L, const char *reason)
{
    struct sandbox *sb = sandbox_of(L);
    if (sb->reason == NULL) {
        strncpy(sb->reason_text, reason, sizeof sb->reason_text - 1);
        sb->reason = sb->reason_text;
    }
    hurry(sb);
    if (lua_isyieldable(L))
        return lua_yield(L, 0);
    return luaL_error(L, "stopped: %s", sb->reason);
}

int sandbox_pause_jmp(lua_State *L)
{
    if (!lua_isyieldable(L))
        return luaL_error(L, "this cannot wait inside a comparator or a replacement function");
    sandbox_of(L)->paused = true;
    return lua_yield(L, 0);
}

// ---- what would leak

static struct held *new_hold(lua_State *L)
{
    struct sandbox *sb = sandbox_of(L);
    if (sb->held_count == sb->held_capacity) {
        must(sb->held_capacity < HELD_MAX);
        sb->held_capacity = sb->held_capacity == 0 ? 32 : sb->held_capacity * 2;
        sb->held = mem_resize(sb->held, sb->held_capacity * sizeof *sb->held);
    }
    return &sb->held[sb->held_count++];
}

void sandbox_hold_json(lua_State *L, json value)
{
    *new_hold(L) = (struct held){.value = value};
}

void sandbox_hold(lua_State *L, void (*release)(void *thing), void *thing)
{
    must(release != NULL);
    *new_hold(L) = (struct held){.release = release, .thing = thing, .value = json_absent()};
}

size_t sandbox_held(lua_State *L)
{
    return sandbox_of(L)->held_count;
}

static void release_to(struct sandbox *sb, size_t count)
{
    must(count <= sb->held_count);
    while (sb->held_count > count) {
        struct held *h = &sb->held[--sb->held_count];
        if (h->release != NULL)
            h->release(h->thing);
        else
            json_free(h->value);
    }
}

void sandbox_release_to(lua_State *L, size_t count)
{
    release_to(sandbox_of(L), count);
}

void sandbox_open_done(struct sandbox *sb)
{
    sb->opened = true;
}

bool sandbox_is_loading(lua_State *L)
{
    return !sandbox_of(L)->opened;
}

void sandbox_log_value(const char *text, char out[SANDBOX_LOG_BYTES])
{
    size_t n = utf8_valid_prefix(text, strlen(text));
    if (n >= SANDBOX_LOG_BYTES)
        n = utf8_valid_prefix(text, SANDBOX_LOG_BYTES - 1);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        out[i] = c == '"' || c == '\\' ? '\'' : text[i];
        if (c < ' ' || c == 0x7F)
            out[i] = ' ';
    }
    out[n] = 0;
}

// One instruction of a loop can be a quarter of a second of host work, and a thousand of them pass
// between two hooks: whatever took long looks at the clock itself.
static int host_function_jmp(lua_State *L)
{
    size_t held = sandbox_held(L);
    lua_CFunction *function = lua_touserdata(L, lua_upvalueindex(1));
    int results = (*function)(L);
    sandbox_release_to(L, held);
    if (coarse_ns() - sandbox_of(L)->looked_ns > LOOK_NS)
        sandbox_charge_jmp(L, CHARGE_STEPS);
    return results;
}

void sandbox_set_functions_jmp(lua_State *L, const luaL_Reg *functions)
{
    for (; functions->name != NULL; functions++) {
        lua_CFunction *function = lua_newuserdatauv(L, sizeof *function, 0);
        *function = functions->func;
        lua_pushcclosure(L, host_function_jmp, 1);
        lua_setfield(L, -2, functions->name);
    }
}

// ---- files

void sandbox_set_source(struct sandbox *sb, sandbox_source *find, void *context)
{
    sb->find = find;
    sb->find_context = context;
}

const char *sandbox_find_source(lua_State *L, const char *name, size_t *bytes)
{
    struct sandbox *sb = sandbox_of(L);
    return sb->find == NULL ? NULL : sb->find(sb->find_context, name, bytes);
}

// ---- life

static int open_jmp(lua_State *L)
{
    lua_base_open_jmp(L);
    return 0;
}

struct sandbox *sandbox_new(const struct sandbox_limits *limits, const char *name)
{
    struct sandbox *sb = mem_new(struct sandbox);
    sb->name = mem_string(name);
    sb->error = json_absent();
    sb->memory_max =
        limits->memory_bytes < STATE_MEMORY_BYTES ? STATE_MEMORY_BYTES : limits->memory_bytes;
    sb->cpu_ns_max = (int64_t)limits->cpu_ms * 1000000;
    sb->lua = lua_newstate(allocate, sb);
    must(sb->lua != NULL);
    lua_atpanic(sb->lua, panic);
    *(struct sandbox **)lua_getextraspace(sb->lua) = sb;
    must(lua_checkstack(sb->lua, 50));
    lua_pushcfunction(sb->lua, open_jmp);
    must(lua_pcall(sb->lua, 0, 0, 0) == LUA_OK);
    return sb;
}

void sandbox_free(struct sandbox *sb)
{
    if (sb == NULL)
        return;
    must(sb->running == NULL);
    release_to(sb, 0);
    lua_close(sb->lua);
    must(sb->memory == 0);
    json_free(sb->error);
    mem_free(sb->held);
    mem_free(sb->name);
    mem_free(sb);
}

const char *sandbox_name(const struct sandbox *sb)
{
    return sb->name;
}

size_t sandbox_memory(const struct sandbox *sb)
{
    return sb->memory;
}

bool sandbox_is_spoiled(const struct sandbox *sb)
{
    return sb->reason != NULL;
}

const char *sandbox_reason(const struct sandbox *sb)
{
    return sb->reason == NULL ? "" : sb->reason;
}

json sandbox_take_error(struct sandbox *sb)
{
    json error = sb->error;
    sb->error = json_absent();
    return error;
}

// ---- a run

static int new_thread_jmp(lua_State *L)
{
    lua_newthread(L);
    return 1;
}

// The error value lies on the dead coroutine's stack. Nothing here allocates in Lua.
static void keep_error(struct sandbox *sb, lua_State *thread)
{
    struct fail why = {0};
    json error = json_absent();
    if (lua_gettop(thread) == 0 || !lua_json_read(thread, -1, &error, &why))
        error = json_string("an error that is neither text nor a table of plain values");
    json_swap_take(&sb->error, error);
}

static enum sandbox_end end_of(struct sandbox *sb, lua_State *thread, int status)
{
    if (status == LUA_ERRMEM)
        kill_for(sb, "it used more memory than a plugin may");
    if (sb->reason != NULL)
        return SANDBOX_KILLED;
    if (status == LUA_OK)
        return SANDBOX_RETURNED;
    if (status == LUA_YIELD) {
        must(sb->paused);
        return SANDBOX_PAUSED;
    }
    keep_error(sb, thread);
    return SANDBOX_RAISED;
}

enum sandbox_end sandbox_run(struct sandbox *sb, lua_CFunction body, void *context)
{
    must(sb->running == NULL && sb->reason == NULL && sb->held_count == 0);
    lua_State *L = sb->lua;
    lua_pushcfunction(L, new_thread_jmp);
    if (lua_pcall(L, 0, 1, 0) != LUA_OK) {
        lua_pop(L, 1);
        kill_for(sb, "it used more memory than a plugin may");
        return SANDBOX_KILLED;
    }
    lua_State *thread = lua_tothread(L, -1);
    sb->running = thread;
    sb->context = context;
    sb->paused = sb->hurried = false;
    sb->volume = sb->steps = 0;
    sb->looked_ns = coarse_ns();
    sb->cpu_ns_end = cpu_ns() + sb->cpu_ns_max;
    json_swap_take(&sb->error, json_absent());
    lua_sethook(thread, hook_jmp, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
    lua_pushcfunction(thread, body);
    int results = 0;
    int status = lua_resume(thread, NULL, 0, &results);
    sb->running = NULL;
    enum sandbox_end end = end_of(sb, thread, status);
    sb->context = NULL;
    release_to(sb, 0);
    lua_sethook(thread, NULL, 0, 0);
    lua_pop(L, 1);
    return end;
}
