// Values between JSON and Lua. Integers stay integers; arrays carry a mark (a metatable) so that an
// empty one stays one; null is `dure.json.null` or, in what comes from outside, absent. From Lua: a
// marked table or one with the keys 1…n is an array, every other is an object with text keys; an
// empty table without a mark is an object. Loop thread only.
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "json/json.h"

enum lua_null { LUA_NULL_ABSENT, LUA_NULL_KEPT }; // members of objects that are null

void lua_json_open_jmp(lua_State *L); // the mark of arrays; may jump
// Pushes a value; holds what it must until done. May jump.
void lua_json_push_jmp(lua_State *L, json value, enum lua_null nulls);
// Marks the table at index as an array. May jump.
void lua_json_mark_array_jmp(lua_State *L, int index);
void lua_json_push_null(lua_State *L);

// Reads a value; never jumps and calls no metamethod. False for functions, NaN, text that is not
// UTF-8, integers beyond 2^53, mixed keys, more depth or size than a payload may have: why names
// the place.
CHECKED bool lua_json_read(lua_State *L, int index, json *out, struct fail *why);
CHECKED bool lua_json_read_within(lua_State *L, int index, size_t bytes_max, json *out,
                                  struct fail *why); // with a size of its own, in whole MiB
// The same as an argument of a host function: raises instead, and holds the value till the run
// ends.
json lua_json_check_jmp(lua_State *L, int index);
