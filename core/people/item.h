// Work items: what a step asks people for, and their answers. An item belongs to a step and has one
// assignee, or a group or role of which one may claim it (people/claim.h), or nobody: then it is
// public. Answers are handed to the step's handler, which accepts
// or refuses; what was accepted is kept as a row with an unguessable receipt, by which it can be
// amended or withdrawn. The same request key gives the same answer again and no second row.
//
//     open ──answered──> done      open ──close──> closed      open ──step ends──> closed
//
// Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "base/id.h"
#include "engine/function_host.h"
#include "people/people.h"
#include "json/json.h"

struct ask {
    const char *name;         // unique in the step: the person's id, "public", "offer:R12"
    const char *task;         // the task's name, by which scripts find it
    const char *assignee;     // person id; NULL: public, or:
    const char *group, *role; // one of these may do it, whoever claims it first; or NULL
    const char *kind;         // "form", "ballot", "offer", "warning", …: picks the page
    json title;               // text, or {ko, en}
    // {schema: JSON Schema, fields: [order and hints], text…, decisions: ["accept"]}. An answer
    // with a receipt may be {accept: true} for such a word: it is not held to the schema, and what
    // was answered before stays.
    json form;
    json detail; // what the page shows besides
    // What the pages offer beside an answer, as a list of: "delegate", "recuse", "change",
    // "withdraw". Absent: change and withdraw. The handler decides all the same.
    json allows;
    const char *outcome; // under which name the step leaves its outcome; NULL: "" (outcome.h)
    int64_t opens_ms,
        closes_ms; // INSTANT_NONE: none; the step decides, these are for display and sorting
    bool secret;   // answers are not kept by this room; the step keeps what it may
    bool once;     // done with the first accepted answer
};
CHECKED bool item_ask(struct people *p, const struct step_address *step, const struct ask *ask,
                      struct id *id, struct fail *why);
// NULL name: all of the step.
void item_close(struct people *p, const struct step_address *step, const char *name);
// The same with the code that a later answer is refused with ("already_decided"); NULL: "closed".
void item_close_as(struct people *p, const struct step_address *step, const char *name,
                   const char *code);
size_t item_open_count(struct people *p, const struct step_address *step);
// "3 of 15 have answered", or nothing where nobody was asked.
void item_waits_for(struct people *p, const struct step_address *step, struct bytes *out);

struct answer {
    const char *item;   // id
    const char *person; // NULL: nobody known (public)
    json data;
    const char *key;      // request key or NULL
    const char *receipt;  // amend or withdraw an earlier answer; NULL: a new one
    bool withdraw;        // without a receipt: the last of a known person's answers
    const char *delegate; // person id, or NULL
    const char *recuse;   // reason, or NULL
    const char *by;       // who gives it on the person's behalf ("desk"); NULL: the person himself
};
// What the handler sees as `answer`: {item, name, person, data, receipt, key, amend, withdraw,
// delegate, recuse, by, previous, at}. *reply: {receipt, at, …what the handler returned, delegate,
// recused}. Refusals:
// why->kind FAIL_REFUSED with their code; data that does not fit the form's schema: FAIL_INVALID,
// and *reply has {violations: [{pointer, message}]}.
CHECKED bool item_answer(struct people *p, const struct answer *answer, json *reply,
                         struct fail *why);

json item_show(struct people *p, const char *id, struct fail *why);
// Of it only {id, instance, path, task, name, status, kind, assignee, answers}, at a third of the
// price.
json item_head(struct people *p, const char *id, struct fail *why);
// Items by filters (NULL: any), soonest close first where an assignee is given. The assignee of
// what nobody has claimed is "group NAME" or "role NAME"; `for` says so afterwards too.
struct item_list_opts {
    const char *assignee, *status, *instance, *task;
    const char *after;
    size_t limit;
    bool latest_first;
};
json item_list(struct people *p, const struct item_list_opts *opts, struct fail *why);
// The item of a task for a person in an instance; how scripts and `dure answer` find it. His own
// goes before the public one, an open one before a closed one. FAIL_REFUSED not_eligible where the
// task asks others only.
CHECKED bool item_find(struct people *p, const char *instance, const char *task, const char *person,
                       struct id *id, struct fail *why);
// His own item of a task, an open one before a closed one; false with FAIL_NONE where he has none.
CHECKED bool item_own(struct people *p, const char *instance, const char *task, const char *person,
                      struct id *id, struct fail *why);
// The item of a task with this name ("offer:R12").
CHECKED bool item_find_named(struct people *p, const char *instance, const char *task,
                             const char *name, struct id *id, struct fail *why);
json answer_show(struct people *p, const char *receipt,
                 struct fail *why); // {item, data, status, at, reply}
// The latest of a person's answers to an item; absent where there is none (why->kind FAIL_NONE).
json answer_of(struct people *p, const char *item, const char *person, struct fail *why);
json answer_list(struct people *p, const char *item, size_t limit, struct fail *why);
// Merges changes (an object) into the reply of an answer to one of the step's items: what becomes
// of it later (an offer, a place on the list); null takes a member away. No-op for a receipt that
// is not the step's.
CHECKED bool answer_tell(struct people *p, const struct step_address *step, const char *receipt,
                         json changes, struct fail *why);
