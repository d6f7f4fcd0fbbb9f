// The step object that handlers get: its fields and methods, and the verdicts they return.
// Loop thread only.
#pragma once

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

void lua_step_open_jmp(lua_State *L); // its metatables
void lua_step_push_jmp(lua_State *L); // the object for the call in hand
// Reads a handler's result (on top of the stack) and the step's state into the call's outcome.
void lua_step_settle_jmp(lua_State *L, int step);

// Methods that live in files of their own.
extern const luaL_Reg lua_ask_methods[];
extern const luaL_Reg lua_letter_methods[];
extern const luaL_Reg lua_http_methods[];
extern const luaL_Reg lua_peer_methods[];
extern const luaL_Reg lua_urn_methods[];
extern const luaL_Reg lua_member_methods[];
void lua_records_open_jmp(lua_State *L); // the metatable of step.records
void lua_records_push_jmp(lua_State *L);
void lua_records_push_shared_jmp(lua_State *L); // of all steps of the plugin
void lua_records_push_peer_jmp(lua_State *L, const char *path, int64_t attempt); // read only
