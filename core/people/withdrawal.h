// Taking back an answer whose own step is over while later steps work with what was answered: an
// application under review. The step that took it said how in its reply,
// `withdrawal: {event, item, until}`: who waits for an event of that type about the instance, under
// which name, and until when that is possible. Loop thread only.
#pragma once

#include "people/people.h"
#include "json/json.h"

// Of an answer's reply: whether it can be taken back so now. `instance` is the item's.
bool withdrawal_is_open(struct people *p, const char *instance, json reply);

struct withdrawal {
    const char *instance;
    const char *receipt; // its event is sent once, however often it is asked for
    json reply;          // borrowed; of the answer
    const char *reason;  // or NULL
};
// Sends the event. Refused `closed` where nobody waits for it any more.
CHECKED bool withdrawal_send(struct people *p, const struct withdrawal *w, struct fail *why);
