// The state of an instance as JSON, version 1. Short keys, no key where there is nothing to say:
//   v 1 · s status · t started · n attempts given · f attempt that faulted · i input · o output ·
//   e error · c context · q inputs kept while suspended · m marks of tasks · r root frame · V
//   values
// i, o, e, c and the data of frames are places in V. A frame is an array, cut after its last field
// that differs from its default:
//   [reference, attempt, state, started − t, raw, input, [children], phase, index, due, timeout,
//    limit, output, list, value, listening]
// listening is [closed, bound, [[open, with, expected], …]], in the order of the definition.
#include "machine/encode.h"

#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "machine/state.h"
#include "machine/values.h"

#define FORMAT 1

enum {
    FIELD_REFERENCE,
    FIELD_ATTEMPT,
    FIELD_STATE,
    FIELD_STARTED,
    FIELD_RAW,
    FIELD_INPUT,
    FIELD_CHILDREN,
    FIELD_PHASE,
    FIELD_INDEX,
    FIELD_DUE,
    FIELD_TIMEOUT,
    FIELD_LIMIT,
    FIELD_OUTPUT,
    FIELD_LIST,
    FIELD_VALUE,
    FIELD_LISTENING,
    FIELD_COUNT,
};

// ---- encode

static void set_value(json *object, const char *key, struct values *v, json value)
{
    if (!json_is_absent(value))
        json_set_int(object, key, values_add(v, value));
}

static void add_int(json *array, int64_t n)
{
    json_append_take(array, json_integer(n));
}

static json encode_listening(const struct listening *l, struct values *v)
{
    json out = json_array(), items = json_array();
    add_int(&out, l->closed);
    add_int(&out, values_add(v, l->bound));
    for (size_t n = 0; n < l->count; n++) {
        json item = json_array();
        add_int(&item, l->items[n].open);
        add_int(&item, values_add(v, l->items[n].with));
        add_int(&item, values_add(v, l->items[n].expected));
        json_append_take(&items, item);
    }
    json_append_take(&out, items);
    return out;
}

// A moment relative to the start; 0: none.
static int64_t encode_moment(int64_t ms, int64_t from_ms)
{
    return ms == INSTANT_NONE ? 0 : ms - from_ms + (ms >= from_ms ? 1 : 0);
}

static int fields_used(const struct frame *f)
{
    if (f->listening != NULL)
        return FIELD_LISTENING + 1;
    if (!json_is_absent(f->output) || !json_is_absent(f->list) || !json_is_absent(f->value))
        return FIELD_VALUE + 1;
    if (f->due_ms != INSTANT_NONE || f->timeout_ms != INSTANT_NONE || f->limit_ms != INSTANT_NONE)
        return FIELD_LIMIT + 1;
    if (f->phase != 0 || f->index != 0)
        return FIELD_INDEX + 1;
    return f->first != NULL ? FIELD_CHILDREN + 1 : FIELD_INPUT + 1;
}

// Recursion is bounded by LIMIT_FRAME_DEPTH.
static json encode_frame(const struct instance *i, const struct frame *f, struct values *v)
{
    json out = json_array(), children = json_array();
    int used = fields_used(f);
    json_append_take(&out, json_string(frame_path(f)));
    add_int(&out, f->attempt);
    add_int(&out, (int64_t)f->state);
    add_int(&out, f->started_ms - i->started_ms);
    add_int(&out, values_add(v, f->raw));
    add_int(&out, values_add(v, f->input));
    for (const struct frame *c = f->first; c != NULL; c = c->next)
        json_append_take(&children, encode_frame(i, c, v));
    if (used <= FIELD_CHILDREN) {
        json_free(children);
        return out;
    }
    json_append_take(&out, children);
    const int64_t numbers[] = {
        f->phase,
        f->index,
        encode_moment(f->due_ms, i->started_ms),
        encode_moment(f->timeout_ms, i->started_ms),
        encode_moment(f->limit_ms, i->started_ms),
    };
    for (int n = FIELD_PHASE; n < used && n <= FIELD_LIMIT; n++)
        add_int(&out, numbers[n - FIELD_PHASE]);
    const json values[] = {f->output, f->list, f->value};
    for (int n = FIELD_OUTPUT; n < used && n <= FIELD_VALUE; n++)
        add_int(&out, values_add(v, values[n - FIELD_OUTPUT]));
    if (f->listening != NULL)
        json_append_take(&out, encode_listening(f->listening, v));
    return out;
}

