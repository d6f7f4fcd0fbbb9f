#include "plugin/plugin.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/must.h"
#include "plugin/handle.h"
#include "plugin/loaded.h"
#include "plugin/queries.h"

#define MEMORY_BYTES (64u * 1024 * 1024)
#define CPU_MS       1000
#define STUCK_MS     10000
#define PLUGINS_MAX  1000 // loaded ones, older versions included

static const struct function_signature *find_signature(void *context, const char *name,
                                                       const char *version)
{
    const struct function *f = plugins_function(context, name, version);
    return f == NULL ? NULL : &f->signature;
}

static const char *const *list_names(void *context)
{
    const struct plugins *p = context;
    return p->names;
}

struct plugins *plugins_new(const struct plugin_limits *limits)
{
    struct plugins *p = mem_new(struct plugins);
    p->limits = limits != NULL ? *limits : (struct plugin_limits){0};
    if (p->limits.memory_bytes == 0)
        p->limits.memory_bytes = MEMORY_BYTES;
    if (p->limits.cpu_ms <= 0)
        p->limits.cpu_ms = CPU_MS;
    if (p->limits.stuck_ms <= 0)
        p->limits.stuck_ms = STUCK_MS;
    p->host = (struct function_host){
        .catalogue = {.find = find_signature, .names = list_names, .context = p},
        .handle = plugins_handle,
        .ended = plugins_ended,
        .forget = plugins_forget,
        .wake_sources = plugins_wake_sources,
        .waits_for = plugins_waits_for,
    };
    map_init(&p->functions);
    queries_init(&p->queries);
    p->names = mem_zero(1, sizeof *p->names);
    p->watchdog = watchdog_new(p->limits.stuck_ms);
    return p;
}

void plugins_free(struct plugins *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->count; i++)
        plugin_free(p->loaded[i]);
    mem_free(p->loaded);
    map_done(&p->functions);
    queries_done(&p->queries);
    mem_free(p->names);
    watchdog_free(p->watchdog);
    mem_free(p);
}

void plugins_attach(struct plugins *p, struct people *people)
{
    p->people = people;
}

struct function_host *plugins_host(struct plugins *p)
{
    return &p->host;
}

static struct function *function_of(const struct plugin *plugin, const char *name)
{
    for (size_t i = 0; i < plugin->function_count; i++)
        if (strcmp(plugin->functions[i].name, name) == 0)
            return &plugin->functions[i];
    return NULL;
}

// A pinned version may be one that was replaced while steps of it run; the newest loading wins.
struct function *plugins_function(struct plugins *p, const char *name, const char *version)
{
    struct function *current = map_get(&p->functions, name);
    if (version == NULL || version[0] == 0)
        return current;
    if (current != NULL && strcmp(current->plugin->version, version) == 0)
        return current;
    for (size_t i = p->count; i-- > 0;) {
        struct plugin *plugin = p->loaded[i];
        struct function *f =
            strcmp(plugin->version, version) == 0 ? function_of(plugin, name) : NULL;
        if (f != NULL)
            return f;
    }
    return NULL;
}

// ---- loading

static struct plugin *current_plugin(const struct plugins *p, const char *name)
{
    for (size_t i = p->count; i-- > 0;)
        if (p->loaded[i]->current && strcmp(p->loaded[i]->name, name) == 0)
            return p->loaded[i];
    return NULL;
}

static void list_functions(struct plugins *p)
{
    size_t i = 0, n = 0;
    struct map_entry *entry;
    p->names = mem_resize(p->names, (p->functions.count + 1) * sizeof *p->names);
    while (map_next(&p->functions, &i, &entry))
        p->names[n++] = entry->key;
    p->names[n] = NULL;
}

static bool names_are_free(const struct plugins *p, const struct plugin *plugin,
                           struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < plugin->function_count; i++) {
        const struct function *other = map_get(&p->functions, plugin->functions[i].name);
        if (other == NULL || strcmp(other->plugin->name, plugin->name) == 0)
            continue;
        diagnostics_add(diagnostics, SEVERITY_ERROR,
                        (struct diagnostic_place){.file = plugin->folder}, "doubled-function",
                        "plugin '%s' offers '%s', which plugin '%s' offers already", plugin->name,
                        plugin->functions[i].name, other->plugin->name);
        return false;
    }
    return true;
}

