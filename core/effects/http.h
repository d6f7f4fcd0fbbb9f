// The executor of `call: http` (and of plugins' HTTP): a request of the DSL to an answer of the
// DSL, or to an error of type communication that try/catch can act on. The Idempotency-Key header
// carries the effect's key. Loop thread only.
#pragma once

#include "engine/engine.h"
#include "net/client.h"

struct http_executor;

struct http_executor *http_executor_new(struct client *client); // borrowed
void http_executor_free(struct http_executor *x); // breaks off what runs; NULL is legal
struct executor *http_executor(struct http_executor *x);
