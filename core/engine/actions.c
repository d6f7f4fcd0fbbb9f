#include "engine/actions.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/answers.h"
#include "engine/event_intake.h"
#include "engine/events.h"
#include "engine/rows.h"
#include "engine/schedule.h"
#include "engine/start.h"
#include "engine/state.h"
#include "engine/timers.h"

// HTTP is idempotent by its method, or by the Idempotency-Key that is sent with every request; a
// process is not. A task may say otherwise: `metadata: { effects: once }`.
static const char *effect_class(const struct task *task)
{
    json said = json_get(task->metadata, "effects");
    bool once = task->kind == TASK_RUN;
    if (json_is_string(said))
        once = strcmp(json_text(said), "once") == 0;
    json_free(said);
    return once ? "once" : "idempotent";
}

static void do_effect(struct engine *e, struct live *l, const struct action *action,
                      const char *kind)
{
    struct outbox_ask ask = {.instance = l->id,
                             .path = action->address.path,
                             .attempt = action->address.attempt,
                             .name = "call",
                             .kind = kind,
                             .class = effect_class(action->task),
                             .owner = action->await ? "machine" : "none",
                             .request = action->request};
    if (!outbox_has_kind(e, kind)) {
        answer_problem(l, action->address, "configuration", 501,
                       "no executor for this kind of call", kind);
        return;
    }
    outbox_put(e, &ask);
    outbox_note_release(e, &ask);
    l->has_rows = true;
}

static void do_call(struct engine *e, struct live *l, const struct action *action)
{
    json kind = json_get(action->request, "kind");
    const char *word = json_is_string(kind) ? json_text(kind) : "function";
    if (strcmp(word, "function") == 0)
        step_begin(e, l, action);
    else
        do_effect(e, l, action, word);
    json_free(kind);
}

static void do_timer(struct engine *e, struct live *l, const struct action *action)
{
    const struct wait_address *a = &action->address;
    timers_put(e, l->id, a->path, a->attempt, a->name ? a->name : "", action->due_ms, "machine");
    l->has_rows = true;
}

static void do_child(struct engine *e, struct live *l, const struct action *action)
{
    json request = action->request, input = json_get(request, "input");
    char *wait = mem_printf("%lld %s", (long long)action->address.attempt, action->address.path);
    struct start_opts opts = {
        .definition = {json_get_text(request, "namespace", ""), json_get_text(request, "name", ""),
                       json_get_text(request, "version", NULL)},
        .input = input,
        .parent = l->id,
        .parent_wait = action->await ? wait : NULL,
    };
    struct fail why = {0};
    struct id id;
    if (start_instance(e, &opts, &id, &why)) {
        l->has_children = l->child_now = true;
    } else if (action->await) {
        answer_problem(l, action->address,
                       why.kind == FAIL_NOT_FOUND ? "configuration" : "validation", 400,
                       "the workflow could not be started", why.message);
    }
    mem_free(wait);
    json_free(input);
}

// An event goes to whoever waits here, and out to a sink where one is configured.
static void do_emit(struct engine *e, struct live *l, const struct action *action)
{
    json event = event_complete(e, action->request);
    struct event_receipt receipt;
    struct fail why = {0};
    if (!event_accept(e, event, &receipt, &why)) {
        json entry = json_object();
        json_set_text(&entry, "type", "event-refused");
        json_set_text(&entry, "reference", action->address.path);
        json_set_text(&entry, "message", why.message);
        live_note(e, l, entry);
    } else if (outbox_has_kind(e, "sink") && !receipt.duplicate) {
        struct outbox_ask ask = {.instance = l->id,
                                 .path = action->address.path,
                                 .attempt = action->address.attempt,
                                 .name = "sink",
                                 .kind = "sink",
                                 .class = "idempotent",
                                 .owner = "none",
                                 .request = event};
        outbox_put(e, &ask);
        outbox_note_release(e, &ask);
    }
    json_free(event);
}

// path NULL: any wait. A child that nobody awaits goes its own way.
static bool wait_is(const char *parent_wait, const char *path, int64_t attempt)
{
    if (!parent_wait || !path)
        return parent_wait != NULL;
    char *end = NULL;
    long long number = strtoll(parent_wait, &end, 10);
    return number == attempt && *end == ' ' && strcmp(end + 1, path) == 0;
}

static void cancel_child(struct engine *e, const char *id, const char *reason)
{
    struct live *child = live_find(e, id);
    if (!child || !live_is_open(child))
        return;
    json why = json_object();
    json_set_text(&why, "reason", reason);
    live_put(e, child, inbox_entry_new(INBOX_MACHINE, INPUT_CANCEL, (struct wait_address){0}, why));
}

