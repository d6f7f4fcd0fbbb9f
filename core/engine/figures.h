// What the engine counts. Counters only grow while the process lives. Loop thread only.
#pragma once

#include <stdint.h>

struct figures {
    uint64_t turns, inputs, inputs_dropped, overloads, steps, starts;
    uint64_t completed, faulted, cancelled;
    uint64_t events, events_duplicate, event_matches, event_starts, events_purged;
    uint64_t cases_emptied;
    uint64_t timers_fired, handlers, handlers_undone;
    uint64_t effects_released, effects_done, effects_failed, effects_retried, effects_unknown;
    uint64_t incidents, scheduled_refused, commits;
};
