// What a ballot costs between the page and the disk: a vote of N electors on the memory store, in
// virtual time, without network. Under callgrind (--instr-atstart=no) two windows are counted, each
// a dump of its own: WINDOW ballots from number EARLY on and WINDOW ballots from number LATE on.
//   bench_ballot PLUGINS EARLY LATE WINDOW
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#include "people/item.h"
#include "plugin/world.h"

#define COMMIT 25 // ballots that a turn of a busy server takes together, about

static const char workflow[] =
    "document: { dsl: 1.0.3, namespace: bench, name: ballot, version: 1.0.0 }\n"
    "do:\n"
    "  - v: { call: vote, with: { question: Yes or no, electorate: { group: all }, closes: P2D } "
    "}\n";

static void settle(struct world *w)
{
    struct fail why = {0};
    must(world_settle(w, &why));
}

// No addresses, so that opening writes no mails: what is measured are ballots.
static void fill(struct world *w, long electors)
{
    struct fail why = {0};
    for (long i = 0; i < electors; i++) {
        json person = json_object(), groups = json_array();
        json_append_take(&groups, json_string("all"));
        json_set_take(&person, "id", json_printf("p%06ld", i));
        json_set_take(&person, "name", json_printf("Person %ld", i));
        json_set_take(&person, "groups", groups);
        must(people_put(world_people(w), person, &why));
        json_free(person);
        if (i % 1000 == 999)
            settle(w);
    }
    settle(w);
}

static void open_vote(struct world *w)
{
    struct diagnostics diagnostics;
    struct fail why = {0};
    struct id id;
    json input = json_object();
    diagnostics_init(&diagnostics);
    must(engine_deploy(world_engine(w), "bench", workflow, strlen(workflow), true, &diagnostics,
                       &why));
    diagnostics_done(&diagnostics);
    struct start_opts opts = {.definition = {"bench", "ballot", NULL}, .input = input};
    must(engine_start(world_engine(w), &opts, &id, &why));
    settle(w);
    json_free(input);
}

static void cast(struct world *w, long number)
{
    struct fail why = {0};
    char person[16];
    snprintf(person, sizeof person, "p%06ld", number);
    struct item_list_opts opts = {.assignee = person, .limit = 1};
    json items = item_list(world_people(w), &opts, &why), item = json_at(items, 0),
         data = json_object(), reply;
    json_set_text(&data, "choice", number % 3 ? "yes" : "no");
    must(item_answer(
        world_people(w),
        &(struct answer){.item = json_get_text(item, "id", ""), .person = person, .data = data},
        &reply, &why));
    json_free(reply);
    json_free(data);
    json_free(item);
    json_free(items);
}

static void cast_all(struct world *w, long from, long to)
{
    for (long i = from; i < to; i++) {
        cast(w, i);
        if (i % COMMIT == COMMIT - 1)
            settle(w);
    }
    settle(w);
}

static void measure(struct world *w, long from, long count)
{
    CALLGRIND_START_INSTRUMENTATION;
    cast_all(w, from, from + count);
    CALLGRIND_STOP_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    long early = atol(argv[2]), late = atol(argv[3]), window = atol(argv[4]);
    must(window > 0 && early >= 0 && late >= early + window);
    struct fail why = {0};
    struct diagnostics diagnostics;
    log_configure(LOG_ERROR, false);
    diagnostics_init(&diagnostics);
    // Under callgrind everything takes fifty times as long.
    struct plugins *plugins =
        plugins_new(&(struct plugin_limits){.cpu_ms = 600000, .stuck_ms = 1200000});
    must(plugins_load(plugins, argv[1], &diagnostics, &why));
    struct world *w = world_new(
        &(struct world_opts){.plugins = plugins, .now_ms = INT64_C(1367366400000), .seed = 1},
        &why);
    must(w);
    fill(w, late + window + 1);
    open_vote(w);
    cast_all(w, 0, early);
    measure(w, early, window);
    cast_all(w, early + window, late);
    measure(w, late, window);
    world_free(w);
    plugins_free(plugins);
    diagnostics_done(&diagnostics);
    return 0;
}
