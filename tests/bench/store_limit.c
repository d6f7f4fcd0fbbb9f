// What the store does of the raw limit: steps as the engine makes them (the instance's row, a row
// of history with its hash, a wait put and the one before deleted), sealed so many a batch, with so
// many batches in flight. One JSON line.
//   bench_store DIRECTORY|memory [STEPS [STEPS_A_BATCH]]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "store/audit.h"
#include "store/memory.h"
#include "store/sqlite.h"

#define INSTANCES      1000 // at work at once
#define STEPS_EACH     10   // then a new one begins
#define FLIGHTS        4
#define INSTANCE_BYTES 200

struct work {
    struct store *store;
    struct audit_head heads[INSTANCES];
    json entries;
};

static double clock_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void put_instance(struct work *w, const char *id, const struct audit_head *head)
{
    static const char state[INSTANCE_BYTES] = "{}";
    struct value columns[] = {value_text(id),
                              value_text("bench"),
                              value_text("steps"),
                              value_text("1.0.0"),
                              value_text("running"),
                              value_integer(1),
                              value_integer(head->seq),
                              value_null(),
                              value_text("waits for the answer of step"),
                              value_null(),
                              value_null(),
                              value_null(),
                              value_blob(state, sizeof(state)),
                              value_integer(head->seq),
                              value_blob(head->hash.bytes, HASH_BYTES),
                              value_integer(0),
                              value_null()};
    store_put(w->store, TABLE_INSTANCE, columns);
}

static void step(struct work *w, long i)
{
    long slot = i % INSTANCES, round = i / INSTANCES;
    struct audit_head *head = &w->heads[slot];
    char id[64], path[32];
    if (round % STEPS_EACH == 0)
        *head = (struct audit_head){0};
    snprintf(id, sizeof(id), "01HZZZZZZZ%08ld%08ld", round / STEPS_EACH, slot);
    audit_append(w->store, id, i, w->entries, head);
    put_instance(w, id, head);
    snprintf(path, sizeof(path), "/do/%ld/s", head->seq);
    struct value wait[] = {value_text(id),    value_text(path), value_integer(1),
                           value_text("due"), value_integer(i), value_text("machine")};
    store_put(w->store, TABLE_TIMER, wait);
    snprintf(path, sizeof(path), "/do/%ld/s", head->seq - 1);
    wait[1] = value_text(path);
    store_delete(w->store, TABLE_TIMER, wait);
}

static void wait_for_room(struct work *w, size_t flights)
{
    struct timespec nap = {.tv_nsec = 20000};
    for (store_poll(w->store); store_in_flight(w->store) > flights; store_poll(w->store))
        nanosleep(&nap, NULL);
}

static void play(struct work *w, const char *where, long steps, long a_batch)
{
    double began = clock_seconds(CLOCK_MONOTONIC);
    double began_cpu = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (long i = 0; i < steps; i++) {
        step(w, i);
        if ((i + 1) % a_batch == 0 || i + 1 == steps) {
            store_seal(w->store, i, NULL, NULL);
            wait_for_room(w, FLIGHTS);
        }
    }
    double cpu = clock_seconds(CLOCK_THREAD_CPUTIME_ID) - began_cpu;
    wait_for_room(w, 0);
    double took = clock_seconds(CLOCK_MONOTONIC) - began;
    struct store_figures f = store_figures(w->store);
    printf("{\"bench\":\"store\",\"where\":\"%s\",\"steps\":%ld,\"stepsABatch\":%ld,"
           "\"stepsPerSecond\":%.0f,\"loopMicrosecondsAStep\":%.2f,\"rowsAStep\":%.2f,"
           "\"commitMsMean\":%.2f,\"commitMsMax\":%.1f}\n",
           where, steps, a_batch, (double)steps / took, cpu * 1e6 / (double)steps,
           (double)f.rows_written / (double)steps,
           (double)f.commit_ns_sum / 1e6 / (double)f.commits, (double)f.commit_ns_max / 1e6);
}

int main(int argc, char **argv)
{
    static struct work w;
    struct fail why;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_store DIRECTORY|memory [STEPS [STEPS_A_BATCH]]\n");
        return 2;
    }
    bool in_memory = strcmp(argv[1], "memory") == 0;
    struct memory_disk *disk = in_memory ? memory_disk_new() : NULL;
    struct store_driver *driver =
        in_memory ? memory_driver_new(disk)
                  : sqlite_driver_open(&(struct sqlite_opts){.directory = argv[1]}, &why);
    must(driver != NULL);
    w.store = store_open(&(struct store_opts){.driver = driver}, &why);
    must(w.store != NULL);
    const char *text = "[{\"type\":\"task.completed\",\"path\":\"/do/3/step\",\"output\":{\"n\":3,"
                       "\"greeting\":\"Hello world\"}}]";
    must(json_parse(text, strlen(text), &w.entries, &why));
    play(&w, in_memory ? "memory" : "sqlite", argc > 2 ? atol(argv[2]) : 200000,
         argc > 3 ? atol(argv[3]) : 100);
    json_free(w.entries);
    store_close(w.store);
    memory_disk_free(disk);
    return 0;
}
