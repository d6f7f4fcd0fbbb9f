// dure.csv: tables as text, in both directions.
#include "plugin/lua_dure.h"

#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/mem.h"
#include "people/csv.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/lua_string.h"
#include "plugin/sandbox.h"

static void free_table(void *table)
{
    csv_done(table);
    mem_free(table);
}

static void push_row_jmp(lua_State *L, const struct csv_row *row)
{
    lua_createtable(L, (int)row->count, 0);
    lua_json_mark_array_jmp(L, -1);
    for (size_t i = 0; i < row->count; i++) {
        lua_pushstring(L, row->cells[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_object_jmp(lua_State *L, const struct csv_row *head, const struct csv_row *row)
{
    lua_createtable(L, 0, (int)head->count);
    for (size_t i = 0; i < head->count; i++) {
        lua_pushstring(L, head->cells[i]);
        lua_pushstring(L, i < row->count ? row->cells[i] : "");
        lua_rawset(L, -3);
    }
}

// parse(text, {header = true}) -> rows, as lists or as objects by the first row's names
static int parse_jmp(lua_State *L)
{
    struct fail why = {0};
    size_t bytes;
    const char *text = luaL_checklstring(L, 1, &bytes);
    bool header = false;
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "header");
        header = lua_toboolean(L, -1) != 0;
    }
    struct csv_table *table = mem_new(struct csv_table);
    bool good = csv_read(text, bytes, 0, table, &why);
    sandbox_hold(L, free_table, table);
    if (!good)
        return host_fail_jmp(L, &why);
    sandbox_charge_jmp(L, bytes / 4);
    size_t first = header ? 1 : 0;
    lua_newtable(L);
    lua_json_mark_array_jmp(L, -1);
    for (size_t i = first; i < table->count; i++) {
        if (header)
            push_object_jmp(L, &table->rows[0], &table->rows[i]);
        else
            push_row_jmp(L, &table->rows[i]);
        lua_rawseti(L, -2, (lua_Integer)(i - first) + 1);
    }
    return 1;
}

static void free_bytes(void *bytes)
{
    bytes_done(bytes);
    mem_free(bytes);
}

static void add_value_jmp(lua_State *L, struct bytes *out)
{
    size_t bytes;
    int kind = lua_type(L, -1);
    if (kind == LUA_TNIL || kind == LUA_TLIGHTUSERDATA)
        return;
    const char *text = lua_string_of_jmp(L, -1, &bytes);
    if (kind == LUA_TNUMBER)
        csv_write_number(out, text);
    else
        csv_write_cell(out, text, bytes);
    lua_pop(L, 1);
}

static void add_line_jmp(lua_State *L, struct bytes *out, int row, int columns)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, columns == 0 ? row : columns);
    for (lua_Integer i = 1; i <= n; i++) {
        if (i > 1)
            bytes_add_char(out, ',');
        if (columns == 0) {
            lua_rawgeti(L, row, i);
        } else {
            lua_rawgeti(L, columns, i);
            lua_rawget(L, row);
        }
        add_value_jmp(L, out);
        lua_pop(L, 1);
        sandbox_charge_jmp(L, 2);
    }
    bytes_add(out, "\r\n");
}

// format(rows, {"name", "region"}): objects by these columns with a header; without: lists
static int format_jmp(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int columns = lua_istable(L, 2) ? 2 : 0;
    lua_settop(L, 2);
    struct bytes *out = mem_new(struct bytes);
    bytes_init(out, LUA_TEXT_BYTES_MAX);
    sandbox_hold(L, free_bytes, out);
    bytes_add(out, CSV_BOM);
    if (columns != 0)
        add_line_jmp(L, out, columns, 0);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        if (!lua_istable(L, -1))
            return luaL_argerror(L, 1, "a list of rows");
        add_line_jmp(L, out, lua_gettop(L), columns);
        lua_pop(L, 1);
    }
    if (out->overflowed)
        return luaL_error(L, "the table has more than %d bytes", (int)LUA_TEXT_BYTES_MAX);
    lua_pushlstring(L, out->data, out->length);
    return 1;
}

const luaL_Reg lua_csv_functions[] = {{"parse", parse_jmp}, {"format", format_jmp}, {NULL, NULL}};
