// step:peer(task): another open step of the same instance, to read: {task, function, state,
// records}, or nil where no such step is open. So a reminder can ask who is registered at the
// moment it is sent. What a step keeps is its function's own business: read only what its README
// says.
#include "plugin/lua_step.h"

#include <string.h>

#include "base/mem.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"
#include "store/store.h"

static void free_scan(void *scan)
{
    scan_done(scan);
}

static void free_row(void *row)
{
    row_done(row);
    mem_free(row);
}

// The row is held until the function returns; NULL where there is none.
static struct row *find_step_jmp(lua_State *L, struct host_call *h, const char *task)
{
    struct fail why = {0};
    struct scan *scan;
    struct value prefix = value_text(h->call->address.instance);
    struct scan_opts opts = {
        .table = TABLE_STEP, .index = -1, .prefix = &prefix, .prefix_count = 1};
    if (!store_scan(engine_store(h->engine), &opts, &scan, &why))
        host_fail_jmp(L, &why);
    sandbox_hold(L, free_scan, scan);
    struct row *row = mem_new(struct row);
    sandbox_hold(L, free_row, row);
    while (scan_next(scan, row, &why)) {
        const char *path = row_text(row, STEP_PATH);
        if (strcmp(host_task_of(path), task) == 0 && strcmp(path, h->call->address.path) != 0)
            return row;
        row_done(row);
        *row = (struct row){0};
        sandbox_charge_jmp(L, 5);
    }
    if (why.kind != FAIL_NONE)
        host_fail_jmp(L, &why);
    return NULL;
}

static void push_state_jmp(lua_State *L, const struct row *row)
{
    struct fail why = {0};
    json envelope = json_absent();
    const struct value *v = &row->columns[STEP_STATE];
    if (!json_parse_stored(v->data, v->bytes, &envelope, &why)) {
        why.kind = FAIL_CORRUPT;
        host_fail_jmp(L, &why);
    }
    sandbox_hold_json(L, envelope);
    json state = json_get(envelope, "state");
    sandbox_hold_json(L, state);
    if (json_is_object(state))
        lua_json_push_jmp(L, state, LUA_NULL_KEPT);
    else
        lua_newtable(L);
}

static int peer_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    const struct row *row = find_step_jmp(L, h, luaL_checkstring(L, 2));
    if (row == NULL)
        return 0;
    lua_createtable(L, 0, 4);
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "task");
    lua_pushstring(L, row_text(row, STEP_FUNCTION));
    lua_setfield(L, -2, "function");
    push_state_jmp(L, row);
    lua_setfield(L, -2, "state");
    lua_records_push_peer_jmp(L, row_text(row, STEP_PATH), row_integer(row, STEP_ATTEMPT));
    lua_setfield(L, -2, "records");
    return 1;
}

const luaL_Reg lua_peer_methods[] = {{"peer", peer_jmp}, {NULL, NULL}};
