#include "machine/words.h"

static void fill_text(json *event, const char *key, json value_take)
{
    json given = json_get(*event, key);
    if (json_is_absent(given) || json_is_null(given))
        json_set_take(event, key, value_take);
    else
        json_free(value_take);
    json_free(given);
}

// What CloudEvents requires and the author left out. The id is the instance's and the attempt's, so
// the same emission has the same id however often it is sent.
static void fill(const struct run *r, const struct frame *f, json *event)
{
    const struct definition *d = r->instance->definition;
    char now[INSTANT_TEXT_SIZE];
    instant_write_utc(r->world->now_ms, now);
    json_set_text(event, "specversion", "1.0");
    fill_text(event, "id", json_printf("%s-%lld", r->instance->id, (long long)f->attempt));
    fill_text(event, "source", json_printf("/%s/%s/%s", d->namespace, d->name, d->version));
    fill_text(event, "time", json_string(now));
}

static bool has_texts(json event, struct fail *why)
{
    static const char *const keys[] = {"type", "source", "id"};
    for (size_t n = 0; n < sizeof keys / sizeof *keys; n++) {
        json value = json_get(event, keys[n]);
        bool good = json_is_string(value) && json_text_bytes(value) > 0;
        json_free(value);
        if (!good)
            return fail(why, FAIL_INVALID, "the event's '%s' must be a text", keys[n]);
    }
    return true;
}

static void begin(struct run *r, struct frame *f)
{
    json event;
    if (!run_evaluate(r, f, f->task->emit, f->input, &event))
        return;
    struct fail why;
    bool good = true;
    if (!json_is_object(event))
        good = fail(&why, FAIL_INVALID, "an event must be an object of its attributes");
    if (good) {
        fill(r, f, &event);
        good = has_texts(event, &why);
    }
    if (!good) {
        json_free(event);
        run_raise_type(r, f, "validation", &why);
        return;
    }
    run_act(r, f, ACTION_EMIT, "")->request = json_ref(event);
    run_complete(r, f, event);
}

const struct task_word word_emit = {.begin = begin};
