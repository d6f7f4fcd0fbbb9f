// What clients were told (after_commit) must be true after every crash: the instance is there, the
// event is known, the answer is kept under its receipt, what ended has ended the same way, what was
// cancelled does not go on.
#include "simulate/world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "people/item.h"

#define EVENTS_CHECKED_PERCENT 20 // to look is to send again, so not all are looked at each time

enum told_what { TOLD_START, TOLD_DEFINITION, TOLD_EVENT, TOLD_ANSWER, TOLD_CANCEL, TOLD_END };

struct promise {
    struct list node;
    struct simulation *s;
    enum told_what what;
    bool is_told; // else it waits for its commit
    char id[200];
    char status[16];  // END
    char version[16]; // START, DEFINITION
};

static void now_told(void *context)
{
    struct promise *t = context;
    t->is_told = true;
    simulate_told_shown(t->s);
}

static struct promise *add(struct simulation *s, enum told_what what, const char *id)
{
    struct promise *t = mem_new(struct promise);
    t->s = s;
    t->what = what;
    snprintf(t->id, sizeof t->id, "%s", id);
    list_append(&s->told, &t->node);
    return t;
}

static void status_of(struct simulation *s, const char *id, char status[16])
{
    struct fail why = {0};
    json shown = engine_show(s->engine, id, &why);
    snprintf(status, 16, "%s", json_get_text(shown, "status", ""));
    json_free(shown);
}

static bool is_open(const char *status)
{
    return strcmp(status, "pending") == 0 || strcmp(status, "running") == 0 ||
           strcmp(status, "waiting") == 0 || strcmp(status, "suspended") == 0;
}

static void now_ended(void *context, const char *id)
{
    struct simulation *s = context;
    char status[16];
    status_of(s, id, status);
    simulate_trace(s, "ended %s %s", id, status);
    if (is_open(status))
        return; // it was retried before this could be said
    struct promise *t = add(s, TOLD_END, id);
    memcpy(t->status, status, sizeof status);
    t->is_told = true;
}

static void version_of(struct simulation *s, const char *id, char version[16])
{
    struct fail why = {0};
    json shown = engine_show(s->engine, id, &why), definition = json_get(shown, "definition");
    snprintf(version, 16, "%s", json_get_text(definition, "version", ""));
    json_free(definition);
    json_free(shown);
}

void simulate_told_start(struct simulation *s, const char *id)
{
    struct promise *t = add(s, TOLD_START, id);
    version_of(s, id, t->version);
    engine_after_commit(s->engine, now_told, t);
    engine_when_ended(s->engine, id, now_ended, s);
}

void simulate_told_definition(struct simulation *s, int level, int version)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", level);
    struct promise *t = add(s, TOLD_DEFINITION, name);
    snprintf(t->version, sizeof t->version, "1.%d.0", version);
    engine_after_commit(s->engine, now_told, t);
}

void simulate_told_event(struct simulation *s, const char *id)
{
    engine_after_commit(s->engine, now_told, add(s, TOLD_EVENT, id));
}

void simulate_told_answer(struct simulation *s, const char *receipt)
{
    engine_after_commit(s->engine, now_told, add(s, TOLD_ANSWER, receipt));
}

void simulate_told_cancel(struct simulation *s, const char *id)
{
    engine_after_commit(s->engine, now_told, add(s, TOLD_CANCEL, id));
}

static void forget(struct promise *t)
{
    list_remove(&t->node);
    mem_free(t);
}

void simulate_told_retry(struct simulation *s, const char *id)
{
    list_each_safe(&s->told, node, after)
    {
        struct promise *t = list_owner(node, struct promise, node);
        bool end = t->what == TOLD_END || t->what == TOLD_CANCEL;
        if (end && t->is_told && strcmp(t->id, id) == 0)
            forget(t);
    }
}

void simulate_told_crash(struct simulation *s)
{
    list_each_safe(&s->told, node, after)
    {
        struct promise *t = list_owner(node, struct promise, node);
        if (!t->is_told)
            forget(t);
    }
}

void simulate_told_done(struct simulation *s)
{
    list_each_safe(&s->told, node, after)
    {
        forget(list_owner(node, struct promise, node));
    }
}

// ---- the commits

