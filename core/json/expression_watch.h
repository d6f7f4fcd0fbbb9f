// Ends what jq computes too long or makes too large. libjq looks before each instruction whether it
// was halted (jq_halt), so a thread that watches can end any run between two of them; a single
// builtin over large data is not interrupted and is bounded by the prelude.
// The caller embeds a watched and keeps it until it is left. One begin for each watched that may be
// entered, any thread; enter and leave on the thread that evaluates.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define EXPRESSION_CPU_MS_MAX    2000
#define EXPRESSION_GROWTH_MB_MAX 512 // of the whole process, while one expression runs
#define EXPRESSION_LOOK_MS       20

struct jq_state;

enum watch_end { WATCH_NOT_ENDED, WATCH_TOO_LONG, WATCH_TOO_LARGE };

struct watched {
    struct jq_state *jq;
    struct watched *next, **place; // among those that run; place is NULL outside
    bool seen;                     // by the thread, since it was entered
    clockid_t clock;               // of the evaluating thread's CPU time
    int64_t cpu_ms, memory_mb;     // when it was first seen
    enum watch_end end;
};

void expression_watch_begin(void); // the first one starts the thread
void expression_watch_end(void);   // the last one waits for it
void expression_watch_enter(struct watched *w, struct jq_state *jq);
enum watch_end expression_watch_leave(struct watched *w);
