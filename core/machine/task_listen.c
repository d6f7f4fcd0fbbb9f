#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "machine/dataflow.h"
#include "machine/encode.h"
#include "machine/event.h"
#include "machine/lifecycle.h"
#include "machine/words.h"

// A listen holds its subscriptions, what it consumed (f->list), how much of that `foreach` has been
// through (f->index) and what came out of it (f->value). It waits for events and may at the same
// time run the tasks of one item.

#define ITEMS_MAX 100000

static bool has_foreach(const struct frame *f)
{
    return f->task->listen.foreach != NULL;
}

// A listen may go on for years, so it holds no more than somebody will ask for: the items that were
// gone through only if `until` is a condition on them, the outputs only if it can end by itself.
static bool holds_all_items(const struct frame *f)
{
    return has_foreach(f) ? f->task->listen.to.until != NULL : !f->task->listen.to.until_never;
}

static bool holds_outputs(const struct frame *f)
{
    return has_foreach(f) && !f->task->listen.to.until_never;
}

// Where the current item is in the list: f->phase items before it are over and may go.
static size_t item_place(const struct frame *f)
{
    return holds_all_items(f) ? (size_t)f->index : (size_t)f->phase;
}

json listen_local(const struct frame *f, const char *name)
{
    if (!has_foreach(f) || f->listening == NULL || f->state != FRAME_RUNS)
        return json_absent();
    if (strcmp(name, f->task->listen.foreach->at) == 0)
        return json_integer(f->index);
    if (strcmp(name, f->task->listen.foreach->item) == 0)
        return json_at(f->list, item_place(f));
    return json_absent();
}

// ---- subscribing

static bool expectations(struct run *r, struct frame *f, struct subscription *s)
{
    s->expected = json_object();
    for (size_t n = 0; n < s->filter->correlation_count; n++) {
        const struct correlation *c = &s->filter->correlations[n];
        json value;
        if (c->expect == NULL)
            continue;
        if (!run_evaluate(r, f, c->expect, f->input, &value))
            return false;
        json_set_take(&s->expected, c->name, value);
    }
    return true;
}

static bool prepare(struct run *r, struct frame *f, struct subscription *s)
{
    s->open = true;
    s->with = json_object();
    const struct template *with = s->filter->with;
    if (with != NULL && !template_is_constant(with)) {
        json value;
        if (!run_evaluate(r, f, with, f->input, &value))
            return false;
        json_swap_take(&s->with, value);
    }
    return expectations(r, f, s);
}

static void subscribe(struct run *r, struct frame *f, const struct subscription *s)
{
    struct action *a = run_act(r, f, ACTION_SUBSCRIBE, "");
    a->filter = s->filter;
    a->with = json_ref(s->with);
    a->correlation = json_ref(s->expected);
}

static void unsubscribe(struct run *r, struct frame *f, struct subscription *s)
{
    s->open = false;
    run_act(r, f, ACTION_UNSUBSCRIBE, "")->filter = s->filter;
}

struct listening *listen_subscriptions(const struct task *task)
{
    const struct event_strategy *to = &task->listen.to, *until = to->until_events;
    size_t count = to->count + (until != NULL ? until->count : 0);
    struct listening *l = listening_new(count);
    for (size_t n = 0; n < count; n++) {
        l->items[n].ends_it = n >= to->count;
        l->items[n].filter = l->items[n].ends_it ? until->filters[n - to->count] : to->filters[n];
    }
    return l;
}

static bool correlates(const struct listening *l)
{
    for (size_t n = 0; n < l->count; n++)
        if (l->items[n].filter->correlation_count > 0)
            return true;
    return false;
}

static void begin(struct run *r, struct frame *f)
{
    struct listening *l = f->listening = listen_subscriptions(f->task);
    json_swap_take(&f->list, json_array());
    if (has_foreach(f))
        json_swap_take(&f->value, json_array());
    if (f->task->listen.to.count == 0) {
        struct fail why;
        fail(&why, FAIL_INVALID, "it listens to no event, and would wait for ever");
        l->closed = true;
        run_raise_type(r, f, "configuration", &why);
        return;
    }
    for (size_t n = 0; n < l->count; n++) {
        l->closed = true; // nothing is armed should an expression fail
        if (!prepare(r, f, &l->items[n]))
            return;
    }
    l->closed = false;
    for (size_t n = 0; n < l->count; n++)
        subscribe(r, f, &l->items[n]);
    if (correlates(l))
        tell_workflow(r, "correlation-started", tell_with("task", json_string(frame_path(f))));
    run_wait(f);
}

