// The calendar of a rehearsal: every step, answer, mail and deadline of a workflow in virtual time,
// if nobody answers, if everybody does, or as a scenario's script says. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "plugin/plugin.h"
#include "json/json.h"

enum rehearsal_answers { ANSWERS_NOBODY, ANSWERS_EVERYBODY, ANSWERS_SCRIPT };

struct rehearsal_opts {
    const char *file;   // the workflow; NULL: the script's
    const char *script; // ANSWERS_SCRIPT: a scenario, which brings people, input and clock
    const char *people; // CSV file, or NULL
    json input;         // absent: none
    struct plugins *plugins;
    int64_t now_ms;
    int64_t days; // how far it goes
    enum rehearsal_answers answers;
};
// {answers: nobody|everybody|script, events: [{at, what, detail}], instance: as `dure show --json`,
// asked: how many were asked}. Mistakes in files are on stderr. Absent and why if it cannot be
// played.
json rehearsal_play(const struct rehearsal_opts *opts, struct fail *why);
