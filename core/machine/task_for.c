#include <string.h>

#include "machine/words.h"

// A loop holds its collection until it ends, and its state is written at every commit; so a run of
// numbers at even distances, as range() makes them, is kept as [first, step, count].
#define RANGE_LENGTH_MIN 16

static bool is_range(json list, double *first, double *step)
{
    size_t count = json_length(list);
    if (count < RANGE_LENGTH_MIN)
        return false;
    double previous = 0;
    for (size_t n = 0; n < count; n++) {
        json item = json_at(list, n);
        bool good = json_is_integer(item);
        double value = good ? json_double(item) : 0;
        json_free(item);
        if (n == 0)
            *first = value;
        else if (n == 1)
            *step = value - previous;
        else
            good = good && value - previous >= *step && value - previous <= *step;
        if (!good)
            return false;
        previous = value;
    }
    return true;
}

static void keep_collection(struct frame *f, json list_take)
{
    double first = 0, step = 0;
    if (!is_range(list_take, &first, &step)) {
        json_swap_take(&f->list, list_take);
        return;
    }
    json range = json_array();
    json_append_take(&range, json_number(first));
    json_append_take(&range, json_number(step));
    json_append_take(&range, json_integer((int64_t)json_length(list_take)));
    json_free(list_take);
    json_swap_take(&f->value, range);
}

static double range_part(const struct frame *f, size_t n)
{
    json part = json_at(f->value, n);
    double value = json_is_number(part) ? json_double(part) : 0;
    json_free(part);
    return value;
}

static int64_t collection_count(const struct frame *f)
{
    return json_is_absent(f->value) ? (int64_t)json_length(f->list) : (int64_t)range_part(f, 2);
}

json for_local(const struct frame *f, const char *name)
{
    bool runs = !json_is_absent(f->list) || !json_is_absent(f->value);
    if (!runs || f->state == FRAME_LEAVES)
        return json_absent();
    if (strcmp(name, f->task->loop.at) == 0)
        return json_integer(f->index);
    if (strcmp(name, f->task->loop.each) != 0)
        return json_absent();
    if (!json_is_absent(f->value))
        return json_number(range_part(f, 0) + range_part(f, 1) * (double)f->index);
    return json_at(f->list, (size_t)f->index);
}

// One more time round with `data`, or the end with it.
static void iterate(struct run *r, struct frame *f, json data_take)
{
    if (f->index >= collection_count(f)) {
        run_complete(r, f, data_take);
        return;
    }
    if (f->task->loop.condition != NULL) {
        json value;
        if (!run_evaluate(r, f, f->task->loop.condition, data_take, &value)) {
            json_free(data_take);
            return;
        }
        bool goes_on = json_truthy(value);
        json_free(value);
        if (!goes_on) {
            run_complete(r, f, data_take);
            return;
        }
    }
    run_list(r, f, &f->task->loop.body, data_take);
}

static void begin(struct run *r, struct frame *f)
{
    json list;
    if (!run_evaluate(r, f, f->task->loop.in, f->input, &list))
        return;
    if (json_is_null(list))
        json_swap_take(&list, json_array());
    if (!json_is_array(list)) {
        struct fail why;
        fail(&why, FAIL_INVALID, "'for.in' must be a list, not %s",
             json_kind_name(json_kind(list)));
        json_free(list);
        run_raise_type(r, f, "expression", &why);
        return;
    }
    keep_collection(f, list);
    iterate(r, f, json_ref(f->input));
}

static void child_done(struct run *r, struct frame *f, const struct child_end *end)
{
    if (run_next(r, f, end))
        return;
    f->index++;
    iterate(r, f, end->output);
}

const struct task_word word_for = {.begin = begin, .child_done = child_done};
