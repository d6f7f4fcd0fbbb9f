// A small world for the machine's tests: it keeps the timers, subscriptions, calls and children
// that the machine asked for, as an engine would, and plays a script of lines against one instance.
// Every script is played twice, the second time with the state encoded and decoded between all
// inputs, and must go the same way.
//
//   start [JSON] · result TASK JSON · fail TASK JSON · event JSON · ignored JSON · advance DURATION
//   cancel · suspend · resume · retry · stale (the last result again: it must be refused)
//   status NAME · output JSON · context JSON · error JSON (a part) · states JSON (a part)
//   waits TEXT · pending TASK,TASK (calls and children, "-": none) · request TASK JSON (a part)
//   emitted JSON (a part of the last event) · told WHAT:NAME … (lifecycle since the last `told`)
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/duration.h"
#include "calendar/instant.h"
#include "machine/machine.h"
#include "test.h"

#define PLAY_PENDING_MAX 4096
#define PLAY_START_MS    INT64_C(1367366400000) // 2013-05-01T00:00:00Z

struct pending {
    enum action_kind kind;
    char path[512];
    int64_t attempt;
    char name[16];
    char task[64];
    int64_t due_ms;
    const struct event_filter *filter;
    json with, expected, request;
};

struct play {
    struct definition *definition;
    struct instance *instance;
    struct transition transition;
    struct machine_world world;
    struct random random;
    struct pending *pending;
    size_t count;
    struct pending last; // the call answered last
    json emitted;
    struct bytes told;
    bool recodes;
    const char *line; // for messages
};

static inline json play_json(const char *text)
{
    json value;
    struct fail why;
    if (!json_parse(text, strlen(text), &value, &why))
        fail_msg("%s: %s", text, why.message);
    return value;
}

static inline struct definition *play_parse(const char *yaml)
{
    static const char head[] = "document: {dsl: 1.0.3, namespace: t, name: w, version: 1.0.0, "
                               "metadata: {dure: {zone: Asia/Seoul}}}\n";
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    char *text = mem_printf("%s%s", strncmp(yaml, "document:", 9) == 0 ? "" : head, yaml);
    struct definition *d =
        definition_parse("play.yaml", text, strlen(text),
                         &(struct definition_opts){.functions = NULL}, &diagnostics);
    if (d == NULL) {
        struct bytes said;
        bytes_init(&said, 65536);
        diagnostics_write_text(&diagnostics, false, &said);
        fail_msg("%s", said.data);
    }
    diagnostics_done(&diagnostics);
    mem_free(text);
    return d;
}

static inline void play_init(struct play *p, const char *yaml, bool recodes)
{
    *p = (struct play){.recodes = recodes, .line = ""};
    p->definition = play_parse(yaml);
    p->instance = instance_new("01J0000000000000000000TEST", p->definition, PLAY_START_MS);
    transition_init(&p->transition);
    random_seed(&p->random, 7);
    p->world = (struct machine_world){.now_ms = PLAY_START_MS, .random = &p->random};
    p->world.secrets = play_json("{\"token\": \"s3cret\"}");
    p->world.runtime = play_json("{\"name\": \"dure\", \"version\": \"0\"}");
    p->pending = mem_zero(PLAY_PENDING_MAX, sizeof *p->pending);
    p->emitted = json_absent();
    bytes_init(&p->told, 1 << 20);
}

static inline void pending_done(struct pending *w)
{
    json_free(w->with);
    json_free(w->expected);
    json_free(w->request);
}

static inline void play_done(struct play *p)
{
    for (size_t n = 0; n < p->count; n++)
        pending_done(&p->pending[n]);
    mem_free(p->pending);
    instance_free(p->instance);
    definition_unref(p->definition);
    transition_done(&p->transition);
    json_free(p->world.secrets);
    json_free(p->world.runtime);
    json_free(p->emitted);
    bytes_done(&p->told);
}

static inline void play_remove(struct play *p, size_t n)
{
    pending_done(&p->pending[n]);
    p->pending[n] = p->pending[--p->count];
}

static inline void play_add(struct play *p, const struct action *a)
{
    assert_true(p->count < PLAY_PENDING_MAX);
    for (size_t n = 0; a->kind == ACTION_TIMER && n < p->count; n++) { // the same one: replaced
        const struct pending *w = &p->pending[n];
        if (w->kind == ACTION_TIMER && w->attempt == a->address.attempt &&
            strcmp(w->name, a->address.name) == 0)
            play_remove(p, n--);
    }
    struct pending *w = &p->pending[p->count++];
    *w = (struct pending){.kind = a->kind,
                          .attempt = a->address.attempt,
                          .due_ms = a->due_ms,
                          .filter = a->filter,
                          .with = json_ref(a->with),
                          .expected = json_ref(a->correlation),
                          .request = json_ref(a->request)};
    snprintf(w->path, sizeof w->path, "%s", a->address.path);
    snprintf(w->name, sizeof w->name, "%s", a->address.name);
    snprintf(w->task, sizeof w->task, "%s", a->task != NULL ? a->task->name : "/");
}

