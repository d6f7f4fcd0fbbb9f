#include "machine/instance.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "machine/state.h"

static const char *const status_names[] = {
    [STATUS_PENDING] = "pending",     [STATUS_RUNNING] = "running",
    [STATUS_WAITING] = "waiting",     [STATUS_SUSPENDED] = "suspended",
    [STATUS_CANCELLED] = "cancelled", [STATUS_FAULTED] = "faulted",
    [STATUS_COMPLETED] = "completed",
};
#define STATUS_COUNT (sizeof status_names / sizeof *status_names)

const char *instance_status_name(enum instance_status status)
{
    must((size_t)status < STATUS_COUNT);
    return status_names[status];
}

bool instance_status_parse(const char *name, enum instance_status *out)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (strcmp(status_names[i], name) == 0) {
            *out = (enum instance_status)i;
            return true;
        }
    }
    return false;
}

struct instance *instance_new(const char *id, struct definition *definition, int64_t now_ms)
{
    struct instance *i = mem_new(struct instance);
    i->id = mem_string(id);
    i->definition = definition_ref(definition);
    i->status = STATUS_PENDING;
    i->started_ms = now_ms;
    i->input = i->output = i->error = i->inbox = json_absent();
    i->context = json_null();
    i->marks = mem_alloc(definition->task_count + 1);
    memset(i->marks, MARK_NONE, definition->task_count);
    i->marks[definition->task_count] = '\0';
    return i;
}

void instance_free(struct instance *i)
{
    if (i == NULL)
        return;
    frame_free(i->root);
    json_free(i->input);
    json_free(i->output);
    json_free(i->error);
    json_free(i->context);
    json_free(i->inbox);
    definition_unref(i->definition);
    mem_free(i->marks);
    mem_free(i->id);
    mem_free(i);
}

const char *instance_id(const struct instance *i)
{
    return i->id;
}

struct definition *instance_definition(const struct instance *i)
{
    return i->definition;
}

enum instance_status instance_status(const struct instance *i)
{
    return i->status;
}

bool instance_is_open(const struct instance *i)
{
    return i->status != STATUS_CANCELLED && i->status != STATUS_FAULTED &&
           i->status != STATUS_COMPLETED;
}

json instance_input(const struct instance *i)
{
    return json_ref(i->input);
}

json instance_output(const struct instance *i)
{
    return json_ref(i->output);
}

json instance_error(const struct instance *i)
{
    return json_ref(i->error);
}

json instance_context(const struct instance *i)
{
    return json_ref(i->context);
}

static json bare_error(json error)
{
    json bare = json_object();
    json_set_text(&bare, "type", json_get_text(error, "type", ""));
    json_set_int(&bare, "status", json_get_int(error, "status", 0));
    return bare;
}

void instance_empty(struct instance *i)
{
    must(!instance_is_open(i));
    frame_free(i->root);
    i->root = NULL;
    i->faulted = 0;
    json_swap_take(&i->input, json_absent());
    json_swap_take(&i->output, json_absent());
    json_swap_take(&i->context, json_null());
    json_swap_take(&i->inbox, json_absent());
    if (json_is_object(i->error))
        json_swap_take(&i->error, bare_error(i->error));
}

void instance_mark(struct instance *i, const struct task *task, enum task_mark mark)
{
    if (task == NULL)
        return;
    must(task->index >= 0 && (size_t)task->index < i->definition->task_count);
    i->marks[task->index] = (char)mark;
}

static bool effect_is_in_flight(const struct frame *f)
{
    if (f->state != FRAME_WAITS || f->task == NULL)
        return false;
    if (f->task->kind == TASK_CALL)
        return f->task->call.kind != CALL_FUNCTION;
    return f->task->kind == TASK_RUN && f->task->run.kind != RUN_WORKFLOW;
}

// A function or a child may wait for people for weeks: that is waiting. An HTTP call or a process
// is work in flight.
enum instance_status instance_open_status(const struct instance *i)
{
    for (struct frame *f = i->root; f != NULL; f = frame_walk(i->root, f))
        if (effect_is_in_flight(f))
            return STATUS_RUNNING;
    return STATUS_WAITING;
}

static const char *mark_name(char mark)
{
    switch (mark) {
    case MARK_COMPLETED:
        return "completed";
    case MARK_SKIPPED:
        return "skipped";
    case MARK_FAULTED:
        return "faulted";
    case MARK_CANCELLED:
        return "cancelled";
    default:
        return NULL;
    }
}

static const char *live_name(const struct instance *i, const struct frame *f)
{
    if (i->status == STATUS_FAULTED)
        return "cancelled";
    if (f->state != FRAME_WAITS || effect_is_in_flight(f))
        return "running";
    return "waiting";
}

json instance_task_states(const struct instance *i)
{
    json states = json_object();
    const struct definition *d = i->definition;
    for (size_t n = 0; n < d->task_count; n++) {
        const char *name = mark_name(i->marks[n]);
        if (name != NULL)
            json_set_text(&states, d->tasks[n]->reference, name);
    }
    for (struct frame *f = i->root; f != NULL; f = frame_walk(i->root, f))
        if (f->task != NULL)
            json_set_text(&states, f->task->reference, live_name(i, f));
    if (i->faulted == 0 || i->root == NULL)
        return states;
    for (struct frame *f = frame_find(i->root, i->faulted); f != NULL; f = f->parent)
        if (f->task != NULL)
            json_set_text(&states, f->task->reference, "faulted");
    return states;
}
