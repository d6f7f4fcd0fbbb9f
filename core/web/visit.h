// Who came by a personal link, what it asks of him and what stands of his. The files of /w share
// it. Loop thread only.
#pragma once

#include "web/state.h"

struct visit {
    char *item, *person;
    bool expired; // the link's time is over: it shows, and takes nothing
    json shown;   // the item
    json answer;  // his latest, or absent; never of what is secret
};

// False if the link is not good; then it has been answered.
bool visit_begin(struct web *w, struct request *r, struct visit *v);
void visit_done(struct visit *v);
// Whether a page may offer this: what was last replied goes before what the item allows.
bool visit_allows(const struct visit *v, const char *word);

struct visit_page {
    json values, violations; // borrowed, or absent
    const char *refusal;     // NULL: none
    bool again;              // what was sent stands in the form, whatever was answered before
};
// The page of the item as it stands for him.
void visit_write(struct web *w, struct request *r, const struct visit *v,
                 const struct visit_page *page, int status);
// What he can do beside answering: claim, hand over, step aside, take back.
void visit_write_actions(struct web *w, struct page *p, const struct visit *v);
void visit_action_routes(struct web *w);
// Hands in an answer and shows the page anew, or with what refused it.
void visit_answer(struct web *w, struct request *r, const struct visit *v,
                  const struct answer *answer);
