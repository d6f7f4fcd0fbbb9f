#include "engine/inbox.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"

// Names, not numbers, go to the disk: the enums may grow.
static const char *const machine_names[] = {
    [INPUT_START] = "start",   [INPUT_RESULT] = "result", [INPUT_TIMER] = "timer",
    [INPUT_EVENT] = "event",   [INPUT_CANCEL] = "cancel", [INPUT_SUSPEND] = "suspend",
    [INPUT_RESUME] = "resume", [INPUT_RETRY] = "retry",
};
static const char *const step_names[] = {
    [STEP_START] = "step-start", [STEP_ANSWER] = "step-answer", [STEP_TIMER] = "step-timer",
    [STEP_EVENT] = "step-event", [STEP_RESULT] = "step-result", [STEP_STOP] = "step-stop",
};
static const char fail_name[] = "step-fail";

#define COUNT(names) (sizeof(names) / sizeof(*(names)))

void inbox_init(struct inbox *in)
{
    list_init(&in->entries);
    list_init(&in->urgent);
    in->count = 0;
}

static void free_all(struct list *entries)
{
    list_each_safe(entries, node, after)
        inbox_entry_free(list_owner(node, struct inbox_entry, node));
    list_init(entries);
}

void inbox_done(struct inbox *in)
{
    free_all(&in->urgent);
    free_all(&in->entries);
    in->count = 0;
}

bool inbox_is_empty(const struct inbox *in)
{
    return in->count == 0;
}

struct inbox_entry *inbox_entry_new(enum inbox_kind kind, int what, struct wait_address address,
                                    json value)
{
    const char *path = address.path ? address.path : "", *name = address.name ? address.name : "";
    size_t path_size = strlen(path) + 1, name_size = strlen(name) + 1;
    struct inbox_entry *entry = mem_alloc(sizeof(*entry) + path_size + name_size);
    *entry = (struct inbox_entry){
        .kind = kind, .what = what, .attempt = address.attempt, .value = value, .filter = -1};
    entry->correlation = json_absent();
    entry->path = (char *)(entry + 1);
    entry->name = entry->path + path_size;
    memcpy(entry->path, path, path_size);
    memcpy(entry->name, name, name_size);
    list_init(&entry->node);
    return entry;
}

void inbox_entry_free(struct inbox_entry *entry)
{
    if (!entry)
        return;
    json_free(entry->value);
    json_free(entry->correlation);
    mem_free(entry);
}

void inbox_put(struct inbox *in, struct inbox_entry *entry)
{
    list_append(&in->entries, &entry->node);
    in->count++;
}

void inbox_put_urgent(struct inbox *in, struct inbox_entry *entry)
{
    entry->urgent = true;
    list_append(&in->urgent, &entry->node);
    in->count++;
}

void inbox_put_back(struct inbox *in, const struct inbox_entry *entry)
{
    struct wait_address address = {entry->path, entry->attempt, entry->name};
    struct inbox_entry *copy =
        inbox_entry_new(entry->kind, entry->what, address, json_ref(entry->value));
    copy->failed = entry->failed;
    copy->filter = entry->filter;
    copy->correlation = json_ref(entry->correlation);
    copy->event_seq = entry->event_seq;
    list_append(in->entries.next, &copy->node); // before the first
    in->count++;
}

void inbox_put_first(struct inbox *in, struct inbox_entry *entry)
{
    list_append(in->urgent.next, &entry->node); // appending to the first puts it before that
    in->count++;
}

static bool is_control(const struct inbox_entry *entry)
{
    return entry->kind == INBOX_MACHINE &&
           (entry->what == INPUT_CANCEL || entry->what == INPUT_SUSPEND ||
            entry->what == INPUT_RESUME || entry->what == INPUT_RETRY);
}

static struct list *first_takable(const struct inbox *in, bool paused)
{
    if (!paused && !list_is_empty(&in->urgent))
        return in->urgent.next;
    list_each(&in->entries, node)
    {
        if (!paused || is_control(list_owner(node, struct inbox_entry, node)))
            return node;
    }
    return NULL;
}

bool inbox_has_next(const struct inbox *in, bool paused)
{
    return first_takable(in, paused) != NULL;
}

struct inbox_entry *inbox_take(struct inbox *in, bool paused)
{
    struct list *node = first_takable(in, paused);
    if (!node)
        return NULL;
    list_remove(node);
    must(in->count > 0);
    in->count--;
    return list_owner(node, struct inbox_entry, node);
}

static const char *entry_word(const struct inbox_entry *entry)
{
    switch (entry->kind) {
    case INBOX_MACHINE:
        return machine_names[entry->what];
    case INBOX_STEP:
        return step_names[entry->what];
    case INBOX_FAIL:
        return fail_name;
    }
    must_not_reach();
}

static json entry_encode(const struct inbox_entry *entry)
{
    json out = json_object();
    json_set_text(&out, "is", entry_word(entry));
    if (*entry->path)
        json_set_text(&out, "path", entry->path);
    if (entry->attempt)
        json_set_int(&out, "attempt", entry->attempt);
    if (*entry->name)
        json_set_text(&out, "name", entry->name);
    if (!json_is_absent(entry->value))
        json_set(&out, "value", entry->value);
    if (entry->failed)
        json_set_bool(&out, "failed", true);
    if (entry->filter >= 0)
        json_set_int(&out, "filter", entry->filter);
    if (!json_is_absent(entry->correlation))
        json_set(&out, "correlation", entry->correlation);
    if (entry->event_seq)
        json_set_int(&out, "event", entry->event_seq);
    return out;
}

json inbox_encode(const struct inbox *in)
{
    json out = json_array();
    list_each(&in->urgent, node)
        json_append_take(&out, entry_encode(list_owner(node, struct inbox_entry, node)));
    list_each(&in->entries, node)
        json_append_take(&out, entry_encode(list_owner(node, struct inbox_entry, node)));
    return out;
}

static int find_word(const char *const *names, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0)
            return (int)i;
    }
    return -1;
}

static struct inbox_entry *entry_decode(json v)
{
    const char *word = json_get_text(v, "is", "");
    int machine = find_word(machine_names, COUNT(machine_names), word);
    int step = find_word(step_names, COUNT(step_names), word);
    must(machine >= 0 || step >= 0 || strcmp(word, fail_name) == 0);
    enum inbox_kind kind = machine >= 0 ? INBOX_MACHINE : step >= 0 ? INBOX_STEP : INBOX_FAIL;
    struct wait_address address = {json_get_text(v, "path", ""), json_get_int(v, "attempt", 0),
                                   json_get_text(v, "name", "")};
    struct inbox_entry *entry = inbox_entry_new(kind,
                                                machine >= 0 ? machine
                                                : step >= 0  ? step
                                                             : 0,
                                                address, json_get(v, "value"));
    entry->failed = json_get_bool(v, "failed", false);
    entry->filter = (int)json_get_int(v, "filter", -1);
    entry->correlation = json_get(v, "correlation");
    entry->event_seq = json_get_int(v, "event", 0);
    return entry;
}

void inbox_decode(struct inbox *in, json array)
{
    for (size_t i = 0; i < json_length(array); i++) {
        json v = json_at(array, i);
        inbox_put(in, entry_decode(v));
        json_free(v);
    }
}