void simulate_told_shown(struct simulation *s)
{
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    struct scan_opts newest = {.table = TABLE_COMMIT, .index = -1, .descending = true};
    if (!store_scan(s->eye, &newest, &scan, &why))
        return;
    if (scan_next(scan, &row, &why)) {
        s->shown_seq = row_integer(&row, COMMIT_SEQ);
        memcpy(&s->shown_hash, row.columns[COMMIT_HASH].data, sizeof s->shown_hash);
        row_done(&row);
    }
    scan_done(scan);
}

bool simulate_told_still_shown(struct simulation *s)
{
    struct value key = value_integer(s->shown_seq);
    struct row row = {0};
    struct fail why = {0};
    if (s->shown_seq == 0)
        return true;
    if (!store_get(s->eye, TABLE_COMMIT, &key, &row, &why))
        return simulate_violated(s, "disk", "%s", why.message);
    bool same = row_is_there(&row) &&
                memcmp(row.columns[COMMIT_HASH].data, &s->shown_hash, sizeof s->shown_hash) == 0;
    row_done(&row);
    return same || simulate_violated(s, "told", "the commit %lld was seen outside, and is gone",
                                     (long long)s->shown_seq);
}

const char *simulate_told_newest(struct simulation *s)
{
    const char *newest = NULL;
    list_each(&s->told, node)
    {
        struct promise *t = list_owner(node, struct promise, node);
        if (t->what == TOLD_START)
            newest = t->id;
    }
    return newest;
}

// ---- looking

static bool has_instance(struct simulation *s, const struct promise *t)
{
    char version[16];
    version_of(s, t->id, version);
    if (!*version)
        return simulate_violated(s, "told", "the instance %s was told, and is gone", t->id);
    return strcmp(version, t->version) == 0 ||
           simulate_violated(s, "version", "the instance %s began with %s, and runs %s", t->id,
                             t->version, version);
}

static bool has_definition(struct simulation *s, const struct promise *t)
{
    struct fail why = {0};
    struct definition_ref ref = {"sim", t->id, t->version};
    return engine_definition(s->engine, &ref, &why) != NULL ||
           simulate_violated(s, "told", "the definition %s %s was deployed, and is gone", t->id,
                             t->version);
}

static bool knows_event(struct simulation *s, const struct promise *t)
{
    struct event_receipt receipt;
    struct fail why = {0};
    if (!simulate_chance(s, EVENTS_CHECKED_PERCENT))
        return true;
    json event = json_object();
    json_set_text(&event, "specversion", "1.0");
    json_set_text(&event, "source", "/sim");
    json_set_text(&event, "id", t->id);
    json_set_text(&event, "type", "sim.twice");
    bool taken = engine_event(s->engine, event, &receipt, &why);
    json_free(event);
    return !taken || receipt.duplicate ||
           simulate_violated(s, "told", "the event %s was taken, and is not known", t->id);
}

static bool has_answer(struct simulation *s, const struct promise *t)
{
    struct fail why = {0};
    json shown = answer_show(s->people, t->id, &why);
    bool there = json_is_object(shown);
    json_free(shown);
    return there || simulate_violated(s, "told", "the receipt %s was given, and is gone", t->id);
}

static bool is_cancelled(struct simulation *s, const struct promise *t)
{
    char status[16];
    status_of(s, t->id, status);
    return !is_open(status) ||
           simulate_violated(s, "told", "the instance %s was cancelled, and is %s", t->id, status);
}

static bool has_ended(struct simulation *s, const struct promise *t)
{
    char status[16];
    status_of(s, t->id, status);
    return strcmp(status, t->status) == 0 ||
           simulate_violated(s, "told", "the instance %s was told to be %s, and is %s", t->id,
                             t->status, status);
}

static bool is_true(struct simulation *s, const struct promise *t)
{
    switch (t->what) {
    case TOLD_START:
        return has_instance(s, t);
    case TOLD_DEFINITION:
        return has_definition(s, t);
    case TOLD_EVENT:
        return knows_event(s, t);
    case TOLD_ANSWER:
        return has_answer(s, t);
    case TOLD_CANCEL:
        return is_cancelled(s, t);
    case TOLD_END:
        return has_ended(s, t);
    }
    return true;
}

bool simulate_told_check(struct simulation *s)
{
    list_each_safe(&s->told, node, after)
    {
        struct promise *t = list_owner(node, struct promise, node);
        if (t->is_told && !is_true(s, t))
            return false;
    }
    return true;
}
