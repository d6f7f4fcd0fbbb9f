// A simulated Dure: a whole world made from one seed, in virtual time, under faults, watched by
// oracles. The world outside (people, servers, the disk's owner, the power company) is played; the
// engine, the store, people and plugins are the real ones.
// The result is the caller's, plugins are borrowed. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "simulate/coverage.h"

struct plugins;

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
    BREAK_SYNC,                 // the disk says that it has synced, and has not
    BREAK_CHAIN,                // the disk flips a bit in the history
    BREAK_STATE,                // the disk writes another status than the history tells
    BREAK_SEATS,                // the disk forgets what a step has given away
    BREAK_QUARANTINE,           // the disk forgets who crashed
    BREAK_VERSION,              // the disk writes another version of the definition
    BREAK_ANSWER,               // the disk drops answers
    BREAK_MAIL,                 // mails are changed on their way out
    BREAK_UNFINISHED,           // a server never answers
    BREAK_NONDETERMINISM,       // randomness that is not the seed's
};

enum simulate_disk {
    SIMULATE_DISK_ANY,    // the seed says
    SIMULATE_DISK_MEMORY, // rows in memory: quick
    SIMULATE_DISK_SQLITE  // the real driver on a file system that fails
};

struct simulate_opts {
    uint64_t seed;
    int64_t steps;
    bool trace; // every line on stdout
    enum simulate_break broken;
    enum simulate_disk disk;
    struct coverage *coverage; // added to; or NULL
    struct plugins *plugins;   // or NULL
};

struct simulate_result {
    bool good;
    char oracle[32];
    char message[600];
    int64_t at_step;
    const char *disk; // "memory", "sqlite"
    struct hash hash; // of the trace and the disk
    int64_t instances, crashes, effects, events, answers, commits;
};

// Plays one world; everything that depends on it is in the result.
void simulate(const struct simulate_opts *opts, struct simulate_result *result);
