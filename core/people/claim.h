// Claiming: an item that is asked of a group or role may be done by any one of its members. Who
// claims it first works on it, the others read why they cannot; he may give it back until he has
// answered. An answer to an item that nobody has claimed claims it. Both go into the history.
//
//     "group desk" ──claim──> "p1" ──give back──> "group desk"
//
// Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "people/people.h"

// Refusals: not_eligible, already_claimed, closed (or what the item was closed with), not_possible
// where it is asked of one person. Claiming what one has is no mistake.
CHECKED bool item_claim(struct people *p, const char *item, const char *person, struct fail *why);
// Refusals as above, and already_answered.
CHECKED bool item_give_back(struct people *p, const char *item, const char *person,
                            struct fail *why);
