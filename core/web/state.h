// What the page files share. Loop thread only.
#pragma once

#include "access/access.h"
#include "base/random.h"
#include "calendar/zone.h"
#include "people/item.h"
#include "web/page.h"
#include "web/web.h"

// A page of the console: its handler is called only for who may, and for a POST only from a page of
// our own that carries the session's token (web_write_csrf).
struct console_place {
    const char *method, *pattern;
    request_handler *handler; // its context is the struct web
    unsigned needs;           // one of these permissions; PERMIT_ANY: whoever is logged in
};

#define CONSOLE_PLACES_MAX 100

struct web {
    struct web_opts opts;
    struct access *access, *own_access; // own_access: where none was given
    struct random random;               // request keys of forms
    struct bound_place {
        struct web *web;
        struct console_place place;
    } places[CONSOLE_PLACES_MAX];
    size_t place_count;
};

void console_add(struct web *w, const struct console_place *places, size_t count);
#define CONSOLE_ADD(w, places) console_add((w), (places), sizeof(places) / sizeof *(places))
// Who asks; never NULL. For what a page shows or hides; whether the page may be had at all was
// looked at before its handler is called.
const struct actor *web_actor(struct web *w, struct request *r);
bool web_may(struct web *w, struct request *r, unsigned permissions);
// Inside every form of the console that is posted: what shows that it is ours.
void web_write_csrf(struct page *p);
// Puts what was just done into the audit chain, with who did it; takes the detail.
void web_record(struct web *w, struct request *r, const char *act, const char *instance,
                json detail_take);
void web_refuse_tries(struct request *r, int wait_s);
// A link or receipt that nobody has: a guess. True if it has been answered, since that address
// guesses too often; else the caller answers. Who knows a link is never kept waiting.
bool web_link_missed(struct web *w, struct request *r);

// The zone in which an instance's times are shown.
const struct zone *web_zone_of(struct web *w, const char *instance);
// Appends "2013년 …" for an RFC 3339 text; the text itself if it is none.
void web_write_moment(struct web *w, const struct page *p, const char *instance,
                      const char *rfc3339, struct bytes *out);
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
    bool receipt; // asks for the receipt of what is changed
};
void web_write_form(struct web *w, struct page *p, const struct form_page *f);

// What one decides about: the introduction, facts (when it closes first), material, what was
// decided before; from the item's `detail` (README).
void web_write_matter(struct web *w, struct page *p, json item);
// The weighted total of a score sheet (`x-total` of the schema), as far as it is filled in; false
// where the schema has none.
bool web_write_total(struct page *p, json schema, json values);
// What came of it (people/outcome.h), below the page's heading.
void web_write_outcome(struct web *w, struct page *p, json outcome);
// The two lists of a person's inbox; for the page of the link and for who is logged in.
void inbox_write(struct web *w, struct page *p, const char *person);
void web_write_whose(struct web *w, struct page *p, const char *person);
void web_write_inbox_link(struct web *w, struct page *p, const char *person);
// The one person of this id, name or address, by mem_free; NULL and what to say. Nobody is listed:
// what a participant does not know he does not learn here.
char *web_person_called(struct web *w, const char *text, enum word *said);
// A text, a number, or {at: instant}, of a fact or a cell.
void web_write_value(struct web *w, struct page *p, const char *instance, json value);

void inbox_routes(struct web *w);       // /me
void outcome_routes(struct web *w);     // /o
void unsubscribe_routes(struct web *w); // /u
void public_routes(struct web *w);      // /f, /r
void personal_routes(struct web *w);    // /w
void console_routes(struct web *w);     // /console: overview, definitions
void templates_routes(struct web *w);   // mails of a definition
void instances_routes(struct web *w);
void desk_routes(struct web *w);  // items, mail
void views_routes(struct web *w); // lists of open steps
void login_routes(struct web *w); // /console/login, /console/logout
void mine_routes(struct web *w);  // /console/me
void accounts_routes(struct web *w);
void acts_routes(struct web *w);
void people_list_routes(struct web *w); // the directory
void person_routes(struct web *w);
void groups_routes(struct web *w);
void import_routes(struct web *w);
void roll_routes(struct web *w); // who has answered, and reminders
// Links to the rolls of an instance's open steps.
void roll_write_links(struct web *w, struct page *p, const char *instance);
void attend_routes(struct web *w); // who is here
