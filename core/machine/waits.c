// What an instance waits for, as data and as a sentence.
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "machine/state.h"

#define WAITS_TOLD_MAX 5

// A frame waits for something of its own. Its timeout is not what it waits for, but the end of its
// patience.
static bool waits(const struct frame *f)
{
    return f->task != NULL &&
           (f->state == FRAME_WAITS || (f->listening != NULL && !f->listening->closed));
}

size_t instance_wait_count(const struct instance *i)
{
    size_t count = 0;
    if (!instance_is_open(i))
        return 0;
    for (struct frame *f = i->root; f != NULL; f = frame_walk(i->root, f))
        count += waits(f);
    return count;
}

// ---- as data

static json new_wait(const struct frame *f, const char *kind)
{
    json wait = json_object();
    json_set_text(&wait, "kind", kind);
    json_set_text(&wait, "task", f->task != NULL ? f->task->name : "/");
    json_set_text(&wait, "path", frame_path(f));
    json_set_int(&wait, "attempt", f->attempt);
    return wait;
}

static void add_timer(json *list, const struct frame *f, const char *name, int64_t due_ms)
{
    char text[INSTANT_TEXT_SIZE];
    instant_write_utc(due_ms, text);
    json wait = new_wait(f, "timer");
    json_set_text(&wait, "name", name);
    json_set_text(&wait, "due", text);
    json_append_take(list, wait);
}

static void add_events(json *list, const struct frame *f)
{
    for (size_t n = 0; n < f->listening->count; n++) {
        const struct subscription *s = &f->listening->items[n];
        if (!s->open)
            continue;
        json wait = new_wait(f, "event");
        json_set_int(&wait, "filter", s->filter->id);
        if (s->filter->type != NULL)
            json_set_text(&wait, "type", s->filter->type);
        if (json_length(s->expected) > 0)
            json_set(&wait, "correlation", s->expected);
        json_append_take(list, wait);
    }
}

static void add_call(json *list, const struct frame *f)
{
    bool child = f->task->kind == TASK_RUN && f->task->run.kind == RUN_WORKFLOW;
    json wait = new_wait(f, child ? "child" : "call");
    if (child)
        json_set_text(&wait, "name", f->task->run.name);
    else if (f->task->kind == TASK_CALL && f->task->call.kind == CALL_FUNCTION)
        json_set_text(&wait, "name", f->task->call.function);
    json_append_take(list, wait);
}

static void add_waits(json *list, const struct frame *f)
{
    if (f->timeout_ms != INSTANT_NONE)
        add_timer(list, f, "timeout", f->timeout_ms);
    if (f->limit_ms != INSTANT_NONE)
        add_timer(list, f, "attempt", f->limit_ms);
    if (!waits(f))
        return;
    if (f->listening != NULL)
        add_events(list, f);
    else if (f->due_ms != INSTANT_NONE)
        add_timer(list, f, f->task->kind == TASK_TRY ? "retry" : "", f->due_ms);
    else
        add_call(list, f);
}

json instance_waits(const struct instance *i)
{
    json list = json_array();
    if (!instance_is_open(i))
        return list;
    for (struct frame *f = i->root; f != NULL; f = frame_walk(i->root, f))
        add_waits(&list, f);
    return list;
}

// ---- as a sentence

static void say_timer(const struct instance *i, const struct frame *f, struct bytes *out)
{
    char text[INSTANT_TEXT_SIZE];
    zone_write(i->definition->zone, f->due_ms, text, sizeof text);
    bytes_printf(out, "until %s%s", text, f->task->kind == TASK_TRY ? " to try again" : "");
}

static void say_expected(const struct frame *f, const struct subscription *s, struct bytes *out)
{
    json values = json_ref(f->listening->bound);
    json_merge(&values, s->expected);
    const char *joint = " where ";
    for (size_t n = 0; n < s->filter->correlation_count; n++) {
        const char *name = s->filter->correlations[n].name;
        json value = json_get(values, name);
        if (!json_is_absent(value)) {
            char *text = json_dump(value);
            size_t length = strlen(text), shown = length < 100 ? length : 100;
            bytes_printf(out, "%s%s = ", joint, name);
            bytes_append(out, text, utf8_valid_prefix(text, shown));
            mem_free(text);
            joint = ", ";
        }
        json_free(value);
    }
    json_free(values);
}

static void say_event(const struct frame *f, const struct subscription *s, struct bytes *out)
{
    if (s->filter->type != NULL)
        bytes_printf(out, "'%s'", s->filter->type);
    else
        bytes_add(out, "of any type");
    say_expected(f, s, out);
}

static size_t open_events(const struct frame *f)
{
    size_t count = 0;
    for (size_t n = 0; n < f->listening->count; n++)
        count += f->listening->items[n].open && !f->listening->items[n].ends_it;
    return count;
}

static void say_events(const struct frame *f, struct bytes *out)
{
    bool all = f->task->listen.to.mode == EVENTS_ALL;
    size_t count = open_events(f), told = 0;
    bytes_add(out, count == 1 ? "for an event "
                   : all      ? "for the events "
                              : "for one of the events ");
    for (size_t n = 0; n < f->listening->count && told < WAITS_TOLD_MAX; n++) {
        const struct subscription *s = &f->listening->items[n];
        if (!s->open || s->ends_it)
            continue;
        if (told++ > 0)
            bytes_add(out, all ? " and " : " or ");
        say_event(f, s, out);
    }
    if (count > told)
        bytes_printf(out, " and %zu more", count - told);
}

static void say_call(const struct task *task, struct bytes *out)
{
    if (task->kind == TASK_CALL && task->call.kind == CALL_FUNCTION)
        bytes_printf(out, "for function '%s'", task->call.function);
    else if (task->kind == TASK_CALL)
        bytes_add(out, "for the answer of its call");
    else if (task->run.kind == RUN_WORKFLOW)
        bytes_printf(out, "for workflow '%s/%s'", task->run.namespace, task->run.name);
    else
        bytes_add(out, "for its process to end");
}

static void say(const struct instance *i, const struct frame *f, struct bytes *out)
{
    if (f->listening != NULL)
        say_events(f, out);
    else if (f->due_ms != INSTANT_NONE)
        say_timer(i, f, out);
    else
        say_call(f->task, out);
    bytes_printf(out, " (task '%s')", f->task->name);
}

void instance_waits_for(const struct instance *i, struct bytes *out)
{
    if (!instance_is_open(i))
        return;
    if (i->status == STATUS_PENDING) {
        bytes_add(out, "waits for its start");
        return;
    }
    size_t count = instance_wait_count(i), told = 0;
    bytes_add(out,
              i->status == STATUS_SUSPENDED ? "is suspended; once resumed it waits " : "waits ");
    if (count != 1)
        bytes_printf(out, count > 1 ? "for %zu things: " : "for nothing", count);
    for (struct frame *f = i->root; f != NULL; f = frame_walk(i->root, f)) {
        if (!waits(f) || told == WAITS_TOLD_MAX)
            continue;
        if (told++ > 0)
            bytes_add(out, "; ");
        say(i, f, out);
    }
    if (count > told)
        bytes_printf(out, "; and %zu more", count - told);
}
