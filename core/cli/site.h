// A Dure in this process on a libuv loop: store (SQLite in a data directory, or memory), engine,
// people, plugins and the executors of effects. `dure run` and `dure serve` are built on it. Loop
// thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/fail.h"
#include "cli/config.h"
#include "engine/engine.h"
#include "engine/port.h"
#include "people/people.h"
#include "plugin/plugin.h"

struct site;

struct site_opts {
    const char *data; // NULL: in memory
    bool is_virtual;  // the clock stands still and is moved by site_run or site_move_clock
    int64_t now_ms;   // where a virtual clock begins; 0: at the real time
    bool is_served;   // the loop drives the engine, as a server needs it
    struct plugins *plugins;
    const struct config *config; // mail, sink, secrets; NULL: none
    bool mail_is_kept;           // --dev: mails stay rows for the mailbox page
};
struct site *site_open(const struct site_opts *opts, struct fail *why);
// Waits for what is being committed, closes everything.
void site_close(struct site *s);

uv_loop_t *site_loop(struct site *s);
struct engine *site_engine(struct site *s);
struct people *site_people(struct site *s);
struct store *site_store(struct site *s);

// Runs until `done` says so (true), or only waits are left that lie further off than patience_ms
// (false); virtual sites skip to them instead, and return false when nothing is due at all. False
// also when the disk refuses for ten seconds: store_trouble says why.
bool site_run(struct site *s, bool (*done)(void *context), void *context, int64_t patience_ms);

// Virtual sites: moves the clock to `ms`, stopping at every moment something is due; each is
// durable before the next.
CHECKED bool site_move_clock(struct site *s, int64_t ms, struct fail *why);
