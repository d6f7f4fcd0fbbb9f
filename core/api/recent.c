#include "api/recent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"

void recent_begin(struct recent *r)
{
    if (r->events)
        return;
    uint64_t life;
    random_secret(&life, sizeof(life));
    snprintf(r->life, sizeof(r->life), "%016" PRIx64, life);
    r->events = mem_zero(RECENT_EVENTS_MAX, sizeof(*r->events));
}

static struct recent_event *slot(const struct recent *r, uint64_t number)
{
    return &r->events[number % RECENT_EVENTS_MAX];
}

static void drop_oldest(struct recent *r)
{
    struct recent_event *oldest = slot(r, r->last - r->count + 1);
    must(oldest->text && r->bytes >= oldest->bytes);
    r->bytes -= oldest->bytes;
    r->count--;
    mem_free(oldest->instance);
    mem_free(oldest->text);
    *oldest = (struct recent_event){0};
}

void recent_done(struct recent *r)
{
    while (r->count)
        drop_oldest(r);
    mem_free(r->events);
    *r = (struct recent){0};
}

// One that is larger than the whole ring leaves it empty: then nobody can go on from before it.
void recent_add(struct recent *r, const char *instance, const char *text)
{
    must(r->events);
    size_t bytes = strlen(text);
    while (r->count && (r->count == RECENT_EVENTS_MAX || r->bytes + bytes > RECENT_BYTES_MAX))
        drop_oldest(r);
    r->last++;
    if (bytes > RECENT_BYTES_MAX)
        return;
    *slot(r, r->last) = (struct recent_event){
        .instance = mem_string(instance), .text = mem_string(text), .bytes = bytes};
    r->count++;
    r->bytes += bytes;
}

void recent_id(const struct recent *r, uint64_t number, char out[RECENT_ID_SIZE])
{
    int length = snprintf(out, RECENT_ID_SIZE, "%s.%" PRIu64, r->life, number);
    must(length > 0 && length < RECENT_ID_SIZE);
}

// Compared as text with the id that was given out, so that nothing else passes for one.
bool recent_find(const struct recent *r, const char *id, uint64_t *number)
{
    for (uint64_t back = 0; r->events && back <= r->count; back++) {
        char known[RECENT_ID_SIZE];
        recent_id(r, r->last - back, known);
        if (strcmp(known, id) == 0) {
            *number = r->last - back;
            return true;
        }
    }
    return false;
}

const struct recent_event *recent_at(const struct recent *r, uint64_t number)
{
    must(number <= r->last && number > r->last - r->count);
    return slot(r, number);
}
