// step.records: rows by key, in the order of keys (bytes). Each access costs a row, not the table:
// the hundred-thousandth put costs what the first did. How many there are is counted as they come
// and go, in all and by the part of the key before its first colon; `count` of another prefix
// walks.
//
//     key of a row           plugin's key, 1 to 500 bytes, its first byte above 0x20
//     "\x01"                 how many in all
//     "\x01" "ballot:"       how many with keys that begin "ballot:"
//
// step.shared: the same for rows that all steps of a plugin share, in whatever instance, and that
// stay when a step ends: what a room's calendar is to the workflows that book it. Who makes them
// takes them away. They change with the handler that changes them, so two instances never see half
// of it.
#include "plugin/lua_step.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"
#include "store/store.h"

#define KEY_BYTES_MAX   500
#define VALUE_BYTES_MAX (1024 * 1024)
#define PAGE_ROWS       100
#define COUNTER_MARK    '\x01'

// Records of a plugin that outlive its steps lie under an instance that is none.
#define SHARED_INSTANCE "shared"
#define SHARED_ROWS_MAX 200000

static const char records_mark = 0, peer_mark = 0, shared_mark = 0;

// Which of the three the table at `index` is tells its metatable, which no plugin can get at.
static bool is_jmp(lua_State *L, int index, const void *mark)
{
    if (!lua_getmetatable(L, index))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, mark);
    bool is = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is;
}

// Whose rows: the step's own, those that all steps of the plugin share, or those of the peer that
// the table names as {path, attempt} and keeps alive; a peer's are read only.
static struct step_address owner_jmp(lua_State *L, const struct host_call *h, int index)
{
    struct step_address owner = h->call->address;
    if (!lua_istable(L, index))
        return owner;
    if (is_jmp(L, index, &shared_mark))
        return (struct step_address){SHARED_INSTANCE, h->plugin->name, 0};
    if (is_jmp(L, index, &peer_mark) && lua_rawgeti(L, index, 1) == LUA_TSTRING) {
        owner.path = lua_tostring(L, -1);
        lua_rawgeti(L, index, 2);
        owner.attempt = lua_tointeger(L, -1);
        lua_pop(L, 2);
    }
    return owner;
}

static void record_key(const struct step_address *owner, const char *key, size_t bytes,
                       struct value out[RECORD_VALUE])
{
    out[RECORD_INSTANCE] = value_text(owner->instance);
    out[RECORD_PATH] = value_text(owner->path);
    out[RECORD_ATTEMPT] = value_integer(owner->attempt);
    out[RECORD_KEY] = value_text_sized(key, bytes);
}

static const char *key_argument_jmp(lua_State *L, int index, size_t *bytes)
{
    const char *key = luaL_checklstring(L, index, bytes);
    luaL_argcheck(L, *bytes > 0 && *bytes <= KEY_BYTES_MAX, index, "a key has 1 to 500 bytes");
    luaL_argcheck(L, (unsigned char)key[0] > ' ', index, "a key begins with a visible character");
    luaL_argcheck(L, utf8_is_valid(key, *bytes) && strlen(key) == *bytes, index,
                  "a key is UTF-8 text");
    return key;
}

// The call in hand and whose rows it is about.
struct looking {
    struct host_call *h;
    struct step_address owner;
};

static bool find_jmp(lua_State *L, const struct looking *at, const char *key, size_t bytes,
                     struct row *row)
{
    struct fail why = {0};
    struct host_call *h = at->h;
    struct value columns[RECORD_VALUE + 1];
    record_key(&at->owner, key, bytes, columns);
    if (!store_get(engine_store(h->engine), TABLE_RECORD, columns, row, &why))
        host_fail_jmp(L, &why);
    return row_is_there(row);
}

static void put(const struct looking *at, const char *key, size_t bytes, const char *text,
                size_t length)
{
    struct value columns[RECORD_VALUE + 1];
    record_key(&at->owner, key, bytes, columns);
    columns[RECORD_VALUE] = value_blob(text, length);
    store_put(engine_store(at->h->engine), TABLE_RECORD, columns);
}

