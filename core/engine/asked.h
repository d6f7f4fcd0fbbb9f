// What a handler asked of the engine beyond rows: done once the handler has succeeded, forgotten
// when it has not. Loop thread only.
#pragma once

#include "engine/steps.h"

void handler_init(struct handler *h);
void handler_do_asked(struct engine *e, struct handler *h);
void handler_forget_asked(struct handler *h);
