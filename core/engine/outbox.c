#include "engine/outbox.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/rows.h"
#include "engine/state.h"
#include "engine/timers.h"

#define TEXT_BYTES_MAX      ((size_t)1 << 28)
#define TIMER_INSTANCE_NAME "~effect"

struct outbox_kind {
    struct executor *executor;
    size_t running;
    struct list queue; // of outbox_effect, released and waiting for their turn
};

struct outbox_effect {
    struct list node; // in the queue; or nowhere, when it runs
    struct outbox_kind *kind;
    bool running;
    char *key, *instance, *path, *name;
    int64_t attempt;
    struct row row; // what the executor sees is borrowed from here
    json request;
};

void outbox_init(struct outbox *o)
{
    map_init(&o->kinds);
    map_init(&o->running);
}

static void effect_free(struct outbox_effect *x)
{
    list_remove(&x->node);
    row_done(&x->row);
    json_free(x->request);
    mem_free(x->key);
    mem_free(x->instance);
    mem_free(x->path);
    mem_free(x->name);
    mem_free(x);
}

void outbox_done(struct engine *e)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&e->outbox.running, &i, &entry);)
        effect_free(entry->value);
    map_done(&e->outbox.running);
    for (size_t i = 0; map_next(&e->outbox.kinds, &i, &entry);)
        mem_free(entry->value);
    map_done(&e->outbox.kinds);
}

void engine_add_executor(struct engine *e, struct executor *x)
{
    struct outbox_kind *kind = map_get(&e->outbox.kinds, x->kind);
    if (!kind) {
        kind = mem_new(struct outbox_kind);
        list_init(&kind->queue);
        map_put(&e->outbox.kinds, x->kind, kind);
    }
    kind->executor = x;
}

bool outbox_has_kind(const struct engine *e, const char *kind)
{
    return map_has(&e->outbox.kinds, kind);
}

// One text for Idempotency-Key and Message-ID: the same however often the effect is tried.
static char *effect_key(const char *instance, const char *path, int64_t attempt, const char *name)
{
    return mem_printf("%s:%s:%lld:%s", instance, path, (long long)attempt, name);
}

static void row_get(struct engine *e, const char *instance, const char *path, int64_t attempt,
                    const char *name, struct row *row)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, name);
    rows_get(e->store, TABLE_EFFECT, key, row);
}

static void row_delete(struct engine *e, const struct row *row)
{
    struct value key[4];
    memcpy(key, row->columns, sizeof(key));
    store_delete(e->store, TABLE_EFFECT, key);
}

// The same row with another status, and what else has changed.
struct change {
    const char *status;
    int64_t tries, next_ms;
};

static void row_change(struct engine *e, const struct row *row, const struct change *change)
{
    struct value columns[EFFECT_OWNER + 1];
    memcpy(columns, row->columns, sizeof(columns));
    columns[EFFECT_STATUS] = value_text(change->status);
    columns[EFFECT_TRIES] = value_integer(change->tries);
    columns[EFFECT_NEXT_MS] = value_integer(change->next_ms);
    store_put(e->store, TABLE_EFFECT, columns);
}

// Under an address of its own: the effect may outlive the step and instance that decided it.
static void put_timer(struct engine *e, const struct value *effect, int64_t due_ms)
{
    char *path = mem_printf("%s %s", effect[EFFECT_INSTANCE].data, effect[EFFECT_PATH].data);
    timers_put(e, TIMER_INSTANCE_NAME, path, effect[EFFECT_ATTEMPT].integer,
               effect[EFFECT_NAME].data, due_ms, "effect");
    mem_free(path);
}