// ---- counters

static size_t counter_key(const char *key, size_t bytes, char out[KEY_BYTES_MAX + 2])
{
    const char *colon = memchr(key, ':', bytes);
    size_t length = colon == NULL ? 0 : (size_t)(colon - key) + 1;
    out[0] = COUNTER_MARK;
    memcpy(out + 1, key, length);
    out[length + 1] = 0;
    return length + 1;
}

static int64_t counter_jmp(lua_State *L, const struct looking *at, const char *key, size_t bytes)
{
    struct row row;
    int64_t n = 0;
    if (find_jmp(L, at, key, bytes, &row)) {
        const struct value *v = &row.columns[RECORD_VALUE];
        for (size_t i = 0; i < v->bytes; i++)
            n = n * 10 + (v->data[i] - '0');
    }
    row_done(&row);
    return n;
}

static void count_jmp(lua_State *L, const struct looking *at, const char *key, size_t bytes, int by)
{
    char counter[KEY_BYTES_MAX + 2], text[24];
    const size_t lengths[2] = {1, counter_key(key, bytes, counter)};
    for (int i = 0; i < 2; i++) {
        if (i == 1 && lengths[1] == 1)
            break;
        int64_t n = counter_jmp(L, at, counter, lengths[i]) + by;
        if (n > SHARED_ROWS_MAX && strcmp(at->owner.instance, SHARED_INSTANCE) == 0)
            luaL_error(L, "a plugin shares at most %d records", SHARED_ROWS_MAX);
        int length = snprintf(text, sizeof text, "%lld", (long long)n);
        put(at, counter, lengths[i], text, (size_t)length);
    }
}

// ---- methods

static int get_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    const struct looking at = {h, owner_jmp(L, h, 1)};
    struct fail why = {0};
    struct row row;
    size_t bytes;
    const char *key = key_argument_jmp(L, 2, &bytes);
    json value = json_absent();
    bool good = true;
    if (find_jmp(L, &at, key, bytes, &row)) {
        const struct value *v = &row.columns[RECORD_VALUE];
        good = json_parse_stored(v->data, v->bytes, &value, &why);
    }
    row_done(&row);
    if (!good) {
        why.kind = FAIL_CORRUPT;
        return host_fail_jmp(L, &why);
    }
    sandbox_hold_json(L, value);
    lua_json_push_jmp(L, value, LUA_NULL_KEPT);
    return 1;
}

static void free_text(void *text)
{
    mem_free(text);
}

static int put_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct row row;
    size_t bytes;
    const char *key = key_argument_jmp(L, 2, &bytes);
    luaL_argcheck(L, !lua_isnoneornil(L, 3), 3, "a value; use delete to take one away");
    size_t held = sandbox_held(L);
    char *text = json_dump(lua_json_check_jmp(L, 3));
    sandbox_hold(L, free_text, text);
    size_t length = strlen(text);
    if (length > VALUE_BYTES_MAX)
        return luaL_error(L, "the value of '%s' has more than %d bytes", key, VALUE_BYTES_MAX);
    const struct looking at = {h, owner_jmp(L, h, 1)};
    bool there = find_jmp(L, &at, key, bytes, &row);
    row_done(&row);
    if (!there)
        count_jmp(L, &at, key, bytes, 1);
    put(&at, key, bytes, text, length);
    sandbox_release_to(L, held);
    lua_pushboolean(L, !there);
    return 1;
}

static int delete_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct row row;
    struct value columns[RECORD_VALUE + 1];
    size_t bytes;
    const char *key = key_argument_jmp(L, 2, &bytes);
    const struct looking at = {h, owner_jmp(L, h, 1)};
    bool there = find_jmp(L, &at, key, bytes, &row);
    row_done(&row);
    if (there) {
        count_jmp(L, &at, key, bytes, -1);
        record_key(&at.owner, key, bytes, columns);
        store_delete(engine_store(h->engine), TABLE_RECORD, columns);
    }
    lua_pushboolean(L, there);
    return 1;
}

