// What a case that has been over for long enough leaves of persons in the rows of this room, and
// what of it stays: ids, as of a person who is erased; that something was asked, answered or
// written, and when; numbers.
//
//   items     title, form and detail go; who was asked, when, and how it ended stay
//   answers   person, what was answered and what was told go, with the request keys
//   mails     address, person, subject and text go
//   outcomes  stay with the facts that are numbers or moments, under a title that says nothing
//
// Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/id.h"
#include "store/row.h"

struct people;

// How far it is with one case; lost in a crash, and then it begins anew, since each slice can be
// repeated. Embedded in struct people.
struct forgetting {
    char instance[ID_LENGTH + 1]; // "": none
    int stage;
    struct row after,
        answer; // the last row that is done, and the last answer of the item behind it
};

// A few rows of them; true when there is nothing left.
bool people_forget_case(struct people *p, const char *instance);
void forgetting_done(struct forgetting *f);
