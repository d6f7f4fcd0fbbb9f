// What an instance waits for and what has happened in it, in the reader's language. Loop thread
// only.
#pragma once

#include "web/state.h"

// The sentence of an instance as engine_show gives it; nothing where it waits for nothing.
void waits_write(struct web *w, struct page *p, json shown);
// What a kind of entry in the history is called; the kind itself where it has no other name.
const char *waits_event_name(const struct page *p, const char *type);
