// The executor of events that go out: POSTs each as a structured CloudEvent to the configured sink,
// and again later while the sink cannot be reached or says so. Loop thread only.
#pragma once

#include "engine/engine.h"
#include "net/client.h"

struct sink_executor;

struct sink_executor *sink_executor_new(struct client *client, const char *url);
void sink_executor_free(struct sink_executor *x); // NULL is legal
struct executor *sink_executor(struct sink_executor *x);
