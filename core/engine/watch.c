#include "engine/watch.h"

#include "base/mem.h"
#include "base/must.h"
#include "engine/outbox.h"
#include "engine/state.h"
#include "store/entry.h"

enum note_kind { NOTE_CALL, NOTE_HAPPENED, NOTE_ENDED, NOTE_RELEASE };

struct note {
    struct list node;
    enum note_kind kind;
    void (*done)(void *context);
    void *context;
    char *instance, *path, *name;
    int64_t attempt; // or at_ms
    json entries;
};

struct waiter {
    struct list node;
    void (*ended)(void *context, const char *id);
    void *context;
};

struct listener {
    struct list node;
    engine_happened *happened;
    void *context;
};

static struct commit_notes *notes_new(struct engine *e)
{
    struct commit_notes *notes = mem_new(struct commit_notes);
    notes->engine = e;
    list_init(&notes->notes);
    list_init(&notes->node);
    return notes;
}

static void note_free(struct note *n)
{
    list_remove(&n->node);
    mem_free(n->instance);
    mem_free(n->path);
    mem_free(n->name);
    json_free(n->entries);
    mem_free(n);
}

static void notes_free(struct commit_notes *notes)
{
    list_each_safe(&notes->notes, node, after) note_free(list_owner(node, struct note, node));
    list_remove(&notes->node);
    mem_free(notes);
}

static void waiters_free(struct list *waiters)
{
    list_each_safe(waiters, node, after) mem_free(list_owner(node, struct waiter, node));
    mem_free(waiters);
}

void watch_init(struct engine *e)
{
    list_init(&e->watch.in_flight);
    list_init(&e->watch.listeners);
    map_init(&e->watch.ended);
    e->watch.current = notes_new(e);
}

void watch_done(struct engine *e)
{
    struct watch *w = &e->watch;
    list_each_safe(&w->in_flight, node, after)
        notes_free(list_owner(node, struct commit_notes, node));
    notes_free(w->current);
    list_each_safe(&w->listeners, node, after) mem_free(list_owner(node, struct listener, node));
    struct map_entry *entry;
    for (size_t i = 0; map_next(&w->ended, &i, &entry);)
        waiters_free(entry->value);
    map_done(&w->ended);
}

static struct note *note_add(struct commit_notes *notes, enum note_kind kind)
{
    struct note *n = mem_new(struct note);
    n->kind = kind;
    n->entries = json_absent();
    list_append(&notes->notes, &n->node);
    return n;
}

// Where something belongs that is to be said once all written so far is durable; NULL: now.
static struct commit_notes *latest_notes(struct engine *e)
{
    struct watch *w = &e->watch;
    if (store_has_writes(e->store) || !list_is_empty(&e->lives.dirty) || watch_has_notes(e))
        return w->current;
    if (!list_is_empty(&w->in_flight))
        return list_owner(w->in_flight.previous, struct commit_notes, node);
    return NULL;
}

void engine_after_commit(struct engine *e, void (*done)(void *context), void *context)
{
    struct commit_notes *notes = latest_notes(e);
    if (!notes) {
        done(context);
        return;
    }
    struct note *n = note_add(notes, NOTE_CALL);
    n->done = done;
    n->context = context;
}

void watch_happened(struct engine *e, const char *instance, int64_t at_ms,
                    const struct bytes *entries)
{
    if (e->watch.listener_count == 0)
        return;
    struct note *n = note_add(e->watch.current, NOTE_HAPPENED);
    n->instance = mem_string(instance);
    n->attempt = at_ms;
    struct fail why;
    bool read = entries_read(entries->data, entries->length, &n->entries, &why);
    must(read); // it was written just now
}

void watch_ended(struct engine *e, const char *instance)
{
    if (!map_has(&e->watch.ended, instance))
        return;
    note_add(e->watch.current, NOTE_ENDED)->instance = mem_string(instance);
}

void watch_release(struct engine *e, const char *instance, const char *path, int64_t attempt,
                   const char *name)
{
    struct note *n = note_add(e->watch.current, NOTE_RELEASE);
    n->instance = mem_string(instance);
    n->path = mem_string(path);
    n->name = mem_string(name);
    n->attempt = attempt;
}

bool watch_has_notes(const struct engine *e)
{
    return !list_is_empty(&e->watch.current->notes);
}

static void tell_listeners(struct engine *e, const struct note *n)
{
    for (size_t i = 0; i < json_length(n->entries); i++) {
        json entry = json_at(n->entries, i);
        list_each_safe(&e->watch.listeners, node, after)
        {
            struct listener *l = list_owner(node, struct listener, node);
            l->happened(l->context, n->instance, n->attempt, entry);
        }
        json_free(entry);
    }
}

