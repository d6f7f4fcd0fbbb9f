// The work item that an answer is to, as its handler sees it: who was asked under which name is
// there at once; its texts, form and moments are read when one of them is first looked at, since
// one of ten thousand ballots needs none. The loop's thread.
#pragma once

#include <lua.h>

void lua_item_open_jmp(lua_State *L);
void lua_item_push_jmp(lua_State *L, const char *id);
