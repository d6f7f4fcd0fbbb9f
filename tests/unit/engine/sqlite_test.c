// The same behaviour on the driver that people run: its file, its writer thread, its index order.
#include "world.h"

#include <stdlib.h>
#include <unistd.h>

static void world_init_on_disk(struct world *w, char *directory)
{
    memset(w, 0, sizeof(*w));
    log_configure((enum log_level)(LOG_ERROR + 1), false);
    assert_non_null(mkdtemp(directory));
    w->directory = directory;
    w->disk = memory_disk_new();
    virtual_port_init(&w->port, WORLD_START_MS, 7);
    world_open(w);
}

static void remove_directory(const char *directory)
{
    static const char *const files[] = {"dure.db", "dure.db-wal", "dure.db-shm", "lock"};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char *path = mem_printf("%s/%s", directory, files[i]);
        unlink(path);
        mem_free(path);
    }
    rmdir(directory);
}

TEST(sqlite, carries_waits_events_effects_and_schedules_over_restarts)
{
    UNUSED_STATE;
    struct world w;
    char directory[] = P_tmpdir "/dure-engine-XXXXXX";
    world_init_on_disk(&w, directory);
    world_deploy(&w, "mixed",
                 "do:\n"
                 "  - w: { wait: PT1H }\n"
                 "  - h: { call: http, with: { method: GET, endpoint: 'http://127.0.0.1/' } }\n"
                 "  - r: { call: alarm, with: {} }\n"
                 "  - l: { listen: { to: { one: { with: { type: go }, correlate: { k: { from: '${ "
                 ".data.k }', expect: '${ $workflow.input.k }' } } } } } }\n");
    world_deploy(&w, "tick", "schedule: { every: PT30M }\ndo:\n  - a: { set: { x: 1 } }\n");
    struct id one = world_start(&w, "mixed", "{\"k\": 1}"),
              two = world_start(&w, "mixed", "{\"k\": 2}");
    world_settle(&w);
    world_crash(&w);
    world_event(&w, "go", "early", "{\"k\": 2}");
    world_pass(&w, 3600000);
    assert_int_equal(w.effects, 2);
    world_crash(&w);
    world_settle(&w);
    assert_int_equal(w.effects, 4);
    world_done_effect(&w, 2, EFFECT_DONE, "{}");
    world_done_effect(&w, 3, EFFECT_DONE, "{}");
    world_settle(&w);
    world_crash(&w);
    world_pass(&w, 60000);
    assert_shown(&w, two.text, "status", "completed");
    assert_shown(&w, one.text, "status", "waiting");
    assert_int_equal(world_event(&w, "go", "late", "{\"k\": 1}").matches, 1);
    world_settle(&w);
    world_crash(&w);
    assert_shown(&w, one.text, "output", "[{\"k\":1}]");
    struct fail why = {0};
    struct list_opts opts = {.namespace = "t", .name = "tick"};
    json ticks = engine_list(w.engine, &opts, &why);
    assert_int_equal(json_length(ticks), 2);
    json_free(ticks);
    opts = (struct list_opts){.status = "completed", .limit = 3};
    json page = engine_list(w.engine, &opts, &why), last = json_at(page, 2);
    assert_int_equal(json_length(page), 3);
    opts.after = json_get_text(last, "id", "");
    json rest = engine_list(w.engine, &opts, &why), first = json_at(rest, 0);
    assert_int_equal(json_length(rest), 1);
    assert_true(strcmp(json_get_text(first, "id", ""), opts.after) < 0);
    json_free(first);
    json_free(rest);
    json_free(last);
    json_free(page);
    world_verify(&w);
    world_done(&w);
    remove_directory(directory);
}

RUN(CASE(sqlite, carries_waits_events_effects_and_schedules_over_restarts))