// One at a time out of the map, since what is called may forget others.
static void tell_waiters(struct engine *e, const char *id)
{
    struct list *waiters;
    while ((waiters = map_get(&e->watch.ended, id)) && !list_is_empty(waiters)) {
        struct waiter w = *list_owner(waiters->next, struct waiter, node);
        struct list *node = waiters->next;
        list_remove(node);
        mem_free(list_owner(node, struct waiter, node));
        w.ended(w.context, id);
    }
    mem_free(map_remove(&e->watch.ended, id));
}

static void note_say(struct engine *e, const struct note *n)
{
    switch (n->kind) {
    case NOTE_CALL:
        n->done(n->context);
        return;
    case NOTE_HAPPENED:
        tell_listeners(e, n);
        return;
    case NOTE_ENDED:
        tell_waiters(e, n->instance);
        return;
    case NOTE_RELEASE:
        outbox_release(e, n->instance, n->path, n->attempt, n->name);
        return;
    }
}

// What is said may lead to new operations; their notes belong to the current batch, not to this.
static void notes_say(struct commit_notes *notes)
{
    struct engine *e = notes->engine;
    while (!list_is_empty(&notes->notes)) {
        struct note *n = list_owner(notes->notes.next, struct note, node);
        list_remove(&n->node);
        note_say(e, n);
        note_free(n);
    }
    notes_free(notes);
}

static void committed(void *context, uint64_t commit)
{
    (void)commit;
    struct commit_notes *notes = context;
    struct engine *e = notes->engine;
    must(list_owner(e->watch.in_flight.next, struct commit_notes, node) == notes); // in order
    list_remove(&notes->node);
    e->figures.commits++;
    notes_say(notes);
    engine_call_wake(e);
}

static void notes_move(struct commit_notes *from, struct commit_notes *to)
{
    while (!list_is_empty(&from->notes)) {
        struct list *node = from->notes.next;
        list_remove(node);
        list_append(&to->notes, node);
    }
}

bool watch_seal(struct engine *e)
{
    struct watch *w = &e->watch;
    struct commit_notes *notes = w->current;
    if (store_has_writes(e->store)) {
        w->current = notes_new(e);
        list_append(&w->in_flight, &notes->node);
        store_seal(e->store, e->now_ms, committed, notes);
        return true;
    }
    if (!watch_has_notes(e))
        return false;
    if (!list_is_empty(&w->in_flight)) {
        notes_move(notes, list_owner(w->in_flight.previous, struct commit_notes, node));
        return true;
    }
    w->current = notes_new(e);
    notes_say(notes);
    return true;
}

void engine_when_ended(struct engine *e, const char *id,
                       void (*ended)(void *context, const char *id), void *context)
{
    struct list *waiters = map_get(&e->watch.ended, id);
    if (!waiters) {
        waiters = mem_new(struct list);
        list_init(waiters);
        map_put(&e->watch.ended, id, waiters);
    }
    struct waiter *w = mem_new(struct waiter);
    w->ended = ended;
    w->context = context;
    list_append(waiters, &w->node);
    struct live *l = live_find(e, id);
    if (l && live_is_open(l))
        return;
    struct commit_notes *notes = latest_notes(e);
    if (notes)
        note_add(notes, NOTE_ENDED)->instance = mem_string(id);
    else
        tell_waiters(e, id);
}

void engine_forget_ended(struct engine *e, void *context)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&e->watch.ended, &i, &entry);) {
        struct list *waiters = entry->value;
        list_each_safe(waiters, node, after)
        {
            struct waiter *w = list_owner(node, struct waiter, node);
            if (w->context != context)
                continue;
            list_remove(node);
            mem_free(w);
        }
        if (list_is_empty(waiters))
            mem_free(map_remove(&e->watch.ended, entry->key));
    }
}

void engine_listen(struct engine *e, engine_happened *happened, void *context)
{
    struct listener *l = mem_new(struct listener);
    l->happened = happened;
    l->context = context;
    list_append(&e->watch.listeners, &l->node);
    e->watch.listener_count++;
}

void engine_unlisten(struct engine *e, void *context)
{
    list_each_safe(&e->watch.listeners, node, after)
    {
        struct listener *l = list_owner(node, struct listener, node);
        if (l->context != context)
            continue;
        list_remove(node);
        mem_free(l);
        e->watch.listener_count--;
    }
}
