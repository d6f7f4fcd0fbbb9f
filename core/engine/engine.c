#include "engine/engine.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/quarantine.h"
#include "engine/rows.h"
#include "engine/state.h"
#include "engine/timers.h"

static json runtime_description(void)
{
    json runtime = json_object(), metadata = json_object();
    json_set_text(&runtime, "name", "dure");
    json_set_text(&runtime, "version", DURE_VERSION);
    json_set_take(&runtime, "metadata", metadata);
    return runtime;
}

struct engine *engine_new(const struct engine_opts *opts)
{
    struct engine *e = mem_new(struct engine);
    e->store = opts->store;
    e->port = opts->port;
    e->host = opts->host;
    e->secrets = json_is_absent(opts->secrets) ? json_object() : json_ref(opts->secrets);
    e->runtime = runtime_description();
    e->zone = opts->zone;
    e->wake = opts->wake;
    e->context = opts->context;
    e->turn_inputs = opts->turn_inputs ? opts->turn_inputs : ENGINE_TURN_INPUTS;
    e->seal_inputs = opts->seal_inputs ? opts->seal_inputs : ENGINE_SEAL_INPUTS;
    e->last_words = opts->last_words;
    e->last_words_ms = opts->last_words_ms;
    e->now_ms = e->port->now_ms(e->port->context);
    e->next_due_ms = INT64_MAX;
    random_seed(&e->random, e->port->seed);
    transition_init(&e->transition);
    catalogue_init(&e->catalogue);
    lives_init(&e->lives);
    correlate_init(&e->correlator);
    outbox_init(&e->outbox);
    watch_init(e);
    retention_init(&e->retention, opts->keep_days, e->now_ms);
    expiry_init(&e->expiry, e->now_ms);
    return e;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    watch_done(e);
    outbox_done(e);
    timers_done(e);
    warm_done(&e->warm);
    expiry_done(&e->expiry);
    lives_done(&e->lives);
    correlate_done(&e->correlator);
    step_memo_done(&e->step_memo);
    catalogue_done(&e->catalogue);
    transition_done(&e->transition);
    json_free(e->secrets);
    json_free(e->runtime);
    mem_free(e);
}

struct store *engine_store(const struct engine *e)
{
    return e->store;
}

const struct port *engine_port(const struct engine *e)
{
    return e->port;
}

int64_t engine_now_ms(const struct engine *e)
{
    if (e->in_turn || e->handler)
        return e->now_ms;
    int64_t now_ms = e->port->now_ms(e->port->context);
    return now_ms > e->now_ms ? now_ms : e->now_ms;
}

int64_t engine_kept_since_ms(const struct engine *e)
{
    int64_t keep_ms = e->retention.keep_ms;
    return keep_ms == INT64_MAX ? INT64_MIN : engine_now_ms(e) - keep_ms;
}

struct random *engine_random(struct engine *e)
{
    return &e->random;
}

void engine_clock(struct engine *e)
{
    int64_t now_ms = e->port->now_ms(e->port->context);
    if (now_ms > e->now_ms)
        e->now_ms = now_ms;
}

void engine_call_wake(struct engine *e)
{
    if (e->wake && !e->in_turn)
        e->wake(e->context);
}

const char *engine_take_in_hand(struct engine *e, const char *id)
{
    const char *before = e->in_hand;
    e->in_hand = id;
    must_context(id);
    return before;
}

bool engine_may_change(struct engine *e, struct fail *why)
{
    if (!e->in_turn)
        engine_clock(e);
    struct fail trouble = {0};
    if (store_trouble(e->store, &trouble))
        return fail_code(why, FAIL_BUSY, "disk", "the disk refuses commits: %s", trouble.message);
    if (store_overlay_rows(e->store) >= 2 * (size_t)ENGINE_OVERLAY_ROWS)
        return fail_code(why, FAIL_BUSY, "disk", "the disk is too slow; try again later");
    return true;
}

bool engine_may_begin(struct engine *e, struct fail *why)
{
    if (!engine_may_change(e, why))
        return false;
    int64_t since_ms = e->now_ms;
    if (!list_is_empty(&e->lives.ready))
        since_ms = list_owner(e->lives.ready.next, struct live, ready_node)->ready_ms;
    if (e->now_ms - since_ms > ENGINE_WAIT_MAX_MS ||
        engine_effects_running(e) > ENGINE_EFFECTS_MAX) {
        e->figures.overloads++;
        return fail_code(why, FAIL_BUSY, "overloaded",
                         "more work waits than can be done in time; try again in a few seconds");
    }
    return true;
}

// The same seed must not give the same ids again after a restart: what is durable goes in too.
static void seed_random(struct engine *e)
{
    int64_t commit = 0;
    struct scan_opts last = {.table = TABLE_COMMIT, .index = -1, .descending = true};
    struct row row;
    if (rows_first(e->store, &last, &row)) {
        commit = row_integer(&row, COMMIT_SEQ);
        row_done(&row);
    }
    random_seed(&e->random, e->port->seed + (uint64_t)commit * 0x9e3779b97f4a7c15ULL);
}

bool engine_recover(struct engine *e, struct fail *why)
{
    (void)why;
    engine_clock(e);
    bool again = quarantine_note(e);
    seed_random(e);
    catalogue_recover(e);
    correlate_recover(e);
    timers_recover(e);
    outbox_recover(e);
    if (again)
        quarantine_hold(e);
    log_info("engine", "recovered", "definitions=%zu next_event=%" PRId64,
             e->catalogue.entries.count, e->correlator.next_seq);
    return true;
}
