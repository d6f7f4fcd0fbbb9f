// Going on by another version of a definition. Waits are rows addressed by path and attempt, so
// what has begun has to stand at the same place and be the same kind of thing there; what has not
// begun may be anything.
#include <string.h>

#include "base/mem.h"
#include "machine/state.h"

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool refuse(const struct frame *f, const struct definition *to, const char *reason,
                   struct fail *why)
{
    return fail_code(why, FAIL_CONFLICT, "not_migratable",
                     "the task '%s' has begun, and in version %s %s; what has begun keeps its "
                     "place and its kind, what comes after it may change",
                     f->task->name, to->version, reason);
}

static bool refuse_place(const struct frame *f, const struct definition *to, struct fail *why)
{
    const struct task *elsewhere = definition_task_named(to, f->task->name);
    char *reason = elsewhere ? mem_printf("it stands at %s instead of %s", elsewhere->reference,
                                          f->task->reference)
                             : mem_printf("there is no such task at %s", f->task->reference);
    refuse(f, to, reason, why);
    mem_free(reason);
    return false;
}

// The definitions' own text decides whether events mean the same; ids name them in rows.
static bool listens_alike(const struct task *a, const struct task *b)
{
    const struct event_strategy *x = &a->listen.to, *y = &b->listen.to;
    json before = json_path(a->source, "listen.to"), after = json_path(b->source, "listen.to");
    bool same = json_equal(before, after) && x->count == y->count &&
                (a->listen.foreach == NULL) == (b->listen.foreach == NULL);
    for (size_t i = 0; same && i < x->count; i++)
        same = x->filters[i]->id == y->filters[i]->id;
    if (same && x->until_events && x->until_events->count > 0)
        same = x->until_events->filters[0]->id == y->until_events->filters[0]->id;
    json_free(before);
    json_free(after);
    return same;
}

static bool branches_alike(const struct task *a, const struct task *b)
{
    const struct task_list *x = &a->fork.branches, *y = &b->fork.branches;
    bool same = x->count == y->count && a->fork.compete == b->fork.compete;
    for (size_t i = 0; same && i < x->count; i++)
        same = strcmp(x->items[i]->name, y->items[i]->name) == 0;
    return same;
}

// NULL if the frame can go on in `b`, else what is different.
static const char *difference(const struct frame *f, const struct task *b)
{
    const struct task *a = f->task;
    switch (a->kind) {
    case TASK_CALL:
        return a->call.kind == b->call.kind && is_same_text(a->call.function, b->call.function) &&
                       is_same_text(a->call.version, b->call.version) &&
                       (a->call.local == NULL) == (b->call.local == NULL)
                   ? NULL
                   : "it calls something else";
    case TASK_RUN:
        return a->run.kind == b->run.kind && is_same_text(a->run.namespace, b->run.namespace) &&
                       is_same_text(a->run.name, b->run.name)
                   ? NULL
                   : "it runs something else";
    case TASK_LISTEN:
        return listens_alike(a, b) ? NULL : "it listens for something else";
    case TASK_FORK:
        return branches_alike(a, b) ? NULL : "it has other branches";
    case TASK_TRY:
        return f->phase != TRY_DELAY || b->attempt.retry ? NULL : "it is not tried again";
    case TASK_DO:
    case TASK_SET:
    case TASK_SWITCH:
    case TASK_FOR:
    case TASK_RAISE:
    case TASK_WAIT:
    case TASK_EMIT:
        return NULL;
    }
    return NULL;
}

static bool fits(const struct instance *i, const struct frame *f, const struct definition *to,
                 struct fail *why)
{
    if (f->task == NULL)
        return true;
    const struct task *there = definition_task(to, f->task->reference);
    if (there == NULL)
        return refuse_place(f, to, why);
    if (there->kind != f->task->kind)
        return refuse(f, to, "is another kind of task", why);
    // What faulted begins anew when it is tried again.
    const char *other = f->attempt == i->faulted ? NULL : difference(f, there);
    return other == NULL || refuse(f, to, other, why);
}

// How each task last ended, for the picture.
static void carry_marks(const struct instance *from, struct instance *to)
{
    memset(to->marks, MARK_NONE, to->definition->task_count);
    for (size_t n = 0; n < from->definition->task_count; n++) {
        const struct task *there =
            definition_task(to->definition, from->definition->tasks[n]->reference);
        if (there)
            to->marks[there->index] = from->marks[n];
    }
}

struct instance *instance_migrate(const struct instance *i, struct definition *to, struct fail *why)
{
    for (struct frame *f = i->root; f != NULL; f = frame_walk(i->root, f)) {
        if (!fits(i, f, to, why))
            return NULL;
    }
    json state = instance_encode(i);
    struct instance *next = instance_decode(i->id, to, state, why);
    json_free(state);
    if (next)
        carry_marks(i, next);
    return next;
}