static void again(struct run *r, struct frame *f)
{
    for (size_t n = 0; f->listening != NULL && n < f->listening->count; n++)
        if (!f->listening->closed && f->listening->items[n].open)
            subscribe(r, f, &f->listening->items[n]);
}

// ---- the end

static void finish(struct run *r, struct frame *f)
{
    if (correlates(f->listening)) {
        json more = tell_with("task", json_string(frame_path(f)));
        json_set(&more, "correlationKeys", f->listening->bound);
        tell_workflow(r, "correlation-completed", more);
    }
    run_complete(r, f, json_ref(has_foreach(f) ? f->value : f->list));
}

// Takes no more events. Where items are still to be gone through, the subscriptions go one by one;
// else they go with the frame.
static void close_it(struct run *r, struct frame *f)
{
    for (size_t n = 0; n < f->listening->count; n++)
        if (f->listening->items[n].open)
            unsubscribe(r, f, &f->listening->items[n]);
    f->listening->closed = true;
}

static bool all_taken(const struct listening *l, bool ends_it)
{
    for (size_t n = 0; n < l->count; n++)
        if (l->items[n].ends_it == ends_it && l->items[n].open)
            return false;
    return true;
}

// `until` as a condition on all that was consumed. False if it raised.
static bool condition_met(struct run *r, struct frame *f, bool *met)
{
    json value;
    if (!run_evaluate(r, f, f->task->listen.to.until, f->list, &value))
        return false;
    *met = json_truthy(value);
    json_free(value);
    return true;
}

// ---- foreach: one item after another, first in first out

static void item_done(struct run *r, struct frame *f, json raw_take);

static void next_item(struct run *r, struct frame *f)
{
    if (item_place(f) >= json_length(f->list)) {
        if (f->listening->closed)
            finish(r, f);
        else
            run_wait(f);
        return;
    }
    f->state = FRAME_RUNS;
    json item = json_at(f->list, item_place(f));
    if (f->task->listen.foreach->body.count == 0)
        item_done(r, f, item);
    else
        run_list(r, f, &f->task->listen.foreach->body, item);
}

// Past items go once they are half of the list, so that each is moved once.
static void forget_items(struct frame *f)
{
    size_t count = json_length(f->list);
    f->phase++;
    if ((size_t)f->phase * 2 < count)
        return;
    json rest = json_array();
    for (size_t n = (size_t)f->phase; n < count; n++)
        json_append_take(&rest, json_at(f->list, n));
    json_swap_take(&f->list, rest);
    f->phase = 0;
}

static void item_done(struct run *r, struct frame *f, json raw_take)
{
    json output, problem;
    bool good = data_leave(r, f, &f->task->listen.foreach->data, raw_take, &output, &problem);
    json_free(raw_take);
    if (!good) {
        run_raise(r, f, problem);
        return;
    }
    if (holds_outputs(f))
        json_append_take(&f->value, output);
    else
        json_free(output);
    f->index++;
    if (!holds_all_items(f))
        forget_items(f);
    bool met = false;
    if (f->task->listen.to.until != NULL && !f->listening->closed && !condition_met(r, f, &met))
        return;
    if (met)
        close_it(r, f); // what is still in the queue has been consumed, so it has its turn
    // Through the stack, so that a long queue without waits does not nest.
    f->state = FRAME_RUNS;
    run_later(r, f);
}

static void child_done(struct run *r, struct frame *f, const struct child_end *end)
{
    if (!run_next(r, f, end))
        item_done(r, f, end->output);
}

const struct task_word word_listen = {
    .begin = begin, .child_done = child_done, .visit = next_item, .again = again};

// ---- events

static struct subscription *subscription_of(struct frame *f, int filter)
{
    for (size_t n = 0; !f->listening->closed && n < f->listening->count; n++)
        if (f->listening->items[n].open && f->listening->items[n].filter->id == filter)
            return &f->listening->items[n];
    return NULL;
}

