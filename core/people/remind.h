// Who was asked in a step and who has answered, whatever the function, also after its end; and a
// reminder to those who have not while it is open: one mail a person, however much he is asked.
// What was answered is not looked at, so a secret vote shows no more than its roll. Loop thread
// only.
#pragma once

#include "people/people.h"

#define REMIND_PAUSE_MS INT64_C(3600000) // between two reminders of a step

// {path, title, ended, closesAt?, asked, answered, waiting, reminders, remindedAt?, people:
// [{person, asked, waiting, item (one that waits, else one of his)}]}: `asked`, `answered` and
// `waiting` count persons, in `people` they count his requests. By id. The task's open step, else
// the last one it had; FAIL_NOT_FOUND where it has asked no person.
json item_roll(struct people *p, const char *instance, const char *task, struct fail *why);

// The tasks of an instance that have a roll, each once: [{task, title}].
json item_rolls(struct people *p, const char *instance, struct fail *why);

// Mails those who have not answered, with their personal links, in their languages. The same
// reminder goes to nobody twice; before REMIND_PAUSE_MS is over another is refused
// (`reminded_already`). `by` goes into the history. *told: {number, sent, unsent (without address),
// waiting}.
CHECKED bool item_remind(struct people *p, const char *instance, const char *task, const char *by,
                         json *told, struct fail *why);
