// Comparing what came with what a scenario wants: subsets, mails, and what differs in words. Loop
// thread only.
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "json/json.h"

// Every key of `wanted` is in `actual` with a value that fits; lists fit item by item; text that
// begins with ~ is contained, a moment fits in whatever offset it is written. What does not fit
// goes to `difference`, a line each, named by its path.
bool scenario_subset(json wanted, json actual, const char *path, struct bytes *difference);

// Each wanted mail is found among the mails, each mail counting once; an empty list wants none.
bool scenario_match_mails(json wanted, json mails, struct bytes *difference);
void scenario_describe_mails(json mails, struct bytes *out);
