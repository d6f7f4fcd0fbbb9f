#include "engine/asked.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/event_intake.h"
#include "engine/events.h"
#include "engine/state.h"
#include "engine/timers.h"

enum asked_kind { ASKED_TIMER, ASKED_EARLY, ASKED_EFFECT, ASKED_EMIT, ASKED_NOTE };

struct asked {
    struct list node;
    enum asked_kind kind;
    char *instance, *path, *name, *type;
    int64_t attempt;
    json value;
};

static void asked_free(struct asked *a)
{
    list_remove(&a->node);
    mem_free(a->instance);
    mem_free(a->path);
    mem_free(a->name);
    mem_free(a->type);
    json_free(a->value);
    mem_free(a);
}

void handler_init(struct handler *h)
{
    list_init(&h->asked);
    h->wrote_rows = false;
}

void handler_forget_asked(struct handler *h)
{
    while (!list_is_empty(&h->asked))
        asked_free(list_owner(h->asked.next, struct asked, node));
}

// A timer armed anew or dropped takes back what it had already put into the inbox.
static void forget_fired(struct engine *e, const struct asked *a)
{
    struct live *l = live_in_memory(e, a->instance);
    if (!l)
        return;
    list_each_safe(&l->inbox.entries, node, after)
    {
        struct inbox_entry *entry = list_owner(node, struct inbox_entry, node);
        if (entry->kind != INBOX_STEP || entry->what != STEP_TIMER ||
            entry->attempt != a->attempt || strcmp(entry->path, a->path) != 0 ||
            strcmp(entry->name, a->name) != 0)
            continue;
        list_remove(node);
        l->inbox.count--;
        inbox_entry_free(entry);
    }
}

static void emit(struct engine *e, json event)
{
    struct event_receipt receipt;
    struct fail why = {0};
    if (!event_accept(e, event, &receipt, &why))
        log_error("engine", "event_refused", "reason=\"%s\"", why.message); // it was checked before
}

static void note(struct engine *e, const struct asked *a)
{
    struct live *l = live_find(e, a->instance);
    if (l)
        live_note(e, l, json_ref(a->value));
}

static void asked_do(struct engine *e, const struct asked *a)
{
    struct step_address address = {a->instance, a->path, a->attempt};
    switch (a->kind) {
    case ASKED_TIMER:
        forget_fired(e, a);
        return;
    case ASKED_EARLY:
        correlate_early_step(e, &address, a->name, a->type, a->value);
        return;
    case ASKED_EFFECT:
        watch_release(e, a->instance, a->path, a->attempt, a->name);
        return;
    case ASKED_EMIT:
        emit(e, a->value);
        return;
    case ASKED_NOTE:
        note(e, a);
        return;
    }
}

void handler_do_asked(struct engine *e, struct handler *h)
{
    while (!list_is_empty(&h->asked)) {
        struct asked *a = list_owner(h->asked.next, struct asked, node);
        asked_do(e, a);
        asked_free(a);
    }
}

// Outside a handler there is nothing to undo, so it is done at once.
static void ask(struct engine *e, enum asked_kind kind, const struct step_address *address,
                const char *name, const char *type, json value_take)
{
    struct asked *a = mem_new(struct asked);
    *a = (struct asked){.kind = kind,
                        .instance = mem_string(address ? address->instance : ""),
                        .path = mem_string(address ? address->path : ""),
                        .name = mem_string(name ? name : ""),
                        .type = mem_string(type ? type : ""),
                        .attempt = address ? address->attempt : 0,
                        .value = value_take};
    list_init(&a->node);
    if (e->handler) {
        list_append(&e->handler->asked, &a->node);
        return;
    }
    asked_do(e, a);
    asked_free(a);
}

static void wrote(struct engine *e)
{
    if (e->handler)
        e->handler->wrote_rows = true;
}

void engine_step_timer(struct engine *e, const struct step_address *a, const char *name,
                       int64_t due_ms)
{
    wrote(e);
    timers_put(e, a->instance, a->path, a->attempt, name, due_ms, "step");
    ask(e, ASKED_TIMER, a, name, NULL, json_absent());
}

void engine_step_timer_drop(struct engine *e, const struct step_address *a, const char *name)
{
    wrote(e);
    timers_drop(e, a->instance, a->path, a->attempt, name);
    ask(e, ASKED_TIMER, a, name, NULL, json_absent());
}

void engine_step_subscribe(struct engine *e, const struct step_address *a, const char *name,
                           const char *type, json with)
{
    wrote(e);
    correlate_subscribe_step(e, a, name, type, with);
    ask(e, ASKED_EARLY, a, name, type, json_ref(with));
}

void engine_step_unsubscribe(struct engine *e, const struct step_address *a, const char *name)
{
    wrote(e);
    correlate_unsubscribe_step(e, a, name);
}

void engine_step_effect(struct engine *e, const struct step_address *a, const char *name,
                        const char *kind, const char *class, json request, bool owner_waits)
{
    wrote(e);
    outbox_put(e, &(struct outbox_ask){.instance = a->instance,
                                       .path = a->path,
                                       .attempt = a->attempt,
                                       .name = name,
                                       .kind = kind,
                                       .class = class,
                                       .owner = owner_waits ? "step" : "none",
                                       .request = request});
    ask(e, ASKED_EFFECT, a, name, NULL, json_absent());
}

void engine_step_effect_at(struct engine *e, const struct step_address *a, const char *name,
                           const char *kind, const char *class, json request, int64_t due_ms)
{
    must(due_ms > 0);
    wrote(e);
    outbox_put(e, &(struct outbox_ask){.instance = a->instance,
                                       .path = a->path,
                                       .attempt = a->attempt,
                                       .name = name,
                                       .kind = kind,
                                       .class = class,
                                       .owner = "none",
                                       .request = request,
                                       .due_ms = due_ms});
}

bool engine_step_emit(struct engine *e, json event, struct fail *why)
{
    json complete = event_complete(e, event);
    if (!event_check(complete, why)) {
        json_free(complete);
        return false;
    }
    ask(e, ASKED_EMIT, NULL, NULL, NULL, complete);
    return true;
}

void engine_step_note(struct engine *e, const struct step_address *a, json entry)
{
    ask(e, ASKED_NOTE, a, NULL, NULL, json_ref(entry));
}
