// Work items of the house: they belong to no step, and what is answered is done by this room
// itself. They stand under the instance "" and are asked of HOUSE_OPERATORS, an id that no person
// can have, so whoever may work on the console sees and answers them. Not for other rooms, but for
// the id. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "people/people.h"
#include "json/json.h"

#define HOUSE_OPERATORS "@operators"

// "Mail to … came back": asks for the right address, or whether this one is right after all.
CHECKED bool house_ask_address(struct people *p, const char *address, const char *reason,
                               struct fail *why);
// What was asked about the mail of an erased person no longer names him: what was about nobody else
// goes, with its answers; elsewhere his name does.
CHECKED bool house_forget_person(struct people *p, const char *id, struct fail *why);
void house_close_address(struct people *p, const char *address);

// An answer to such an item, as a handler of a step would take it: {email} corrects the address of
// all who have it, {works: true} takes the mark away.
CHECKED bool house_take(struct people *p, json payload, json *reply, struct fail *why);
