// Reading a state back; the format is at the head of encode.c.
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "machine/encode.h"
#include "machine/state.h"

struct decoding {
    struct instance *instance;
    json values;
    bool lacks_value; // a place in `values` was named that is not there
    struct fail *why;
};

static bool corrupt(struct decoding *d, const char *what)
{
    return fail(d->why, FAIL_CORRUPT, "the state of instance %s is damaged: %s", d->instance->id,
                what);
}

static int64_t int_at(json array, size_t n, int64_t otherwise)
{
    json item = json_at(array, n);
    int64_t value = json_is_integer(item) ? json_int(item) : otherwise;
    json_free(item);
    return value;
}

static json value_at(struct decoding *d, int64_t place)
{
    json value = place >= 0 ? json_at(d->values, (size_t)place) : json_absent();
    d->lacks_value |= place >= 0 && json_is_absent(value);
    return value;
}

static int64_t decode_moment(int64_t coded, int64_t from_ms)
{
    return coded == 0 ? INSTANT_NONE : from_ms + coded - (coded > 0 ? 1 : 0);
}

static bool decode_subscription(struct decoding *d, struct subscription *s, json item)
{
    s->open = int_at(item, 0, 0) != 0;
    s->with = value_at(d, int_at(item, 1, -1));
    s->expected = value_at(d, int_at(item, 2, -1));
    return !s->open || (json_is_object(s->with) && json_is_object(s->expected));
}

static bool decode_listening(struct decoding *d, struct frame *f, json coded)
{
    json items = json_at(coded, 2);
    struct listening *l = f->listening = listen_subscriptions(f->task);
    l->closed = int_at(coded, 0, 1) != 0;
    json_swap_take(&l->bound, value_at(d, int_at(coded, 1, -1)));
    bool good = json_length(items) == l->count && json_is_object(l->bound);
    for (size_t n = 0; good && n < l->count; n++) {
        json item = json_at(items, n);
        good = decode_subscription(d, &l->items[n], item);
        json_free(item);
    }
    json_free(items);
    return good || corrupt(d, "a listen's subscriptions are not those of its task");
}

static bool listening_fits(const struct frame *f)
{
    return f->listening != NULL && json_is_array(f->list) && f->phase >= 0 &&
           (f->task->listen.foreach == NULL || json_is_array(f->value));
}

// What a frame of this task can be in; so that nothing else need doubt what it reads.
static bool task_fits(const struct frame *f, bool faulted)
{
    if (!faulted && (f->state == FRAME_ENTERS || f->state == FRAME_LEAVES))
        return false;
    if (f->task == NULL)
        return f->state != FRAME_WAITS;
    bool waits = f->state == FRAME_WAITS, timed = f->due_ms != INSTANT_NONE;
    switch (f->task->kind) {
    case TASK_WAIT:
        return waits == timed;
    case TASK_TRY:
        return waits == timed && f->phase >= TRY_BODY && f->phase <= TRY_HANDLER;
    case TASK_LISTEN:
        return !timed && (f->state == FRAME_ENTERS || listening_fits(f));
    case TASK_CALL:
        return !timed && (!waits || f->task->call.local == NULL);
    case TASK_RUN:
        return !timed;
    case TASK_FORK:
        return !timed && !waits && f->index >= 0 &&
               (size_t)f->index <= f->task->fork.branches.count &&
               (f->state != FRAME_RUNS || f->task->fork.compete ||
                (json_is_array(f->list) && json_length(f->list) == f->task->fork.branches.count));
    case TASK_FOR:
        return !timed && !waits && f->index >= 0;
    case TASK_DO:
    case TASK_SET:
    case TASK_SWITCH:
    case TASK_RAISE:
    case TASK_EMIT:
        return !timed && !waits;
    }
    return false;
}

static bool decode_data(struct decoding *d, struct frame *f, json coded)
{
    int64_t started_ms = d->instance->started_ms;
    int64_t state = int_at(coded, FIELD_STATE, -1);
    if (state < FRAME_ENTERS || state > FRAME_LEAVES)
        return corrupt(d, "a frame's state is unknown");
    f->state = (enum frame_state)state;
    f->started_ms = started_ms + int_at(coded, FIELD_STARTED, 0);
    f->phase = (int)int_at(coded, FIELD_PHASE, 0);
    f->index = int_at(coded, FIELD_INDEX, 0);
    f->due_ms = decode_moment(int_at(coded, FIELD_DUE, 0), started_ms);
    f->timeout_ms = decode_moment(int_at(coded, FIELD_TIMEOUT, 0), started_ms);
    f->limit_ms = decode_moment(int_at(coded, FIELD_LIMIT, 0), started_ms);
    json_swap_take(&f->input, value_at(d, int_at(coded, FIELD_INPUT, -1)));
    json_swap_take(&f->output, value_at(d, int_at(coded, FIELD_OUTPUT, -1)));
    json_swap_take(&f->list, value_at(d, int_at(coded, FIELD_LIST, -1)));
    json_swap_take(&f->value, value_at(d, int_at(coded, FIELD_VALUE, -1)));
    if (f->state != FRAME_ENTERS && json_is_absent(f->input))
        return corrupt(d, "a frame has no input");
    if (f->task != NULL)
        f->flow = f->task->then;
    json listening = json_at(coded, FIELD_LISTENING);
    bool good =
        !json_is_array(listening) || (f->task != NULL && f->task->kind == TASK_LISTEN &&
                                      json_is_array(f->list) && decode_listening(d, f, listening));
    json_free(listening);
    if (!good)
        return corrupt(d, "a frame's listening is wrong");
    return task_fits(f, d->instance->status == STATUS_FAULTED) ||
           corrupt(d, "a frame is in a state that its task cannot be in");
}

