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

#include "base/mem.h"
#include "base/must.h"
#include "machine/state.h"
#include "machine/values.h"

static void next_int(struct bytes *out, int64_t n)
{
    bytes_add_char(out, ',');
    bytes_add_int(out, n);
}

static void put_text(struct bytes *out, const char *s)
{
    json_write_text(s, strlen(s), out);
}

// ---- frames

static void put_listening(const struct listening *l, struct values *v, struct bytes *out)
{
    bytes_add_char(out, '[');
    bytes_add_int(out, l->closed);
    next_int(out, values_add(v, l->bound));
    bytes_add(out, ",[");
    for (size_t n = 0; n < l->count; n++) {
        bytes_add(out, n > 0 ? ",[" : "[");
        bytes_add_int(out, l->items[n].open);
        next_int(out, values_add(v, l->items[n].with));
        next_int(out, values_add(v, l->items[n].expected));
        bytes_add_char(out, ']');
    }
    bytes_add(out, "]]");
}

// A moment relative to the start; 0: none.
static int64_t coded_moment(int64_t ms, int64_t from_ms)
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

// The fields behind the children, as many as are used.
static void put_rest(const struct instance *i, const struct frame *f, struct values *v,
                     struct bytes *out)
{
    int used = fields_used(f);
    const int64_t numbers[] = {
        f->phase,
        f->index,
        coded_moment(f->due_ms, i->started_ms),
        coded_moment(f->timeout_ms, i->started_ms),
        coded_moment(f->limit_ms, i->started_ms),
    };
    const json data[] = {f->output, f->list, f->value};
    for (int n = FIELD_PHASE; n < used && n <= FIELD_LIMIT; n++)
        next_int(out, numbers[n - FIELD_PHASE]);
    for (int n = FIELD_OUTPUT; n < used && n <= FIELD_VALUE; n++)
        next_int(out, values_add(v, data[n - FIELD_OUTPUT]));
    if (f->listening == NULL)
        return;
    bytes_add_char(out, ',');
    put_listening(f->listening, v, out);
}

// Recursion is bounded by LIMIT_FRAME_DEPTH.
static void put_frame(const struct instance *i, const struct frame *f, struct values *v,
                      struct bytes *out)
{
    bytes_add_char(out, '[');
    put_text(out, frame_path(f));
    next_int(out, f->attempt);
    next_int(out, (int64_t)f->state);
    next_int(out, f->started_ms - i->started_ms);
    next_int(out, values_add(v, f->raw));
    next_int(out, values_add(v, f->input));
    if (fields_used(f) > FIELD_CHILDREN) {
        bytes_add(out, ",[");
        for (const struct frame *c = f->first; c != NULL; c = c->next) {
            if (c != f->first)
                bytes_add_char(out, ',');
            put_frame(i, c, v, out);
        }
        bytes_add_char(out, ']');
        put_rest(i, f, v, out);
    }
    bytes_add_char(out, ']');
}

// ---- the whole

static void put_member(struct bytes *out, const char *key, int64_t n)
{
    bytes_add(out, key);
    bytes_add_int(out, n);
}

static void put_marks(const struct instance *i, struct bytes *out)
{
    size_t length = i->definition->task_count;
    while (length > 0 && i->marks[length - 1] == MARK_NONE)
        length--;
    if (length == 0)
        return;
    bytes_add(out, ",\"m\":\"");
    bytes_append(out, i->marks, length);
    bytes_add_char(out, '"');
}

// Members in the order of their keys, so that the text is canonical.
static void put_members(const struct instance *i, struct values *v, struct bytes *out)
{
    if (!json_is_null(i->context))
        put_member(out, ",\"c\":", values_add(v, i->context));
    if (!json_is_absent(i->error))
        put_member(out, ",\"e\":", values_add(v, i->error));
    if (i->faulted != 0)
        put_member(out, ",\"f\":", i->faulted);
    if (!json_is_absent(i->input))
        put_member(out, ",\"i\":", values_add(v, i->input));
    put_marks(i, out);
    put_member(out, ",\"n\":", i->attempts);
    if (!json_is_absent(i->output))
        put_member(out, ",\"o\":", values_add(v, i->output));
    if (!json_is_absent(i->inbox)) {
        bytes_add(out, ",\"q\":");
        json_write(i->inbox, JSON_COMPACT, out);
    }
    if (i->root != NULL) {
        bytes_add(out, ",\"r\":");
        put_frame(i, i->root, v, out);
    }
    put_member(out, ",\"s\":", (int64_t)i->status);
    put_member(out, ",\"t\":", i->started_ms);
    put_member(out, ",\"v\":", STATE_FORMAT);
}

// A state is written as text at once: building it as a value first would cost three times as much,
// and it is written at every commit.
void instance_write(const struct instance *i, struct bytes *out, value_written *written,
                    void *context)
{
    struct values v;
    struct bytes members;
    values_init(&v, out->max, written, context);
    bytes_init(&members, out->max);
    put_members(i, &v, &members);
    bytes_add(out, "{\"V\":[");
    bytes_append(out, v.text.data, v.text.length);
    bytes_add_char(out, ']');
    bytes_append(out, members.data, members.length);
    bytes_add_char(out, '}');
    out->overflowed = out->overflowed || v.text.overflowed || members.overflowed;
    bytes_done(&members);
    values_done(&v);
}

// Only the frame of the state goes through text; the values stay what they are.
static bool gather(void *context, json value, struct bytes *out)
{
    json_append(context, value);
    return bytes_add_char(out, '0');
}

json instance_encode(const struct instance *i)
{
    struct bytes text;
    struct fail why;
    json state = json_absent(), values = json_array();
    bytes_init(&text, STATE_BYTES_MAX);
    instance_write(i, &text, gather, &values);
    must(!text.overflowed);
    must(json_parse_stored(text.data, text.length, &state, &why));
    json_set_take(&state, "V", values);
    bytes_done(&text);
    return state;
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