// Upvalues: prefix, the last key given, a page of keys, a page of values, place in the page, the
// records walked.
enum {
    EACH_PREFIX = 1,
    EACH_LAST,
    EACH_KEYS,
    EACH_VALUES,
    EACH_PLACE,
    EACH_RECORDS,
    EACH_COUNT = EACH_RECORDS
};

static void free_scan(void *scan)
{
    scan_done(scan);
}

static void free_row(void *row)
{
    row_done(row);
    mem_free(row);
}

static struct scan *open_scan_jmp(lua_State *L, const struct looking *at, const char *from,
                                  size_t bytes)
{
    struct fail why = {0};
    struct value prefix[RECORD_VALUE + 1];
    record_key(&at->owner, from, bytes, prefix);
    struct scan *scan;
    struct scan_opts opts = {.table = TABLE_RECORD,
                             .index = -1,
                             .prefix = prefix,
                             .prefix_count = RECORD_KEY,
                             .from = &prefix[RECORD_KEY]};
    if (!store_scan(engine_store(at->h->engine), &opts, &scan, &why))
        host_fail_jmp(L, &why);
    sandbox_hold(L, free_scan, scan);
    return scan;
}

static void push_row_jmp(lua_State *L, const struct row *row)
{
    struct fail why = {0};
    json value = json_absent();
    const struct value *v = &row->columns[RECORD_VALUE];
    if (!json_parse_stored(v->data, v->bytes, &value, &why)) {
        why.kind = FAIL_CORRUPT;
        host_fail_jmp(L, &why);
    }
    sandbox_hold_json(L, value);
    lua_json_push_jmp(L, value, LUA_NULL_KEPT);
}

// The next row whose key begins with the prefix and is not `last`; holds it. NULL at the end.
static struct row *next_row_jmp(lua_State *L, struct scan *scan, const char *prefix, size_t bytes,
                                const char *last)
{
    struct fail why = {0};
    struct row *row = mem_new(struct row);
    sandbox_hold(L, free_row, row);
    while (scan_next(scan, row, &why)) {
        const char *key = row_text(row, RECORD_KEY);
        if (strncmp(key, prefix, bytes) != 0)
            return NULL;
        // Keys that plugins cannot write are this room's counters and the work items' counts.
        if ((unsigned char)key[0] > ' ' && strcmp(key, last) != 0)
            return row;
        row_done(row);
        *row = (struct row){0};
    }
    if (why.kind != FAIL_NONE)
        host_fail_jmp(L, &why);
    return NULL;
}

static lua_Integer read_page_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    const struct looking at = {h, owner_jmp(L, h, lua_upvalueindex(EACH_RECORDS))};
    size_t bytes, held = sandbox_held(L);
    const char *prefix = lua_tolstring(L, lua_upvalueindex(EACH_PREFIX), &bytes);
    const char *last = lua_tostring(L, lua_upvalueindex(EACH_LAST));
    const char *from = last[0] == 0 ? prefix : last;
    struct scan *scan = open_scan_jmp(L, &at, from, strlen(from));
    lua_createtable(L, PAGE_ROWS, 0);
    lua_createtable(L, PAGE_ROWS, 0);
    lua_Integer n = 0;
    while (n < PAGE_ROWS) {
        size_t row_held = sandbox_held(L);
        struct row *row = next_row_jmp(L, scan, prefix, bytes, last);
        if (row == NULL)
            break;
        n++;
        lua_pushstring(L, row_text(row, RECORD_KEY));
        lua_rawseti(L, -3, n);
        push_row_jmp(L, row);
        lua_rawseti(L, -2, n);
        sandbox_release_to(L, row_held);
        sandbox_charge_jmp(L, 10);
    }
    lua_replace(L, lua_upvalueindex(EACH_VALUES));
    lua_replace(L, lua_upvalueindex(EACH_KEYS));
    sandbox_release_to(L, held);
    return n;
}

