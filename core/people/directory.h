// What the files of this room share: the struct behind `struct people`, and small readers of
// values that people wrote. Not for other rooms. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "calendar/zone.h"
#include "engine/engine.h"
#include "people/details.h"
#include "people/forget.h"
#include "people/people.h"
#include "store/store.h"
#include "json/json.h"

#define PERSON_ID_BYTES   64
#define PERSON_NAME_BYTES 200
#define GROUP_NAME_BYTES  120
#define ADDRESS_BYTES     254 // RFC 5321

struct people {
    struct engine *engine;
    struct store *store;
    const struct zone *zone;
    char *url; // without a slash at its end
    bool has_key;
    uint8_t key[HASH_BYTES]; // of links and request hashes; TABLE_META
    struct map forms;        // parsed and compiled, by their text; see form_schema.h
    struct details details;  // what items say, by its text
    char *seal_folder;       // of the keys of urns; NULL: they lie in the store
    bool urns_looked, has_urns;
    struct map refusals; // how often, by code and item; see refusal.h
    struct row swept;    // the last old request key looked at; see requests.h
    unsigned keys_put;
    struct forgetting forgetting; // how far the ended case in hand is; see forget.h
    struct list doomed;           // keys that go once their rows are gone for good
};

// An id: no white space, no control characters, nothing that a path or CSV would trip over.
CHECKED bool id_text_check(const char *what, const char *id, size_t bytes_max, struct fail *why);
CHECKED bool address_check(const char *address, struct fail *why); // a mail address

// Normalised text (NFC, trimmed) of at most bytes_max, by mem_free; NULL and why.
char *text_normal(const char *what, const char *text, size_t bytes_max, struct fail *why);

// A blob column as JSON; a null column is absent. Text that does not read back is FAIL_CORRUPT.
CHECKED bool row_json(const struct row *row, int column, json *out, struct fail *why);

// The data directory's key, made from the port's secret at first use.
CHECKED bool people_key(struct people *p, struct fail *why);

// Memberships of a person or group that hold at an instant, or on its date: [since, until).
struct when {
    int64_t ms;
    char date[16]; // in the directory's zone
};
struct when when_at(const struct people *p, int64_t at_ms);
bool membership_holds(const struct row *row, const struct when *when);
void date_at(const struct people *p, int64_t at_ms, char out[16]);

// The `groups` of a person to put: where given they are all its undated memberships.
struct person_put {
    const char *id;
    bool is_new; // and so in no group yet: nothing to leave
};
CHECKED bool people_put_groups(struct people *p, const struct person_put *who, json person,
                               struct fail *why);
// Adds `groups` (names that hold now) and `memberships` (all, with their dates) to a person.
CHECKED bool people_add_groups(struct people *p, const char *id, json *person, struct fail *why);
// A person as people_get gives it, or brief: {id, name, email, language, status}, without the walk
// through the memberships.
enum person_view { PERSON_WHOLE, PERSON_BRIEF };
json people_get_as(struct people *p, const char *id, enum person_view view, struct fail *why);
// See people_group; those behind `after` (NULL: all), `limit` at most (0: no limit).
struct group_page {
    const char *group;
    int64_t at_ms;
    enum person_view view;
    const char *after;
    size_t limit;
};
json group_members(struct people *p, const struct group_page *page, struct fail *why);
