// What the item files share: reading rows, writing them with a change, counting what is open. Not
// for other rooms. Loop thread only.
#pragma once

#include "people/directory.h"
#include "people/item.h"
#include "people/progress.h"

enum { ITEM_COLUMNS = ITEM_DETAIL + 1 };

// The row of an item; false with FAIL_NOT_FOUND if there is none. row_done is the caller's on true.
CHECKED bool item_row(struct people *p, const char *id, struct row *row, struct fail *why);
struct step_address item_step(const struct row *row); // borrowed from the row
bool item_is_open(const struct row *row);
json item_instant(int64_t ms);

// ---- items of a group or role (people/claim.h)

// What has not been claimed has "group NAME" or "role NAME" as its assignee.
bool item_is_unclaimed(const struct row *row);
// Whether the person is in "group NAME" or has the role of "role NAME" today.
bool person_is_of(struct people *p, const char *id, const char *whose);
// Puts the row with another assignee; and says so in the history.
void item_assign(struct people *p, const struct row *row, const char *assignee);
void item_note_claim(struct people *p, const struct row *row, const char *type, const char *person);

// Adds to the counts of a step (people/progress.h).
void item_count(struct people *p, const struct step_address *step, struct item_counts change);

// Puts the row back with another status and number of answers, and counts; `code` (NULL: none) is
// what later answers are refused with.
CHECKED bool item_change(struct people *p, const struct row *row, const char *status,
                         int64_t answers, const char *code, struct fail *why);
