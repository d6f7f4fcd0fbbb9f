#include "engine/steps.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/answers.h"
#include "engine/asked.h"
#include "engine/rows.h"
#include "engine/state.h"
#include "engine/timers.h"

#define TEXT_BYTES_MAX ((size_t)1 << 28)
#define ENDLESS_MORE   1000 // steps after the limit, in which a workflow may catch it and end

// An open step as its row says, for one handler call.
struct open_step {
    struct row row;
    struct step_call call;
    struct step_address address;
};

static void address_key(struct value key[3], const struct step_address *a)
{
    key[0] = value_text(a->instance);
    key[1] = value_text(a->path);
    key[2] = value_integer(a->attempt);
}

bool engine_step_is_open(struct engine *e, const struct step_address *a)
{
    struct value key[3];
    address_key(key, a);
    struct row row = {0};
    rows_get(e->store, TABLE_STEP, key, &row);
    bool open = row_is_there(&row);
    row_done(&row);
    return open;
}

static bool open_step_read(struct engine *e, const struct live *l, const struct step_address *a,
                           struct open_step *out)
{
    struct value key[3];
    address_key(key, a);
    *out = (struct open_step){.address = *a};
    rows_get(e->store, TABLE_STEP, key, &out->row);
    if (!row_is_there(&out->row) || !l->instance) {
        row_done(&out->row);
        return false;
    }
    const struct definition *d = instance_definition(l->instance);
    const struct task *task = definition_task(d, a->path);
    out->call = (struct step_call){
        .address = *a,
        .task = task ? task->name : a->path,
        .function = row_text(&out->row, STEP_FUNCTION),
        .version = row_text(&out->row, STEP_VERSION),
        .definition = d,
        .input = step_memo_read(&e->step_memo, a, &out->row, STEP_INPUT),
        .state = step_memo_read(&e->step_memo, a, &out->row, STEP_STATE),
        .now_ms = e->now_ms,
        .name = "",
        .payload = json_absent(),
    };
    return true;
}

static void open_step_done(struct open_step *s)
{
    json_free(s->call.input);
    json_free(s->call.state);
    row_done(&s->row);
}

// `before` is the row as it was, whose input never changes; NULL: the step begins.
static void row_put(struct engine *e, const struct step_call *call, json state,
                    const struct row *before)
{
    struct bytes input, text;
    bytes_init(&input, TEXT_BYTES_MAX);
    bytes_init(&text, TEXT_BYTES_MAX);
    if (!before)
        json_write(call->input, JSON_COMPACT, &input);
    json_write(state, JSON_COMPACT, &text);
    must(!input.overflowed && !text.overflowed);
    struct value columns[] = {
        [STEP_INSTANCE] = value_text(call->address.instance),
        [STEP_PATH] = value_text(call->address.path),
        [STEP_ATTEMPT] = value_integer(call->address.attempt),
        [STEP_FUNCTION] = value_text(call->function),
        [STEP_VERSION] = value_text(call->version ? call->version : ""),
        [STEP_INPUT] = before ? before->columns[STEP_INPUT] : value_blob(input.data, input.length),
        [STEP_STATE] = value_blob(text.data, text.length),
        [STEP_CREATED_MS] = before ? before->columns[STEP_CREATED_MS] : value_integer(e->now_ms),
    };
    store_put(e->store, TABLE_STEP, columns);
    if (before)
        step_memo_keep(&e->step_memo, &call->address, STEP_STATE, text.data, text.length, state);
    bytes_done(&input);
    bytes_done(&text);
}

static bool verdict_keeps(enum step_verdict verdict)
{
    return verdict == STEP_WAITS || verdict == STEP_DONE;
}

// Runs one handler within a mark: what it wrote and asked stands if it succeeded, else is as if it
// had not been.
static void run_handler(struct engine *e, const struct step_call *call, struct handler *handler,
                        struct step_outcome *out)
{
    must(e->handler == NULL); // a handler cannot call another
    *out = (struct step_outcome){
        .value = json_absent(), .state = json_absent(), .reply = json_absent()};
    handler_init(handler);
    size_t mark = store_mark(e->store);
    const char *before = engine_take_in_hand(e, call->address.instance);
    e->handler = handler;
    e->host->handle(e->host, e, call, out);
    e->handler = NULL;
    engine_take_in_hand(e, before);
    e->figures.handlers++;
    if (verdict_keeps(out->verdict)) {
        store_keep(e->store, mark);
        handler_do_asked(e, handler);
        return;
    }
    store_undo(e->store, mark);
    timers_changed(e);
    e->figures.handlers_undone++;
    handler_forget_asked(handler);
}

