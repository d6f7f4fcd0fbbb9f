#include "plugin/view.h"

#include <lauxlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/lua_step.h"
#include "store/store.h"

static bool scan_steps(struct plugins *p, const char *instance, struct scan **scan,
                       struct fail *why)
{
    struct value prefix = value_text(instance);
    if (p->people == NULL)
        return fail(why, FAIL_NOT_FOUND, "no engine runs here");
    struct scan_opts opts = {
        .table = TABLE_STEP, .index = -1, .prefix = &prefix, .prefix_count = 1};
    why->kind = FAIL_NONE;
    return store_scan(engine_store(people_engine(p->people)), &opts, scan, why);
}

static void add_views(const struct function *f, const char *task, json *out)
{
    for (size_t i = 0; i < json_length(f->views); i++) {
        json view = json_at(f->views, i);
        json_set_text(&view, "task", task);
        json_append_take(out, view);
    }
}

json plugins_views(struct plugins *p, const char *instance, struct fail *why)
{
    struct scan *scan;
    struct row row;
    if (!scan_steps(p, instance, &scan, why))
        return json_absent();
    json out = json_array();
    while (scan_next(scan, &row, why)) {
        const struct function *f =
            plugins_function(p, row_text(&row, STEP_FUNCTION), row_text(&row, STEP_VERSION));
        if (f != NULL)
            add_views(f, host_task_of(row_text(&row, STEP_PATH)), &out);
        row_done(&row);
    }
    scan_done(scan);
    if (why->kind != FAIL_NONE)
        json_swap_take(&out, json_absent());
    return out;
}

// ---- one view

static int show_end_jmp(lua_State *L, int status, lua_KContext ignored)
{
    (void)status;
    (void)ignored;
    struct host_call *h = sandbox_context(L);
    struct fail why = {0};
    if (!lua_json_read(L, -1, &h->shown, &why))
        return luaL_error(L, "view '%s': %s", h->view, why.message);
    return 0;
}

static int show_jmp(lua_State *L)
{
    struct host_call *h = sandbox_context(L);
    plugin_push_view_jmp(L, h->function->name, h->view);
    lua_step_push_jmp(L);
    lua_callk(L, 1, 1, 0, show_end_jmp);
    return show_end_jmp(L, LUA_OK, 0);
}

static json run_show(struct host_call *h, struct fail *why)
{
    switch (plugin_run(h->plugin, h->function->name, show_jmp, h)) {
    case SANDBOX_RETURNED:
        if (json_is_object(h->shown))
            return h->shown;
        fail(why, FAIL_INVALID, "view '%s' of '%s' returned no {columns, rows}", h->view,
             h->function->name);
        break;
    case SANDBOX_RAISED: {
        json error = sandbox_take_error(h->plugin->sandbox);
        char *text = json_dump(error);
        fail(why, FAIL_INVALID, "view '%s' of '%s' failed: %.400s", h->view, h->function->name,
             text);
        mem_free(text);
        json_free(error);
        break;
    }
    case SANDBOX_PAUSED:
        fail(why, FAIL_INVALID, "view '%s' waits", h->view);
        break;
    case SANDBOX_KILLED:
        fail(why, FAIL_LIMIT, "view '%s' was stopped: %s", h->view,
             sandbox_reason(h->plugin->sandbox));
        plugin_spoiled(h->plugin, false);
        break;
    }
    json_free(h->shown);
    return json_absent();
}

static bool has_view(const struct function *f, const char *name, json *title)
{
    bool found = false;
    for (size_t i = 0; !found && i < json_length(f->views); i++) {
        json view = json_at(f->views, i);
        found = strcmp(json_get_text(view, "name", ""), name) == 0;
        if (found)
            *title = json_get(view, "title");
        json_free(view);
    }
    return found;
}

static const struct definition *definition_of(struct engine *e, const char *instance)
{
    struct fail why = {0};
    struct row row;
    struct value key = value_text(instance);
    const struct definition *d = NULL;
    if (!store_get(engine_store(e), TABLE_INSTANCE, &key, &row, &why))
        return NULL;
    if (row_is_there(&row)) {
        struct definition_ref ref = {.namespace = row_text(&row, INSTANCE_NAMESPACE),
                                     .name = row_text(&row, INSTANCE_NAME),
                                     .version = row_text(&row, INSTANCE_VERSION)};
        d = engine_definition(e, &ref, &why);
    }
    row_done(&row);
    return d;
}

static bool read_column(const struct row *row, int column, json *out, struct fail *why)
{
    const struct value *v = &row->columns[column];
    return json_parse_stored(v->data, v->bytes, out, why);
}

static json show_step(struct plugins *p, struct function *f, const struct row *row,
                      const char *name, struct fail *why)
{
    struct engine *e = people_engine(p->people);
    struct step_outcome out = {
        .value = json_absent(), .state = json_absent(), .reply = json_absent()};
    struct step_call call = {
        .event = STEP_START,
        .address = {row_text(row, STEP_INSTANCE), row_text(row, STEP_PATH),
                    row_integer(row, STEP_ATTEMPT)},
        .task = host_task_of(row_text(row, STEP_PATH)),
        .function = f->name,
        .version = f->plugin->version,
        .definition = definition_of(e, row_text(row, STEP_INSTANCE)),
        .input = json_absent(),
        .state = json_absent(),
        .now_ms = engine_now_ms(e),
        .name = "",
        .payload = json_absent(),
    };
    json view = json_absent(), envelope = json_absent();
    if (read_column(row, STEP_INPUT, &call.input, why) &&
        read_column(row, STEP_STATE, &envelope, why) && plugin_sandbox(f->plugin, why) != NULL) {
        struct host_call h = {.plugins = p,
                              .plugin = f->plugin,
                              .function = f,
                              .engine = e,
                              .call = &call,
                              .out = &out,
                              .state = json_get(envelope, "state"),
                              .awaits = json_absent(),
                              .journal = json_absent(),
                              .view = name,
                              .shown = json_absent()};
        view = run_show(&h, why);
        json_free(h.state);
    }
    json_free(envelope);
    json_free(call.input);
    return view;
}

json plugins_view(struct plugins *p, const char *instance, const char *task, const char *name,
                  struct fail *why)
{
    struct scan *scan;
    struct row row;
    json view = json_absent(), title = json_absent();
    bool found = false;
    if (!scan_steps(p, instance, &scan, why))
        return view;
    while (!found && scan_next(scan, &row, why)) {
        struct function *f =
            plugins_function(p, row_text(&row, STEP_FUNCTION), row_text(&row, STEP_VERSION));
        found = f != NULL && !f->plugin->quarantined && !f->plugin->held &&
                strcmp(host_task_of(row_text(&row, STEP_PATH)), task) == 0 &&
                has_view(f, name, &title);
        if (found)
            view = show_step(p, f, &row, name, why);
        row_done(&row);
    }
    scan_done(scan);
    if (!found && why->kind == FAIL_NONE)
        fail(why, FAIL_NOT_FOUND, "no open task '%.60s' has a view '%.60s'", task, name);
    if (json_is_object(view) && !json_has(view, "title"))
        json_set(&view, "title", title);
    json_free(title);
    return view;
}
