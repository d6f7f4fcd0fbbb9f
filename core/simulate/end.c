// When the faults stop, the work finishes: servers answer, people too, events of every kind come,
// what was paused is resumed, and time passes. Whatever began before that must come to an end.
#include "simulate/world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define ROUNDS_MAX    8000 // nested loops that wait took 1,306 commits
#define ROUNDS_EVENTS 40   // all kinds of events come every so many, at first ten times as often

static const char *const types[] = {"sim.a", "sim.b", "sim.c", "sim.done"};

static void send_all(struct simulation *s, int round)
{
    for (int64_t k = 0; k < SIMULATE_KEYS; k++) {
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
            char id[64];
            snprintf(id, sizeof id, "end-%d-%d-%zu", round, (int)k, i);
            simulate_send(s, types[i], k, id);
        }
    }
}

// Seldom later on: whoever works through its events one by one must come to the end of them.
static bool is_time_for_events(int round)
{
    return round % (round < ROUNDS_EVENTS ? ROUNDS_EVENTS / 10 : ROUNDS_EVENTS) == 0;
}

static void resume(struct simulation *s, const char *id)
{
    struct fail why = {0};
    if (engine_control(s->engine, id, CONTROL_RESUME, NULL, &why))
        simulate_trace(s, "resume %s", id);
}

// Instances from before the end that have not ended; resumes those that are paused.
static size_t count_open(struct simulation *s, int64_t since_ms, char first[64])
{
    static const char *const open[] = {"pending", "running", "waiting", "suspended"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        struct value prefix = value_text(open[i]);
        struct scan *scan = NULL;
        struct row row = {0};
        struct fail why = {0};
        struct scan_opts opts = {.table = TABLE_INSTANCE,
                                 .index = INSTANCE_BY_STATUS,
                                 .prefix = &prefix,
                                 .prefix_count = 1};
        if (!store_scan(s->eye, &opts, &scan, &why))
            continue;
        while (scan_next(scan, &row, &why)) {
            const char *id = row_text(&row, INSTANCE_ID);
            if (strcmp(open[i], "suspended") == 0)
                resume(s, id);
            if (row_integer(&row, INSTANCE_CREATED_MS) <= since_ms && count++ == 0)
                snprintf(first, 64, "%s", id);
            row_done(&row);
        }
        scan_done(scan);
    }
    return count;
}

static void pass_time(struct simulation *s)
{
    int64_t due_ms = engine_next_due_ms(s->engine);
    if (due_ms != INSTANT_NONE && due_ms > s->clock.now_ms)
        s->clock.now_ms = due_ms;
    simulate_settle(s);
}

static bool still_open(struct simulation *s, const char *id, size_t count)
{
    struct fail why = {0};
    json shown = engine_show(s->engine, id, &why);
    simulate_violated(s, "unfinished", "%zu do not end, so %s (%s): %s", count, id,
                      json_get_text(shown, "status", "?"), json_get_text(shown, "waitsFor", "?"));
    json_free(shown);
    return false;
}

bool simulate_check_end(struct simulation *s)
{
    int64_t since_ms = s->clock.now_ms;
    size_t count = 0;
    char first[64] = "";
    s->calm = true;
    simulate_medium_calm(s);
    simulate_trace(s, "the faults stop");
    simulate_settle(s);
    simulate_check(s);
    for (int round = 0; round < ROUNDS_MAX && simulate_is_good(s); round++) {
        simulate_effects_say(s);
        simulate_effects_answer(s, true);
        if (is_time_for_events(round)) {
            simulate_answer_items(s, true);
            send_all(s, round);
        }
        simulate_settle(s);
        count = count_open(s, since_ms, first);
        if (count == 0)
            break;
        pass_time(s);
    }
    if (simulate_is_good(s) && count > 0)
        return still_open(s, first, count);
    return simulate_settle(s) && simulate_check(s);
}
