#include "plugin/loaded.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "plugin/lua_base.h"
#include "plugin/lua_dure.h"
#include "plugin/lua_json.h"
#include "plugin/schema_tables.h"

#define TABLE_KEY     "dure.plugin"
#define FUNCTIONS_MAX 100

const char *const effects_names[4] = {"pure", "local", "idempotent", "once"};
const char *const event_names[6] = {"start", "answer", "timer", "event", "result", "stop"};

// ---- the state

static const char *find_source(void *context, const char *name, size_t *bytes)
{
    const struct plugin *plugin = context;
    for (size_t i = 0; i < plugin->file_count; i++) {
        if (strcmp(plugin->files[i].name, name) == 0) {
            *bytes = plugin->files[i].bytes;
            return plugin->files[i].text;
        }
    }
    return NULL;
}

static int keep_table_jmp(lua_State *L, int status, lua_KContext ignored)
{
    (void)status;
    (void)ignored;
    if (!lua_istable(L, -1))
        return luaL_error(L, "plugin.lua returns a table {name, version, functions}");
    lua_setfield(L, LUA_REGISTRYINDEX, TABLE_KEY);
    return 0;
}

static int run_chunk_jmp(lua_State *L)
{
    struct plugin *plugin = sandbox_context(L);
    size_t bytes = 0;
    const char *text = find_source(plugin, "plugin", &bytes);
    must(text != NULL);
    lua_dure_open_jmp(L);
    lua_base_freeze_jmp(L);
    lua_pushfstring(L, "@%s/plugin.lua", plugin->name);
    lua_base_load_jmp(L, text, bytes, lua_tostring(L, -1));
    lua_callk(L, 0, 1, 0, keep_table_jmp);
    return keep_table_jmp(L, LUA_OK, 0);
}

static bool end_is_good(struct sandbox *sb, enum sandbox_end end, struct fail *why)
{
    if (end == SANDBOX_RETURNED)
        return true;
    if (end == SANDBOX_KILLED)
        return fail(why, FAIL_LIMIT, "plugin '%s' was stopped while it loaded: %s",
                    sandbox_name(sb), sandbox_reason(sb));
    if (end == SANDBOX_PAUSED)
        return fail(why, FAIL_INVALID, "plugin '%s' waits while it loads", sandbox_name(sb));
    json error = sandbox_take_error(sb);
    if (json_is_string(error)) {
        fail(why, FAIL_INVALID, "%s", json_text(error));
    } else {
        char *text = json_dump(error);
        fail(why, FAIL_INVALID, "plugin '%s' raised %.300s while it loaded", sandbox_name(sb),
             text);
        mem_free(text);
    }
    json_free(error);
    return false;
}

enum sandbox_end plugin_run(struct plugin *plugin, const char *function, lua_CFunction body,
                            void *context)
{
    watchdog_enter(plugin->owner->watchdog, plugin->name, function);
    enum sandbox_end end = sandbox_run(plugin->sandbox, body, context);
    watchdog_leave(plugin->owner->watchdog);
    return end;
}

static bool make_sandbox(struct plugin *plugin, struct fail *why)
{
    struct sandbox_limits limits = {.memory_bytes = plugin->owner->limits.memory_bytes,
                                    .cpu_ms = plugin->owner->limits.cpu_ms};
    plugin->sandbox = sandbox_new(&limits, plugin->name);
    sandbox_set_source(plugin->sandbox, find_source, plugin);
    enum sandbox_end end = plugin_run(plugin, "(load)", run_chunk_jmp, plugin);
    if (end_is_good(plugin->sandbox, end, why)) {
        sandbox_open_done(plugin->sandbox);
        return true;
    }
    sandbox_free(plugin->sandbox);
    plugin->sandbox = NULL;
    return false;
}

struct sandbox *plugin_sandbox(struct plugin *plugin, struct fail *why)
{
    if (plugin->sandbox == NULL && !make_sandbox(plugin, why))
        return NULL;
    return plugin->sandbox;
}

