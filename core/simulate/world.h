// The inside of a simulated world, shared by the files of this room; everybody else has simulate.h.
// world.c owns the struct, opens and closes it. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/list.h"
#include "base/map.h"
#include "base/random.h"
#include "engine/engine.h"
#include "people/people.h"
#include "plugin/plugin.h"
#include "simulate/simulate.h"
#include "store/driver.h"
#include "json/json.h"

#define SIMULATE_DEFINITIONS 4   // at most, of one world
#define SIMULATE_KEYS        4   // values of the correlation key
#define SIMULATE_PEOPLE      4   // p1 … p4
#define SIMULATE_INSTANCES   400 // started by acts of one world

#define SIMULATE_SOURCES        12 // definitions in all their versions
#define SIMULATE_SQLITE_PERCENT 40 // of the worlds where the seed says

struct simulate_source {
    int level, version; // wLEVEL 1.VERSION.0
    json json;
};

struct simulation {
    const struct simulate_opts *opts;
    struct simulate_result *result;
    struct random random, definitions_random, faults_random, secret_random;
    int64_t step;
    bool calm; // no more faults

    struct medium *medium;
    bool hold; // a slow disk: what is submitted does not reach it yet
    struct store_driver *between;
    struct store *store, *eye; // the eye sees the bare disk
    struct virtual_port clock;
    struct port port;
    int64_t ahead_ms; // by how much the engine's clock is wrong
    struct engine *engine;
    struct people *people;

    struct simulate_source sources[SIMULATE_SOURCES]; // of what was deployed
    size_t source_count;
    int definitions; // names: w0, w1, …
    struct executor http, shell, script, container, mail, sink;
    struct map effects; // key -> struct simulate_effect
    struct map mails;   // key -> its content
    int64_t results;    // a number for each result, so that none is like another
    struct list told;   // of struct promise
    int64_t shown_seq;  // the newest commit on which something outside may rest
    struct hash shown_hash;
    struct map heard; // address -> struct heard
    uint64_t recent;  // words that have begun since the last fault
    int64_t events, answers, resume_from;
    char poisoned[64];  // the instance that was in hand in the last crash, or ""
    int poisoned_times; // in so many crashes in a row
    struct hasher trace;
};

// ---- world
CHECKED bool simulate_open(struct simulation *s, struct fail *why);
void simulate_close(struct simulation *s, bool crash);
bool simulate_crash(struct simulation *s);
// As if this instance had broken an invariant: the last words name it. Twice in a row, and it is
// held, and the others go on.
void simulate_poison(struct simulation *s);
// Turns until everything waits for time or for somebody outside; false if it does not come to
// rest.
bool simulate_settle(struct simulation *s);
void simulate_trace(struct simulation *s, const char *format, ...) PRINTF(2, 3);
// The first violation is kept. Returns false.
bool simulate_violated(struct simulation *s, const char *oracle, const char *format, ...)
    PRINTF(3, 4);
bool simulate_is_good(const struct simulation *s);
uint64_t simulate_below(struct simulation *s, uint64_t limit);
bool simulate_chance(struct simulation *s, unsigned percent);
struct hash simulate_disk_hash(struct simulation *s);

// ---- definitions
json simulate_definition_new(struct simulation *s, int level, int version);
void simulate_define(struct simulation *s);       // makes and deploys some
void simulate_define_again(struct simulation *s); // a new version of one
void simulate_define_done(struct simulation *s);
// The task's JSON behind a reference ("/do/2/route") of {name, version}; absent if there is none.
json simulate_task_at(struct simulation *s, json definition, const char *reference);

// ---- acts
void simulate_act(struct simulation *s);
void simulate_send(struct simulation *s, const char *type, int64_t k, const char *id);
void simulate_answer_items(struct simulation *s, bool all);

// ---- effects
struct simulate_effect {
    char *key, *instance, *path, *name;
    char *mail_key; // or NULL
    char kind[16];
    int64_t attempt;
    bool once;
    bool begun;     // in this life of the engine, and not answered
    bool happened;  // in the world outside
    bool unknown;   // the executor said so, or a crash
    bool given;     // a final result was given in this life
    bool settled;   // and is durable
    int64_t answer; // the number in the first final result of this life
};
void simulate_effects_init(struct simulation *s);
void simulate_effects_done(struct simulation *s);
void simulate_effects_crash(struct simulation *s); // nothing is in flight any more
void simulate_effects_answer(struct simulation *s, bool all);
void simulate_effects_say(struct simulation *s); // a person says what became of unknown ones
// What the disk was asked to put for an effect, before it is there: for a mutation.
void simulate_effect_too_early(struct simulation *s, const struct effect *effect);

// ---- medium
void simulate_medium_init(struct simulation *s);
void simulate_medium_done(struct simulation *s);
// A driver on it; one that only looks sees what is durable. NULL and why.
struct store_driver *simulate_medium_driver(struct simulation *s, bool looks, struct fail *why);
void simulate_medium_fault(struct simulation *s);
void simulate_medium_calm(struct simulation *s);
bool simulate_medium_is_dead(struct simulation *s); // the power has gone at some write
// Before the process is gone, so that nothing is written while it closes; and after.
void simulate_medium_off(struct simulation *s);
void simulate_medium_on(struct simulation *s);

// ---- disk
struct store_driver *simulate_driver_new(struct simulation *s, struct fail *why);
void simulate_disk_let_go(struct simulation *s); // what is held, to the driver below
void simulate_disk_forget(struct simulation *s); // between crash and recovery: for mutations

// ---- told
void simulate_told_start(struct simulation *s, const char *id);
void simulate_told_definition(struct simulation *s, int level, int version);
void simulate_told_event(struct simulation *s, const char *id);
void simulate_told_answer(struct simulation *s, const char *receipt);
void simulate_told_cancel(struct simulation *s, const char *id);
void simulate_told_retry(struct simulation *s, const char *id); // its end no longer holds
void simulate_told_crash(struct simulation *s);                 // forgets what was not yet told
bool simulate_told_check(struct simulation *s);
void simulate_told_done(struct simulation *s);
// Somebody outside sees the state: the newest commit must stay.
void simulate_told_shown(struct simulation *s);
bool simulate_told_still_shown(struct simulation *s);
const char *simulate_told_newest(struct simulation *s); // an instance's id, or NULL

// ---- heard
struct heard {
    int64_t due_ms;    // of a wait
    int64_t completed; // how often
    uint64_t words;    // of the task, while it is open
};
void simulate_heard(void *context, const char *instance, int64_t at_ms, json entry);
void simulate_heard_timer(struct simulation *s, const struct value *row);
void simulate_heard_done(struct simulation *s);
// A fault strikes: what is open has met it, for the table of coverage.
void simulate_heard_fault(struct simulation *s, enum coverage_fault fault);

// ---- oracles
bool simulate_check(struct simulation *s); // at rest
bool simulate_check_end(struct simulation *s);
