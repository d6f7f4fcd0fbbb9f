#include "base/mem.h"
#include "machine/machine.h"

void transition_init(struct transition *t)
{
    *t = (struct transition){0};
    arena_init(&t->arena);
}

static void free_actions(struct transition *t)
{
    for (size_t i = 0; i < t->count; i++) {
        json_free(t->actions[i].correlation);
        json_free(t->actions[i].with);
        json_free(t->actions[i].request);
    }
    t->count = 0;
}

static void free_told(struct transition *t)
{
    for (size_t i = 0; i < t->told_count; i++)
        json_free(t->told[i].more);
    t->told_count = 0;
}

void transition_clear(struct transition *t)
{
    free_actions(t);
    free_told(t);
    arena_done(&t->arena);
    arena_init(&t->arena);
    t->ended = false;
}

void transition_done(struct transition *t)
{
    free_actions(t);
    free_told(t);
    mem_free(t->actions);
    mem_free(t->told);
    arena_done(&t->arena);
}

json lifecycle_json(const struct lifecycle_entry *told)
{
    json entry = json_is_object(told->more) ? json_ref(told->more) : json_object();
    json_set_text(&entry, "type", told->type);
    json_set_text(&entry, "reference", told->reference);
    json_set_text(&entry, "name", told->name);
    if (told->attempt != LIFECYCLE_NO_ATTEMPT)
        json_set_int(&entry, "attempt", told->attempt);
    return entry;
}
