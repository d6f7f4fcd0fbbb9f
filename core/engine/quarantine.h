// An instance that was in hand in two crashes in a row does not get a third try: it is held, so
// that one poisoned case never keeps the engine down. Loop thread only.
#pragma once

#include "engine/engine.h"

// Reads the last words of the process before, where there are any.
void quarantine_recover(struct engine *e);
