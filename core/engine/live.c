#include "engine/live.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "engine/incident.h"
#include "engine/live_row.h"
#include "engine/rows.h"
#include "engine/state.h"
#include "engine/timers.h"
#include "store/entry.h"

#define WAITS_FOR_BYTES_MAX 4096
#define INBOX_TIMER         "inbox"

static void live_free(struct live *l)
{
    list_remove(&l->ready_node);
    list_remove(&l->dirty_node);
    list_remove(&l->clean_node);
    inbox_done(&l->inbox);
    payloads_done(&l->payloads);
    instance_free(l->instance);
    json_free(l->unread);
    bytes_done(&l->entries);
    mem_free(l->title);
    mem_free(l->parent);
    mem_free(l->parent_wait);
    mem_free(l->incident);
    mem_free(l);
}

void lives_init(struct lives *lives)
{
    map_init(&lives->by_id);
    list_init(&lives->ready);
    list_init(&lives->dirty);
    list_init(&lives->clean);
    lives->clean_count = 0;
}

void lives_done(struct lives *lives)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&lives->by_id, &i, &entry);)
        live_free(entry->value);
    map_done(&lives->by_id);
}

struct live *live_new(struct engine *e, struct catalogue_entry *entry, struct definition *d)
{
    struct live *l = mem_new(struct live);
    struct id id = id_new(e->now_ms, &e->random);
    memcpy(l->id, id.text, sizeof(l->id));
    l->entry = entry;
    l->instance = instance_new(l->id, d, e->now_ms);
    l->unread = json_absent();
    l->created_ms = l->updated_ms = e->now_ms;
    l->ended_ms = INSTANT_NONE;
    l->removed_ms = EXPIRY_NONE;
    l->events_from = e->correlator.next_seq;
    inbox_init(&l->inbox);
    list_init(&l->ready_node);
    list_init(&l->dirty_node);
    list_init(&l->clean_node);
    must(map_put(&e->lives.by_id, l->id, l) == NULL);
    live_touch(e, l);
    return l;
}

struct live *live_in_memory(struct engine *e, const char *id)
{
    return map_get(&e->lives.by_id, id);
}

// The most recently used at the end.
static void mark_clean(struct engine *e, struct live *l)
{
    if (list_is_empty(&l->clean_node))
        e->lives.clean_count++;
    list_remove(&l->clean_node);
    list_append(&e->lives.clean, &l->clean_node);
}

static void mark_pinned(struct engine *e, struct live *l)
{
    if (!list_is_empty(&l->clean_node))
        e->lives.clean_count--;
    list_remove(&l->clean_node);
}

struct live *live_find(struct engine *e, const char *id)
{
    struct live *l = live_in_memory(e, id);
    if (l) {
        if (!list_is_empty(&l->clean_node))
            mark_clean(e, l);
        return l;
    }
    struct row row = {0};
    rows_get(e->store, TABLE_INSTANCE, (struct value[]){value_text(id)}, &row);
    if (row_is_there(&row)) {
        l = live_row_read(e, &row);
        map_put(&e->lives.by_id, l->id, l);
        mark_clean(e, l);
        if (!inbox_is_empty(&l->inbox)) {
            mark_pinned(e, l);
            live_queue(e, l);
        }
    }
    row_done(&row);
    return l;
}

enum instance_status live_status(const struct live *l)
{
    return l->instance ? instance_status(l->instance) : l->unread_status;
}

enum instance_status live_status_shown(struct engine *e, const struct live *l)
{
    enum instance_status status = live_status(l);
    if (status == STATUS_WAITING && l->instance && l->has_steps && outbox_any_of(e, l->id))
        return STATUS_RUNNING;
    return status;
}

bool live_is_open(const struct live *l)
{
    enum instance_status s = live_status(l);
    return s != STATUS_CANCELLED && s != STATUS_FAULTED && s != STATUS_COMPLETED;
}

// What cannot be read now is kept as it is, with all that comes for it, as if paused.
bool live_is_paused(const struct live *l)
{
    return !l->instance || instance_status(l->instance) == STATUS_SUSPENDED;
}

void live_touch(struct engine *e, struct live *l)
{
    if (l->dirty)
        return;
    l->dirty = true;
    mark_pinned(e, l);
    list_append(&e->lives.dirty, &l->dirty_node);
}

