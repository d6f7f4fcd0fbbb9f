// The REST API under /api/v1, and /healthz /readyz /metrics /openapi.json. Every change is answered
// after its commit; every refusal is problem details with a stable code. See api/README.md.
// Everything given is borrowed and outlives the API. Loop thread only.
#pragma once

#include <stdbool.h>

#include "access/access.h"
#include "definition/definition.h"
#include "engine/engine.h"
#include "net/server.h"
#include "people/people.h"

struct api;

struct api_opts {
    struct server *server;
    struct engine *engine;
    struct people *people;
    const struct function_catalogue *catalogue; // may be NULL
    bool dev;              // definitions may be replaced; without access: open to the loopback
    const char *token;     // without access: the bearer token of an admin; NULL: none is good
    struct access *access; // who may do what; NULL: dev and token decide
    // What open steps show to those who look after them; plugin/view.h has the shapes. A view that
    // is not there is absent, and why. NULL: there are none.
    json (*views)(void *context, const char *instance, struct fail *why);
    json (*view)(void *context, const char *instance, const char *task, const char *name,
                 struct fail *why);
    void *views_context;
    int second_ms; // of ?wait=; 0: 1000. Tests wait shorter
};

// Adds its routes to the server.
struct api *api_new(const struct api_opts *opts);
void api_free(struct api *a); // after server_close
