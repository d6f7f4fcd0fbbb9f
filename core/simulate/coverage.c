#include "simulate/coverage.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// What makes a word: a path that is there, with this value where one is given.
static const struct word {
    const char *name, *path, *value;
} words[] = {
    {"do", "do", NULL},
    {"set", "set", NULL},
    {"switch", "switch", NULL},
    {"for", "for", NULL},
    {"for while", "while", NULL},
    {"fork", "fork", NULL},
    {"fork compete", "fork.compete", NULL},
    {"try", "try", NULL},
    {"catch errors", "catch.errors", NULL},
    {"catch when", "catch.when", NULL},
    {"catch exceptWhen", "catch.exceptWhen", NULL},
    {"catch do", "catch.do", NULL},
    {"retry", "catch.retry.delay", NULL},
    {"retry use", "catch.retry", "shared"},
    {"raise", "raise", NULL},
    {"raise use", "raise.error", "shared"},
    {"wait", "wait", NULL},
    {"emit", "emit", NULL},
    {"listen one", "listen.to.one", NULL},
    {"listen all", "listen.to.all", NULL},
    {"listen any", "listen.to.any", NULL},
    {"listen until", "listen.to.until", NULL},
    {"listen foreach", "foreach", NULL},
    {"call http", "call", "http"},
    {"call use", "call", "shared"},
    {"call pure", "call", "simDouble"},
    {"call items", "call", "simAsk"},
    {"call public", "call", "simSeats"},
    {"call timers", "call", "simNap"},
    {"call events", "call", "simHear"},
    {"call effects", "call", "simFetch"},
    {"run workflow", "run.workflow", NULL},
    {"run await", "run.await", NULL},
    {"if", "if", NULL},
    {"then", "then", NULL},
    {"timeout", "timeout", NULL},
    {"input from", "input.from", NULL},
    {"input schema", "input.schema", NULL},
    {"output as", "output.as", NULL},
    {"output schema", "output.schema", NULL},
    {"export as", "export.as", NULL},
    {"export schema", "export.schema", NULL},
    {"schedule every", "schedule.every", NULL},
    {"schedule cron", "schedule.cron", NULL},
    {"schedule after", "schedule.after", NULL},
    {"schedule on", "schedule.on", NULL},
};
#define WORD_COUNT (sizeof words / sizeof *words)
static_assert(WORD_COUNT <= COVERAGE_WORDS_MAX, "every word has its row");

uint64_t coverage_words(json task)
{
    uint64_t set = 0;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        json value = json_path(task, words[i].path);
        bool is = !json_is_absent(value);
        if (is && words[i].value)
            is = json_is_string(value) && strcmp(json_text(value), words[i].value) == 0;
        set |= (uint64_t)is << i;
        json_free(value);
    }
    return set;
}

void coverage_add(struct coverage *c, uint64_t set, enum coverage_fault fault)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        c->counts[i][fault] += (int64_t)(set >> i & 1);
}

bool coverage_print(const struct coverage *c)
{
    bool all = true;
    printf("# %-18s %8s %8s %8s %8s %8s %8s %8s\n", "word", "begun", "crash", "power", "disk",
           "jump", "control", "version");
    for (size_t i = 0; i < WORD_COUNT; i++) {
        printf("# %-18s", words[i].name);
        for (int fault = 0; fault < COVERAGE_FAULTS; fault++)
            printf(" %8" PRId64, c->counts[i][fault]);
        putchar('\n');
        all = all && c->counts[i][COVERAGE_BEGUN] > 0;
    }
    printf("%sok every word has begun\n", all ? "" : "not ");
    return all;
}
