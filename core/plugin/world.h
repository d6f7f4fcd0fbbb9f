// A whole Dure in virtual time: store on a memory disk, engine, people, the given plugins, and mail
// that is kept instead of sent. What scenarios, plugin tests and rehearsals are played in.
// Everything happens in the calls; nothing sleeps. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "engine/engine.h"
#include "people/people.h"
#include "plugin/plugin.h"
#include "json/json.h"

struct world;
struct zone;

struct world_opts {
    struct plugins *plugins; // borrowed; attached to this world's people, so to one world at a
                             // time; NULL: no functions
    int64_t now_ms;
    uint64_t seed;
    const struct zone *zone;     // of the people's dates; NULL: UTC
    json secrets;                // {name: value}; absent: none
    struct executor **executors; // beside the mail's; borrowed; at most 8
    size_t executor_count;
};
struct world *world_new(const struct world_opts *opts, struct fail *why);
void world_free(struct world *w);
struct engine *world_engine(struct world *w); // another one after world_crash
struct people *world_people(struct world *w);
int64_t world_now_ms(const struct world *w);

// Turns until everything only waits for time, events or people.
CHECKED bool world_settle(struct world *w, struct fail *why);
// Moves the clock to `ms`, stopping at every moment something is due, in order; what is due at `ms`
// itself has happened.
CHECKED bool world_move_to(struct world *w, int64_t ms, struct fail *why);
// Moves on from due moment to due moment until the instance has ended or nothing is due within
// `days`.
CHECKED bool world_run_to_end(struct world *w, const char *instance, int days, struct fail *why);
// Stops as kill -9 would: what was not durable is gone. Starts again from the disk.
CHECKED bool world_crash(struct world *w, struct fail *why);
// Mails that have gone after the first `after` ones, in the order in which they went: [{seq, key,
// at, to, person, subject, text, html, attachments, status}]; seq counts them, at is when it went.
// What was suppressed, or waits for the end of quiet hours, is not among them.
json world_mails(struct world *w, int64_t after, struct fail *why);
