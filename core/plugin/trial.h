// What one test of a plugin plays in: its world, its prepared HTTP answers, and the methods of `t`
// and `run` that *_test.lua calls. For plugin_test.c. Loop thread only.
#pragma once

#include <lua.h>

#include "plugin/plugin.h"
#include "plugin/world.h"

struct trial {
    struct plugins *plugins; // borrowed
    bool open;               // a test is running
    struct world *world;     // made at first use
    const struct zone *zone;
    int64_t now_ms;
    uint64_t seed;
    int64_t mails_seen, events;
    json responses, requests; // of the http executor
    size_t answered;
    struct executor http;
};

void trial_begin(struct trial *t, struct plugins *plugins);
void trial_end(struct trial *t);      // no-op where none is open
struct trial *trial_of(lua_State *L); // the context of the run begins with it
void trial_open_jmp(lua_State *L);    // the classes "dure.trial" and "dure.run"