static inline void play_drop(struct play *p, const struct action *a)
{
    for (size_t n = 0; n < p->count; n++) {
        const struct pending *w = &p->pending[n];
        bool same = w->attempt == a->address.attempt && strcmp(w->path, a->address.path) == 0;
        if (same &&
            (a->kind == ACTION_DROP || (w->kind == ACTION_SUBSCRIBE && w->filter == a->filter)))
            play_remove(p, n--);
    }
}

static inline void play_act(struct play *p, const struct action *a)
{
    switch (a->kind) {
    case ACTION_TIMER:
    case ACTION_SUBSCRIBE:
        play_add(p, a);
        break;
    case ACTION_CALL:
    case ACTION_CHILD:
        if (a->await)
            play_add(p, a);
        break;
    case ACTION_UNSUBSCRIBE:
    case ACTION_DROP:
        play_drop(p, a);
        break;
    case ACTION_EMIT:
        json_swap_take(&p->emitted, json_ref(a->request));
        break;
    }
}

static inline void play_tell(struct play *p, json entry)
{
    const char *type = json_get_text(entry, "type", "");
    assert_int_equal(strncmp(type, "io.serverlessworkflow.", 22), 0);
    const char *what = strchr(type + 22, '.') + 1;
    bytes_printf(&p->told, "%s%.*s:%s", p->told.length > 0 ? " " : "", (int)strcspn(what, "."),
                 what, json_get_text(entry, "name", ""));
}

// What the machine keeps is what survives; and every open instance waits for something.
static inline void play_check(struct play *p)
{
    if (instance_status(p->instance) == STATUS_RUNNING ||
        instance_status(p->instance) == STATUS_WAITING) {
        assert_true(instance_wait_count(p->instance) > 0);
        assert_true(p->count > 0);
    }
    if (!instance_is_open(p->instance))
        assert_int_equal(p->count, 0);
    if (!p->recodes)
        return;
    json state = instance_encode(p->instance);
    char *text = json_dump(state);
    struct bytes written;
    bytes_init(&written, 1 << 26);
    instance_write(p->instance, &written, NULL, NULL);
    assert_string_equal(text, written.data);
    bytes_done(&written);
    json_free(state);
    struct fail why;
    if (!json_parse_stored(text, strlen(text), &state, &why))
        fail_msg("%s", why.message);
    struct instance *copy = instance_decode(instance_id(p->instance), p->definition, state, &why);
    if (copy == NULL)
        fail_msg("%s: %s", p->line, why.message);
    json_free(state);
    state = instance_encode(copy);
    char *again = json_dump(state);
    assert_string_equal(text, again);
    json_free(state);
    mem_free(text);
    mem_free(again);
    instance_free(p->instance);
    p->instance = copy;
}

static inline bool play_step(struct play *p, const struct machine_input *input, struct fail *why)
{
    bool taken = machine_step(p->instance, input, &p->world, &p->transition, why);
    if (!taken) {
        assert_int_equal(p->transition.count, 0);
        assert_int_equal(p->transition.told_count, 0);
    }
    for (size_t n = 0; n < p->transition.count; n++)
        play_act(p, &p->transition.actions[n]);
    for (size_t n = 0; n < p->transition.told_count; n++) {
        json entry = lifecycle_json(&p->transition.told[n]);
        play_tell(p, entry);
        json_free(entry);
    }
    assert_int_equal(p->transition.ended, taken && !instance_is_open(p->instance));
    transition_clear(&p->transition);
    play_check(p);
    return taken;
}

static inline struct wait_address play_address(const struct pending *w)
{
    return (struct wait_address){.path = w->path, .attempt = w->attempt, .name = w->name};
}

static inline bool play_result(struct play *p, size_t n, json value, bool failed)
{
    struct fail why;
    struct pending call = p->pending[n];
    p->pending[n] = p->pending[--p->count];
    p->last = call;
    bool taken = play_step(
        p,
        &(struct machine_input){
            .kind = INPUT_RESULT, .address = play_address(&call), .value = value, .failed = failed},
        &why);
    pending_done(&call);
    return taken;
}