static void set_marks(json *out, const struct instance *i)
{
    size_t length = i->definition->task_count;
    while (length > 0 && i->marks[length - 1] == MARK_NONE)
        length--;
    if (length > 0)
        json_set_take(out, "m", json_string_sized(i->marks, length));
}

json instance_encode(const struct instance *i)
{
    struct values v;
    values_init(&v);
    json out = json_object();
    json_set_int(&out, "v", FORMAT);
    json_set_int(&out, "s", (int64_t)i->status);
    json_set_int(&out, "t", i->started_ms);
    json_set_int(&out, "n", i->attempts);
    if (i->faulted != 0)
        json_set_int(&out, "f", i->faulted);
    set_value(&out, "i", &v, i->input);
    set_value(&out, "o", &v, i->output);
    set_value(&out, "e", &v, i->error);
    if (!json_is_null(i->context))
        set_value(&out, "c", &v, i->context);
    if (!json_is_absent(i->inbox))
        json_set(&out, "q", i->inbox);
    set_marks(&out, i);
    if (i->root != NULL)
        json_set_take(&out, "r", encode_frame(i, i->root, &v));
    json_set(&out, "V", v.list);
    values_done(&v);
    return out;
}

// ---- decode

struct decoding {
    struct instance *instance;
    json values;
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

static json value_at(const struct decoding *d, int64_t place)
{
    return place >= 0 ? json_at(d->values, (size_t)place) : json_absent();
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
    return good || corrupt(d, "a frame's listening is wrong");
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

static void decode_value(const struct decoding *d, json state, const char *key, json *out)
{
    int64_t place = json_get_int(state, key, -1);
    if (place >= 0)
        json_swap_take(out, value_at(d, place));
}

static bool decode(struct decoding *d, json state)
{
    struct instance *i = d->instance;
    int64_t status = json_get_int(state, "s", -1);
    if (json_get_int(state, "v", 0) != FORMAT)
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
    json_swap_take(&i->inbox, json_get(state, "q"));
    json marks = json_get(state, "m");
    if (json_is_string(marks) && json_text_bytes(marks) <= i->definition->task_count)
        memcpy(i->marks, json_text(marks), json_text_bytes(marks));
    json_free(marks);
    json root = json_get(state, "r");
    bool good = json_is_absent(root) || decode_frame(d, root, NULL, 1);
    json_free(root);
    return good;
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

// ---- inputs

json input_encode(const struct machine_input *input)
{
    json out = json_object();
    json_set_int(&out, "k", (int64_t)input->kind);
    json_set_text(&out, "p", input->address.path);
    json_set_int(&out, "a", input->address.attempt);
    json_set_text(&out, "n", input->address.name != NULL ? input->address.name : "");
    json_set_bool(&out, "x", input->failed);
    json_set_int(&out, "f", input->filter);
    if (!json_is_absent(input->value))
        json_set(&out, "v", input->value);
    if (!json_is_absent(input->correlation))
        json_set(&out, "c", input->correlation);
    return out;
}

struct machine_input input_decode(json kept)
{
    return (struct machine_input){
        .kind = (enum machine_input_kind)json_get_int(kept, "k", INPUT_TIMER),
        .address = {.path = json_get_text(kept, "p", ""),
                    .attempt = json_get_int(kept, "a", 0),
                    .name = json_get_text(kept, "n", "")},
        .value = json_get(kept, "v"),
        .failed = json_get_bool(kept, "x", false),
        .filter = (int)json_get_int(kept, "f", -1),
        .correlation = json_get(kept, "c"),
    };
}

void input_decode_done(struct machine_input *input)
{
    json_free(input->value);
    json_free(input->correlation);
}
