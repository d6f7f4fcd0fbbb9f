// An instance that was in hand in two crashes in a row does not get a third try: it is held, so
// that one poisoned case never keeps the engine down. Loop thread only.
#pragma once

#include "engine/engine.h"

// First in a recovery: notes on the disk which instance the process before had in hand when it
// crashed; true if that is the one that was noted before.
bool quarantine_note(struct engine *e);
// Last in a recovery: holds that instance.
void quarantine_hold(struct engine *e);