// Fires what is due, the earliest first.
static inline void play_fire(struct play *p, int64_t until_ms)
{
    for (;;) {
        size_t first = p->count;
        for (size_t n = 0; n < p->count; n++)
            if (p->pending[n].kind == ACTION_TIMER && p->pending[n].due_ms <= until_ms &&
                (first == p->count || p->pending[n].due_ms < p->pending[first].due_ms ||
                 (p->pending[n].due_ms == p->pending[first].due_ms &&
                  p->pending[n].attempt < p->pending[first].attempt)))
                first = n;
        if (first == p->count)
            break;
        struct pending timer = p->pending[first];
        p->pending[first] = p->pending[--p->count];
        if (timer.due_ms > p->world.now_ms)
            p->world.now_ms = timer.due_ms;
        struct fail why;
        if (!play_step(
                p, &(struct machine_input){.kind = INPUT_TIMER, .address = play_address(&timer)},
                &why))
            fail_msg("%s: %s", p->line, why.message);
    }
    if (until_ms > p->world.now_ms)
        p->world.now_ms = until_ms;
}

// To each wait once: how many took it.
static inline int play_event(struct play *p, json event)
{
    int taken = 0;
    size_t count = p->count;
    struct pending *waits = mem_copy(p->pending, count * sizeof *waits);
    for (size_t n = 0; n < count; n++) {
        waits[n].with = json_ref(waits[n].with);
        waits[n].expected = json_ref(waits[n].expected);
    }
    for (size_t n = 0; n < count; n++) {
        struct fail why;
        json values = json_absent();
        if (waits[n].kind == ACTION_SUBSCRIBE &&
            event_fits(waits[n].filter, event, p->world.now_ms, &values, &why) &&
            event_fits_subscription(waits[n].with, waits[n].expected, event, values, &why))
            taken += play_step(p,
                               &(struct machine_input){.kind = INPUT_EVENT,
                                                       .address = play_address(&waits[n]),
                                                       .value = event,
                                                       .filter = waits[n].filter->id,
                                                       .correlation = values},
                               &why);
        json_free(values);
        json_free(waits[n].with);
        json_free(waits[n].expected);
    }
    mem_free(waits);
    return taken;
}

static inline void play_control(struct play *p, enum machine_input_kind kind, json value)
{
    struct fail why;
    if (!play_step(p, &(struct machine_input){.kind = kind, .value = value}, &why))
        fail_msg("%s: %s", p->line, why.message);
}

// ---- what must be

static inline void play_equal(struct play *p, json have, const char *wanted_text, bool part)
{
    json wanted = play_json(wanted_text);
    if (!(part ? json_contains(have, wanted) : json_equal(have, wanted)))
        fail_msg("%s: it is %s (error %s)", p->line, json_dump(have),
                 json_dump(instance_error(p->instance)));
    json_free(wanted);
    json_free(have);
}

static inline size_t play_find(struct play *p, const char *task)
{
    size_t first = p->count;
    for (size_t n = 0; n < p->count; n++)
        if ((p->pending[n].kind == ACTION_CALL || p->pending[n].kind == ACTION_CHILD) &&
            strcmp(p->pending[n].task, task) == 0 &&
            (first == p->count || p->pending[n].attempt < p->pending[first].attempt))
            first = n;
    if (first == p->count)
        fail_msg("%s: task '%s' waits for nothing (error %s)", p->line, task,
                 json_dump(instance_error(p->instance)));
    return first;
}

static inline int play_by_attempt(const void *a, const void *b)
{
    const struct pending *left = a, *right = b;
    return left->attempt < right->attempt ? -1 : left->attempt > right->attempt;
}

static inline void play_pending(struct play *p, const char *wanted)
{
    struct bytes have;
    bytes_init(&have, 65536);
    qsort(p->pending, p->count, sizeof *p->pending, play_by_attempt);
    for (size_t n = 0; n < p->count; n++)
        if (p->pending[n].kind == ACTION_CALL || p->pending[n].kind == ACTION_CHILD)
            bytes_printf(&have, "%s%s", have.length > 0 ? "," : "", p->pending[n].task);
    if (have.length == 0)
        bytes_add(&have, "-");
    if (strcmp(have.data, wanted) != 0)
        fail_msg("%s: it is %s", p->line, have.data);
    bytes_done(&have);
}

static inline void play_waits(struct play *p, const char *wanted)
{
    struct bytes have;
    bytes_init(&have, 65536);
    instance_waits_for(p->instance, &have);
    if (strcmp(have.data, wanted) != 0)
        fail_msg("%s: it %s", p->line, have.data);
    bytes_done(&have);
}