static void drop_sandbox(struct plugin *plugin)
{
    sandbox_free(plugin->sandbox);
    plugin->sandbox = NULL;
}

void plugin_spoiled(struct plugin *plugin, bool excused)
{
    must(plugin->sandbox != NULL && sandbox_is_spoiled(plugin->sandbox));
    if (excused) {
        drop_sandbox(plugin);
        return;
    }
    plugin->kills = plugin->good_calls >= GOOD_CALLS ? 1 : plugin->kills + 1;
    plugin->good_calls = 0;
    log_warn("plugin", "killed", "plugin=%s kills=%d reason=\"%s\"", plugin->name, plugin->kills,
             sandbox_reason(plugin->sandbox));
    drop_sandbox(plugin);
    if (plugin->kills >= KILLS_MAX && !plugin->quarantined) {
        plugin->quarantined = true;
        log_error("plugin", "quarantined", "plugin=%s version=%s", plugin->name, plugin->version);
    }
}

static void push_path_jmp(lua_State *L, const char *function, const char *const *path, size_t count)
{
    lua_getfield(L, LUA_REGISTRYINDEX, TABLE_KEY);
    for (size_t i = 0; i < count; i++) {
        if (!lua_istable(L, -1))
            luaL_error(L, "function '%s' is no longer where it was when the plugin was loaded",
                       function);
        lua_pushstring(L, path[i]);
        lua_rawget(L, -2);
        lua_remove(L, -2);
    }
}

void plugin_push_handler_jmp(lua_State *L, const char *function, const char *event)
{
    const char *const path[] = {"functions", function, event};
    push_path_jmp(L, function, path, 3);
}

void plugin_push_view_jmp(lua_State *L, const char *function, const char *view)
{
    const char *const path[] = {"functions", function, "views", view};
    push_path_jmp(L, function, path, 4);
    if (!lua_istable(L, -1))
        return;
    lua_pushliteral(L, "make");
    lua_rawget(L, -2);
    lua_remove(L, -2);
}

// ---- the description

struct describing {
    struct plugin *plugin;
    struct fail *why;
};

static char *copy_text_jmp(lua_State *L, int table, const char *key, const char *otherwise)
{
    lua_pushstring(L, key);
    lua_rawget(L, table);
    const char *text = lua_isnil(L, -1) ? otherwise : lua_tostring(L, -1);
    if (text == NULL || lua_type(L, -1) == LUA_TTABLE)
        luaL_error(L, "'%s' is missing or no text", key);
    char *copy = mem_string(text);
    lua_pop(L, 1);
    return copy;
}

static bool name_is_good(const char *name)
{
    if (!isalpha((unsigned char)name[0]) || strlen(name) > 60)
        return false;
    for (const char *c = name; *c != 0; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
            return false;
    return true;
}

static enum effects read_effects_jmp(lua_State *L, int table)
{
    lua_pushliteral(L, "effects");
    lua_rawget(L, table);
    const char *name = lua_tostring(L, -1);
    for (int i = 0; name != NULL && i < 4; i++) {
        if (strcmp(name, effects_names[i]) == 0) {
            lua_pop(L, 1);
            return (enum effects)i;
        }
    }
    luaL_error(L, "'effects' is one of pure, local, idempotent, once");
    must_not_reach();
}

static struct schema *read_schema_jmp(lua_State *L, int table, const char *key, json *document)
{
    struct fail why = {0};
    struct schema *schema = NULL;
    lua_pushstring(L, key);
    lua_rawget(L, table);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return NULL;
    }
    json raw = json_absent();
    bool good = lua_json_read(L, -1, &raw, &why);
    if (good) {
        json_swap_take(document, schema_of_tables(raw));
        json_free(raw);
        schema = schema_compile(*document, &why);
    }
    if (schema == NULL)
        luaL_error(L, "'%s' is no JSON Schema: %s", key, why.message);
    lua_pop(L, 1);
    return schema;
}

