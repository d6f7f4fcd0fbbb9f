// CloudEvents as a listen reads them; matching is in machine.h. One thread at a time.
#pragma once

#include "definition/definition.h"
#include "json/json.h"

// What a consumed event is to the workflow: its data, the whole, or its data as text.
json event_read(json event, enum event_read read);
