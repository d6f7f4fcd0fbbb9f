// Instances in memory: decoded when something happens to them, written back once a turn, dropped
// when they have been quiet for long. What is pinned (dirty, or with an inbox) never leaves.
//
//    (row) ──live_find──> clean ──live_touch──> dirty ──live_flush──> clean ──trim──> (row)
//
// Loop thread only.
#pragma once

#include "base/id.h"
#include "base/list.h"
#include "base/map.h"
#include "engine/catalogue.h"
#include "engine/expiry.h"
#include "engine/inbox.h"
#include "engine/payloads.h"
#include "machine/instance.h"
#include "store/audit.h"

#define LIVE_INBOX_MAX 10000 // events kept for an instance that takes none, being paused
#define LIVE_CLEAN_MAX 4096  // decoded instances kept although nothing happens to them

struct live {
    char id[ID_LENGTH + 1];
    struct catalogue_entry *entry;
    struct instance *instance; // NULL: its state cannot be read now, `unread` keeps it
    json unread;
    enum instance_status unread_status;
    char *title, *parent, *parent_wait; // or NULL
    char *incident;                     // or NULL
    bool quarantined;                   // the incident stays until a person resumes it
    int64_t created_ms, updated_ms, ended_ms, events_from;
    int64_t removed_ms; // its personal data went; EXPIRY_NONE, EXPIRY_UNDER_WAY (expiry.h)
    struct audit_head head;
    struct bytes entries; // history of this turn as entry.h stores it; no data while there is none
    struct inbox inbox;
    int64_t event_given; // seq of the last event that met a subscription of it, in this life
    struct payloads payloads;
    bool inbox_saved;        // the row in the store carries an inbox
    bool has_rows;           // the store may have waits of it
    bool has_steps;          // it may have open function steps
    bool has_children;       // it may have started workflows
    bool hides, hides_known; // its history has data only as personal payloads (expiry_told)
    bool child_now;          // it started one in this turn
    uint32_t unbroken;       // answers taken since something came from outside
    bool dirty;
    struct list ready_node; // in lives.ready while there is something to take
    int64_t ready_ms;       // since when it is there, or had its last turn
    struct list dirty_node;
    struct list clean_node;
};

struct lives {
    struct map by_id;
    struct list ready, dirty, clean;
    size_t clean_count;
};

void lives_init(struct lives *lives);
void lives_done(struct lives *lives);

// A new instance, not yet in the store; dirty.
struct live *live_new(struct engine *e, struct catalogue_entry *entry, struct definition *d);
struct live *live_find(struct engine *e, const char *id);      // NULL if there is no such instance
struct live *live_in_memory(struct engine *e, const char *id); // NULL if it is only a row

bool live_is_open(const struct live *l);
bool live_is_paused(const struct live *l);
enum instance_status live_status(const struct live *l);
// The same for the world: what an effect of a step is in flight for runs, though to the machine it
// waits for a function.
enum instance_status live_status_shown(struct engine *e, const struct live *l);

void live_touch(struct engine *e, struct live *l); // it will be written
// Puts it into the inbox (eats the entry) and marks the instance ready. Events past LIVE_INBOX_MAX
// are dropped, which the history says; timers and results are as many as its waits, so all are
// kept.
void live_put(struct engine *e, struct live *l, struct inbox_entry *entry);
void live_ready(struct engine *e, struct live *l); // its inbox got something some other way
void live_queue(struct engine *e, struct live *l); // to the end of those that are ready
void live_rest(struct engine *e, struct live *l);  // it has taken all it can for now
void live_note(struct engine *e, struct live *l, json entry_taken); // into its history
void live_tell(struct live *l,
               const struct lifecycle_entry *told); // the same, of a live that is touched
void live_incident(struct engine *e, struct live *l, const char *sentence); // NULL: over

// Writes all dirty ones: history, state, what they wait for; checks that they can be woken.
void lives_flush(struct engine *e);
void lives_trim(struct engine *e);
