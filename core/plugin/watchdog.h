// A thread that only watches: when one call stays in Lua (or in C for Lua) longer than it may by
// the wall clock, nothing inside the process can stop it any more, so the process ends with last
// words that name the plugin, and the supervisor starts it again (crash-only). watchdog_enter and
// _leave on the loop thread; they cost a store each.
#pragma once

struct watchdog;

struct watchdog *watchdog_new(int stuck_ms);
void watchdog_free(struct watchdog *w); // waits for the thread
void watchdog_enter(struct watchdog *w, const char *plugin, const char *function);
void watchdog_leave(struct watchdog *w);
