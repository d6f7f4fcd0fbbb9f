// Reading a state back, from its text as it lies: nothing is built but the values and the frames.
// The format is at the head of encode.c.
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "machine/encode.h"
#include "machine/state.h"
#include "json/json_pull.h"

// The members of a state, each by its letter.
enum member {
    MEMBER_CONTEXT,
    MEMBER_ERROR,
    MEMBER_FAULTED,
    MEMBER_INPUT,
    MEMBER_MARKS,
    MEMBER_ATTEMPTS,
    MEMBER_OUTPUT,
    MEMBER_INBOX,
    MEMBER_ROOT,
    MEMBER_STATUS,
    MEMBER_STARTED,
    MEMBER_FORMAT,
    MEMBER_VALUES,
    MEMBER_COUNT,
};
static const char letters[] = "cefimnoqrstvV";
static_assert(sizeof letters == MEMBER_COUNT + 1, "a letter each");

#define VALUES_AT_HAND 16

struct decoding {
    struct instance *instance;
    struct json_slice members[MEMBER_COUNT]; // no text: not there
    json *values, few[VALUES_AT_HAND];
    size_t value_count, value_room;
    struct bytes reference; // of the frame at hand
    bool lacks_value;       // a place in `values` was named that is not there
    struct fail *why;
};

static bool corrupt(struct decoding *d, const char *what)
{
    return fail(d->why, FAIL_CORRUPT, "the state of instance %s is damaged: %s", d->instance->id,
                what);
}

static struct json_pull pull_of(struct json_slice slice)
{
    return (struct json_pull){.at = slice.text, .end = slice.text + slice.bytes};
}

// The value at the place that is read next; -1 is none.
static json next_value(struct decoding *d, struct json_pull *p)
{
    int64_t place = json_pull_int(p);
    if (!p->bad && place >= 0 && (size_t)place < d->value_count)
        return json_ref(d->values[place]);
    d->lacks_value |= place != -1;
    return json_absent();
}

static void next_value_into(struct decoding *d, struct json_pull *p, json *out)
{
    json_swap_take(out, next_value(d, p));
}

static int64_t next_moment(struct decoding *d, struct json_pull *p)
{
    int64_t coded = json_pull_int(p);
    return coded == 0 ? INSTANT_NONE : d->instance->started_ms + coded - (coded > 0 ? 1 : 0);
}

// ---- listens

static bool decode_subscription(struct decoding *d, struct json_pull *p, struct subscription *s)
{
    json_pull_list(p);
    if (json_pull_item(p))
        s->open = json_pull_int(p) != 0;
    if (json_pull_item(p))
        next_value_into(d, p, &s->with);
    if (json_pull_item(p))
        next_value_into(d, p, &s->expected);
    return !json_pull_item(p) &&
           (!s->open || (json_is_object(s->with) && json_is_object(s->expected)));
}

