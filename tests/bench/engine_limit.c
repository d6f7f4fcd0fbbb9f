// What the engine does of the store's limit, without network and Lua. One JSON line a workload.
//   bench_engine DIRECTORY|memory w1|w3|w5|wake|events|all [COUNT [OUTSTANDING]]
//   w1  COUNT instances of ten sequential function steps, OUTSTANDING of them at a time
//   w3  COUNT instances that sleep: starts a second, memory of each; then all wake at once
//   all COUNT instances that wait for the same event; one event
//   w5  COUNT instances that wait for an event of their own, by correlation; one event each
//   wake COUNT sleep until one moment, on the disk's driver: 1000 of the first, then of the last
//       that wake, each a dump of its own; nothing is sealed meanwhile
//   events  the same for a callgrind that began without counting: 100 events while FEW_WAIT wait,
//       then 100 while COUNT wait, each a dump of its own
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else // measured nowhere, but it runs
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_DUMP_STATS
#endif

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/engine.h"
#include "store/memory.h"
#include "store/sqlite.h"

#define WAKES_TURN 500  // of the workload wake, in a turn
#define FEW_WAIT   6000 // more than the engine keeps decoded, so that those met lie on the disk

struct bench {
    struct store *store;
    struct engine *engine;
    struct virtual_port port;
    struct function_host host;
    long outstanding;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const struct function_signature *find(void *context, const char *name, const char *version)
{
    (void)context;
    (void)name;
    (void)version;
    static struct function_signature pure = {.name = "step", .version = "1.0.0"};
    pure.input_schema = json_absent();
    return &pure;
}

static void handle(struct function_host *h, struct engine *e, const struct step_call *call,
                   struct step_outcome *out)
{
    (void)h;
    (void)e;
    json n = json_get(call->input, "n");
    out->verdict = STEP_DONE;
    out->value = json_object();
    json_set_int(&out->value, "n", (json_is_number(n) ? json_int(n) : 0) + 1);
    json_free(n);
}

static void deploy(struct bench *b, const char *text)
{
    struct diagnostics diagnostics;
    struct fail why = {0};
    diagnostics_init(&diagnostics);
    must(engine_deploy(b->engine, "bench", text, strlen(text), true, &diagnostics, &why));
    diagnostics_done(&diagnostics);
}

static void deploy_steps(struct bench *b)
{
    struct bytes text;
    bytes_init(&text, 100000);
    bytes_add(&text, "document: { dsl: 1.0.3, namespace: b, name: w, version: 1.0.0 }\ndo:\n");
    for (int i = 0; i < 10; i++)
        bytes_printf(&text, "  - s%d: { call: step, with: { n: '${ .n }' } }\n", i);
    deploy(b, text.data);
    bytes_done(&text);
}

static void ended(void *context, const char *id)
{
    (void)id;
    ((struct bench *)context)->outstanding--;
}

static struct id start(struct bench *b, json input)
{
    struct id id;
    struct fail why = {0};
    struct start_opts opts = {.definition = {"b", "w", NULL}, .input = input};
    must(engine_start(b->engine, &opts, &id, &why));
    return id;
}

static void turn(struct bench *b)
{
    if (!engine_turn(b->engine) && store_in_flight(b->store) > 0) {
        // The loop would sleep until the writer wakes it.
        struct timespec nap = {.tv_nsec = 20000};
        nanosleep(&nap, NULL);
    }
    engine_poll(b->engine);
}

static void settle(struct bench *b)
{
    do
        turn(b);
    while (!engine_is_idle(b->engine));
}

static void w1(struct bench *b, long count, long most)
{
    deploy_steps(b);
    settle(b);
    json input = json_object();
    json_set_int(&input, "n", 0);
    double from = seconds(), cpu = cpu_seconds();
    for (long started = 0; started < count || b->outstanding > 0;) {
        for (; started < count && b->outstanding < most; started++) {
            struct id id = start(b, input);
            b->outstanding++;
            engine_when_ended(b->engine, id.text, ended, b);
        }
        turn(b);
    }
    double took = seconds() - from;
    struct store_figures f = store_figures(b->store);
    printf("{\"workload\":\"w1\",\"steps\":%ld,\"outstanding\":%ld,\"steps_per_second\":%.0f,"
           "\"loop_cpu_us_per_step\":%.2f,\"commits\":%llu,\"bytes_per_step\":%.0f}\n",
           count * 10, most, (double)count * 10 / took,
           (cpu_seconds() - cpu) * 1e6 / ((double)count * 10), (unsigned long long)f.commits,
           (double)f.bytes_written / ((double)count * 10));
    json_free(input);
}

static void w3(struct bench *b, long count)
{
    deploy(b, "document: { dsl: 1.0.3, namespace: b, name: w, version: 1.0.0 }\n"
              "do:\n  - nap: { wait: PT1H }\n  - s: { call: step, with: { n: 1 } }\n");
    settle(b);
    json input = json_object();
    struct mallinfo2 before = mallinfo2();
    double from = seconds();
    for (long i = 0; i < count; i++) {
        start(b, input);
        if (i % 500 == 499)
            turn(b);
    }
    settle(b);
    double took = seconds() - from;
    struct mallinfo2 after = mallinfo2();
    b->port.now_ms += 3600000;
    from = seconds();
    settle(b);
    printf("{\"workload\":\"w3\",\"count\":%ld,\"starts_per_second\":%.0f,\"memory_bytes_each\":%."
           "0f,\"all_awake_seconds\":%.3f}\n",
           count, (double)count / took,
           ((double)after.uordblks - (double)before.uordblks) / (double)count, seconds() - from);
    json_free(input);
}

// One that wakes takes two inputs, its timer and the answer of its step.
static void count_wakes(struct bench *b)
{
    CALLGRIND_START_INSTRUMENTATION;
    for (int i = 0; i < 2; i++)
        must(engine_turn(b->engine));
    CALLGRIND_STOP_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS;
}

static void start_naps(struct bench *b, const char *nap, long count)
{
    json input = json_object();
    json_set_text(&input, "nap", nap);
    for (long i = 0; i < count; i++)
        start(b, input);
    settle(b);
    json_free(input);
}

static void wake(struct bench *b, long count)
{
    must(count >= 12 * WAKES_TURN && count % WAKES_TURN == 0);
    deploy(b, "document: { dsl: 1.0.3, namespace: b, name: w, version: 1.0.0 }\n"
              "do:\n  - nap: { wait: '${ .nap }' }\n  - s: { call: step, with: { n: 1 } }\n");
    settle(b);
    start_naps(b, "PT1H", count);
    start_naps(b, "PT2H", FEW_WAIT);
    b->port.now_ms += 3600000;
    double from = seconds(), cpu = cpu_seconds();
    must(engine_turn(b->engine)); // compiles statements
    count_wakes(b);
    for (long turns = count / WAKES_TURN - 6; turns > 0; turns--)
        must(engine_turn(b->engine));
    count_wakes(b);
    settle(b);
    printf("{\"workload\":\"wake\",\"count\":%ld,\"all_awake_seconds\":%.3f,\"loop_cpu_us_each\":"
           "%.1f}\n",
           count, seconds() - from, (cpu_seconds() - cpu) * 1e6 / (double)count);
}

static json event_new(long i)
{
    json event = json_object(), data = json_object();
    json_set_int(&data, "o", i);
    json_set_text(&event, "specversion", "1.0");
    json_set_text(&event, "source", "/bench");
    json_set_take(&event, "id", json_printf("%ld", i));
    json_set_text(&event, "type", "paid");
    json_set_take(&event, "data", data);
    return event;
}

static void all(struct bench *b, long count)
{
    deploy(b, "document: { dsl: 1.0.3, namespace: b, name: w, version: 1.0.0 }\n"
              "do:\n  - l: { listen: { to: { one: { with: { type: paid } } } } }\n");
    settle(b);
    json input = json_object();
    for (long i = 0; i < count; i++) {
        start(b, input);
        if (i % 500 == 499)
            turn(b);
    }
    settle(b);
    json event = event_new(1);
    struct event_receipt receipt;
    struct fail why = {0};
    double from = seconds();
    must(engine_event(b->engine, event, &receipt, &why));
    double accepted = seconds() - from;
    must(receipt.matches == (size_t)count);
    settle(b);
    printf("{\"workload\":\"all\",\"count\":%ld,\"accept_seconds\":%.3f,\"all_done_seconds\":%.3f}"
           "\n",
           count, accepted, seconds() - from);
    json_free(event);
    json_free(input);
}

static void deploy_listener(struct bench *b)
{
    deploy(b, "document: { dsl: 1.0.3, namespace: b, name: w, version: 1.0.0 }\n"
              "do:\n  - l: { listen: { to: { one: { with: { type: paid }, correlate: { o: { from: "
              "'${ .data.o }', expect: '${ $workflow.input.o }' } } } } } }\n");
    settle(b);
}

static void let_wait(struct bench *b, long from, long to)
{
    for (long i = from; i < to; i++) {
        json input = json_object();
        json_set_int(&input, "o", i);
        start(b, input);
        json_free(input);
        if (i % 500 == 499)
            turn(b);
    }
    settle(b);
}

static void deliver(struct bench *b, long from, long to)
{
    size_t matches = 0;
    for (long i = from; i < to; i++) {
        json event = event_new(i);
        struct event_receipt receipt;
        struct fail why = {0};
        must(engine_event(b->engine, event, &receipt, &why));
        matches += receipt.matches;
        json_free(event);
        if (i % 200 == 199)
            turn(b);
    }
    settle(b);
    must(matches == (size_t)(to - from));
}

static void w5(struct bench *b, long count)
{
    deploy_listener(b);
    let_wait(b, 0, count);
    double from = seconds(), cpu = cpu_seconds();
    deliver(b, 0, count);
    printf(
        "{\"workload\":\"w5\",\"count\":%ld,\"events_per_second\":%.0f,\"loop_cpu_us_each\":%.1f}"
        "\n",
        count, (double)count / (seconds() - from), (cpu_seconds() - cpu) * 1e6 / (double)count);
}

static void count_events(struct bench *b, long from)
{
    CALLGRIND_START_INSTRUMENTATION;
    deliver(b, from, from + 100);
    CALLGRIND_STOP_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS;
}

static void events(struct bench *b, long count)
{
    must(count > FEW_WAIT);
    deploy_listener(b);
    let_wait(b, 0, FEW_WAIT);
    deliver(b, 0, 400); // the memory store orders what it got at the first look
    count_events(b, 400);
    let_wait(b, FEW_WAIT, count);
    deliver(b, 500, 900);
    count_events(b, 900);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    long count = argc > 3 ? atol(argv[3]) : 10000, most = argc > 4 ? atol(argv[4]) : 64;
    log_configure(LOG_ERROR, false);
    struct fail why = {0};
    struct memory_disk *disk = memory_disk_new();
    struct sqlite_opts sqlite = {.directory = argv[1]};
    struct store_driver *driver = strcmp(argv[1], "memory") == 0
                                      ? memory_driver_new(disk)
                                      : sqlite_driver_open(&sqlite, &why);
    must(driver);
    struct bench b = {.store = store_open(&(struct store_opts){.driver = driver}, &why)};
    b.host = (struct function_host){.catalogue = {.find = find}, .handle = handle};
    virtual_port_init(&b.port, INT64_C(1367366400000), 1);
    b.engine = engine_new(
        &(struct engine_opts){.store = b.store,
                              .port = &b.port.port,
                              .host = &b.host,
                              .secrets = json_absent(),
                              .turn_inputs = strcmp(argv[2], "wake") == 0 ? 2 * WAKES_TURN : 0});
    must(engine_recover(b.engine, &why));
    if (strcmp(argv[2], "w1") == 0)
        w1(&b, count, most);
    else if (strcmp(argv[2], "w3") == 0)
        w3(&b, count);
    else if (strcmp(argv[2], "wake") == 0)
        wake(&b, count);
    else if (strcmp(argv[2], "all") == 0)
        all(&b, count);
    else if (strcmp(argv[2], "events") == 0)
        events(&b, count);
    else
        w5(&b, count);
    engine_free(b.engine);
    store_close(b.store);
    memory_disk_free(disk);
    return 0;
}
