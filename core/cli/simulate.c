// dure simulate: worlds from seeds, with faults, under oracles.
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/must.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "simulate/simulate.h"

#define SEEDS_MAX 1000000000
#define STEPS_MAX 10000000

static const char usage[] =
    "usage: dure simulate [--seed N] [--seeds M] [--seconds S] [--steps K] [--twice]\n"
    "                     [--disk memory|sqlite] [--trace] [--plugins DIR] [--break WHAT]\n"
    "                     [--until ORACLE] [--coverage]\n"
    "Plays M whole worlds from the seeds N, N+1, … in virtual time: random workflows with every\n"
    "word of the language, people, events, servers that are late or contradict themselves,\n"
    "crashes, full and slow disks. Oracles watch. One line a seed (TAP).\n"
    "  --seed       the first seed (1)\n"
    "  --seeds      how many (1)\n"
    "  --seconds    begins no further one after so many seconds of real time\n"
    "  --steps      what happens in each, before the faults stop (300)\n"
    "  --twice      plays each twice: the same seed must give the same bytes\n"
    "  --disk       rows in memory, or SQLite on a file system that fails (the seed says)\n"
    "  --trace      prints everything that happens\n"
    "  --plugins    with the functions of tests/sim/plugins, steps and people take part\n"
    "  --coverage   ends with a table of the words and the faults they met\n"
    "  --break      breaks the world on purpose, to show that an oracle sees it:\n"
    "               effect-before-commit timer-early lose-timer double-result twice silent-wait\n"
    "               lose-event forget-told sync chain state seats quarantine\n"
    "               version answer mail unfinished nondeterminism\n"
    "  --until      ends when this oracle has spoken\n"
    "exit code: 0 all is good, 1 an oracle has spoken, 2 wrong usage\n";

static const char *const break_names[] = {
    [BREAK_NOTHING] = "nothing",
    [BREAK_EFFECT_BEFORE_COMMIT] = "effect-before-commit",
    [BREAK_TIMER_EARLY] = "timer-early",
    [BREAK_LOSE_TIMER] = "lose-timer",
    [BREAK_DOUBLE_RESULT] = "double-result",
    [BREAK_TWICE] = "twice",
    [BREAK_SILENT_WAIT] = "silent-wait",
    [BREAK_LOSE_EVENT] = "lose-event",
    [BREAK_FORGET_TOLD] = "forget-told",
    [BREAK_SYNC] = "sync",
    [BREAK_CHAIN] = "chain",
    [BREAK_STATE] = "state",
    [BREAK_SEATS] = "seats",
    [BREAK_QUARANTINE] = "quarantine",
    [BREAK_VERSION] = "version",
    [BREAK_ANSWER] = "answer",
    [BREAK_MAIL] = "mail",
    [BREAK_UNFINISHED] = "unfinished",
    [BREAK_NONDETERMINISM] = "nondeterminism",
};
#define BREAK_COUNT (sizeof break_names / sizeof *break_names)

struct command {
    struct simulate_opts opts;
    int64_t seed, seeds, seconds;
    bool twice, covers;
    struct coverage coverage;
    const char *plugins, *until;
};

static bool parse_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
    char *end = NULL;
    *out = strtoll(text, &end, 10);
    return *text && *end == 0 && *out >= least && *out <= most;
}

static bool parse_break(const char *text, enum simulate_break *out)
{
    for (size_t i = 0; i < BREAK_COUNT; i++) {
        if (strcmp(break_names[i], text) != 0)
            continue;
        *out = (enum simulate_break)i;
        return true;
    }
    return false;
}

static bool parse_disk(const char *text, enum simulate_disk *out)
{
    bool sqlite = strcmp(text, "sqlite") == 0;
    *out = sqlite ? SIMULATE_DISK_SQLITE : SIMULATE_DISK_MEMORY;
    return sqlite || strcmp(text, "memory") == 0;
}

static const char *option_named(const struct option *options, int letter)
{
    while (options->val != letter)
        options++;
    return options->name;
}

