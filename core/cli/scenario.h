// A scenario (`*.test.yaml`): a workflow played in virtual time by a script, with what must come of
// it. See the design's section on scenario files. Read and checked whole before anything is played;
// a mistake in it is a diagnostic at its place. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "plugin/plugin.h"
#include "json/diagnostic.h"

struct scenario;

// NULL if the file has mistakes, which are in `diagnostics`.
struct scenario *scenario_read(const char *file, struct diagnostics *diagnostics);
void scenario_free(struct scenario *s);

struct scenario_result {
    bool passed;
    size_t checks;      // refusals, expectations and mails that were compared
    int64_t virtual_ms; // how far the clock went
    struct bytes
        report; // when it failed: what was wanted, what came, at which line; the caller inits it
};
// For who looks on while it is played; each may be NULL.
struct world;
struct zone;
struct scenario_watch {
    void *context;
    const char *workflow; // played instead of the scenario's
    // Before anything happens, and again after a crash: the engine is another one.
    void (*opened)(void *context, struct world *w, const struct zone *zone);
    void (*told)(void *context, const char *what, const char *detail); // somebody acts
    // After the script, instead of what is expected at the end.
    bool (*after)(void *context, const char *instance, struct fail *why);
};
// Plays it in a world of its own. `watch` may be NULL.
void scenario_play(struct scenario *s, struct plugins *plugins, const struct scenario_watch *watch,
                   struct scenario_result *result);