static void read_handlers_jmp(lua_State *L, int table, struct function *f)
{
    for (int i = 0; i < 6; i++) {
        lua_pushstring(L, event_names[i]);
        int kind = lua_rawget(L, table);
        if (kind != LUA_TNIL && kind != LUA_TFUNCTION)
            luaL_error(L, "'%s' is a function", event_names[i]);
        f->handles[i] = kind == LUA_TFUNCTION;
        lua_pop(L, 1);
    }
    if (!f->handles[STEP_START])
        luaL_error(L, "it has no 'start'");
}

static json view_title_jmp(lua_State *L, int view, const char *name)
{
    struct fail why = {0};
    json title = json_absent();
    if (lua_istable(L, view)) {
        lua_pushliteral(L, "make");
        if (lua_rawget(L, view) != LUA_TFUNCTION)
            luaL_error(L, "views.%s is {title, make = function(step)}", name);
        lua_pushliteral(L, "title");
        if (lua_rawget(L, view) != LUA_TNIL && !lua_json_read(L, -1, &title, &why))
            luaL_error(L, "views.%s: %s", name, why.message);
        lua_pop(L, 2);
    } else if (!lua_isfunction(L, view)) {
        luaL_error(L, "views.%s is a function, or {title, make = function(step)}", name);
    }
    return json_is_absent(title) ? json_string(name) : title;
}

static void read_views_jmp(lua_State *L, int table, struct function *f)
{
    f->views = json_array();
    lua_pushliteral(L, "views");
    lua_rawget(L, table);
    int views = lua_gettop(L);
    if (!lua_isnil(L, views) && !lua_istable(L, views))
        luaL_error(L, "'views' is a table of views by name");
    lua_pushnil(L);
    while (lua_istable(L, views) && lua_next(L, views) != 0) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (!name_is_good(name))
            luaL_error(L, "'%s' is no name of a view: letters, digits, _ and -", name);
        json title = view_title_jmp(L, lua_gettop(L), name), view = json_object();
        json_set_text(&view, "name", name);
        json_set_take(&view, "title", title);
        json_append_take(&f->views, view);
        lua_pop(L, 1);
    }
    lua_settop(L, views - 1);
}

// Text and schemas go straight into `f`, which the plugin owns, so that a jump leaks nothing.
static void describe_function_jmp(lua_State *L, int table, struct function *f)
{
    f->effects = read_effects_jmp(L, table);
    f->summary = copy_text_jmp(L, table, "summary", "");
    f->input = read_schema_jmp(L, table, "input", &f->input_schema);
    f->output = read_schema_jmp(L, table, "output", &f->output_schema);
    read_handlers_jmp(L, table, f);
    read_views_jmp(L, table, f);
}

static void check_members_jmp(lua_State *L, int table, const char *const *known)
{
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        lua_pop(L, 1);
        size_t i = 0;
        const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";
        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        if (known[i] == NULL)
            luaL_error(L, "unknown member '%s'", key);
    }
}

static const char *const plugin_members[] = {"name", "version", "summary", "functions", NULL};
static const char *const function_members[] = {"summary", "effects", "input", "output",
                                               "start",   "answer",  "timer", "event",
                                               "result",  "stop",    "views", NULL};

static void describe_functions_jmp(lua_State *L, struct plugin *plugin)
{
    int functions = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, functions) != 0) {
        int table = lua_gettop(L);
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (!name_is_good(name))
            luaL_error(L, "'%s' is no name of a function: letters, digits, _ and -", name);
        if (!lua_istable(L, table))
            luaL_error(L, "functions.%s is a table {summary, effects, input, output, start, …}",
                       name);
        if (plugin->function_count == FUNCTIONS_MAX)
            luaL_error(L, "a plugin has at most %d functions", FUNCTIONS_MAX);
        struct function *f = &plugin->functions[plugin->function_count++];
        *f = (struct function){.plugin = plugin,
                               .name = mem_string(name),
                               .input_schema = json_absent(),
                               .output_schema = json_absent(),
                               .views = json_absent()};
        check_members_jmp(L, table, function_members);
        describe_function_jmp(L, table, f);
        lua_pop(L, 1);
    }
    if (plugin->function_count == 0)
        luaL_error(L, "it has no functions");
}

