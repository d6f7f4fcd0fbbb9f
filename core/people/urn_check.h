// Checks, from a case file alone, the secret votes in it (urn.c says what that proves): the
// published ballots against the points in the chain, their number against the casts and the roll,
// the counts against the ballots, quorum, base, denominator and what was needed against the counts.
// The chain itself is audit_verify_case's, which comes first. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "json/json.h"

struct urn_check_report {
    int64_t urns, ballots, bad;
    bool receipt_found;
    struct bytes *lines; // what was found, in sentences
};
// receipt: NULL, or what a voter got: the report says whether the ballot behind it is in a tally.
// False when something does not fit; why names the first.
CHECKED bool urn_check_case(json exported, const char *receipt, struct urn_check_report *report,
                            struct fail *why);
