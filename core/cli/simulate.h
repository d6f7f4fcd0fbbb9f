// A simulated Dure: a whole world made from one seed, in virtual time, under faults, watched by
// oracles. The world outside (people, servers, the disk's owner, the power company) is played by
// the files simulate_*.c; the engine, the store's front, people and plugins are the real ones.
//
//   simulate.c             the command
//   simulate_world.c       wires one, crashes it, lets it settle, writes the trace
//   simulate_definition.c  makes valid definitions from the seed
//   simulate_act.c         what happens to it: starts, events, answers, controls, time, faults
//   simulate_effects.c     the executor: servers that are late, lost, contradictory
//   simulate_disk.c        the store's driver in between, and the mutations of `--break`
//   simulate_oracle.c      what must hold whenever it is at rest
//   simulate_told.c        what clients were told, which must be true after every crash
//   simulate_heard.c       what its history says happened, as it happens
//   simulate_end.c         when the faults stop, the work finishes
//
// The owner of the struct opens and closes it. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/random.h"
#include "engine/engine.h"
#include "people/people.h"
#include "plugin/plugin.h"
#include "store/memory.h"
#include "json/json.h"

#define SIMULATE_DEFINITIONS 4   // at most, of one world
#define SIMULATE_KEYS        4   // values of the correlation key
#define SIMULATE_PEOPLE      4   // p1 … p4
#define SIMULATE_INSTANCES   400 // started by acts of one world

// Deliberate mutations of the world's seams, each to be caught by its oracle. Never in the code
// that is tested.
enum simulate_break {
    BREAK_NOTHING,
    BREAK_EFFECT_BEFORE_COMMIT, // an effect begins when its row is on its way to the disk
    BREAK_TIMER_EARLY,          // the clock runs ahead now and then
    BREAK_LOSE_TIMER,           // the disk drops timers
    BREAK_DOUBLE_RESULT,        // the disk keeps effects that are settled
    BREAK_TWICE,                // the disk forgets that an effect of class once was begun
    BREAK_SILENT_WAIT,          // the disk drops subscriptions
    BREAK_LOSE_EVENT,           // the disk forgets which events were consumed
    BREAK_FORGET_TOLD,          // the disk loses an instance in a crash
    BREAK_CHAIN,                // the disk flips a bit in the history
    BREAK_STATE,                // the disk writes another status than the history tells
    BREAK_SEATS,                // the disk forgets what a step has given away
    BREAK_UNFINISHED,           // a server never answers
    BREAK_NONDETERMINISM,       // randomness that is not the seed's
};

struct simulate_opts {
    uint64_t seed;
    int64_t steps;
    bool trace; // every line on stdout
    enum simulate_break broken;
    struct plugins *plugins; // or NULL
};

struct simulate_result {
    bool good;
    char oracle[32];
    char message[600];
    int64_t at_step;
    struct hash hash; // of the trace and the disk
    int64_t instances, crashes, effects, events, answers, commits;
};

struct simulation {
    const struct simulate_opts *opts;
    struct simulate_result *result;
    struct random random, definitions_random, faults_random, secret_random;
    int64_t step;
    bool calm; // no more faults

    struct memory_disk *disk;
    struct store *store, *eye; // the eye sees the bare disk
    struct virtual_port clock;
    struct port port;
    int64_t ahead_ms; // by how much the engine's clock is wrong
    struct engine *engine;
    struct people *people;

    char *texts[SIMULATE_DEFINITIONS]; // of the definitions deployed
    json sources[SIMULATE_DEFINITIONS];
    size_t definitions;
    struct executor http, shell, script, container, mail, sink;
    struct map effects; // key -> struct simulate_effect
    struct map mails;   // key -> its content
    int64_t results;    // a number for each result, so that none is like another
    struct list told;   // of struct promise
    struct map heard;   // address -> struct heard
    int64_t events, answers, resume_from;
    struct hasher trace;
};

// Plays one world; everything that depends on it is in the result.
void simulate(const struct simulate_opts *opts, struct simulate_result *result);

// ---- world
CHECKED bool simulate_open(struct simulation *s, struct fail *why);
void simulate_close(struct simulation *s, bool crash);
bool simulate_crash(struct simulation *s);
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
void simulate_define(struct simulation *s); // makes and deploys them
// The task's JSON behind a reference ("/do/2/route"); absent if there is none.
json simulate_task_at(json definition, const char *reference);

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

// ---- disk
struct store_driver *simulate_driver_new(struct simulation *s);
void simulate_disk_forget(struct simulation *s); // between crash and recovery: for mutations

// ---- told
void simulate_told_start(struct simulation *s, const char *id);
void simulate_told_event(struct simulation *s, const char *id);
void simulate_told_answer(struct simulation *s, const char *receipt);
void simulate_told_cancel(struct simulation *s, const char *id);
void simulate_told_retry(struct simulation *s, const char *id); // its end no longer holds
void simulate_told_crash(struct simulation *s);                 // forgets what was not yet told
bool simulate_told_check(struct simulation *s);
void simulate_told_done(struct simulation *s);
const char *simulate_told_newest(struct simulation *s); // an instance's id, or NULL

// ---- heard
struct heard {
    int64_t due_ms;    // of a wait
    int64_t completed; // how often
};
void simulate_heard(void *context, const char *instance, int64_t at_ms, json entry);
void simulate_heard_timer(struct simulation *s, const struct value *row);
void simulate_heard_done(struct simulation *s);

// ---- oracles
bool simulate_check(struct simulation *s); // at rest
bool simulate_check_end(struct simulation *s);