// A frame belongs under another if its task is within the other's, or is the function it calls.
static bool belongs(const struct frame *parent, const struct task *task)
{
    if (parent == NULL)
        return task == NULL;
    if (task == NULL)
        return false;
    if (parent->task != NULL && parent->task->kind == TASK_CALL)
        return parent->task->call.local == task;
    return task->parent == parent->task;
}

static bool decode_frame(struct decoding *d, json coded, struct frame *parent, int depth);

static bool decode_children(struct decoding *d, struct frame *f, json coded, int depth)
{
    json children = json_at(coded, FIELD_CHILDREN);
    bool good = true;
    for (size_t n = 0; good && n < json_length(children); n++) {
        json child = json_at(children, n);
        good = decode_frame(d, child, f, depth + 1);
        json_free(child);
    }
    json_free(children);
    return good;
}

static bool decode_frame(struct decoding *d, json coded, struct frame *parent, int depth)
{
    json reference = json_at(coded, FIELD_REFERENCE);
    const struct task *task = NULL;
    bool named = json_is_string(reference);
    if (named && strcmp(json_text(reference), "/") != 0) {
        task = definition_task(d->instance->definition, json_text(reference));
        named = task != NULL;
    }
    json_free(reference);
    json raw = value_at(d, int_at(coded, FIELD_RAW, -1));
    if (!named || depth > LIMIT_FRAME_DEPTH || !belongs(parent, task) || json_is_absent(raw)) {
        json_free(raw);
        return corrupt(d, "a frame has no place in the definition");
    }
    struct frame *f = frame_new(task, parent, int_at(coded, FIELD_ATTEMPT, 0), raw);
    if (parent == NULL)
        d->instance->root = f;
    return decode_data(d, f, coded) && decode_children(d, f, coded, depth);
}

static void decode_value(struct decoding *d, json state, const char *key, json *out)
{
    int64_t place = json_get_int(state, key, -1);
    if (place >= 0)
        json_swap_take(out, value_at(d, place));
}

static bool is_kept_input(json kept)
{
    int64_t kind = json_get_int(kept, "k", -1);
    return (kind == INPUT_RESULT || kind == INPUT_TIMER || kind == INPUT_EVENT) &&
           json_has(kept, "p");
}

static bool decode_inbox(struct decoding *d, json inbox)
{
    if (json_is_absent(inbox))
        return true;
    bool good = json_is_array(inbox) && d->instance->status == STATUS_SUSPENDED;
    for (size_t n = 0; good && n < json_length(inbox); n++) {
        json kept = json_at(inbox, n);
        good = is_kept_input(kept);
        json_free(kept);
    }
    json_swap_take(&d->instance->inbox, good ? json_ref(inbox) : json_absent());
    return good || corrupt(d, "the inputs that it keeps are wrong");
}

static bool decode(struct decoding *d, json state)
{
    struct instance *i = d->instance;
    int64_t status = json_get_int(state, "s", -1);
    if (json_get_int(state, "v", 0) != STATE_FORMAT)
        return corrupt(d, "its format is not known to this version");
    if (status < STATUS_PENDING || status > STATUS_COMPLETED)
        return corrupt(d, "its status is unknown");
    i->status = (enum instance_status)status;
    i->started_ms = json_get_int(state, "t", i->started_ms);
    i->attempts = json_get_int(state, "n", 0);
    i->faulted = json_get_int(state, "f", 0);
    decode_value(d, state, "i", &i->input);
    decode_value(d, state, "o", &i->output);
    decode_value(d, state, "e", &i->error);
    decode_value(d, state, "c", &i->context);
    json inbox = json_get(state, "q");
    bool kept = decode_inbox(d, inbox);
    json_free(inbox);
    if (!kept)
        return false;
    json marks = json_get(state, "m");
    if (json_is_string(marks) && json_text_bytes(marks) <= i->definition->task_count)
        memcpy(i->marks, json_text(marks), json_text_bytes(marks));
    json_free(marks);
    json root = json_get(state, "r");
    bool good = json_is_absent(root) || decode_frame(d, root, NULL, 1);
    json_free(root);
    return good && (!d->lacks_value || corrupt(d, "it names a value that is not there"));
}

struct instance *instance_decode(const char *id, struct definition *definition, json state,
                                 struct fail *why)
{
    struct decoding d = {
        .instance = instance_new(id, definition, 0),
        .values = json_get(state, "V"),
        .why = why,
    };
    bool good = decode(&d, state);
    json_free(d.values);
    if (good)
        return d.instance;
    instance_free(d.instance);
    return NULL;
}