static void outcome_done(struct step_outcome *out)
{
    json_free(out->value);
    json_free(out->state);
    json_free(out->reply);
}

// Nothing of the step is left behind: its waits, its row, its items.
static void step_close(struct engine *e, const struct step_address *a, const char *reason)
{
    struct value key[4];
    rows_address(key, a->instance, a->path, a->attempt, "");
    timers_drop_all(e, a->instance, a->path, a->attempt);
    store_delete_prefix(e->store, TABLE_SUBSCRIPTION, key, 3);
    outbox_drop(e, a->instance, a->path, a->attempt);
    store_delete(e->store, TABLE_STEP, key);
    if (e->host->ended)
        e->host->ended(e->host, e, a, reason);
}

static json problem_of(const struct step_outcome *out, const char *path)
{
    if (json_is_object(out->value))
        return json_ref(out->value);
    return problem_new("runtime", 500, "the function failed", NULL, path);
}

static bool may_wait(struct engine *e, const struct step_call *call)
{
    const struct function_catalogue *c = &e->host->catalogue;
    const struct function_signature *s =
        c->find ? c->find(c->context, call->function, call->version) : NULL;
    return !s || s->waits;
}

static void hold(struct engine *e, struct live *l, const struct step_outcome *out)
{
    struct fail why = {0};
    if (!engine_quarantine(e, l->id, json_text(out->value), &why))
        log_error("engine", "quarantine_refused", "reason=\"%s\"", why.message);
}

// The step is open, as if its beginning were an event that it has yet to take.
static void begin_held(struct engine *e, struct live *l, const struct step_call *call,
                       const struct step_outcome *out)
{
    struct wait_address address = {call->address.path, call->address.attempt, ""};
    struct inbox_entry *start = inbox_entry_new(INBOX_STEP, STEP_START, address, json_absent());
    json nothing = json_null();
    row_put(e, call, nothing, NULL);
    json_free(nothing);
    l->has_rows = l->has_steps = true;
    inbox_put_back(&l->inbox, start);
    inbox_entry_free(start);
    hold(e, l, out);
}

static void begin_outcome(struct engine *e, struct live *l, const struct step_call *call,
                          const struct handler *handler, struct step_outcome *out)
{
    struct wait_address address = {call->address.path, call->address.attempt, ""};
    switch (out->verdict) {
    case STEP_WAITS: {
        json state = json_is_absent(out->state) ? json_null() : json_ref(out->state);
        row_put(e, call, state, NULL);
        json_free(state);
        l->has_rows = l->has_steps = true;
        return;
    }
    case STEP_DONE:
        if (handler->wrote_rows || may_wait(e, call))
            step_close(e, &call->address, "completed");
        answer_call(l, address, json_ref(out->value), false);
        return;
    case STEP_HELD:
        begin_held(e, l, call, out);
        return;
    case STEP_RAISED:
    case STEP_REFUSED:
    case STEP_BROKEN:
        answer_call(l, address, problem_of(out, call->address.path), true);
        return;
    }
}

static const char *pinned_version(struct engine *e, const char *function, const char *version)
{
    const struct function_catalogue *c = &e->host->catalogue;
    const struct function_signature *s = c->find ? c->find(c->context, function, version) : NULL;
    return s && s->version ? s->version : version;
}

// The task fails; a workflow that catches that and goes on all the same is held.
static void answer_endless(struct engine *e, struct live *l, struct wait_address address)
{
    struct fail why = {0};
    fail(&why, FAIL_LIMIT, "it made %d steps without waiting for anything", LIMIT_STEPS_PER_TURN);
    answer_problem(l, address, "runtime", 500, "endless loop", why.message);
    if (l->unbroken > LIMIT_STEPS_PER_TURN + ENDLESS_MORE &&
        !engine_quarantine(e, l->id, why.message, &why))
        log_error("engine", "quarantine_refused", "reason=\"%s\"", why.message);
}

