#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "engine/actions.h"
#include "engine/engine.h"
#include "engine/state.h"
#include "engine/timers.h"

static void after_step(struct engine *e, struct live *l, bool was_open)
{
    struct transition *t = &e->transition;
    for (size_t i = 0; i < t->told_count; i++) {
        struct lifecycle_entry told = t->told[i];
        told.more = expiry_told(e, l, told.more);
        live_tell(l, &told);
        json_free(told.more);
    }
    live_touch(e, l);
    if (!was_open) // it was retried, and may have ended again at once
        l->ended_ms = live_is_open(l) ? INSTANT_NONE : e->now_ms;
    actions_do(e, l, t);
    if (was_open && !live_is_open(l))
        actions_ended(e, l);
}

static void take_machine(struct engine *e, struct live *l, const struct inbox_entry *entry)
{
    struct machine_input input = {
        .kind = (enum machine_input_kind)entry->what,
        .address = {entry->path, entry->attempt, entry->name},
        .value = entry->value,
        .failed = entry->failed,
        .filter = entry->filter,
        .correlation = entry->correlation,
    };
    struct machine_world world = {.now_ms = e->now_ms,
                                  .random = &e->random,
                                  .secrets = l->entry->secrets,
                                  .runtime = e->runtime};
    struct fail why = {0};
    bool was_open = live_is_open(l);
    // An event that fits two filters of one listen is one event, not two.
    if (entry->event_seq && !entry->event_is_new &&
        correlate_is_consumed(e, l->id, entry->event_seq, entry->path)) {
        live_touch(e, l);
        return;
    }
    transition_clear(&e->transition);
    if (!machine_step(l->instance, &input, &world, &e->transition, &why)) {
        e->figures.inputs_dropped++;
        log_debug("engine", "input_dropped", "instance=%s path=%s reason=\"%s\"", l->id,
                  entry->path, why.message);
        live_touch(e, l); // its inbox is shorter
        return;
    }
    e->figures.steps++;
    if (entry->event_seq)
        correlate_consumed(e, l, entry->event_seq, entry->path);
    after_step(e, l, was_open);
}

static void take(struct engine *e, struct live *l, struct inbox_entry *entry)
{
    e->figures.inputs++;
    e->inputs_since_seal++;
    l->unbroken = entry->urgent ? l->unbroken + 1 : 0;
    if (entry->kind == INBOX_MACHINE && (entry->what == INPUT_RESUME || entry->what == INPUT_RETRY))
        l->quarantined = false;
    const char *before = engine_take_in_hand(e, l->id);
    if (entry->kind == INBOX_MACHINE)
        take_machine(e, l, entry);
    else
        step_take(e, l, entry);
    engine_take_in_hand(e, before);
    live_touch(e, l);
    inbox_entry_free(entry);
}

// Some steps take a millisecond and some a second, so a turn is bounded by time too: the loop has
// its share, and what was done is committed. A clock that stands still never sees one end so.
static bool turn_is_long(const struct engine *e)
{
    return e->port->now_ms(e->port->context) - e->now_ms >= ENGINE_TURN_MS;
}

// A slice of one instance: it goes on until it has taken all it can or others are to have their
// turn.
static void run_instance(struct engine *e, struct live *l, size_t *left)
{
    struct inbox_entry *entry;
    size_t slice = ENGINE_SLICE_INPUTS;
    while (*left > 0 && slice > 0 && l->instance &&
           (entry = inbox_take(&l->inbox, live_is_paused(l)))) {
        (*left)--;
        slice--;
        take(e, l, entry);
        if (turn_is_long(e))
            *left = 0;
    }
    if (!l->instance || !inbox_has_next(&l->inbox, live_is_paused(l))) {
        live_rest(e, l);
        return;
    }
    live_queue(e, l);
}

static void run_ready(struct engine *e, size_t *left)
{
    while (*left > 0 && !list_is_empty(&e->lives.ready))
        run_instance(e, list_owner(e->lives.ready.next, struct live, ready_node), left);
}

// Timers fire a few at a time, each few once those before have been taken: thousands due at one
// moment would else stand in inboxes at the seal, and each instance be written once with its inbox
// and once without. A few fire however much is ready, so that no backlog holds them up for ever.
static bool fire_and_run(struct engine *e)
{
    size_t left = e->turn_inputs, few = left < ENGINE_FIRE_TIMERS ? left : ENGINE_FIRE_TIMERS;
    bool due = true;
    for (size_t fired = 0; due && left > 0 && fired < e->turn_inputs && !turn_is_long(e);
         fired += few) {
        due = timers_fire(e, few);
        run_ready(e, &left);
    }
    return due || !list_is_empty(&e->lives.ready);
}

static bool has_room(const struct engine *e)
{
    return store_overlay_rows(e->store) < ENGINE_OVERLAY_ROWS;
}

// One batch at a time is on its way to the disk; what gathers meanwhile is the next one.
static void seal(struct engine *e)
{
    if (store_in_flight(e->store) > 0)
        return;
    lives_flush(e);
    e->inputs_since_seal = 0;
    watch_seal(e);
    lives_trim(e);
}

bool engine_turn(struct engine *e)
{
    must(!e->in_turn && !e->handler);
    e->in_turn = true;
    engine_clock(e);
    e->figures.turns++;
    bool more = false;
    if (has_room(e))
        more = fire_and_run(e);
    timers_settle(e);
    if (has_room(e)) {
        retention_turn(e);
        expiry_turn(e);
    }
    if (!more || e->inputs_since_seal >= e->seal_inputs || turn_is_long(e))
        seal(e);
    e->in_turn = false;
    return more;
}

void engine_poll(struct engine *e)
{
    engine_clock(e);
    store_poll(e->store);
}

bool engine_is_idle(const struct engine *e)
{
    return list_is_empty(&e->lives.ready) && list_is_empty(&e->lives.dirty) &&
           !store_has_writes(e->store) && !watch_has_notes(e) && store_in_flight(e->store) == 0 &&
           engine_effects_running(e) == 0 && (e->next_due_ms > e->port->now_ms(e->port->context));
}