// Those started in this turn have no row yet.
static void drop_new_children(struct engine *e, const struct live *l, const char *path,
                              int64_t attempt, const char *reason)
{
    if (!l->child_now)
        return;
    list_each_safe(&e->lives.dirty, node, after)
    {
        struct live *child = list_owner(node, struct live, dirty_node);
        if (child->parent && strcmp(child->parent, l->id) == 0 &&
            wait_is(child->parent_wait, path, attempt))
            cancel_child(e, child->id, reason);
    }
}

static void drop_children(struct engine *e, struct live *l, const char *path, int64_t attempt,
                          const char *reason)
{
    if (!l->has_children)
        return;
    drop_new_children(e, l, path, attempt, reason);
    struct scan *scan =
        rows_scan(e->store, &(struct scan_opts){.table = TABLE_INSTANCE,
                                                .index = INSTANCE_BY_PARENT,
                                                .prefix = (struct value[]){value_text(l->id)},
                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        if (row_is_null(&row, INSTANCE_ENDED_MS) &&
            wait_is(row_text(&row, INSTANCE_PARENT_WAIT), path, attempt))
            cancel_child(e, row_text(&row, INSTANCE_ID), reason);
        row_done(&row);
    }
}

// What may wait under the address depends on the task's word; each look into the store that it
// cannot need is saved.
static void do_drop(struct engine *e, struct live *l, const struct action *action)
{
    if (!l->has_rows && !l->has_children)
        return;
    const struct wait_address *a = &action->address;
    const char *reason = action->reason ? action->reason : "cancelled";
    enum task_kind kind = action->task ? action->task->kind : TASK_DO;
    if (kind == TASK_CALL)
        step_drop(e, l, a->path, a->attempt, reason);
    if (kind == TASK_CALL || kind == TASK_RUN)
        outbox_drop(e, l->id, a->path, a->attempt);
    if (kind == TASK_RUN)
        drop_children(e, l, a->path, a->attempt, reason);
    timers_drop_all(e, l->id, a->path, a->attempt);
    struct value key[4];
    rows_address(key, l->id, a->path, a->attempt, "");
    store_delete_prefix(e->store, TABLE_SUBSCRIPTION, key, 3);
}

static void action_do(struct engine *e, struct live *l, const struct action *action)
{
    switch (action->kind) {
    case ACTION_TIMER:
        do_timer(e, l, action);
        return;
    case ACTION_SUBSCRIBE:
        correlate_subscribe(e, l, action);
        return;
    case ACTION_UNSUBSCRIBE:
        correlate_unsubscribe(e, l, action);
        return;
    case ACTION_CALL:
        do_call(e, l, action);
        return;
    case ACTION_CHILD:
        do_child(e, l, action);
        return;
    case ACTION_EMIT:
        do_emit(e, l, action);
        return;
    case ACTION_DROP:
        do_drop(e, l, action);
        return;
    }
}

void actions_do(struct engine *e, struct live *l, const struct transition *t)
{
    for (size_t i = 0; i < t->count; i++)
        action_do(e, l, &t->actions[i]);
}

static json child_problem(const struct live *l)
{
    json error = instance_error(l->instance);
    if (json_is_object(error))
        return error;
    json_free(error);
    return problem_new("runtime", 500, "the started workflow was cancelled", l->id, NULL);
}

static void tell_parent(struct engine *e, const struct live *l)
{
    if (!l->parent || !l->parent_wait)
        return;
    struct live *parent = live_find(e, l->parent);
    if (!parent || !live_is_open(parent))
        return;
    char *path = NULL;
    int64_t attempt = strtoll(l->parent_wait, &path, 10);
    must(*path == ' ');
    bool failed = live_status(l) != STATUS_COMPLETED;
    json value = failed ? child_problem(l) : instance_output(l->instance);
    struct inbox_entry *entry =
        inbox_entry_new(INBOX_MACHINE, INPUT_RESULT, (struct wait_address){path + 1, attempt, ""},
                        json_is_absent(value) ? json_null() : value);
    entry->failed = failed;
    live_put(e, parent, entry);
}

static void count_end(struct engine *e, const struct live *l)
{
    enum instance_status status = live_status(l);
    e->figures.completed += status == STATUS_COMPLETED;
    e->figures.faulted += status == STATUS_FAULTED;
    e->figures.cancelled += status == STATUS_CANCELLED;
}

void actions_ended(struct engine *e, struct live *l)
{
    must(!live_is_open(l));
    l->ended_ms = e->now_ms;
    steps_drop_all(e, l, "ended");
    drop_children(e, l, NULL, 0, "the workflow that started it has ended");
    if (l->has_rows) {
        struct value key = value_text(l->id);
        timers_drop_instance(e, l->id);
        store_delete_prefix(e->store, TABLE_SUBSCRIPTION, &key, 1);
    }
    inbox_done(&l->inbox); // nothing more can be taken
    count_end(e, l);
    tell_parent(e, l);
    watch_ended(e, l->id);
    schedule_instance_ended(e, l->entry);
}