static inline void play_told(struct play *p, const char *wanted)
{
    if (strcmp(p->told.data, wanted) != 0)
        fail_msg("%s: it told %s", p->line, p->told.data);
    bytes_clear(&p->told);
}

static inline void play_stale(struct play *p)
{
    struct fail why;
    assert_false(play_step(
        p, &(struct machine_input){.kind = INPUT_RESULT, .address = play_address(&p->last)}, &why));
    assert_true(strcmp(why.code, "settled") == 0 || strcmp(why.code, "not_open") == 0);
}

static inline void play_advance(struct play *p, const char *text)
{
    struct duration duration;
    struct fail why;
    int64_t until;
    assert_true(duration_parse(text, &duration, &why));
    assert_true(duration_add(p->world.now_ms, &duration, NULL, &until, &why));
    play_fire(p, until);
}

static inline void play_line(struct play *p, const char *verb, const char *rest)
{
    char first[64] = "";
    const char *second = rest;
    json value = json_absent();
    if (strcmp(verb, "result") == 0 || strcmp(verb, "fail") == 0 || strcmp(verb, "request") == 0) {
        size_t length = strcspn(rest, " ");
        snprintf(first, sizeof first, "%.*s", (int)length, rest);
        second = rest + length + (rest[length] != '\0');
    }
    if (strcmp(verb, "start") == 0) {
        value = *rest != '\0' ? play_json(rest) : json_absent();
        play_control(p, INPUT_START, value);
    } else if (strcmp(verb, "result") == 0 || strcmp(verb, "fail") == 0) {
        value = play_json(second);
        assert_true(play_result(p, play_find(p, first), value, *verb == 'f'));
    } else if (strcmp(verb, "event") == 0 || strcmp(verb, "ignored") == 0) {
        value = play_json(rest);
        int taken = play_event(p, value);
        if ((taken > 0) != (*verb == 'e'))
            fail_msg("%s: taken %d times", p->line, taken);
    } else if (strcmp(verb, "advance") == 0) {
        play_advance(p, rest);
    } else if (strcmp(verb, "cancel") == 0) {
        play_control(p, INPUT_CANCEL, json_absent());
    } else if (strcmp(verb, "suspend") == 0) {
        play_control(p, INPUT_SUSPEND, json_absent());
    } else if (strcmp(verb, "resume") == 0) {
        play_control(p, INPUT_RESUME, json_absent());
    } else if (strcmp(verb, "retry") == 0) {
        play_control(p, INPUT_RETRY, json_absent());
    } else if (strcmp(verb, "stale") == 0) {
        play_stale(p);
    } else if (strcmp(verb, "status") == 0) {
        if (strcmp(instance_status_name(instance_status(p->instance)), rest) != 0)
            fail_msg("%s: it is %s, error %s", p->line,
                     instance_status_name(instance_status(p->instance)),
                     json_dump(instance_error(p->instance)));
    } else if (strcmp(verb, "output") == 0) {
        play_equal(p, instance_output(p->instance), rest, false);
    } else if (strcmp(verb, "context") == 0) {
        play_equal(p, instance_context(p->instance), rest, false);
    } else if (strcmp(verb, "error") == 0) {
        play_equal(p, instance_error(p->instance), rest, true);
    } else if (strcmp(verb, "states") == 0) {
        play_equal(p, instance_task_states(p->instance), rest, true);
    } else if (strcmp(verb, "emitted") == 0) {
        play_equal(p, json_ref(p->emitted), rest, true);
    } else if (strcmp(verb, "request") == 0) {
        play_equal(p, json_ref(p->pending[play_find(p, first)].request), second, true);
    } else if (strcmp(verb, "waits") == 0) {
        play_waits(p, rest);
    } else if (strcmp(verb, "pending") == 0) {
        play_pending(p, rest);
    } else if (strcmp(verb, "told") == 0) {
        play_told(p, rest);
    } else {
        fail_msg("unknown line: %s", p->line);
    }
    json_free(value);
}

static inline void play_script(struct play *p, const char *script)
{
    char *text = mem_string(script), *rest = text, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        line += strspn(line, " ");
        if (*line == '\0')
            continue;
        char *shown = mem_string(line);
        p->line = shown;
        size_t length = strcspn(line, " ");
        char *second = line + length + (line[length] != '\0');
        line[length] = '\0';
        play_line(p, line, second);
        p->line = "";
        mem_free(shown);
    }
    mem_free(text);
}

static inline void play(const char *yaml, const char *script)
{
    for (int recodes = 0; recodes < 2; recodes++) {
        struct play p;
        play_init(&p, yaml, recodes != 0);
        play_script(&p, script);
        play_done(&p);
    }
}
