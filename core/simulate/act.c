// What happens to a simulated world, drawn from the seed, one act a step.
#include "simulate/world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "people/item.h"

#define PAGE 50

static const char *const types[] = {"sim.a", "sim.b", "sim.c", "sim.done", "sim.start", "sim.none"};
#define TYPE_COUNT (sizeof types / sizeof *types)

// A refusal that is in order: the disk is behind.
static void expect_busy(struct simulation *s, const char *what, const struct fail *why)
{
    simulate_trace(s, "%s refused: %s", what, why->code);
    if (why->kind != FAIL_BUSY && why->kind != FAIL_FULL)
        simulate_violated(s, "refusal", "%s: %s", what, why->message);
}

// ---- starts

static json draw_input(struct simulation *s)
{
    json input = json_object(), list = json_array();
    json_set_int(&input, "k", (int64_t)simulate_below(s, SIMULATE_KEYS));
    json_set_int(&input, "n", (int64_t)simulate_below(s, 6));
    json_set_bool(&input, "flag", simulate_chance(s, 50));
    for (uint64_t i = simulate_below(s, 4); i > 0; i--)
        json_append_take(&list, json_integer((int64_t)i));
    json_set_take(&input, "list", list);
    if (simulate_chance(s, 3)) { // larger than what a row keeps
        char *text = mem_alloc(20001);
        memset(text, 'a' + (int)simulate_below(s, 3), 20000);
        text[20000] = 0;
        json_set_text(&input, "large", text);
        mem_free(text);
    }
    return input;
}

static void start(struct simulation *s)
{
    struct fail why = {0};
    struct id id;
    char name[16], version[16];
    if (s->result->instances > SIMULATE_INSTANCES)
        return;
    const struct simulate_source *source = &s->sources[simulate_below(s, s->source_count)];
    snprintf(name, sizeof name, "w%d", source->level);
    snprintf(version, sizeof version, "1.%d.0", source->version);
    json input = draw_input(s);
    struct start_opts opts = {.definition = {"sim", name, simulate_chance(s, 30) ? version : NULL},
                              .input = input};
    if (engine_start(s->engine, &opts, &id, &why)) {
        simulate_trace(s, "start %s %s", name, id.text);
        simulate_told_start(s, id.text);
    } else if (why.kind != FAIL_NOT_FOUND) { // a crash may have taken a version nobody was told of
        expect_busy(s, "start", &why);
    }
    json_free(input);
}

// ---- events

void simulate_send(struct simulation *s, const char *type, int64_t k, const char *id)
{
    json event = json_object(), data = json_object();
    struct event_receipt receipt;
    struct fail why = {0};
    json_set_text(&event, "specversion", "1.0");
    json_set_text(&event, "source", "/sim");
    json_set_text(&event, "id", id);
    json_set_text(&event, "type", type);
    json_set_int(&data, "k", k);
    json_set_int(&data, "n", (int64_t)simulate_below(s, 6));
    json_set_take(&event, "data", data);
    if (engine_event(s->engine, event, &receipt, &why)) {
        simulate_trace(s, "event %s %s k %d: %s %zu %zu", type, id, (int)k,
                       receipt.duplicate ? "known" : "new", receipt.matches, receipt.starts);
        s->events++;
        simulate_told_event(s, id);
    } else {
        expect_busy(s, "event", &why);
    }
    json_free(event);
}

static void event(struct simulation *s)
{
    char id[32];
    // One in six is one that has come before.
    int64_t number = s->events > 0 && simulate_chance(s, 16)
                         ? (int64_t)simulate_below(s, (uint64_t)s->events)
                         : s->events;
    snprintf(id, sizeof id, "e%lld", (long long)number);
    simulate_send(s, types[simulate_below(s, TYPE_COUNT)],
                  (int64_t)simulate_below(s, SIMULATE_KEYS), id);
}

// ---- answers

static bool is_expected(const struct fail *why)
{
    return why->kind == FAIL_REFUSED || why->kind == FAIL_BUSY || why->kind == FAIL_FULL ||
           why->kind == FAIL_INVALID || why->kind == FAIL_CONFLICT || why->kind == FAIL_NOT_FOUND;
}

static bool answer(struct simulation *s, const struct answer *given, char receipt[200])
{
    struct fail why = {0};
    json reply = json_absent();
    bool good = item_answer(s->people, given, &reply, &why);
    simulate_trace(s, "answer %s %s: %s", given->item, given->key ? given->key : "",
                   good ? "taken" : why.code);
    snprintf(receipt, 200, "%s", json_get_text(reply, "receipt", ""));
    if (good)
        s->answers++;
    else if (!is_expected(&why))
        simulate_violated(s, "answer", "%s", why.message);
    json_free(reply);
    return good;
}

