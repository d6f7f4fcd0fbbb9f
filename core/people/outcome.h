// Outcomes: what came of a step, as people read it after the step has ended: a title, a sentence,
// the whole tally as facts and tables. The step leaves it with the instance; whoever was asked sees
// it behind his own link, everybody at /o/… where the document says `public`.
//
//     {title, result, tone, text: […], facts: [{label, value}], tables: [{title, columns, rows}],
//      public, …what the function needs beside it}
//
// Texts are strings or {ko, en}. It is rows of the store; history has its hash. Loop thread only.
#pragma once

#include "base/fail.h"
#include "engine/function_host.h"
#include "people/people.h"
#include "json/json.h"

#define OUTCOME_MARK_SIZE 33

// Under a name of the step's own ("": the step's one); the same name again replaces it.
CHECKED bool outcome_put(struct people *p, const struct step_address *step, const char *name,
                         json document, struct fail *why);
// Of the item's step, under the name that the item was asked with; absent while there is none. It
// carries `instance`, `mark` (its address is /o/INSTANCE/MARK) and `at`.
json outcome_of_item(struct people *p, const char *item, struct fail *why);
// All that the instance's steps have left, by mark.
json outcome_list(struct people *p, const char *instance, struct fail *why);
// The mark of what everybody may read of a task's latest run, by mem_free; NULL where there is
// none.
char *outcome_public_mark(struct people *p, const char *instance, const char *task,
                          struct fail *why);
struct row;
bool outcome_is_record(const struct row *record); // a row of TABLE_RECORD that is one
json outcome_show(struct people *p, const char *instance, const char *mark, struct fail *why);