static void drop_event(struct engine *e, struct live *l, struct inbox_entry *entry)
{
    json note = json_object();
    json_set_text(&note, "type", "event-dropped");
    json_set_text(&note, "reference", entry->path);
    json_set_int(&note, "event", entry->event_seq);
    live_note(e, l, note);
    e->figures.inputs_dropped++;
    inbox_entry_free(entry);
}

void live_put(struct engine *e, struct live *l, struct inbox_entry *entry)
{
    if (entry->event_seq && l->inbox.count >= LIVE_INBOX_MAX && live_is_paused(l)) {
        drop_event(e, l, entry);
        return;
    }
    inbox_put(&l->inbox, entry);
    live_ready(e, l);
}

void live_ready(struct engine *e, struct live *l)
{
    live_touch(e, l);
    if (list_is_empty(&l->ready_node))
        live_queue(e, l);
    engine_call_wake(e);
}

void live_queue(struct engine *e, struct live *l)
{
    list_remove(&l->ready_node);
    list_append(&e->lives.ready, &l->ready_node);
    l->ready_ms = e->now_ms;
}

void live_rest(struct engine *e, struct live *l)
{
    list_remove(&l->ready_node);
    if (!l->dirty)
        mark_clean(e, l);
}

static struct bytes *begun_entries(struct live *l)
{
    if (!l->entries.data) {
        bytes_init(&l->entries, SIZE_MAX / 4);
        bytes_add_char(&l->entries, '[');
    }
    return &l->entries;
}

void live_note(struct engine *e, struct live *l, json entry_taken)
{
    entry_add_json(entry_taken, begun_entries(l));
    json_free(entry_taken);
    live_touch(e, l);
}

void live_tell(struct live *l, const struct lifecycle_entry *told)
{
    static_assert(ENTRY_NO_ATTEMPT == LIFECYCLE_NO_ATTEMPT, "both mean the workflow itself");
    entry_add(&(struct entry){told->type, told->reference, told->name, told->attempt, told->more},
              begun_entries(l));
}

void live_incident(struct engine *e, struct live *l, const char *sentence)
{
    if (sentence == NULL ? l->incident == NULL : l->incident && strcmp(l->incident, sentence) == 0)
        return;
    json entry = json_object();
    json_set_text(&entry, "type", sentence ? "incident" : "incident-over");
    if (sentence)
        json_set_text(&entry, "message", sentence);
    live_note(e, l, entry);
    mem_free(l->incident);
    l->incident = mem_string(sentence);
    if (sentence)
        e->figures.incidents++;
}

static void append_history(struct engine *e, struct live *l)
{
    if (!l->entries.data)
        return;
    bytes_add_char(&l->entries, ']');
    audit_append_text(e->store, l->id, e->now_ms, &l->entries, &l->head);
    watch_happened(e, l->id, e->now_ms, &l->entries);
    bytes_done(&l->entries);
}

// The marker by which recovery finds an instance that had more to take when its batch was sealed.
static void put_inbox_marker(struct engine *e, struct live *l)
{
    bool wanted = !inbox_is_empty(&l->inbox);
    if (wanted && !l->inbox_saved)
        timers_put(e, l->id, "", 0, INBOX_TIMER, TIMERS_INBOX_DUE_MS, "inbox");
    if (!wanted && l->inbox_saved)
        timers_drop(e, l->id, "", 0, INBOX_TIMER);
    l->inbox_saved = wanted;
}

static void flush_one(struct engine *e, struct live *l)
{
    struct bytes sentence;
    bytes_init(&sentence, WAITS_FOR_BYTES_MAX);
    if (live_is_open(l))
        incident_sentence(e, l, &sentence);
    incident_check(e, l);
    append_history(e, l);
    l->updated_ms = e->now_ms;
    put_inbox_marker(e, l);
    live_row_put(e, l, sentence.length > 0 ? sentence.data : NULL);
    bytes_done(&sentence);
    l->dirty = false;
    l->child_now = false;
    list_remove(&l->dirty_node);
    if (list_is_empty(&l->ready_node))
        mark_clean(e, l);
}

void lives_flush(struct engine *e)
{
    while (!list_is_empty(&e->lives.dirty))
        flush_one(e, list_owner(e->lives.dirty.next, struct live, dirty_node));
}

void lives_trim(struct engine *e)
{
    while (e->lives.clean_count > warm_clean_max(e)) {
        struct live *l = list_owner(e->lives.clean.next, struct live, clean_node);
        must(!l->dirty);
        mark_pinned(e, l);
        map_remove(&e->lives.by_id, l->id);
        live_free(l);
    }
}