static void answer_item(struct simulation *s, json item)
{
    json data = json_object();
    char key[32], receipt[200], again[200];
    snprintf(key, sizeof key, "r%lld", (long long)s->answers);
    json_set_int(&data, "n", s->calm ? 1 : (int64_t)simulate_below(s, 14));
    struct answer given = {.item = json_get_text(item, "id", ""),
                           .person = json_get_text(item, "assignee", NULL),
                           .data = data,
                           .key = simulate_chance(s, 50) ? key : NULL};
    if (answer(s, &given, receipt)) {
        simulate_told_answer(s, receipt);
        // The same request once more: the same answer.
        if (given.key && simulate_chance(s, 30) && answer(s, &given, again) &&
            strcmp(receipt, again) != 0)
            simulate_violated(s, "answer", "the request %s was answered with two receipts", key);
    }
    json_free(data);
}

void simulate_answer_items(struct simulation *s, bool all)
{
    struct fail why = {0};
    struct item_list_opts opts = {.status = "open", .limit = PAGE};
    json list = item_list(s->people, &opts, &why);
    for (size_t i = 0; i < json_length(list) && simulate_is_good(s); i++) {
        json item = json_at(list, i);
        if (all || simulate_chance(s, 30))
            answer_item(s, item);
        json_free(item);
    }
    json_free(list);
}

// ---- controls

static const char *const control_names[] = {"cancel", "pause", "resume", "retry"};

static void told_of(struct simulation *s, const char *id, enum control what)
{
    switch (what) {
    case CONTROL_CANCEL:
        simulate_told_cancel(s, id);
        return;
    case CONTROL_RETRY:
        simulate_told_retry(s, id);
        return;
    case CONTROL_PAUSE:
    case CONTROL_RESUME:
        return;
    }
}

static void control(struct simulation *s)
{
    struct fail why = {0};
    struct list_opts opts = {.limit = PAGE};
    json list = engine_list(s->engine, &opts, &why);
    size_t count = json_length(list);
    if (count > 0) {
        json one = json_at(list, simulate_below(s, count));
        const char *id = json_get_text(one, "id", "");
        uint64_t n = simulate_below(s, 10); // mostly what does not end it
        enum control what = n == 0  ? CONTROL_CANCEL
                            : n < 4 ? CONTROL_PAUSE
                            : n < 8 ? CONTROL_RESUME
                                    : CONTROL_RETRY;
        simulate_heard_fault(s, COVERAGE_CONTROL);
        bool good = engine_control(s->engine, id, what, "played", &why);
        simulate_trace(s, "%s %s: %s", control_names[what], id, good ? "good" : why.code);
        if (good)
            told_of(s, id, what);
        json_free(one);
    }
    json_free(list);
}

// ---- time and faults

static void to_next_due(struct simulation *s)
{
    int64_t due_ms = engine_next_due_ms(s->engine);
    if (due_ms == INSTANT_NONE || due_ms <= s->clock.now_ms)
        return;
    // One in three stops a millisecond before: nothing may come then.
    s->clock.now_ms = due_ms - (simulate_chance(s, 33) ? 1 : 0);
    simulate_trace(s, "time to the next due");
}

static void jump(struct simulation *s)
{
    int64_t ms = (int64_t)simulate_below(s, simulate_chance(s, 15) ? 86400000 : 600000);
    s->clock.now_ms += ms;
    simulate_heard_fault(s, COVERAGE_JUMP);
    simulate_trace(s, "time %lld ms", (long long)ms);
}

static void turn(struct simulation *s)
{
    if (s->opts->broken == BREAK_TIMER_EARLY && simulate_chance(s, 30))
        s->ahead_ms += 5000;
    engine_turn(s->engine);
    if (simulate_chance(s, 60))
        engine_poll(s->engine);
}

static void rest(struct simulation *s)
{
    simulate_medium_calm(s);
    simulate_trace(s, "rest");
    if (simulate_settle(s) && !simulate_medium_is_dead(s))
        simulate_check(s);
}

void simulate_act(struct simulation *s)
{
    uint64_t n = simulate_below(s, 100);
    if (n < 16)
        start(s);
    else if (n < 27)
        event(s);
    else if (n < 34)
        simulate_answer_items(s, false);
    else if (n < 45)
        simulate_effects_answer(s, false);
    else if (n < 51)
        control(s);
    else if (n < 59)
        to_next_due(s);
    else if (n < 62)
        jump(s);
    else if (n < 66)
        simulate_medium_fault(s);
    else if (n < 69)
        simulate_crash(s);
    else if (n < 70)
        simulate_poison(s);
    else if (n < 72)
        simulate_effects_say(s);
    else if (n < 79)
        rest(s);
    else if (n < 80)
        simulate_define_again(s);
    else
        turn(s);
}
