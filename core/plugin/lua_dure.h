// The global `dure` of a sandbox: values, time, text, tables of data, and the directory.
// Loop thread only.
#pragma once

#include <lauxlib.h>
#include <lua.h>

void lua_dure_open_jmp(lua_State *L); // everything, with the step's methods; may jump

// The parts, each a table of functions.
extern const luaL_Reg lua_json_functions[], lua_time_functions[], lua_calendar_functions[],
    lua_text_functions[], lua_csv_functions[], lua_people_functions[];