static int each_next_jmp(lua_State *L)
{
    lua_Integer place = lua_tointeger(L, lua_upvalueindex(EACH_PLACE)) + 1;
    if (place > (lua_Integer)lua_rawlen(L, lua_upvalueindex(EACH_KEYS))) {
        bool was_short = place > 1 && place <= PAGE_ROWS;
        if (was_short || read_page_jmp(L) == 0)
            return 0;
        place = 1;
    }
    lua_pushinteger(L, place);
    lua_replace(L, lua_upvalueindex(EACH_PLACE));
    lua_rawgeti(L, lua_upvalueindex(EACH_KEYS), place);
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(EACH_LAST));
    lua_rawgeti(L, lua_upvalueindex(EACH_VALUES), place);
    return 2;
}

// for key, value in step.records:each("ballot:") do … end. What is written ahead of it while it
// walks is seen if it lies beyond the page of a hundred in hand.
static int each_jmp(lua_State *L)
{
    host_call_jmp(L);
    lua_pushstring(L, luaL_optstring(L, 2, ""));
    lua_pushliteral(L, "");
    lua_newtable(L);
    lua_newtable(L);
    lua_pushinteger(L, 0);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, each_next_jmp, EACH_COUNT);
    return 1;
}

static int64_t walk_count_jmp(lua_State *L, const struct looking *at, const char *prefix,
                              size_t bytes)
{
    size_t held = sandbox_held(L);
    struct scan *scan = open_scan_jmp(L, at, prefix, bytes);
    int64_t n = 0;
    for (;;) {
        size_t row_held = sandbox_held(L);
        if (next_row_jmp(L, scan, prefix, bytes, "") == NULL)
            break;
        n++;
        sandbox_release_to(L, row_held);
        sandbox_charge_jmp(L, 5);
    }
    sandbox_release_to(L, held);
    return n;
}

static int records_count_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    const struct looking at = {h, owner_jmp(L, h, 1)};
    size_t bytes;
    const char *prefix = luaL_optlstring(L, 2, "", &bytes);
    char counter[KEY_BYTES_MAX + 2] = {COUNTER_MARK, 0};
    size_t length = bytes == 0 || bytes > KEY_BYTES_MAX ? 1 : counter_key(prefix, bytes, counter);
    bool counted = bytes == 0 || length == bytes + 1;
    lua_pushinteger(L, counted ? counter_jmp(L, &at, counter, length)
                               : walk_count_jmp(L, &at, prefix, bytes));
    return 1;
}

static const luaL_Reg writing[] = {{"put", put_jmp}, {"delete", delete_jmp}, {NULL, NULL}};
static const luaL_Reg reading[] = {
    {"get", get_jmp}, {"count", records_count_jmp}, {"each", each_jmp}, {NULL, NULL}};

static void make_metatable_jmp(lua_State *L, const void *mark, const luaL_Reg *more)
{
    lua_createtable(L, 0, 2);
    lua_newtable(L);
    sandbox_set_functions_jmp(L, reading);
    if (more != NULL)
        sandbox_set_functions_jmp(L, more);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "records");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, mark);
}

void lua_records_open_jmp(lua_State *L)
{
    make_metatable_jmp(L, &records_mark, writing);
    make_metatable_jmp(L, &peer_mark, NULL);
    make_metatable_jmp(L, &shared_mark, writing);
}

void lua_records_push_jmp(lua_State *L)
{
    lua_createtable(L, 0, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &records_mark);
    lua_setmetatable(L, -2);
}

void lua_records_push_shared_jmp(lua_State *L)
{
    lua_createtable(L, 0, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &shared_mark);
    lua_setmetatable(L, -2);
}

void lua_records_push_peer_jmp(lua_State *L, const char *path, int64_t attempt)
{
    lua_createtable(L, 2, 0);
    lua_pushstring(L, path);
    lua_rawseti(L, -2, 1);
    lua_pushinteger(L, attempt);
    lua_rawseti(L, -2, 2);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &peer_mark);
    lua_setmetatable(L, -2);
}
