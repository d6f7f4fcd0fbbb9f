#include "engine/incident.h"

#include <string.h>

#include "engine/rows.h"
#include "engine/state.h"
#include "engine/timers.h"

// Beside the machine's sentence, what the open steps' plugins have to say.
void incident_sentence(struct engine *e, const struct live *l, struct bytes *out)
{
    if (!l->instance) {
        bytes_add(out, "cannot be read by this engine; see its incident");
        return;
    }
    instance_waits_for(l->instance, out);
    if (!l->has_steps || !e->host || !e->host->waits_for)
        return;
    struct scan *scan =
        rows_scan(e->store, &(struct scan_opts){.table = TABLE_STEP,
                                                .index = -1,
                                                .prefix = (struct value[]){value_text(l->id)},
                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        struct bytes said;
        bytes_init(&said, 1024);
        struct step_address a = {l->id, row_text(&row, STEP_PATH), row_integer(&row, STEP_ATTEMPT)};
        e->host->waits_for(e->host, e, &a, &said);
        if (said.length > 0)
            bytes_printf(out, "%s%s", out->length > 0 ? "; " : "", said.data);
        bytes_done(&said);
        row_done(&row);
    }
}

static bool has_row(struct engine *e, enum table table, const struct value *key)
{
    struct row row = {0};
    rows_get(e->store, table, key, &row);
    bool there = row_is_there(&row);
    row_done(&row);
    return there;
}

static bool has_child(struct engine *e, const struct live *l)
{
    if (l->child_now) // it has no row yet
        return true;
    struct scan *scan =
        rows_scan(e->store, &(struct scan_opts){.table = TABLE_INSTANCE,
                                                .index = INSTANCE_BY_PARENT,
                                                .prefix = (struct value[]){value_text(l->id)},
                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        bool open = row_is_null(&row, INSTANCE_ENDED_MS);
        row_done(&row);
        if (open) {
            scan_done(scan);
            return true;
        }
    }
    return false;
}

enum liveness { ALIVE, DEAD, DEAD_STEP, UNKNOWN_EFFECT };

struct wait {
    const char *kind, *task, *path, *name; // borrowed from the JSON
    int64_t attempt;
    int filter;
};

static struct wait wait_of(json v)
{
    return (struct wait){
        .kind = json_get_text(v, "kind", ""),
        .task = json_get_text(v, "task", "?"),
        .path = json_get_text(v, "path", ""),
        .name = json_get_text(v, "name", ""),
        .attempt = json_get_int(v, "attempt", 0),
        .filter = (int)json_get_int(v, "filter", 0),
    };
}

static bool is_call(const struct wait *w)
{
    return strcmp(w->kind, "call") == 0;
}

static enum liveness call_liveness(struct engine *e, const char *id, const struct wait *w)
{
    struct value key[] = {value_text(id), value_text(w->path), value_integer(w->attempt)};
    bool step = has_row(e, TABLE_STEP, key);
    struct step_address a = {id, w->path, w->attempt};
    if (step ? step_has_wake_source(e, &a) : outbox_any(e, id, w->path, w->attempt))
        return ALIVE;
    if (outbox_any_unknown(e, id, w->path, w->attempt))
        return UNKNOWN_EFFECT;
    return step ? DEAD_STEP : DEAD;
}

static enum liveness wait_liveness(struct engine *e, const struct live *l, const struct wait *w)
{
    bool alive = false;
    if (is_call(w))
        return call_liveness(e, l->id, w);
    if (strcmp(w->kind, "timer") == 0)
        alive = timers_has(e, l->id, w->path, w->attempt, w->name);
    else if (strcmp(w->kind, "event") == 0)
        alive = correlate_has(e, l->id, w->path, w->attempt, w->filter);
    else
        alive = has_child(e, l);
    return alive ? ALIVE : DEAD;
}

// A wait that is over by itself, without anybody's doing, is no incident: its task has a time
// limit.
static bool has_limit(struct engine *e, const struct live *l, const struct wait *w)
{
    return timers_has(e, l->id, w->path, w->attempt, "timeout");
}

static bool is_wrong(struct engine *e, const struct live *l, const struct wait *w,
                     enum liveness liveness, struct fail *why)
{
    if (liveness == DEAD_STEP && !has_limit(e, l, w))
        return !fail(why, FAIL_CONFLICT,
                     "task '%s' is open, but no timer, event, effect or open item can wake it; "
                     "retry fails it, so that the workflow goes on",
                     w->task);
    if (liveness == UNKNOWN_EFFECT)
        return !fail(why, FAIL_CONFLICT,
                     "nobody knows whether the effect of task '%s' has happened; say so, and it "
                     "goes on",
                     w->task);
    return false;
}

// One wait that is alive keeps the instance going; a call that nothing can end will hang even
// beside others.
static bool find_incident(struct engine *e, const struct live *l, struct fail *why)
{
    json waits = instance_waits(l->instance);
    bool alive = false, wrong = false;
    for (size_t i = 0; i < json_length(waits) && !wrong; i++) {
        json v = json_at(waits, i);
        struct wait w = wait_of(v);
        if (!alive || is_call(&w)) {
            enum liveness liveness = wait_liveness(e, l, &w);
            alive = alive || liveness == ALIVE;
            wrong = is_wrong(e, l, &w, liveness, why);
        }
        json_free(v);
    }
    json_free(waits);
    if (!alive && !wrong)
        fail(why, FAIL_CONFLICT, "it waits, but nothing that could wake it is alive; cancel it");
    return !alive || wrong;
}

size_t incident_fail_dead(struct engine *e, struct live *l)
{
    size_t count = 0;
    json waits = instance_waits(l->instance);
    for (size_t i = 0; i < json_length(waits); i++) {
        json v = json_at(waits, i);
        struct wait w = wait_of(v);
        if (is_call(&w) && call_liveness(e, l->id, &w) == DEAD_STEP) {
            json problem = problem_new("runtime", 500, "nothing could wake this task",
                                       "a person let it fail", w.path);
            live_put(e, l,
                     inbox_entry_new(INBOX_FAIL, 0, (struct wait_address){w.path, w.attempt, ""},
                                     problem));
            count++;
        }
        json_free(v);
    }
    json_free(waits);
    return count;
}

void incident_check(struct engine *e, struct live *l)
{
    if (l->quarantined)
        return;
    if (!live_is_open(l) || live_is_paused(l) || !inbox_is_empty(&l->inbox)) {
        if (l->instance)
            live_incident(e, l, NULL);
        else
            live_incident(e, l,
                          "its state or definition cannot be read; deploy what it needs and "
                          "resume it");
        return;
    }
    struct fail why = {0};
    live_incident(e, l, find_incident(e, l, &why) ? why.message : NULL);
}
