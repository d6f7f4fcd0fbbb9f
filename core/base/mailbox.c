#include "base/mailbox.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/must.h"

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled; // or closed
    struct mail *first;
    struct mail **end; // where the next one is linked
    size_t count, count_max;
    bool closed;
    void (*wake)(void *context);
    void *context;
};

struct mailbox *mailbox_new(size_t count_max, void (*wake)(void *context), void *context)
{
    must(count_max > 0);
    struct mailbox *box = mem_new(struct mailbox);
    must(pthread_mutex_init(&box->lock, NULL) == 0);
    must(pthread_cond_init(&box->filled, NULL) == 0);
    box->end = &box->first;
    box->count_max = count_max;
    box->wake = wake;
    box->context = context;
    return box;
}

void mailbox_free(struct mailbox *box)
{
    if (!box)
        return;
    must(box->count == 0);
    pthread_cond_destroy(&box->filled);
    pthread_mutex_destroy(&box->lock);
    mem_free(box);
}

bool mailbox_send(struct mailbox *box, struct mail *message)
{
    must(pthread_mutex_lock(&box->lock) == 0);
    bool accepted = !box->closed && box->count < box->count_max;
    bool was_empty = box->count == 0;
    if (accepted) {
        message->next = NULL;
        *box->end = message;
        box->end = &message->next;
        box->count++;
        pthread_cond_signal(&box->filled);
    }
    must(pthread_mutex_unlock(&box->lock) == 0);
    // Outside the lock: wake may be slow, and the receiver must not wait for it. It may have taken
    // the message by now; then the wake is one too many and harmless.
    if (accepted && was_empty && box->wake)
        box->wake(box->context);
    return accepted;
}

static struct mail *unlink_first(struct mailbox *box)
{
    struct mail *message = box->first;
    if (!message)
        return NULL;
    box->first = message->next;
    if (!box->first)
        box->end = &box->first;
    box->count--;
    must((box->count == 0) == (box->first == NULL));
    message->next = NULL;
    return message;
}

struct mail *mailbox_take(struct mailbox *box)
{
    must(pthread_mutex_lock(&box->lock) == 0);
    struct mail *message = unlink_first(box);
    must(pthread_mutex_unlock(&box->lock) == 0);
    return message;
}

struct mail *mailbox_wait(struct mailbox *box)
{
    must(pthread_mutex_lock(&box->lock) == 0);
    while (!box->first && !box->closed)
        must(pthread_cond_wait(&box->filled, &box->lock) == 0);
    struct mail *message = unlink_first(box);
    must(pthread_mutex_unlock(&box->lock) == 0);
    return message;
}

void mailbox_close(struct mailbox *box)
{
    must(pthread_mutex_lock(&box->lock) == 0);
    box->closed = true;
    pthread_cond_broadcast(&box->filled);
    must(pthread_mutex_unlock(&box->lock) == 0);
}
