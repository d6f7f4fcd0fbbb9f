// Events meet those who wait for them. A subscription row names its filter (definition key + "#" +
// filter id, or for steps "step/" + the attributes it compares) and the key under which it is
// found, so that an event costs one test a distinct filter and one look-up each, however many wait.
// Loop thread only.
#pragma once

#include "engine/function_host.h"
#include "engine/live.h"

struct correlator {
    int64_t next_seq;     // of the next event
    struct map last_seqs; // event type -> int64_t *: the last event since the engine started
    int64_t types_from;   // events before this seq are not in last_seqs
    struct map filters;   // event type -> struct filter_list
};

// The distinct filters that subscriptions of a type have or had: read once, then kept up to date
// by adding. One that nobody has any more costs a look-up that finds nothing; forgetting would have
// to follow every undo.
struct filter_list {
    char **texts;
    size_t count, capacity;
};
const struct filter_list *correlate_filters(struct engine *e, const char *type);
void correlate_know_filter(struct engine *e, const char *type, const char *text);

void correlate_init(struct correlator *c);
void correlate_done(struct correlator *c);
void correlate_recover(struct engine *e);
void correlate_seen(struct engine *e, const char *type, int64_t seq); // an event has come

void correlate_subscribe(struct engine *e, struct live *l, const struct action *action);
void correlate_unsubscribe(struct engine *e, struct live *l, const struct action *action);
void correlate_subscribe_step(struct engine *e, const struct step_address *a, const char *name,
                              const char *type, json with);
// What has come since the start of its instance and nobody took.
void correlate_early_step(struct engine *e, const struct step_address *a, const char *name,
                          const char *type, json with);
void correlate_unsubscribe_step(struct engine *e, const struct step_address *a, const char *name);
// The subscription of one filter of a listen.
bool correlate_has(struct engine *e, const char *instance, const char *path, int64_t attempt,
                   int filter);
bool correlate_any(struct engine *e, const char *instance, const char *path, int64_t attempt);
// Whether the instance has had the event already: in the listen at this path, or (NULL) in any.
bool correlate_is_consumed(struct engine *e, const char *instance, int64_t event_seq,
                           const char *path);
void correlate_consumed(struct engine *e, const struct live *l, int64_t event_seq,
                        const char *path);

const char *correlate_type(const struct event_filter *filter); // "*" where it names none
// Filter text of a definition's filter, as rows carry it.
void correlate_filter_text(const struct catalogue_entry *entry, int filter, struct bytes *out);
// The filter behind such a text; NULL if its definition is gone or broken.
const struct event_filter *correlate_filter(struct engine *e, const char *text,
                                            struct catalogue_entry **entry);
// The attributes of an event that a step's filter text compares, as the key they make.
void correlate_step_key(const char *filter, json event, struct bytes *out);
// Whether an event with the subscription's key is about its instance: a step that compares nothing
// gets none whose subject says that it is about something else.
bool correlate_step_means(const char *filter, const char *instance, json event);
