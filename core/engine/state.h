// The engine's own state, for the files of this room only; everybody else has engine.h.
// Loop thread only.
#pragma once

#include "base/random.h"
#include "engine/catalogue.h"
#include "engine/correlate.h"
#include "engine/engine.h"
#include "engine/expiry.h"
#include "engine/figures.h"
#include "engine/live.h"
#include "engine/outbox.h"
#include "engine/retention.h"
#include "engine/step_memo.h"
#include "engine/steps.h"
#include "engine/warm.h"
#include "engine/watch.h"
#include "store/store.h"

#define ENGINE_TURN_INPUTS  2000   // taken in one turn, so that the loop gets its share
#define ENGINE_FIRE_TIMERS  128    // put into inboxes before those take them
#define ENGINE_SLICE_INPUTS 256    // of one instance, before the next has its turn
#define ENGINE_SEAL_INPUTS  20000  // in one batch, before work that is left is put aside for it
#define ENGINE_TURN_MS      100    // a turn that took so long ends and is sealed
#define ENGINE_WAIT_MAX_MS  2000   // new work is refused while what is ready has waited so long
#define ENGINE_EFFECTS_MAX  50000  // …or while so many effects wait for their turn
#define ENGINE_OVERLAY_ROWS 400000 // more that is not durable is refused: the disk is behind

struct engine {
    struct store *store;
    const struct port *port;
    struct function_host *host; // or NULL
    json secrets, runtime;
    const struct zone *zone; // of workflows that name none, or NULL
    void (*wake)(void *context);
    void *context;
    size_t turn_inputs, seal_inputs;
    const char *last_words;
    int64_t last_words_ms;

    struct random random;
    int64_t now_ms;
    bool in_turn;
    size_t inputs_since_seal;
    int64_t next_due_ms;   // no timer is due before; INT64_MAX: there is none
    bool due_is_bound;     // the one due then may be gone
    struct row last_fired; // no timer stands at its place or before; no row: nobody knows
    struct transition transition;
    struct handler *handler; // the one that runs, or NULL
    struct step_memo step_memo;
    const char *in_hand; // id of the instance that is stepped, for last words; or NULL

    struct catalogue catalogue;
    struct lives lives;
    struct correlator correlator;
    struct outbox outbox;
    struct watch watch;
    struct warm warm;
    struct retention retention;
    struct expiry expiry;
    struct figures figures;
};

void engine_clock(struct engine *e); // takes the time from the port; never backwards
void engine_call_wake(struct engine *e);
// Last words name this instance until the call with what was returned before.
const char *engine_take_in_hand(struct engine *e, const char *id);
// engine_may_change for what makes more work: refused also while the engine is behind, so that what
// was taken is done in bounded time and memory. People's answers and operators' acts are always
// taken.
CHECKED bool engine_may_begin(struct engine *e, struct fail *why);
