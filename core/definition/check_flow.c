#include "definition/build.h"

#include <string.h>

#include "base/mem.h"

// Which tasks of a list can be reached from its first. A task goes on to its `then`; one with `if`
// may be skipped; a switch goes where its cases say, and on only without a default; `raise` and a
// listen that never ends go nowhere. Only the first of a run that cannot be reached is told of.

struct reach {
    const struct task_list *list;
    bool *seen;
    size_t *stack;
    size_t depth;
};

static void push(struct reach *r, size_t place)
{
    if (place >= r->list->count || r->seen[place])
        return;
    r->seen[place] = true;
    r->stack[r->depth++] = place;
}

static void follow(struct reach *r, const struct task *task, const struct flow *flow)
{
    if (flow->kind == FLOW_CONTINUE)
        push(r, task->place + 1);
    if (flow->kind == FLOW_TASK && flow->target != NULL)
        push(r, flow->target->place);
}

static bool never_ends(const struct task *task);

// A list whose tasks follow each other plainly never ends if one of them does not.
static bool list_never_ends(const struct task_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct task *t = list->items[i];
        if (t->condition != NULL || t->kind == TASK_SWITCH || t->then.kind != FLOW_CONTINUE)
            return false;
        if (never_ends(t))
            return true;
    }
    return false;
}

static bool fork_never_ends(const struct task *task)
{
    size_t endless = 0;
    for (size_t i = 0; i < task->fork.branches.count; i++)
        endless += never_ends(task->fork.branches.items[i]);
    return endless > 0 && (!task->fork.compete || endless == task->fork.branches.count);
}

static bool never_ends(const struct task *task)
{
    if (task->kind == TASK_LISTEN)
        return task->listen.to.until_never;
    if (task->kind == TASK_DO)
        return list_never_ends(&task->body);
    return task->kind == TASK_FORK && fork_never_ends(task);
}

static void follow_task(struct reach *r, const struct task *task)
{
    bool goes_on = task->kind != TASK_RAISE && !never_ends(task);
    if (task->kind == TASK_SWITCH) {
        for (size_t i = 0; i < task->choose.count; i++) {
            follow(r, task, &task->choose.cases[i].then);
            goes_on = goes_on && task->choose.cases[i].when != NULL;
        }
    }
    if (task->kind == TASK_TRY && task->attempt.has_then)
        follow(r, task, &task->attempt.then);
    if (task->condition != NULL)
        push(r, task->place + 1);
    if (goes_on || task->condition != NULL)
        follow(r, task, &task->then);
}

// The name of a task stands on its key, one step above its node.
static const struct yaml_node *key_of(const struct builder *b, const struct task *task)
{
    (void)b;
    const struct yaml_node *entry = task->node->parent;
    if (entry != NULL && entry->kind == YAML_MAPPING)
        for (size_t i = 0; i < entry->count; i++)
            if (entry->items[i] == task->node)
                return entry->keys[i];
    return task->node;
}

static void report_unreachable(struct builder *b, const struct task *task,
                               const struct task *before)
{
    const struct yaml_node *key = key_of(b, task);
    if (never_ends(before))
        report(b, SEVERITY_WARNING, key, "unreachable-task",
               "the task '%s' is never reached: '%s' before it listens for ever ('until' is false)",
               task->name, before->name);
    else
        report(b, SEVERITY_WARNING, key, "unreachable-task",
               "the task '%s' is never reached: '%s' before it goes elsewhere and no 'then' leads "
               "here",
               task->name, before->name);
}

static void check_list(struct builder *b, const struct task_list *list)
{
    if (list->count < 2)
        return;
    struct reach r = {.list = list,
                      .seen = mem_zero(list->count, sizeof(bool)),
                      .stack = mem_zero(list->count, sizeof(size_t))};
    push(&r, 0);
    while (r.depth > 0)
        follow_task(&r, list->items[r.stack[--r.depth]]);
    for (size_t i = 1; i < list->count; i++)
        if (!r.seen[i] && r.seen[i - 1])
            report_unreachable(b, list->items[i], list->items[i - 1]);
    mem_free(r.seen);
    mem_free(r.stack);
}

// A round of tasks that never waits and never leaves spins until the machine stops it.
static bool may_wait(const struct task *task)
{
    switch (task->kind) {
    case TASK_SET:
    case TASK_SWITCH:
    case TASK_EMIT:
        return false;
    case TASK_WAIT:
        return !(task->wait.constant && duration_is_zero(&task->wait.duration));
    case TASK_DO:
    case TASK_FOR:
    case TASK_FORK:
    case TASK_TRY:
    case TASK_RAISE:
    case TASK_LISTEN:
    case TASK_CALL:
    case TASK_RUN:
        return true;
    }
    return true;
}

// Only the plain case, where one task leads back and nothing on the way has a choice.
static void check_spin(struct builder *b, const struct task *task)
{
    const struct task *at = task;
    for (size_t steps = 0; steps <= task->siblings->count; steps++) {
        if (may_wait(at) || at->kind == TASK_SWITCH || at->condition != NULL)
            return;
        if (at->then.kind == FLOW_TASK)
            at = at->then.target;
        else if (at->then.kind == FLOW_CONTINUE && at->place + 1 < at->siblings->count)
            at = at->siblings->items[at->place + 1];
        else
            return;
        if (at == task) {
            report(b, SEVERITY_WARNING, node_field(task->node, "then"), "endless-loop",
                   "from '%s' the way leads back to itself without a wait or a way out",
                   task->name);
            return;
        }
    }
}

// A function that is nothing but a call of itself, at once or through others.
static void check_recursion(struct builder *b, const struct task *task)
{
    const struct task *at = task;
    for (size_t steps = 0; steps <= b->d->task_count; steps++) {
        if (at->kind != TASK_CALL || at->call.local == NULL || at->condition != NULL)
            return;
        at = at->call.local;
        if (at->index < task->index)
            return; // told of there
        if (at != task)
            continue;
        report(b, SEVERITY_ERROR, node_field(task->node, "call"), "endless-recursion",
               "the function '%s' calls itself and nothing else, so it would never end",
               task->name);
        return;
    }
}

static void check_task(struct builder *b, const struct task *task)
{
    switch (task->kind) {
    case TASK_DO:
        check_list(b, &task->body);
        break;
    case TASK_FOR:
        check_list(b, &task->loop.body);
        break;
    case TASK_TRY:
        check_list(b, &task->attempt.body);
        check_list(b, &task->attempt.handler);
        break;
    case TASK_LISTEN:
        if (task->listen.foreach != NULL)
            check_list(b, &task->listen.foreach->body);
        if (never_ends(task) && task->listen.foreach == NULL && !task->timeout.given)
            report(b, SEVERITY_WARNING, key_of(b, task), "endless-wait",
                   "the task '%s' listens for ever and does nothing with the events; give it a "
                   "'foreach', a 'timeout' or another 'until'",
                   task->name);
        break;
    case TASK_SET:
    case TASK_SWITCH:
    case TASK_FORK:
    case TASK_RAISE:
    case TASK_WAIT:
    case TASK_EMIT:
    case TASK_CALL:
    case TASK_RUN:
        break;
    }
    if (task->siblings == NULL)
        check_recursion(b, task);
    if (task->then.kind == FLOW_TASK && task->siblings != NULL &&
        task->then.target->place <= task->place)
        check_spin(b, task);
}

void check_flow(struct builder *b)
{
    check_list(b, &b->d->body);
    for (size_t i = 0; i < b->d->task_count; i++)
        check_task(b, b->d->tasks[i]);
}
