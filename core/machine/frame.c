#include "machine/frame.h"

#include "base/mem.h"
#include "base/must.h"

static void forget(struct frame *f)
{
    json_swap_take(&f->input, json_absent());
    json_swap_take(&f->output, json_absent());
    json_swap_take(&f->list, json_absent());
    json_swap_take(&f->value, json_absent());
    listening_free(f->listening);
    f->listening = NULL;
}

static void start_afresh(struct frame *f)
{
    f->state = FRAME_ENTERS;
    f->due_ms = f->timeout_ms = f->limit_ms = INSTANT_NONE;
    f->phase = 0;
    f->index = 0;
    f->is_told = false;
    f->flow = (struct flow){.kind = FLOW_CONTINUE};
}

static void append_child(struct frame *parent, struct frame *child)
{
    child->parent = parent;
    child->previous = parent->last;
    if (parent->last != NULL)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

static void take_off(struct frame *f)
{
    if (f->parent == NULL)
        return;
    if (f->previous != NULL)
        f->previous->next = f->next;
    else
        f->parent->first = f->next;
    if (f->next != NULL)
        f->next->previous = f->previous;
    else
        f->parent->last = f->previous;
    f->parent = f->next = f->previous = NULL;
}

struct frame *frame_new(const struct task *task, struct frame *parent, int64_t attempt,
                        json raw_take)
{
    struct frame *f = mem_new(struct frame);
    f->task = task;
    f->attempt = attempt;
    f->raw = raw_take;
    f->input = f->output = f->list = f->value = json_absent();
    start_afresh(f);
    if (parent != NULL)
        append_child(parent, f);
    return f;
}

// Depth is bounded by LIMIT_FRAME_DEPTH, and so is this recursion.
void frame_free(struct frame *f)
{
    if (f == NULL)
        return;
    must(!f->is_ready);
    while (f->first != NULL)
        frame_free(f->first);
    take_off(f);
    forget(f);
    json_free(f->raw);
    mem_free(f);
}

void frame_clear(struct frame *f)
{
    must(f->first == NULL);
    forget(f);
    start_afresh(f);
}

struct frame *frame_walk(struct frame *root, struct frame *f)
{
    if (f == NULL)
        return root;
    if (f->first != NULL)
        return f->first;
    while (f != root && f->next == NULL)
        f = f->parent;
    return f == root ? NULL : f->next;
}

struct frame *frame_find(struct frame *root, int64_t attempt)
{
    for (struct frame *f = frame_walk(root, NULL); f != NULL; f = frame_walk(root, f))
        if (f->attempt == attempt)
            return f;
    return NULL;
}

int frame_depth(const struct frame *f)
{
    int depth = 0;
    for (; f != NULL; f = f->parent)
        depth++;
    return depth;
}

bool frame_is_armed(const struct frame *f)
{
    return f->state == FRAME_WAITS || f->due_ms != INSTANT_NONE || f->timeout_ms != INSTANT_NONE ||
           f->limit_ms != INSTANT_NONE || (f->listening != NULL && !f->listening->closed);
}

const char *frame_path(const struct frame *f)
{
    return f->task != NULL ? f->task->reference : "/";
}

struct listening *listening_new(size_t count)
{
    struct listening *l = mem_new(struct listening);
    l->items = mem_zero(count, sizeof *l->items);
    l->count = count;
    l->bound = json_object();
    for (size_t i = 0; i < count; i++)
        l->items[i].with = l->items[i].expected = json_absent();
    return l;
}

void listening_free(struct listening *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->count; i++) {
        json_free(l->items[i].with);
        json_free(l->items[i].expected);
    }
    json_free(l->bound);
    mem_free(l->items);
    mem_free(l);
}
