// The engine on libuv: prepare phase = engine_turn, an async handle for the store's wake, one timer
// for the next due moment. The caller owns the uv loop. Loop thread only.
#pragma once

#include <uv.h>

#include "engine/engine.h"

struct engine_loop;

// Wires a store and engine to the loop. `store_wake` is to be given to store_open before (it takes
// the engine_loop as context). Made first, then the store, then the engine, then
// engine_loop_attach.
struct engine_loop *engine_loop_new(uv_loop_t *loop);
void engine_loop_store_wake(void *engine_loop); // any thread
void engine_loop_engine_wake(void *engine_loop);
void engine_loop_attach(struct engine_loop *l, struct engine *e);
// Stops its handles; frees itself in the last close callback. The store must be quiet by then
// (flushed or closed): its wake may come on the writer's thread.
void engine_loop_close(struct engine_loop *l);