static bool decode_listening(struct decoding *d, struct json_pull *p, struct frame *f)
{
    struct listening *l = f->listening = listen_subscriptions(f->task);
    size_t n = 0;
    bool good = true;
    json_pull_list(p);
    if (json_pull_item(p))
        l->closed = json_pull_int(p) != 0;
    if (json_pull_item(p))
        next_value_into(d, p, &l->bound);
    if (json_pull_item(p))
        for (json_pull_list(p); good && json_pull_item(p); n++)
            good = n < l->count && decode_subscription(d, p, &l->items[n]);
    good = good && !json_pull_item(p) && n == l->count && json_is_object(l->bound);
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

// ---- frames

static bool decode_frame(struct decoding *d, struct json_pull *p, struct frame *parent, int depth);

// The task that the reference names; NULL also for the workflow itself, which is a frame too.
static bool next_task(struct decoding *d, struct json_pull *p, const struct task **task)
{
    *task = NULL;
    bytes_clear(&d->reference);
    json_pull_text_into(p, &d->reference);
    if (p->bad || strcmp(d->reference.data, "/") == 0)
        return !p->bad;
    return (*task = definition_task(d->instance->definition, d->reference.data)) != NULL;
}

static bool decode_begin(struct decoding *d, struct json_pull *p, struct frame *parent, int depth,
                         struct frame **out)
{
    const struct task *task = NULL;
    int64_t attempt = 0, state = -1, started = 0;
    json raw = json_absent();
    json_pull_list(p);
    bool named = json_pull_item(p) && next_task(d, p, &task);
    if (json_pull_item(p))
        attempt = json_pull_int(p);
    if (json_pull_item(p))
        state = json_pull_int(p);
    if (json_pull_item(p))
        started = json_pull_int(p);
    if (json_pull_item(p))
        next_value_into(d, p, &raw);
    if (!named || depth > LIMIT_FRAME_DEPTH || !belongs(parent, task) || json_is_absent(raw)) {
        json_free(raw);
        return corrupt(d, "a frame has no place in the definition");
    }
    struct frame *f = *out = frame_new(task, parent, attempt, raw);
    if (parent == NULL)
        d->instance->root = f;
    if (state < FRAME_ENTERS || state > FRAME_LEAVES)
        return corrupt(d, "a frame's state is unknown");
    f->state = (enum frame_state)state;
    f->started_ms = d->instance->started_ms + started;
    if (task != NULL)
        f->flow = task->then;
    return true;
}

static bool decode_field(struct decoding *d, struct json_pull *p, struct frame *f, int field,
                         int depth)
{
    switch (field) {
    case FIELD_INPUT:
        next_value_into(d, p, &f->input);
        return true;
    case FIELD_CHILDREN: {
        bool good = true;
        for (json_pull_list(p); good && json_pull_item(p);)
            good = decode_frame(d, p, f, depth + 1);
        return good;
    }
    case FIELD_PHASE:
        f->phase = (int)json_pull_int(p);
        return true;
    case FIELD_INDEX:
        f->index = json_pull_int(p);
        return true;
    case FIELD_DUE:
        f->due_ms = next_moment(d, p);
        return true;
    case FIELD_TIMEOUT:
        f->timeout_ms = next_moment(d, p);
        return true;
    case FIELD_LIMIT:
        f->limit_ms = next_moment(d, p);
        return true;
    case FIELD_OUTPUT:
        next_value_into(d, p, &f->output);
        return true;
    case FIELD_LIST:
        next_value_into(d, p, &f->list);
        return true;
    case FIELD_VALUE:
        next_value_into(d, p, &f->value);
        return true;
    case FIELD_LISTENING:
        return (f->task != NULL && f->task->kind == TASK_LISTEN && decode_listening(d, p, f)) ||
               corrupt(d, "a frame's listening is wrong");
    default:
        return corrupt(d, "a frame has too many fields");
    }
}

static bool decode_frame(struct decoding *d, struct json_pull *p, struct frame *parent, int depth)
{
    struct frame *f = NULL;
    if (!decode_begin(d, p, parent, depth, &f))
        return false;
    for (int field = FIELD_INPUT; json_pull_item(p); field++)
        if (!decode_field(d, p, f, field, depth))
            return false;
    if (p->bad)
        return corrupt(d, "a frame cannot be read");
    if (f->state != FRAME_ENTERS && json_is_absent(f->input))
        return corrupt(d, "a frame has no input");
    return task_fits(f, d->instance->status == STATUS_FAULTED) ||
           corrupt(d, "a frame is in a state that its task cannot be in");
}

// ---- the members

static bool has(const struct decoding *d, enum member member)
{
    return d->members[member].text != NULL;
}

static bool decode_int(struct decoding *d, enum member member, int64_t *out)
{
    if (!has(d, member))
        return true;
    struct json_pull p = pull_of(d->members[member]);
    *out = json_pull_int(&p);
    return json_pull_done(&p);
}

static bool decode_value(struct decoding *d, enum member member, json *out)
{
    if (!has(d, member))
        return true;
    struct json_pull p = pull_of(d->members[member]);
    next_value_into(d, &p, out);
    return json_pull_done(&p);
}

static bool is_kept_input(json kept)
{
    int64_t kind = json_get_int(kept, "k", -1);
    return (kind == INPUT_RESULT || kind == INPUT_TIMER || kind == INPUT_EVENT) &&
           json_has(kept, "p");
}

static bool decode_inbox(struct decoding *d)
{
    if (!has(d, MEMBER_INBOX))
        return true;
    struct json_pull p = pull_of(d->members[MEMBER_INBOX]);
    json inbox = json_pull_value(&p);
    bool good =
        json_pull_done(&p) && json_is_array(inbox) && d->instance->status == STATUS_SUSPENDED;
    for (size_t n = 0; good && n < json_length(inbox); n++) {
        json kept = json_at(inbox, n);
        good = is_kept_input(kept);
        json_free(kept);
    }
    json_swap_take(&d->instance->inbox, good ? json_ref(inbox) : json_absent());
    json_free(inbox);
    return good || corrupt(d, "the inputs that it keeps are wrong");
}

static bool decode_marks(struct decoding *d)
{
    if (!has(d, MEMBER_MARKS))
        return true;
    struct json_pull p = pull_of(d->members[MEMBER_MARKS]);
    struct json_slice marks = json_pull_text(&p);
    if (marks.bytes <= d->instance->definition->task_count)
        memcpy(d->instance->marks, marks.text, marks.bytes);
    return json_pull_done(&p);
}

static bool decode_root(struct decoding *d)
{
    if (!has(d, MEMBER_ROOT))
        return true;
    struct json_pull p = pull_of(d->members[MEMBER_ROOT]);
    return decode_frame(d, &p, NULL, 1) &&
           (json_pull_done(&p) || corrupt(d, "its frames cannot be read"));
}

static bool decode_head(struct decoding *d)
{
    struct instance *i = d->instance;
    int64_t format = 0, status = -1;
    if (!decode_int(d, MEMBER_FORMAT, &format) || format != STATE_FORMAT)
        return corrupt(d, "its format is not known to this version");
    if (!decode_int(d, MEMBER_STATUS, &status) || status < STATUS_PENDING ||
        status > STATUS_COMPLETED)
        return corrupt(d, "its status is unknown");
    i->status = (enum instance_status)status;
    return (decode_int(d, MEMBER_STARTED, &i->started_ms) &&
            decode_int(d, MEMBER_ATTEMPTS, &i->attempts) &&
            decode_int(d, MEMBER_FAULTED, &i->faulted) &&
            decode_value(d, MEMBER_INPUT, &i->input) &&
            decode_value(d, MEMBER_OUTPUT, &i->output) &&
            decode_value(d, MEMBER_ERROR, &i->error) &&
            decode_value(d, MEMBER_CONTEXT, &i->context) && decode_marks(d)) ||
           corrupt(d, "a member is not what it should be");
}

// ---- the whole

static void add_value(struct decoding *d, json value)
{
    if (d->value_count == d->value_room) {
        json *more = mem_alloc(2 * d->value_room * sizeof *more);
        memcpy(more, d->values, d->value_count * sizeof *more);
        if (d->values != d->few)
            mem_free(d->values);
        d->values = more;
        d->value_room *= 2;
    }
    d->values[d->value_count++] = value;
}

static void read_values(struct decoding *d, struct json_pull *p, value_read *read, void *context)
{
    for (json_pull_list(p); json_pull_item(p);) {
        json value = json_pull_value(p);
        if (read != NULL && json_is_object(value))
            read(context, &value);
        add_value(d, value);
    }
}

// Where each member lies; the values at once, since all others name them by their places. What is
// none of ours is passed over, but must be JSON.
static bool find_members(struct decoding *d, struct json_pull *p, value_read *read, void *context)
{
    struct json_slice key;
    for (json_pull_object(p); json_pull_member(p, &key);) {
        const char *letter = key.bytes == 1 ? memchr(letters, key.text[0], MEMBER_COUNT) : NULL;
        if (letter == NULL) {
            json_free(json_pull_value(p));
            continue;
        }
        struct json_slice *member = &d->members[letter - letters];
        const char *from = p->at;
        p->bad |= member->text != NULL;
        if (letter - letters == MEMBER_VALUES)
            read_values(d, p, read, context);
        else
            json_pull_skip(p);
        *member = (struct json_slice){from, (size_t)(p->at - from)};
    }
    return json_pull_done(p) || corrupt(d, "it cannot be read");
}

struct instance *instance_read(const struct state_source *source, struct fail *why)
{
    struct decoding d = {
        .instance = instance_new(source->id, source->definition, 0),
        .value_room = VALUES_AT_HAND,
        .why = why,
    };
    struct json_pull p;
    d.values = d.few;
    bytes_init(&d.reference, STATE_BYTES_MAX);
    json_pull_init(&p, source->text, source->bytes);
    bool good = find_members(&d, &p, source->read, source->context) && decode_head(&d) &&
                decode_inbox(&d) && decode_root(&d) &&
                (!d.lacks_value || corrupt(&d, "it names a value that is not there"));
    bytes_done(&d.reference);
    for (size_t n = 0; n < d.value_count; n++)
        json_free(d.values[n]);
    if (d.values != d.few)
        mem_free(d.values);
    if (good)
        return d.instance;
    instance_free(d.instance);
    return NULL;
}

struct instance *instance_decode(const char *id, struct definition *definition, json state,
                                 struct fail *why)
{
    struct bytes text;
    bytes_init(&text, STATE_BYTES_MAX);
    json_write(state, JSON_COMPACT, &text);
    must(!text.overflowed);
    struct state_source source = {id, definition, text.data, text.length, NULL, NULL};
    struct instance *i = instance_read(&source, why);
    bytes_done(&text);
    return i;
}
