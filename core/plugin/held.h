// A plugin that was at work in two crashes in a row is held: its functions do not run, and what
// calls them is held with it, until a person releases it or another text of it is loaded. Where one
// and the same instance was in hand both times the engine holds that alone (engine/quarantine.h):
// the fault is looked for where it is smallest. What is known lies in the store. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "plugin/plugin.h"
#include "store/store.h"

// Before the engine recovers: takes in what the process before said when it crashed (NULL: it did
// not), durably, and holds what is to be held.
void held_recover(struct plugins *p, struct store *s, const char *words, int64_t crashed_ms);