void step_begin(struct engine *e, struct live *l, const struct action *action)
{
    const struct task *task = action->task;
    struct wait_address address = action->address;
    json request = action->request;
    const char *function = json_get_text(request, "name", "");
    // A loop of calls that never waits would go on for ever, a slice at a time.
    if (l->unbroken > LIMIT_STEPS_PER_TURN) {
        answer_endless(e, l, address);
        return;
    }
    if (!e->host) {
        answer_problem(l, address, "configuration", 501, "no functions are installed", function);
        return;
    }
    const char *version = json_get_text(request, "version", NULL);
    struct step_call call = {
        .event = STEP_START,
        .address = {l->id, address.path, address.attempt},
        .task = task ? task->name : "",
        .function = function,
        .version = pinned_version(e, function, version),
        .definition = instance_definition(l->instance),
        .input = json_get(request, "with"),
        .state = json_null(),
        .now_ms = e->now_ms,
        .name = "",
        .payload = json_absent(),
    };
    struct handler handler;
    struct step_outcome out;
    run_handler(e, &call, &handler, &out);
    begin_outcome(e, l, &call, &handler, &out);
    outcome_done(&out);
    json_free(call.input);
}

// What follows from a handler of an open step. Answers are looked at by engine_step_hand before.
static void go_on(struct engine *e, struct live *l, const struct open_step *s,
                  const struct step_outcome *out)
{
    struct wait_address address = {s->address.path, s->address.attempt, ""};
    switch (out->verdict) {
    case STEP_WAITS:
        if (!json_is_absent(out->state))
            row_put(e, &s->call, out->state, &s->row);
        return;
    case STEP_DONE:
        step_close(e, &s->address, "completed");
        answer_call(l, address, json_ref(out->value), false);
        break;
    case STEP_HELD:
        hold(e, l, out);
        return;
    case STEP_RAISED:
    case STEP_REFUSED:
    case STEP_BROKEN:
        step_close(e, &s->address, "failed");
        answer_call(l, address, problem_of(out, s->address.path), true);
        break;
    }
    live_ready(e, l);
}

static void fail_step(struct engine *e, struct live *l, const struct inbox_entry *entry)
{
    struct step_address a = {l->id, entry->path, entry->attempt};
    if (!engine_step_is_open(e, &a))
        return;
    step_close(e, &a, "failed");
    answer_call(l, (struct wait_address){entry->path, entry->attempt, ""}, json_ref(entry->value),
                true);
}

void step_take(struct engine *e, struct live *l, const struct inbox_entry *entry)
{
    if (entry->kind == INBOX_FAIL) {
        fail_step(e, l, entry);
        return;
    }
    struct open_step s;
    struct step_address a = {l->id, entry->path, entry->attempt};
    if (!e->host || !open_step_read(e, l, &a, &s)) {
        e->figures.inputs_dropped++;
        return;
    }
    s.call.event = (enum step_event)entry->what;
    s.call.name = entry->name;
    s.call.payload = entry->value;
    s.call.failed = entry->failed;
    struct handler handler;
    struct step_outcome out;
    run_handler(e, &s.call, &handler, &out);
    if (entry->event_seq && verdict_keeps(out.verdict))
        correlate_consumed(e, l, entry->event_seq, entry->path);
    if (out.verdict == STEP_HELD)
        inbox_put_back(&l->inbox, entry);
    go_on(e, l, &s, &out);
    outcome_done(&out);
    open_step_done(&s);
}

void step_drop(struct engine *e, struct live *l, const char *path, int64_t attempt,
               const char *reason)
{
    struct open_step s;
    struct step_address a = {l->id, path, attempt};
    if (!l->has_steps || !e->host || !open_step_read(e, l, &a, &s))
        return;
    json why = json_object();
    json_set_text(&why, "reason", reason);
    s.call.event = STEP_STOP;
    s.call.payload = why;
    struct handler handler;
    struct step_outcome out;
    run_handler(e, &s.call, &handler, &out);
    step_close(e, &a, reason);
    outcome_done(&out);
    open_step_done(&s);
    json_free(why);
}