// Values without an expectation must equal what the first event brought.
static bool agrees(const struct frame *f, const struct subscription *s, json values,
                   struct fail *why)
{
    for (size_t n = 0; n < s->filter->correlation_count; n++) {
        const char *name = s->filter->correlations[n].name;
        json bound = json_get(f->listening->bound, name), value = json_get(values, name);
        bool equal = json_is_absent(bound) || json_equal(bound, value);
        json_free(bound);
        json_free(value);
        if (!equal)
            return fail_code(why, FAIL_REFUSED, "not_correlated",
                             "the event's '%s' is not that of the first event", name);
    }
    return true;
}

static void bind(struct frame *f, const struct subscription *s, json values)
{
    for (size_t n = 0; n < s->filter->correlation_count; n++) {
        const char *name = s->filter->correlations[n].name;
        json value = json_get(values, name);
        if (json_is_absent(value) || json_has(f->listening->bound, name))
            json_free(value);
        else
            json_set_take(&f->listening->bound, name, value);
    }
}

static void tell_event(struct run *r, struct frame *f, json event)
{
    json named = json_object(), id = json_get(event, "id"), source = json_get(event, "source");
    if (!json_is_absent(id))
        json_set(&named, "id", id);
    if (!json_is_absent(source))
        json_set(&named, "source", source);
    json_free(id);
    json_free(source);
    tell_task(r, f, "consumed", tell_with("event", named));
}

// Does the event that was just taken end the listen? False if `until` raised. With `foreach` the
// condition is asked here too, on what has been consumed, or events that come while an item is in
// work would run past it; it is asked again after each item, which may have changed $context.
static bool satisfied(struct run *r, struct frame *f, bool *done)
{
    const struct event_strategy *to = &f->task->listen.to;
    *done = true;
    if (to->mode == EVENTS_ALL)
        *done = all_taken(f->listening, false);
    else if (to->mode == EVENTS_ANY && to->until != NULL)
        return condition_met(r, f, done);
    else if (to->mode == EVENTS_ANY && (to->until_events != NULL || to->until_never))
        *done = false;
    return true;
}

static void take_ending(struct run *r, struct frame *f, struct subscription *s)
{
    bool waits_for_all = f->task->listen.to.until_events->mode == EVENTS_ALL;
    if (waits_for_all) {
        unsubscribe(r, f, s);
        if (!all_taken(f->listening, true))
            return;
    }
    close_it(r, f);
    if (f->state == FRAME_WAITS)
        finish(r, f);
}

static bool has_room(struct run *r, struct frame *f)
{
    if (json_length(f->list) < ITEMS_MAX && json_length(f->value) < ITEMS_MAX)
        return true;
    struct fail why;
    fail(&why, FAIL_LIMIT, "it has taken more than %d events", ITEMS_MAX);
    run_raise_type(r, f, "runtime", &why);
    return false;
}

static void take(struct run *r, struct frame *f, struct subscription *s, json event)
{
    if (!has_room(r, f))
        return;
    if (has_foreach(f) || holds_all_items(f))
        json_append_take(&f->list, event_read(event, f->task->listen.read));
    if (f->task->listen.to.mode == EVENTS_ALL)
        unsubscribe(r, f, s);
    bool done;
    if (!satisfied(r, f, &done))
        return;
    if (done)
        close_it(r, f);
    if (has_foreach(f) && f->state == FRAME_WAITS)
        next_item(r, f);
    else if (!has_foreach(f) && done)
        finish(r, f);
}

bool listen_event(struct run *r, struct frame *f, const struct machine_input *input,
                  struct fail *why)
{
    struct subscription *s = subscription_of(f, input->filter);
    if (s == NULL)
        return fail_code(why, FAIL_NOT_FOUND, "settled",
                         "%s (attempt %lld) listens to filter %d no more", frame_path(f),
                         (long long)f->attempt, input->filter);
    if (!agrees(f, s, input->correlation, why))
        return false;
    bind(f, s, input->correlation);
    tell_event(r, f, input->value);
    if (s->ends_it)
        take_ending(r, f, s);
    else
        take(r, f, s, input->value);
    return true;
}