void outbox_put(struct engine *e, const struct outbox_ask *ask)
{
    struct bytes request;
    bytes_init(&request, TEXT_BYTES_MAX);
    json_write(ask->request, JSON_COMPACT, &request);
    must(!request.overflowed);
    int64_t due_ms = ask->due_ms > e->now_ms ? ask->due_ms : e->now_ms;
    struct value columns[] = {
        [EFFECT_INSTANCE] = value_text(ask->instance),
        [EFFECT_PATH] = value_text(ask->path),
        [EFFECT_ATTEMPT] = value_integer(ask->attempt),
        [EFFECT_NAME] = value_text(ask->name),
        [EFFECT_KIND] = value_text(ask->kind),
        [EFFECT_CLASS] = value_text(ask->class),
        [EFFECT_STATUS] = value_text("ready"),
        [EFFECT_REQUEST] = value_blob(request.data, request.length),
        [EFFECT_TRIES] = value_integer(0),
        [EFFECT_NEXT_MS] = value_integer(due_ms),
        [EFFECT_CREATED_MS] = value_integer(due_ms),
        [EFFECT_RESULT] = value_null(),
        [EFFECT_OWNER] = value_text(ask->owner),
    };
    store_put(e->store, TABLE_EFFECT, columns);
    bytes_done(&request);
    if (ask->due_ms > 0)
        put_timer(e, columns, due_ms);
}

void outbox_note_release(struct engine *e, const struct outbox_ask *ask)
{
    watch_release(e, ask->instance, ask->path, ask->attempt, ask->name);
}

static void begin(struct engine *e, struct outbox_effect *x)
{
    x->running = true;
    x->kind->running++;
    e->figures.effects_released++;
    struct effect effect = {
        .key = x->key,
        .instance = x->instance,
        .path = x->path,
        .name = x->name,
        .attempt = x->attempt,
        .kind = row_text(&x->row, EFFECT_KIND),
        .class = row_text(&x->row, EFFECT_CLASS),
        .request = x->request,
        .tries = row_integer(&x->row, EFFECT_TRIES),
    };
    struct executor *executor = x->kind->executor;
    executor->begin(executor, e, &effect); // x may be gone after this
}

static void pump(struct engine *e, struct outbox_kind *kind)
{
    while (kind->running < OUTBOX_RUNNING_MAX && !list_is_empty(&kind->queue)) {
        struct outbox_effect *x = list_owner(kind->queue.next, struct outbox_effect, node);
        list_remove(&x->node);
        begin(e, x);
    }
}

static void give_result(struct engine *e, const struct row *row, json value, bool failed)
{
    const char *owner = row_text(row, EFFECT_OWNER);
    struct live *l = live_find(e, row_text(row, EFFECT_INSTANCE));
    if (!l || !live_is_open(l) || strcmp(owner, "none") == 0)
        return;
    bool step = strcmp(owner, "step") == 0;
    struct wait_address address = {row_text(row, EFFECT_PATH), row_integer(row, EFFECT_ATTEMPT),
                                   step ? row_text(row, EFFECT_NAME) : ""};
    struct inbox_entry *entry =
        inbox_entry_new(step ? INBOX_STEP : INBOX_MACHINE, step ? STEP_RESULT : INPUT_RESULT,
                        address, json_is_absent(value) ? json_null() : json_ref(value));
    entry->failed = failed;
    live_put(e, l, entry);
}

// Nobody waits for what such an effect says, so its failure must at least stand in the history.
static void note_failure(struct engine *e, const struct row *row, json problem)
{
    struct live *l = live_find(e, row_text(row, EFFECT_INSTANCE));
    if (!l)
        return;
    json entry = json_object();
    json_set_text(&entry, "type", "effect-failed");
    json_set_text(&entry, "reference", row_text(row, EFFECT_PATH));
    json_set_text(&entry, "effect", row_text(row, EFFECT_NAME));
    json_set_text(&entry, "kind", row_text(row, EFFECT_KIND));
    json_set(&entry, "error", problem);
    live_note(e, l, entry);
}

static void settle(struct engine *e, const struct row *row, json value, bool failed)
{
    row_delete(e, row);
    if (failed) {
        e->figures.effects_failed++;
        note_failure(e, row, value);
    } else {
        e->figures.effects_done++;
    }
    give_result(e, row, value, failed);
    engine_call_wake(e);
}