static void adopt(struct plugins *p, struct plugin *plugin)
{
    struct plugin *old = current_plugin(p, plugin->name);
    if (old != NULL) {
        old->current = false;
        for (size_t i = 0; i < old->function_count; i++)
            map_remove(&p->functions, old->functions[i].name);
    }
    if (p->count == p->capacity) {
        p->capacity = p->capacity == 0 ? 16 : p->capacity * 2;
        p->loaded = mem_resize(p->loaded, p->capacity * sizeof(struct plugin *));
    }
    p->loaded[p->count++] = plugin;
    for (size_t i = 0; i < plugin->function_count; i++)
        map_put(&p->functions, plugin->functions[i].name, &plugin->functions[i]);
    list_functions(p);
}

// The same text again is no change, so that --dev may look as often as it likes; a plugin that was
// quarantined gets another chance only with another text.
static bool is_unchanged(struct plugins *p, const char *folder, const char *name)
{
    struct fail why = {0};
    struct plugin_file *files = NULL;
    size_t count = 0;
    struct hash hash;
    const struct plugin *old = current_plugin(p, name);
    bool same = old != NULL && folder_read(folder, &files, &count, &hash, &why) &&
                hash_equal(&hash, &old->hash);
    folder_free(files, count);
    return same;
}

static bool load_folder(struct plugins *p, const char *folder, const char *name,
                        struct diagnostics *diagnostics, struct fail *why)
{
    if (is_unchanged(p, folder, name))
        return true;
    if (p->count == PLUGINS_MAX)
        return fail(why, FAIL_LIMIT, "more than %d plugins loaded since the start; start again",
                    PLUGINS_MAX);
    struct plugin *plugin = plugin_load(p, folder, name, diagnostics);
    if (plugin == NULL)
        return true;
    if (names_are_free(p, plugin, diagnostics))
        adopt(p, plugin);
    else
        plugin_free(plugin);
    return true;
}

bool plugins_load(struct plugins *p, const char *directory, struct diagnostics *diagnostics,
                  struct fail *why)
{
    struct dirent **entries = NULL;
    int n = scandir(directory, &entries, NULL, alphasort);
    if (n < 0)
        return fail(why, FAIL_IO, "plugins in %s: %s", directory, strerror(errno));
    bool good = true;
    for (int i = 0; i < n; i++) {
        struct stat info;
        char *folder = mem_printf("%s/%s", directory, entries[i]->d_name);
        char *file = mem_printf("%s/plugin.lua", folder);
        if (good && entries[i]->d_name[0] != '.' && stat(file, &info) == 0)
            good = load_folder(p, folder, entries[i]->d_name, diagnostics, why);
        mem_free(file);
        mem_free(folder);
        free(entries[i]);
    }
    free(entries);
    return good;
}

// ---- listing

static json describe_function(const struct function *f)
{
    json handlers = json_array(), out = json_object();
    for (int i = 0; i < 6; i++)
        if (f->handles[i])
            json_append_take(&handlers, json_string(event_names[i]));
    json_set_text(&out, "name", f->name);
    json_set_text(&out, "summary", f->summary);
    json_set_text(&out, "effects", effects_names[f->effects]);
    json_set_take(&out, "handlers", handlers);
    if (!json_is_absent(f->input_schema))
        json_set(&out, "input", f->input_schema);
    if (!json_is_absent(f->output_schema))
        json_set(&out, "output", f->output_schema);
    return out;
}

json plugins_list(struct plugins *p)
{
    json list = json_array();
    for (size_t i = 0; i < p->count; i++) {
        const struct plugin *plugin = p->loaded[i];
        if (!plugin->current)
            continue;
        json functions = json_array(), out = json_object();
        for (size_t k = 0; k < plugin->function_count; k++)
            json_append_take(&functions, describe_function(&plugin->functions[k]));
        json_set_text(&out, "name", plugin->name);
        json_set_text(&out, "version", plugin->version);
        json_set_text(&out, "folder", plugin->folder);
        json_set_bool(&out, "quarantined", plugin->quarantined || plugin->held);
        json_set_int(&out, "kills", plugin->kills);
        json_set_take(&out, "functions", functions);
        json_append_take(&list, out);
    }
    return list;
}
