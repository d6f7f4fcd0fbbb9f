// A scenario (`*.test.yaml`): a workflow played in virtual time by a script, with what must come of
// it. See the design's section on scenario files. Read and checked whole before anything is played;
// a mistake in it is a diagnostic at its place. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
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
// Plays it in a world of its own.
void scenario_play(struct scenario *s, struct plugins *plugins, struct scenario_result *result);