static bool is_once(const struct row *row)
{
    return strcmp(row_text(row, EFFECT_CLASS), "once") == 0;
}

static bool has_status(const struct row *row, const char *status)
{
    return strcmp(row_text(row, EFFECT_STATUS), status) == 0;
}

static void enqueue(struct engine *e, struct row *row_take)
{
    const struct row *row = row_take;
    struct outbox_kind *kind = map_get(&e->outbox.kinds, row_text(row, EFFECT_KIND));
    if (!kind) {
        json problem = problem_new("configuration", 501, "no executor for this kind of effect",
                                   row_text(row, EFFECT_KIND), row_text(row, EFFECT_PATH));
        settle(e, row, problem, true);
        json_free(problem);
        row_done(row_take);
        return;
    }
    struct outbox_effect *x = mem_new(struct outbox_effect);
    x->kind = kind;
    x->instance = mem_string(row_text(row, EFFECT_INSTANCE));
    x->path = mem_string(row_text(row, EFFECT_PATH));
    x->name = mem_string(row_text(row, EFFECT_NAME));
    x->attempt = row_integer(row, EFFECT_ATTEMPT);
    x->key = effect_key(x->instance, x->path, x->attempt, x->name);
    x->request = rows_json(row, EFFECT_REQUEST);
    x->row = *row_take;
    must(map_put(&e->outbox.running, x->key, x) == NULL);
    list_append(&kind->queue, &x->node);
    pump(e, kind);
}

void outbox_release(struct engine *e, const char *instance, const char *path, int64_t attempt,
                    const char *name)
{
    char *key = effect_key(instance, path, attempt, name);
    bool runs = map_has(&e->outbox.running, key);
    mem_free(key);
    struct row row = {0};
    if (!runs)
        row_get(e, instance, path, attempt, name, &row);
    if (!row_is_there(&row)) { // dropped meanwhile
        row_done(&row);
        return;
    }
    if (is_once(&row) && has_status(&row, "ready")) {
        row_change(e, &row,
                   &(struct change){"running", row_integer(&row, EFFECT_TRIES),
                                    row_integer(&row, EFFECT_NEXT_MS)});
        watch_release(e, instance, path, attempt, name);
        engine_call_wake(e);
        row_done(&row);
        return;
    }
    enqueue(e, &row);
}

static void mark_unknown(struct engine *e, const struct row *row)
{
    row_change(e, row,
               &(struct change){"unknown", row_integer(row, EFFECT_TRIES),
                                row_integer(row, EFFECT_NEXT_MS)});
    e->figures.effects_unknown++;
    struct live *l = live_find(e, row_text(row, EFFECT_INSTANCE));
    if (!l)
        return;
    json entry = json_object();
    json_set_text(&entry, "type", "effect-unknown");
    json_set_text(&entry, "reference", row_text(row, EFFECT_PATH));
    json_set_text(&entry, "effect", row_text(row, EFFECT_NAME));
    live_note(e, l, entry);
}

static void change_and_wait(struct engine *e, const struct row *row, int64_t tries, int64_t next_ms)
{
    row_change(e, row, &(struct change){"ready", tries, next_ms});
    put_timer(e, row->columns, next_ms);
}

static bool patience_is_over(const struct engine *e, const struct row *row)
{
    return e->now_ms - row_integer(row, EFFECT_CREATED_MS) >= OUTBOX_PATIENCE_MS;
}

static void try_later(struct engine *e, const struct row *row, json problem)
{
    int64_t tries = row_integer(row, EFFECT_TRIES) + 1;
    if (patience_is_over(e, row)) {
        settle(e, row, problem, true);
        return;
    }
    int64_t pause_ms = OUTBOX_PAUSE_MAX_MS;
    if (tries < 20 && (OUTBOX_RETRY_MS << (tries - 1)) < OUTBOX_PAUSE_MAX_MS)
        pause_ms = (int64_t)OUTBOX_RETRY_MS << (tries - 1);
    e->figures.effects_retried++;
    change_and_wait(e, row, tries, e->now_ms + pause_ms);
}

