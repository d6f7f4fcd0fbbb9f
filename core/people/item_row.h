// What the item files share: reading rows, counting what is open. Not for other rooms. Loop thread
// only.
#pragma once

#include "people/directory.h"
#include "people/item.h"

enum { ITEM_COLUMNS = ITEM_DETAIL + 1, ANSWER_COLUMNS = ANSWER_REPLY + 1 };

// The row of an item; false with FAIL_NOT_FOUND if there is none. row_done is the caller's on true.
CHECKED bool item_row(struct people *p, const char *id, struct row *row, struct fail *why);
// Copies the columns of a row, so that some can be changed and the whole put back while the row is
// held.
void item_columns(const struct row *row, struct value columns[ITEM_COLUMNS]);
struct step_address item_step_of(const struct row *row);
bool item_is_open(const struct row *row);

// How many items of a step are open, were asked in all, and how many answers came: one row a step,
// so that asking is cheap however many items there are.
struct item_counts {
    int64_t open, total, answers, public;
};
struct item_counts item_counts(struct people *p, const struct step_address *step);
void item_count(struct people *p, const struct step_address *step, struct item_counts change);

// Puts the item back with another status; counts.
void item_set_status(struct people *p, const struct row *row, const char *status, int64_t answers);
