// The `string` and `utf8` libraries of a sandbox: patterns with a step budget, no rep of more than
// a text may have, no addresses. Loop thread only.
#pragma once

#include <lua.h>

#define LUA_TEXT_BYTES_MAX (16u * 1024 * 1024) // of a string that one call makes

// Leaves nothing on the stack; sets the globals and the metatable of strings. May jump.
void lua_string_open_jmp(lua_State *L);
// The text of any value without an address in it ("table"); pushes it.
const char *lua_string_of_jmp(lua_State *L, int index, size_t *bytes);
