// An urn: a step puts sealed ballots in while it is open; it is opened once, and then its ballots
// are published without who cast them, with a proof that they are those that went in. See urn.c for
// what that means and how it holds; urn_check.h verifies the proof offline. For secret votes, and
// for anything else that people hand in without their names.
//
//     open ──fill──> (all slots there) ──cast, cast again…──> count ──> publish ──> gone
//
// Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "engine/function_host.h"
#include "people/people.h"
#include "json/json.h"

#define URN_NAME_BYTES  60
#define URN_VALUE_BYTES (32 * 1024)
#define URN_BALLOTS_MAX 1000000

struct urn {
    struct step_address step;
    const char *name; // unique in the step
};

// Makes the key and says how many ballots there may be and how long one is at most.
CHECKED bool urn_open(struct people *p, const struct urn *u, int64_t ballots, int64_t value_bytes,
                      struct fail *why);
// Makes the next `count` slots, or as many as are left; *done: all are there. No ballot before.
CHECKED bool urn_fill(struct people *p, const struct urn *u, int64_t count, bool *done,
                      struct fail *why);

struct urn_ballot {
    const char *voter;   // the receipt counts for this voter only
    const char *receipt; // unguessable
    const char *value;   // what is cast, as text
    bool again;          // replaces the one with this receipt
};
// Refusals: `unknown_receipt`, `closed` once it is counted.
CHECKED bool urn_cast(struct people *p, const struct urn *u, const struct urn_ballot *ballot,
                      struct fail *why);

// Opens it for good: {casts, recasts, values: {text: number}, marks: [hex, sorted]}. The history
// says that it was. A mark is BLAKE2b-256 of "RECEIPT:VALUE" in hex. FAIL_NOT_FOUND `key_missing`
// where the key is gone, FAIL_CORRUPT where a ballot was changed, removed or added.
CHECKED bool urn_count(struct people *p, const struct urn *u, json *out, struct fail *why);

struct urn_publication {
    json roll;        // array of ids: who has cast a ballot; sorted here
    json tally;       // what was made of it, as urn_check.h knows it
    bool hide_values; // the marks only: counts below a least cell are not told
};
// Puts ballots, roll, tally and the opening of the sum into the case file, and destroys ballots in
// the urn and its key.
CHECKED bool urn_publish(struct people *p, const struct urn *u, const struct urn_publication *pub,
                         struct fail *why);

// The step is over, however: nothing of its urns stays.
void urn_step_ended(struct people *p, const struct step_address *step);

// Is the ballot behind a receipt in the tally? For the page of an outcome.
//   {state: "counted", task}   it is in the published list (secret), or was accepted (open)
//   {state: "withdrawn", task} taken back by who cast it
//   {state: "not_yet"}         not found, and an urn of the instance is not opened yet
//   {state: "unknown"}         no ballot of this instance has this receipt
// It never says what was cast. False only if the store cannot be read.
CHECKED bool ballot_check(struct people *p, const char *instance, const char *receipt, json *out,
                          struct fail *why);
