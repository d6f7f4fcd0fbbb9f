// What an instance has yet to take, in order: inputs of the machine and events of its steps. What
// is put in here was already taken from where it came from (its timer row deleted, its effect
// settled) in the current batch, so whatever is left when a batch is sealed goes into the
// instance's row with it: nothing is lost between two turns.
// An inbox belongs to its live instance and owns its entries. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/function_host.h"
#include "machine/machine.h"

enum inbox_kind {
    INBOX_MACHINE, // what: enum machine_input_kind
    INBOX_STEP,    // what: enum step_event
    INBOX_FAIL,    // the step at the address has failed with `value` and is to end
};

struct inbox_entry {
    struct list node;
    enum inbox_kind kind;
    int what;
    char *path; // "" where there is no address
    int64_t attempt;
    char *name;
    json value;
    bool failed;
    int filter;
    json correlation;
    int64_t event_seq; // 0: not from an event
    bool event_is_new; // given to this instance for the first time, in this life of the engine
    bool urgent;
};

struct inbox {
    struct list entries;
    struct list urgent; // answers of this very turn; they go before all that came from outside
    size_t count;
};

void inbox_init(struct inbox *in);
void inbox_done(struct inbox *in);
bool inbox_is_empty(const struct inbox *in);

// A new entry with its texts copied; value and correlation are taken.
struct inbox_entry *inbox_entry_new(enum inbox_kind kind, int what, struct wait_address address,
                                    json value);
void inbox_entry_free(struct inbox_entry *entry);

void inbox_put(struct inbox *in, struct inbox_entry *entry);
void inbox_put_urgent(struct inbox *in, struct inbox_entry *entry);
void inbox_put_back(struct inbox *in, const struct inbox_entry *entry); // a copy, to come again
void inbox_put_first(struct inbox *in, struct inbox_entry *entry);      // before all others
// The next entry, now the caller's, or NULL. A paused instance takes only control inputs.
struct inbox_entry *inbox_take(struct inbox *in, bool paused);
bool inbox_has_next(const struct inbox *in, bool paused);

json inbox_encode(const struct inbox *in);
void inbox_decode(struct inbox *in, json array);
