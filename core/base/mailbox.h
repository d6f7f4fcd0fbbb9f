// The only way across threads: an unbounded-by-time, bounded-by-count queue of owned messages with
// many senders and one receiver. `wake` is called (on the sender's thread) when it was empty.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mail {
    struct mail *next; // messages embed this first
};

struct mailbox;

struct mailbox *mailbox_new(size_t count_max, void (*wake)(void *context), void *context);
void mailbox_free(struct mailbox *box);                       // must be empty
bool mailbox_send(struct mailbox *box, struct mail *message); // false when full: still the sender's
struct mail *mailbox_take(struct mailbox *box);               // NULL when empty; does not wait
struct mail *mailbox_wait(struct mailbox *box);               // waits; NULL once closed and empty
void mailbox_close(struct mailbox *box);