void steps_drop_all(struct engine *e, struct live *l, const char *reason)
{
    if (!l->has_steps)
        return;
    struct scan *scan =
        rows_scan(e->store, &(struct scan_opts){.table = TABLE_STEP,
                                                .index = -1,
                                                .prefix = (struct value[]){value_text(l->id)},
                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        step_drop(e, l, row_text(&row, STEP_PATH), row_integer(&row, STEP_ATTEMPT), reason);
        row_done(&row);
    }
}

bool step_has_wake_source(struct engine *e, const struct step_address *a)
{
    return timers_any(e, a->instance, a->path, a->attempt) ||
           correlate_any(e, a->instance, a->path, a->attempt) ||
           outbox_any(e, a->instance, a->path, a->attempt) ||
           (e->host && e->host->wake_sources && e->host->wake_sources(e->host, e, a) > 0);
}

static bool refused(const struct step_outcome *out, json *reply, struct fail *why)
{
    const char *code = json_get_text(out->value, "code", "refused");
    fail_code(why, FAIL_REFUSED, code, "%s", json_get_text(out->value, "message", code));
    json_swap_take(reply, json_ref(out->value));
    return false;
}

// An answer whose handler raises ends its step, but not here: the caller will undo what it wrote
// for the answer, and the end must not be undone with it.
static bool raised(struct engine *e, struct live *l, const struct open_step *s,
                   const struct step_outcome *out, struct fail *why)
{
    struct wait_address address = {s->address.path, s->address.attempt, ""};
    json problem = problem_of(out, s->address.path);
    fail_code(why, FAIL_CONFLICT, "failed", "the task '%s' failed on this answer: %s", s->call.task,
              json_get_text(problem, "title", "no reason given"));
    live_put(e, l, inbox_entry_new(INBOX_FAIL, 0, address, problem));
    return false;
}

// One answer must not be able to end a vote by running into a limit: it is refused alone.
static bool broken(const struct open_step *s, const struct step_outcome *out, struct fail *why)
{
    json_kind(out->value);
    log_error("engine", "handler_broken", "function=%s instance=%s", s->call.function,
              s->address.instance);
    return fail_code(why, FAIL_BUSY, "broken", "the task '%s' could not handle this answer",
                     s->call.task);
}

static bool hand_verdict(struct engine *e, struct live *l, const struct open_step *s,
                         const struct step_outcome *out, json *reply, struct fail *why)
{
    switch (out->verdict) {
    case STEP_WAITS:
    case STEP_DONE:
        go_on(e, l, s, out);
        json_swap_take(reply, json_ref(out->reply));
        live_touch(e, l);
        return true;
    case STEP_RAISED:
        return raised(e, l, s, out, why);
    case STEP_REFUSED:
        return refused(out, reply, why);
    case STEP_HELD:
        return fail_code(why, FAIL_BUSY, "paused", "%s", json_text(out->value));
    case STEP_BROKEN:
        return broken(s, out, why);
    }
    must_not_reach();
}

static struct live *hand_target(struct engine *e, const struct step_address *a, struct fail *why)
{
    struct live *l = live_find(e, a->instance);
    if (!l) {
        fail(why, FAIL_NOT_FOUND, "there is no instance '%s'", a->instance);
        return NULL;
    }
    if (live_is_open(l) && live_is_paused(l)) {
        fail_code(why, FAIL_CONFLICT, "paused", "the instance is paused; try again later");
        return NULL;
    }
    return l;
}

bool engine_step_hand(struct engine *e, const struct step_address *a, enum step_event event,
                      const char *name, json payload, json *reply, struct fail *why)
{
    must(e->handler == NULL);
    json_swap_take(reply, json_absent());
    if (!engine_may_change(e, why))
        return false;
    struct live *l = hand_target(e, a, why);
    if (!l)
        return false;
    struct open_step s;
    if (!e->host || !open_step_read(e, l, a, &s))
        return fail_code(why, FAIL_CONFLICT, "closed", "the task no longer takes anything");
    s.call.event = event;
    s.call.name = name ? name : "";
    s.call.payload = payload;
    struct handler handler;
    struct step_outcome out;
    run_handler(e, &s.call, &handler, &out);
    bool accepted = hand_verdict(e, l, &s, &out, reply, why);
    outcome_done(&out);
    open_step_done(&s);
    return accepted;
}