static void take_result(struct engine *e, const struct row *row, const struct effect_result *result)
{
    switch (result->outcome) {
    case EFFECT_DONE:
        settle(e, row, result->value, false);
        return;
    case EFFECT_FAILED:
        settle(e, row, result->value, true);
        return;
    case EFFECT_TRY_LATER:
        try_later(e, row, result->value);
        return;
    case EFFECT_UNKNOWN:
        mark_unknown(e, row);
        return;
    }
}

// The effect that has just ended its turn, with its row; false where it is not known.
static bool take_from_running(struct engine *e, const char *key, struct row *row,
                              struct outbox_effect **out)
{
    engine_clock(e);
    struct outbox_effect *x = map_get(&e->outbox.running, key);
    if (!x || !x->running) {
        log_debug("engine", "effect_result_dropped", "key=%s", key);
        return false;
    }
    map_remove(&e->outbox.running, key);
    must(x->kind->running > 0);
    x->kind->running--;
    row_get(e, x->instance, x->path, x->attempt, x->name, row);
    *out = x;
    return true;
}

static void let_go(struct engine *e, struct outbox_effect *x, struct row *row)
{
    struct outbox_kind *kind = x->kind;
    row_done(row);
    effect_free(x);
    pump(e, kind);
}

void engine_effect_done(struct engine *e, const char *key, const struct effect_result *result)
{
    struct outbox_effect *x;
    struct row row = {0};
    if (!take_from_running(e, key, &row, &x))
        return;
    if (row_is_there(&row))
        take_result(e, &row, result);
    let_go(e, x, &row);
}

void engine_effect_later(struct engine *e, const char *key, int64_t not_before_ms, json problem)
{
    struct outbox_effect *x;
    struct row row = {0};
    if (!take_from_running(e, key, &row, &x))
        return;
    bool tried = !json_is_absent(problem);
    int64_t next_ms = not_before_ms > e->now_ms ? not_before_ms : e->now_ms + 1;
    if (row_is_there(&row) && tried && patience_is_over(e, &row)) {
        settle(e, &row, problem, true);
    } else if (row_is_there(&row)) {
        e->figures.effects_retried += tried;
        change_and_wait(e, &row, row_integer(&row, EFFECT_TRIES) + tried, next_ms);
        engine_call_wake(e);
    }
    let_go(e, x, &row);
}

bool engine_effect_settle(struct engine *e, const struct effect_address *a,
                          const struct effect_result *result, struct fail *why)
{
    if (!engine_may_change(e, why))
        return false;
    struct row row = {0};
    row_get(e, a->instance, a->path, a->attempt, a->name, &row);
    bool good = row_is_there(&row) && has_status(&row, "unknown");
    if (good) {
        take_result(e, &row, result);
        struct live *l = live_find(e, a->instance);
        if (l)
            live_touch(e, l); // its incident may be over though nothing comes for it yet
    } else {
        fail(why, FAIL_NOT_FOUND, "no effect '%s' of '%s' is waiting for a person's word", a->name,
             a->instance);
    }
    row_done(&row);
    return good;
}

void outbox_retry_due(struct engine *e, const char *timer_path, int64_t attempt, const char *name)
{
    const char *space = strchr(timer_path, ' ');
    must(space);
    char *instance = mem_string_sized(timer_path, (size_t)(space - timer_path));
    watch_release(e, instance, space + 1, attempt, name);
    mem_free(instance);
}

static void cancel_running(struct engine *e, const struct row *row)
{
    char *key = effect_key(row_text(row, EFFECT_INSTANCE), row_text(row, EFFECT_PATH),
                           row_integer(row, EFFECT_ATTEMPT), row_text(row, EFFECT_NAME));
    struct outbox_effect *x = map_get(&e->outbox.running, key);
    if (x && x->running) {
        struct executor *executor = x->kind->executor;
        if (executor->cancel)
            executor->cancel(executor, key);
    } else if (x) {
        map_remove(&e->outbox.running, key);
        effect_free(x);
    }
    mem_free(key);
}

