// CloudEvents 1.0 as they come in: checked, made complete where the engine itself emits them.
// Loop thread only.
#pragma once

#include "engine/engine.h"

// Context attributes valid and bounded (CloudEvents 1.0.2 section 3), data as JSON.
CHECKED bool event_check(json event, struct fail *why);
// Fills in specversion, id and time where an emitter left them out.
json event_complete(struct engine *e, json event);
