// What the two files of a meeting's desk share: attend.c the names, adjourn.c the end. Loop thread
// only.
#pragma once

#include "web/state.h"

struct desk {
    struct web *web;
    struct page *page;
    const char *instance, *path, *query;
    json view;
    bool may; // tap, and end it
};

// The desk's page; above it what was refused (why->kind FAIL_NONE: nothing).
void attend_reply(struct web *w, struct request *r, const char *query, const struct fail *refusal);
// The end of the page: where the meeting is ended.
void adjourn_write(const struct desk *d);
void adjourn_routes(struct web *w);
