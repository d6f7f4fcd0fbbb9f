// What is known of mail addresses: whether they take mail, and who wants no optional mail.
//
//     good ──hard bounce, or ADDRESS_SOFT_MAX soft ones──> bouncing ──a person says so──> good
//
// Addresses compare without case. An address that a person no longer has keeps its mark, so that
// whoever enters it again is told. Rows of the store, in the current batch. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "people/people.h"
#include "json/json.h"

#define ADDRESS_SOFT_MAX  3 // temporary failures within ADDRESS_SOFT_DAYS of each other
#define ADDRESS_SOFT_DAYS 30
#define PURPOSE_BYTES_MAX 60

struct bounce {
    const char *address;
    bool hard;
    const char *reason; // what the other server said
};
// Marks it or counts it. *marked: it has just become one that takes no mail, and whoever has it was
// brought before the operators as a work item of the house.
CHECKED bool address_bounced(struct people *p, const struct bounce *bounce, bool *marked,
                             struct fail *why);
// A person says that it takes mail (again); closes the work item.
CHECKED bool address_mark_good(struct people *p, const char *address, struct fail *why);
// {state: "good" | "bouncing", reason, at}; reason and at only where something has come back.
json address_state(struct people *p, const char *address, struct fail *why);
bool address_is_bouncing(struct people *p, const char *address);
// A person has left it for another one: the work item is over when nobody has the address now.
void address_left(struct people *p, const char *address);

// Nothing is known of a person, or of his address where nobody else has it, any more: for erasing.
CHECKED bool address_forget(struct people *p, const char *id, const char *address,
                            struct fail *why);

// Opting out of the optional mail of a purpose (""; of all): whose id or, of nobody known, whose
// address. `wants` true takes it back.
CHECKED bool optout_set(struct people *p, const char *who, const char *purpose, bool wants,
                        struct fail *why);
bool optout_is_set(struct people *p, const char *who, const char *purpose);