static int parse(struct command *c, int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"seeds", required_argument, NULL, 'n'},
                                            {"seconds", required_argument, NULL, 'S'},
                                            {"steps", required_argument, NULL, 'k'},
                                            {"twice", no_argument, NULL, '2'},
                                            {"trace", no_argument, NULL, 't'},
                                            {"plugins", required_argument, NULL, 'p'},
                                            {"coverage", no_argument, NULL, 'c'},
                                            {"disk", required_argument, NULL, 'd'},
                                            {"break", required_argument, NULL, 'b'},
                                            {"until", required_argument, NULL, 'u'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        bool good = true;
        if (o == 's')
            good = parse_number(optarg, 0, INT64_MAX, &c->seed);
        else if (o == 'n')
            good = parse_number(optarg, 1, SEEDS_MAX, &c->seeds);
        else if (o == 'S')
            good = parse_number(optarg, 1, SEEDS_MAX, &c->seconds);
        else if (o == 'k')
            good = parse_number(optarg, 1, STEPS_MAX, &c->opts.steps);
        else if (o == '2')
            c->twice = true;
        else if (o == 't')
            c->opts.trace = true;
        else if (o == 'p')
            c->plugins = optarg;
        else if (o == 'b')
            good = parse_break(optarg, &c->opts.broken);
        else if (o == 'c')
            c->covers = true;
        else if (o == 'd')
            good = parse_disk(optarg, &c->opts.disk);
        else if (o == 'u')
            c->until = optarg;
        else if (o == 'h')
            return fputs(usage, stdout), EXIT_GOOD;
        else
            return cli_wrong_option(usage, argv, options);
        if (!good)
            return cli_usage(usage, "--%s wants something else than '%s'", option_named(options, o),
                             optarg);
    }
    return optind == argc ? -1 : cli_usage(usage, "there is no argument '%s'", argv[optind]);
}

static void print_message(const struct simulate_result *r)
{
    printf("# %s at step %" PRId64 ": ", r->oracle, r->at_step);
    for (const char *p = r->message; *p; p++) {
        putchar(*p);
        if (*p == '\n')
            fputs("# ", stdout);
    }
    putchar('\n');
}

static void compare(const struct command *c, struct simulate_result *result)
{
    struct simulate_result again;
    struct simulate_opts quiet = c->opts;
    quiet.trace = false;
    quiet.coverage = NULL;
    simulate(&quiet, &again);
    if (hash_equal(&again.hash, &result->hash))
        return;
    result->good = false;
    snprintf(result->oracle, sizeof result->oracle, "nondeterminism");
    snprintf(result->message, sizeof result->message,
             "the same seed gave other bytes the second time");
}

// False: no further one.
static bool play(struct command *c, uint64_t seed, bool *good)
{
    struct simulate_result r;
    char context[64], hex[HASH_HEX_SIZE];
    snprintf(context, sizeof context, "simulate --seed %" PRIu64, seed);
    if (c->seeds == 1)
        printf("# %s --steps %" PRId64 "\n", context, c->opts.steps);
    fflush(stdout);
    c->opts.seed = seed;
    simulate(&c->opts, &r);
    if (r.good && c->twice)
        compare(c, &r);
    hash_hex(&r.hash, hex);
    hex[16] = 0;
    printf("%sok seed %" PRIu64 " %s %s instances %" PRId64 " crashes %" PRId64 " commits %" PRId64
           " effects %" PRId64 " events %" PRId64 " answers %" PRId64 "\n",
           r.good ? "" : "not ", seed, hex, r.disk, r.instances, r.crashes, r.commits, r.effects,
           r.events, r.answers);
    if (!r.good)
        print_message(&r);
    fflush(stdout);
    *good = *good && r.good;
    return r.good || !c->until || strcmp(c->until, r.oracle) != 0;
}

int command_simulate(int argc, char **argv)
{
    struct command c = {.opts = {.steps = 300}, .seed = 1, .seeds = 1};
    int code = parse(&c, argc, argv);
    if (code >= 0)
        return code;
    log_configure((enum log_level)(LOG_ERROR + 1), true); // crashes are played on purpose
    if (c.plugins)
        c.opts.plugins = cli_plugins(c.plugins);
    c.opts.coverage = c.covers ? &c.coverage : NULL;
    bool good = true;
    time_t began = time(NULL);
    for (int64_t i = 0; i < c.seeds; i++) {
        if (c.seconds > 0 && time(NULL) - began >= c.seconds)
            break;
        if (!play(&c, (uint64_t)(c.seed + i), &good))
            break;
    }
    if (c.covers && !coverage_print(&c.coverage))
        good = false;
    return good ? EXIT_GOOD : EXIT_BAD;
}
