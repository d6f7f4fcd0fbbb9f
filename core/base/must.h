// Assertions that stay on: a broken invariant is ours, so the process ends with last words and the
// supervisor starts it again (crash-only). Any thread.
#pragma once

#define must(claim)                                                                                \
    do {                                                                                           \
        if (__builtin_expect(!(claim), 0))                                                         \
            must_failed(#claim, __FILE__, __LINE__, __func__);                                     \
    } while (0)

#define must_not_reach() must_failed("not reached", __FILE__, __LINE__, __func__)

_Noreturn void must_failed(const char *claim, const char *file, int line, const char *function);

// What the last words add: what is in hand (an instance), and within it whose code runs (a plugin's
// function). Borrowed, may be null. One of each per thread.
void must_context(const char *words);
void must_within(const char *words);
const char *must_context_now(void);

// Called once with the last words before abort, e.g. to write a crash marker; async-signal-safe.
// NULL ends it.
void must_on_crash(void (*callback)(const char *words));
// The same last words for a crash that is no broken claim, from a signal handler; does not abort.
// Nothing after last words of this process's own.
void must_note_crash(const char *what);
