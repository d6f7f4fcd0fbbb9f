// The deployed definitions: their keys in memory, their text in the store, compiled when first
// used. Entries live as long as the engine, so instances may point at them.
//
// An instance keeps the definition it began with: when --dev replaces a text under the same
// version, the old one moves to the version "V+HASH" and open instances move with it.
// Loop thread only.
#pragma once

#include "base/fail.h"
#include "base/hash.h"
#include "base/map.h"
#include "definition/definition.h"
#include "engine/engine.h"

struct catalogue_entry {
    char *namespace, *name, *version; // version as instances and rows name it
    char *title;                      // or NULL
    struct hash hash;                 // of the text
    int64_t deployed_ms;
    bool superseded;               // only what already runs uses it
    json schedule;                 // what starts it by itself, for lists; absent: nothing
    struct definition *definition; // NULL until compiled
    bool broken;                   // its text no longer compiles
    enum { KEEPS_UNKNOWN, KEEPS_FOR_EVER, KEEPS_PERHAPS } keeps; // by its text; see expiry.c
    bool has_steps, has_children; // it calls functions, it starts workflows
    json secrets;                 // those it names; absent: none
};

struct catalogue {
    struct map entries; // "namespace/name/version" -> entry
    struct map latest;  // "namespace/name" -> entry
};

void catalogue_init(struct catalogue *c);
void catalogue_done(struct catalogue *c);
// Reads the keys of all rows; compiles nothing.
void catalogue_recover(struct engine *e);

struct catalogue_entry *catalogue_exact(struct engine *e, const char *namespace, const char *name,
                                        const char *version); // NULL if there is none
// By key text "namespace/name/version".
struct catalogue_entry *catalogue_by_key(struct engine *e, const char *key);
// version NULL: the latest.
struct catalogue_entry *catalogue_find(struct engine *e, const struct definition_ref *ref,
                                       struct fail *why);
struct catalogue_entry *catalogue_latest(struct engine *e, const char *namespace, const char *name);
// Compiled; NULL and why if its text no longer compiles with the functions that are there.
struct definition *catalogue_compiled(struct engine *e, struct catalogue_entry *entry,
                                      struct fail *why);
void catalogue_key(const struct catalogue_entry *entry, struct bytes *out);
// The subscriptions of an instance name its definition; they move with it.
void catalogue_move_subscriptions(struct engine *e, const char *instance,
                                  const struct catalogue_entry *to);
