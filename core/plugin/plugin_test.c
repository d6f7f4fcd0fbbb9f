// Files of tests: each `test(name, function(t) … end)` plays its own world; see trial.c.
#include "plugin/plugin.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "plugin/lua_base.h"
#include "plugin/lua_dure.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"
#include "plugin/trial.h"

#define TEST_MEMORY_BYTES (512u * 1024 * 1024)
#define TEST_CPU_MS       120000
#define FILE_BYTES_MAX    (1024 * 1024)

struct test_file {
    struct trial trial; // first: the methods of `t` and `run` find it so
    struct plugins *plugins;
    const char *name;
    char *text;
    size_t bytes;
    plugin_test_line *line;
    void *context;
    size_t count;
};

// ---- test(name, function)

static const char *describe_error(lua_State *L, char *out, size_t size)
{
    struct fail why = {0};
    json error = json_absent();
    if (lua_type(L, -1) == LUA_TSTRING)
        return lua_tostring(L, -1);
    if (!lua_json_read(L, -1, &error, &why))
        return "an error that is neither text nor a table";
    char *text = json_dump(error);
    snprintf(out, size, "%s", text);
    mem_free(text);
    json_free(error);
    return out;
}

static int test_jmp(lua_State *L)
{
    char detail[1000];
    struct test_file *f = sandbox_context(L);
    size_t held = sandbox_held(L);
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (f->trial.open)
        return luaL_error(L, "a test inside a test");
    trial_begin(&f->trial, f->plugins);
    f->count++;
    lua_pushvalue(L, 2);
    lua_newtable(L);
    luaL_setmetatable(L, "dure.trial");
    bool passed = lua_pcall(L, 1, 0, 0) == LUA_OK;
    sandbox_release_to(L, held);
    if (sandbox_is_dying(L))
        return sandbox_kill_jmp(L, "");
    f->line(f->context, passed, name, passed ? NULL : describe_error(L, detail, sizeof detail));
    trial_end(&f->trial);
    return 0;
}

static int file_jmp(lua_State *L)
{
    static const luaL_Reg globals[] = {{"test", test_jmp}, {NULL, NULL}};
    struct test_file *f = sandbox_context(L);
    lua_dure_open_jmp(L);
    trial_open_jmp(L);
    lua_pushglobaltable(L);
    sandbox_set_functions_jmp(L, globals);
    lua_pop(L, 1);
    lua_base_freeze_jmp(L);
    lua_pushfstring(L, "@%s", f->name);
    lua_base_load_jmp(L, f->text, f->bytes, lua_tostring(L, -1));
    lua_call(L, 0, 0);
    return 0;
}

static bool read_test(struct test_file *f, const char *path, struct fail *why)
{
    struct bytes text;
    char chunk[8192];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail(why, FAIL_IO, "%s cannot be read", path);
    bytes_init(&text, FILE_BYTES_MAX);
    while (!text.overflowed && (n = fread(chunk, 1, sizeof chunk, file)) > 0)
        bytes_append(&text, chunk, n);
    fclose(file);
    bool good = !text.overflowed ||
                fail(why, FAIL_LIMIT, "%s has more than %d bytes", path, FILE_BYTES_MAX);
    f->text = bytes_take(&text, &f->bytes);
    bytes_done(&text);
    return good;
}

static bool end_is_good(struct sandbox *sb, enum sandbox_end end, const char *path,
                        struct fail *why)
{
    if (end == SANDBOX_RETURNED)
        return true;
    if (end == SANDBOX_KILLED || end == SANDBOX_PAUSED)
        return fail(why, FAIL_LIMIT, "%s was stopped: %s", path, sandbox_reason(sb));
    json error = sandbox_take_error(sb);
    char *text = json_is_string(error) ? mem_string(json_text(error)) : json_dump(error);
    fail(why, FAIL_INVALID, "%.500s", text);
    mem_free(text);
    json_free(error);
    return false;
}

bool plugins_test(struct plugins *p, const char *file, plugin_test_line *line, void *context,
                  struct fail *why)
{
    const char *slash = strrchr(file, '/');
    struct test_file f = {
        .plugins = p, .name = slash == NULL ? file : slash + 1, .line = line, .context = context};
    bool good = read_test(&f, file, why);
    if (good) {
        struct sandbox_limits limits = {.memory_bytes = TEST_MEMORY_BYTES, .cpu_ms = TEST_CPU_MS};
        struct sandbox *sb = sandbox_new(&limits, f.name);
        good = end_is_good(sb, sandbox_run(sb, file_jmp, &f), file, why);
        if (good && f.count == 0)
            good = fail(why, FAIL_INVALID, "%s has no tests: test(name, function(t) … end)", file);
        sandbox_free(sb);
    }
    trial_end(&f.trial);
    mem_free(f.text);
    return good;
}
