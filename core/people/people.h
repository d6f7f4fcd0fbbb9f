// People: the directory of persons and dated groups, and selectors over it. Rows of the store,
// through which all reads and writes go. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "engine/engine.h"
#include "json/json.h"

struct people;
struct zone;

// The engine is borrowed; its store is where the rows lie.
struct people *people_new(struct engine *engine);
void people_free(struct people *p);
struct engine *people_engine(const struct people *p);
// How people reach this server ("https://dure.example.org"), for links in mails; "" (the links are
// paths then) until it is set. Copied.
void people_set_url(struct people *p, const char *url);
const char *people_url(const struct people *p);
// Where the keys of secret votes lie (keyring.h): a folder outside of the data directory; NULL, as
// it is at first: in the store. Copied.
void people_set_seal_folder(struct people *p, const char *folder);
// In which zone the dates of memberships are read, whoever asks: a workflow of another zone too.
// UTC where never set.
void people_set_zone(struct people *p, const struct zone *zone);
const struct zone *people_zone(const struct people *p);

// A person is {id, name, email?, phone?, language?, status?, attributes{…}, groups[…]?}. Names are
// one field, family name first; compared after NFC and trimming. Resident registration numbers are
// refused wherever they turn up (and not logged). put = insert or update. `mail` {state:
// "bouncing", reason, at} is there only where mail to the address comes back (people/address.h); it
// is shown, never put.
CHECKED bool people_put(struct people *p, json person, struct fail *why);
json people_get(struct people *p, const char *id, struct fail *why); // absent if unknown
// What a person is called; NULL if unknown or erased. The caller frees it.
char *people_name(struct people *p, const char *id);
// By id, ascending; `after` (NULL: none) is the last id of the page before.
json people_find(struct people *p, const char *text, size_t limit, struct fail *why);
json people_find_after(struct people *p, const char *text, const char *after, size_t limit,
                       struct fail *why);
// A membership [since, until): dates ("2013-05-24", read in the zone) or RFC 3339 instants to the
// millisecond, or NULL: open.
CHECKED bool people_join(struct people *p, const char *group, const char *person, const char *since,
                         const char *until, const char *role, struct fail *why);
// Ends every membership of the person in the group that holds at `until` (NULL: now); *left: how
// many. Who never was in the group leaves nothing.
CHECKED bool people_leave(struct people *p, const char *group, const char *person,
                          const char *until, int64_t *left, struct fail *why);
// Erases a person; `really` false only counts. *what: {answers, mails, memberships, open (requests
// that stay unanswered), payloads}. His id stays, with the status `erased`, and is not given again.
#define PERSON_ERASED "erased"
CHECKED bool people_erase(struct people *p, const char *id, bool really, json *what,
                          struct fail *why);
// Members of a group at an instant (dates in the zone), sorted by person id.
json people_group(struct people *p, const char *group, int64_t at_ms, struct fail *why);
// The last millisecond of a date in the zone: what holds on that day.
CHECKED bool people_day(struct people *p, const char *date, int64_t *ms, struct fail *why);
json people_groups(struct people *p, struct fail *why); // [{name, members}]

// A selector: {group}, {people: [ids]}, {role}, "public", or a list of those; -> {public: bool,
// people: [persons]} without doubles, sorted by id. Unknown ids and empty groups are named in `why`
// only if `strict`. `brief`: persons are {id, name, email, language, status} (and `role` of a
// group) alone, at a fraction of the price: for an electorate of a hundred thousand. `limit`, where
// it is not 0: so many at most, those whose ids come behind `after`; of groups no more is read than
// that, so that a large one is taken in pages, each in a turn of its own. A page with fewer is the
// last.
struct select_opts {
    int64_t at_ms;
    bool strict, brief;
    const char *after; // NULL: from the first
    size_t limit;
};
CHECKED bool people_select(struct people *p, json selector, const struct select_opts *opts,
                           json *out, struct fail *why);

// All memberships of a group, past and future too: [{person, name, status, since?, until?, role?,
// holds}], by person and beginning; `holds`: at that instant.
json people_memberships(struct people *p, const char *group, int64_t at_ms, struct fail *why);

// CSV in two steps: read (UTF-8 or CP949) to a preview {rows: [{line, action:
// add|change|same|refuse, person, before? (what it changes), problems, codes}], counts}, then
// commit that preview. Columns: id,name,email,phone,language,groups (;-separated), others:
// attributes.
CHECKED bool people_import_preview(struct people *p, const char *csv, size_t bytes, json *preview,
                                   struct fail *why);
CHECKED bool people_import_commit(struct people *p, json preview, struct fail *why);

// A pattern of a Korean resident registration number (6 digits, optional hyphen, 7 digits,
// plausible date).
bool text_has_resident_number(const char *text, size_t bytes);
