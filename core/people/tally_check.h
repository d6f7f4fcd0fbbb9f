// The arithmetic of a tally done again: counts of the ballots, quorum, base, threshold, outcome.
// What plugins/vote computes when it closes is computed here from nothing but the published ballots
// and the rules that the tally names. Any thread.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "json/json.h"

// ballots: {text: number}, or absent where the texts are not published. False with the first that
// does not fit.
CHECKED bool tally_check(json tally, json ballots, int64_t casts, struct fail *why);
