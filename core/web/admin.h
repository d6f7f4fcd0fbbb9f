// What the console's pages of people share: refusals in the clerk's own words, notices after a
// redirect, small pieces of forms and tables. Loop thread only.
#pragma once

#include "web/console.h"

// The sentence for a code of the directory's rules; `message` where there is none.
const char *admin_words(enum language language, const char *code, const char *message);
// A refusal above a form; nothing where why->kind is FAIL_NONE.
void admin_write_refusal(struct page *p, const struct fail *why);
// "?done=saved" of the request as a notice.
void admin_write_done(struct page *p);

struct admin_input {
    const char *name, *label;
    const char *type;  // NULL: text
    const char *value; // NULL: empty
    const char *help;  // NULL: none
    bool required;
};
void admin_write_input(struct page *p, const struct admin_input *input);
// "<table>" with its head; ends with admin_end_table.
void admin_begin_table(struct page *p, const char *const *heads, size_t count);
void admin_end_table(struct page *p);
// A request key of a form, against sending it twice.
void admin_write_key(struct web *w, struct page *p);
// The form of a POST; NULL after the request has been answered.
const struct form *admin_form(struct request *r);
// Puts who did it to whom (an id) or to what into the acts.
void admin_record(struct web *w, struct request *r, const char *act, const char *on);
// A date or an instant of a membership as people say it; "" for none.
void admin_write_day(struct web *w, struct page *p, const char *text);
