// The globals of a sandbox: what is left of the base and math libraries, require within the
// plugin's own folder, and pcall that cannot catch the end of a run. Loop thread only.
#pragma once

#include <lua.h>

void lua_base_open_jmp(lua_State *L); // all libraries; may jump
// Loads a text chunk (never a binary one) and leaves the function; "@name" as in messages.
void lua_base_load_jmp(lua_State *L, const char *text, size_t bytes, const char *name);
// From here on globals cannot be made.
void lua_base_freeze_jmp(lua_State *L);
