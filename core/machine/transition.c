#include "base/mem.h"
#include "machine/machine.h"

void transition_init(struct transition *t)
{
    *t = (struct transition){.entries = json_array()};
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

void transition_clear(struct transition *t)
{
    free_actions(t);
    arena_done(&t->arena);
    arena_init(&t->arena);
    json_swap_take(&t->entries, json_array());
    t->ended = false;
}

void transition_done(struct transition *t)
{
    free_actions(t);
    mem_free(t->actions);
    arena_done(&t->arena);
    json_free(t->entries);
}