void outbox_drop(struct engine *e, const char *instance, const char *path, int64_t attempt)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, "");
    struct scan *scan = rows_scan(
        e->store,
        &(struct scan_opts){.table = TABLE_EFFECT, .index = -1, .prefix = key, .prefix_count = 3});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        if (strcmp(row_text(&row, EFFECT_OWNER), "none") != 0) {
            row_delete(e, &row); // first: its executor may answer while it is cancelled
            cancel_running(e, &row);
        }
        row_done(&row);
    }
}

static bool any_awaited(struct engine *e, const struct value *key, int count, bool unknown)
{
    struct scan *scan = rows_scan(
        e->store, &(struct scan_opts){
                      .table = TABLE_EFFECT, .index = -1, .prefix = key, .prefix_count = count});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        bool alive = strcmp(row_text(&row, EFFECT_OWNER), "none") != 0 &&
                     has_status(&row, "unknown") == unknown;
        row_done(&row);
        if (alive) {
            scan_done(scan);
            return true;
        }
    }
    return false;
}

bool outbox_any(struct engine *e, const char *instance, const char *path, int64_t attempt)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, "");
    return any_awaited(e, key, 3, false);
}

bool outbox_any_unknown(struct engine *e, const char *instance, const char *path, int64_t attempt)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, "");
    return any_awaited(e, key, 3, true);
}

bool outbox_any_of(struct engine *e, const char *instance)
{
    struct value key = value_text(instance);
    return any_awaited(e, &key, 1, false);
}

json engine_effects_unknown(struct engine *e, const char *instance)
{
    json out = json_array();
    struct value key = value_text(instance);
    struct scan *scan = rows_scan(
        e->store,
        &(struct scan_opts){.table = TABLE_EFFECT, .index = -1, .prefix = &key, .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        if (has_status(&row, "unknown")) {
            json effect = json_object();
            json_set_text(&effect, "path", row_text(&row, EFFECT_PATH));
            json_set_int(&effect, "attempt", row_integer(&row, EFFECT_ATTEMPT));
            json_set_text(&effect, "name", row_text(&row, EFFECT_NAME));
            json_set_text(&effect, "kind", row_text(&row, EFFECT_KIND));
            json_append_take(&out, effect);
        }
        row_done(&row);
    }
    return out;
}

static struct scan *scan_status(struct engine *e, const char *status)
{
    struct value prefix = value_text(status);
    return rows_scan(e->store, &(struct scan_opts){.table = TABLE_EFFECT,
                                                   .index = EFFECT_BY_STATUS,
                                                   .prefix = &prefix,
                                                   .prefix_count = 1});
}

// Released by its timer and by recovery too, an effect of class "once" would be marked running by
// the one and begun by the other, before the mark is durable.
static bool has_retry_timer(struct engine *e, const struct row *row)
{
    char *path = mem_printf("%s %s", row_text(row, EFFECT_INSTANCE), row_text(row, EFFECT_PATH));
    bool has = timers_has(e, TIMER_INSTANCE_NAME, path, row_integer(row, EFFECT_ATTEMPT),
                          row_text(row, EFFECT_NAME));
    mem_free(path);
    return has;
}

// All that is in the store is durable now. What waits for its next try has its timer.
void outbox_recover(struct engine *e)
{
    struct row row = {0};
    struct scan *running = scan_status(e, "running");
    while (rows_next(running, &row)) {
        mark_unknown(e, &row);
        row_done(&row);
    }
    struct scan *ready = scan_status(e, "ready");
    while (rows_next(ready, &row)) {
        if (!has_retry_timer(e, &row))
            watch_release(e, row_text(&row, EFFECT_INSTANCE), row_text(&row, EFFECT_PATH),
                          row_integer(&row, EFFECT_ATTEMPT), row_text(&row, EFFECT_NAME));
        row_done(&row);
    }
}

size_t engine_effects_running(const struct engine *e)
{
    return e->outbox.running.count;
}
