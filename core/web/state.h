// What the page files share. Loop thread only.
#pragma once

#include "base/random.h"
#include "calendar/zone.h"
#include "people/item.h"
#include "web/page.h"
#include "web/web.h"

struct web {
    struct web_opts opts;
    struct random random; // request keys of forms
};

// The zone in which an instance's times are shown.
const struct zone *web_zone_of(struct web *w, const char *instance);
// Appends "2013년 …" for an RFC 3339 text; the text itself if it is none.
void web_write_moment(struct web *w, const struct page *p, const char *instance,
                      const char *rfc3339, struct bytes *out);
// True if the console may be used by this request; else it has been answered.
bool web_console_allowed(struct web *w, struct request *r);
// A POST of one of our own pages; else it has been refused.
bool web_same_site(struct request *r);
// Answers `r` with a redirect to `location` (copied) once everything is durable.
void web_redirect_after_commit(struct web *w, struct request *r, const char *location);

// Answers with a finished page once everything is durable.
void web_reply_after_commit(struct web *w, struct page *p, int status);

// What a refusal says to the person: the rule's own sentence where it has one. Borrowed from both.
const char *web_refusal(enum language language, json reply, const struct fail *why);

// Everything of a form page that is the same for open forms, receipts and personal items.
struct form_page {
    json item;           // borrowed
    json values;         // to fill in; absent: empty
    json violations;     // absent: none
    const char *refusal; // NULL: none
    const char *action;  // where it is posted to
    enum word send;
};
void web_write_form(struct web *w, struct page *p, const struct form_page *f);

void public_routes(struct web *w);   // /f, /r
void personal_routes(struct web *w); // /w
void console_routes(struct web *w);  // /console: overview, definitions
void instances_routes(struct web *w);
void desk_routes(struct web *w);  // items, people, mail
void views_routes(struct web *w); // lists of open steps