static int describe_jmp(lua_State *L)
{
    struct plugin *plugin = sandbox_context(L);
    lua_getfield(L, LUA_REGISTRYINDEX, TABLE_KEY);
    check_members_jmp(L, 1, plugin_members);
    char *name = copy_text_jmp(L, 1, "name", plugin->name);
    bool same = strcmp(name, plugin->name) == 0;
    mem_free(name);
    if (!same)
        return luaL_error(L, "its name is not that of its folder, '%s'", plugin->name);
    plugin->version = copy_text_jmp(L, 1, "version", NULL);
    lua_pushliteral(L, "functions");
    lua_rawget(L, 1);
    if (!lua_istable(L, -1))
        return luaL_error(L, "'functions' is missing or no table");
    describe_functions_jmp(L, plugin);
    return 0;
}

static int compare_functions(const void *a, const void *b)
{
    return strcmp(((const struct function *)a)->name, ((const struct function *)b)->name);
}

static void sign(struct plugin *plugin)
{
    if (plugin->function_count > 1)
        qsort(plugin->functions, plugin->function_count, sizeof *plugin->functions,
              compare_functions);
    for (size_t i = 0; i < plugin->function_count; i++) {
        struct function *f = &plugin->functions[i];
        f->signature = (struct function_signature){
            .name = f->name,
            .version = plugin->version,
            .summary = f->summary,
            .input_schema = f->input_schema,
            .input = f->input,
            .waits = f->effects != EFFECTS_PURE,
        };
    }
}

static bool build(struct plugin *plugin, struct fail *why)
{
    size_t ignored = 0;
    if (!folder_read(plugin->folder, &plugin->files, &plugin->file_count, &plugin->hash, why))
        return false;
    if (find_source(plugin, "plugin", &ignored) == NULL)
        return fail(why, FAIL_NOT_FOUND, "%s has no plugin.lua", plugin->folder);
    if (!make_sandbox(plugin, why))
        return false;
    plugin->functions = mem_zero(FUNCTIONS_MAX, sizeof *plugin->functions);
    enum sandbox_end end = plugin_run(plugin, "(describe)", describe_jmp, plugin);
    if (!end_is_good(plugin->sandbox, end, why))
        return fail_within(why, "plugin '%s'", plugin->name);
    sign(plugin);
    return true;
}

struct plugin *plugin_load(struct plugins *owner, const char *folder, const char *name,
                           struct diagnostics *diagnostics)
{
    struct fail why = {0};
    struct plugin *plugin = mem_new(struct plugin);
    plugin->owner = owner;
    plugin->name = mem_string(name);
    plugin->folder = mem_string(folder);
    plugin->current = true;
    if (name_is_good(name) ? build(plugin, &why)
                           : fail(&why, FAIL_INVALID, "'%s' is no name of a plugin", name))
        return plugin;
    char *file = mem_printf("%s/plugin.lua", folder);
    diagnostics_add(diagnostics, SEVERITY_ERROR, (struct diagnostic_place){.file = file},
                    "bad-plugin", "%s", why.message);
    mem_free(file);
    plugin_free(plugin);
    return NULL;
}

void plugin_free(struct plugin *plugin)
{
    if (plugin == NULL)
        return;
    for (size_t i = 0; i < plugin->function_count; i++) {
        struct function *f = &plugin->functions[i];
        schema_free(f->input);
        schema_free(f->output);
        json_free(f->input_schema);
        json_free(f->output_schema);
        json_free(f->views);
        mem_free(f->summary);
        mem_free(f->name);
    }
    mem_free(plugin->functions);
    sandbox_free(plugin->sandbox);
    folder_free(plugin->files, plugin->file_count);
    mem_free(plugin->name);
    mem_free(plugin->version);
    mem_free(plugin->folder);
    mem_free(plugin);
}
