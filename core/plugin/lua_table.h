// The `table` library of a sandbox on raw tables (a lying __len or __index cannot make it run on),
// a stable sort that gives the same order everywhere, and `pairs` and `next` in the order of keys,
// because the order of Lua's hash differs from process to process. Loop thread only.
#pragma once

#include <lua.h>

void lua_table_open_jmp(lua_State *L); // sets the globals table, pairs and next; may jump
