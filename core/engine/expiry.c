#include "engine/expiry.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "engine/rows.h"
#include "engine/state.h"
#include "store/audit.h"

#define PASS_MS     INT64_C(3600000)
#define SLICE_MS    INT64_C(100) // between two slices
#define LOOK_ROWS   128
#define PARENTS_MAX 64

void expiry_init(struct expiry *x, int64_t now_ms)
{
    *x = (struct expiry){.next_ms = now_ms + PASS_MS};
}

void expiry_done(struct expiry *x)
{
    row_done(&x->after);
}

// Few states have one, so the text is read for it only where its name stands in it.
int64_t expiry_removed_ms(const struct row *instance)
{
    static const char name[] = "\"" EXPIRY_KEY "\":";
    const struct value *state = &instance->columns[INSTANCE_STATE];
    if (state->bytes == 0 || !memmem(state->data, state->bytes, name, sizeof name - 1))
        return EXPIRY_NONE;
    json whole = rows_json(instance, INSTANCE_STATE);
    int64_t ms = json_get_int(whole, EXPIRY_KEY, EXPIRY_NONE);
    json_free(whole);
    return ms;
}

// ---- when

// What has ended, as its row or its live says.
struct ended {
    struct catalogue_entry *entry;
    const char *parent; // or NULL
    int64_t at_ms;
};

// Without compiling what nobody uses any more: only a text with the word can say it.
static bool may_keep(struct engine *e, struct catalogue_entry *entry)
{
    struct row row = {0};
    if (entry->definition || entry->keeps != KEEPS_UNKNOWN)
        return entry->definition ? entry->definition->retention.constant
                                 : entry->keeps == KEEPS_PERHAPS;
    rows_get(e->store, TABLE_DEFINITION,
             (struct value[]){value_text(entry->namespace), value_text(entry->name),
                              value_text(entry->version)},
             &row);
    must(row_is_there(&row));
    entry->keeps =
        strstr(row_text(&row, DEFINITION_TEXT), "retention") ? KEEPS_PERHAPS : KEEPS_FOR_EVER;
    row_done(&row);
    return entry->keeps == KEEPS_PERHAPS;
}

static struct definition *kept_definition(struct engine *e, struct catalogue_entry *entry)
{
    struct fail why = {0};
    if (entry->broken || !may_keep(e, entry))
        return NULL;
    struct definition *d = catalogue_compiled(e, entry, &why);
    return d && d->retention.constant ? d : NULL;
}

static struct catalogue_entry *entry_of(struct engine *e, const struct row *row)
{
    return catalogue_exact(e, row_text(row, INSTANCE_NAMESPACE), row_text(row, INSTANCE_NAME),
                           row_text(row, INSTANCE_VERSION));
}

static char *parent_of(struct engine *e, const char *id, struct catalogue_entry **entry)
{
    const struct live *l = live_in_memory(e, id); // it may have no row yet
    struct row row = {0};
    char *parent = NULL;
    *entry = l ? l->entry : NULL;
    if (l)
        return mem_string(l->parent);
    rows_get(e->store, TABLE_INSTANCE, (struct value[]){value_text(id)}, &row);
    if (row_is_there(&row)) {
        *entry = entry_of(e, &row);
        parent = mem_string(row_text(&row, INSTANCE_PARENT));
    }
    row_done(&row);
    return parent;
}

// Its own definition says how long, or that of the workflow that started it.
static struct definition *keeper_of(struct engine *e, const struct ended *ended)
{
    struct catalogue_entry *entry;
    struct definition *d = kept_definition(e, ended->entry);
    char *parent = mem_string(ended->parent);
    for (int i = 0; !d && parent && i < PARENTS_MAX; i++) {
        char *next = parent_of(e, parent, &entry);
        d = entry ? kept_definition(e, entry) : NULL;
        mem_free(parent);
        parent = next;
    }
    mem_free(parent);
    return d;
}

// INSTANT_NONE: it is kept for ever.
static int64_t due_of(struct engine *e, const struct ended *ended)
{
    struct fail why = {0};
    int64_t due_ms;
    struct definition *d = keeper_of(e, ended);
    if (!d)
        return INSTANT_NONE;
    const struct zone *zone = d->zone ? d->zone : e->zone;
    return duration_add(ended->at_ms, &d->retention.duration, zone, &due_ms, &why) ? due_ms
                                                                                   : INSTANT_NONE;
}

// ---- what its history says

static bool hides(struct engine *e, struct live *l)
{
    if (!l->hides_known)
        l->hides = keeper_of(e, &(struct ended){l->entry, l->parent, 0}) != NULL;
    l->hides_known = true;
    return l->hides;
}

// As {"personal", "hash"}; wrapped, so that nothing in it is taken for an answer.
static void hide(struct engine *e, const struct live *l, const char *key, json *more)
{
    json value = json_get(*more, key), body = json_object();
    if (!json_is_absent(value)) {
        json_set(&body, key, value);
        json_set_take(more, key, audit_personal(e->store, l->id, NULL, body));
    }
    json_free(value);
    json_free(body);
}

json expiry_told(struct engine *e, struct live *l, json more)
{
    static const char *const data[] = {"input", "output", "error", "reason"};
    bool has = false;
    if (json_is_absent(more))
        return more;
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        has = has || json_has(more, data[i]);
    json told = json_ref(more);
    if (!has || !hides(e, l))
        return told;
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        hide(e, l, data[i], &told);
    return told;
}

// ---- shown

static void set_instant(json *out, const char *key, int64_t ms)
{
    char text[INSTANT_TEXT_SIZE];
    instant_write_utc(ms, text);
    json_set_text(out, key, text);
}

void expiry_show(struct engine *e, const struct live *l, json *out)
{
    bool waits = !live_is_open(l) && l->ended_ms != INSTANT_NONE && l->removed_ms == EXPIRY_NONE;
    struct ended ended = {l->entry, l->parent, l->ended_ms};
    int64_t due_ms = waits ? due_of(e, &ended) : INSTANT_NONE;
    if (due_ms != INSTANT_NONE)
        set_instant(out, "keptUntil", due_ms);
    if (l->removed_ms > EXPIRY_UNDER_WAY)
        set_instant(out, "personalDataRemovedAt", l->removed_ms);
}

// ---- looking

static bool has_effects(struct engine *e, const char *id)
{
    struct value prefix = value_text(id);
    struct scan *scan = rows_scan(
        e->store, &(struct scan_opts){
                      .table = TABLE_EFFECT, .index = -1, .prefix = &prefix, .prefix_count = 1});
    struct row row = {0};
    if (!rows_next(scan, &row))
        return false;
    row_done(&row);
    scan_done(scan);
    return true;
}

// By its row, since decoding all that have ended would cost as much as they did.
static bool is_due(struct engine *e, const struct row *row)
{
    if (row_is_null(row, INSTANCE_ENDED_MS))
        return false;
    struct ended ended = {entry_of(e, row), row_text(row, INSTANCE_PARENT),
                          row_integer(row, INSTANCE_ENDED_MS)};
    must(ended.entry); // definitions that instances name are never deleted
    int64_t due_ms = due_of(e, &ended);
    return due_ms != INSTANT_NONE && due_ms <= e->now_ms;
}

// The row may be older than what is in memory: it may have been retried just now.
static bool may_go(struct engine *e, const struct live *l)
{
    if (l->removed_ms != EXPIRY_NONE)
        return l->removed_ms == EXPIRY_UNDER_WAY;
    return l->instance && !live_is_open(l) && inbox_is_empty(&l->inbox) && !has_effects(e, l->id);
}

// The state goes first; what it was called may name somebody too.
static void begin(struct engine *e, struct live *l)
{
    struct expiry *x = &e->expiry;
    x->state = EXPIRY_EMPTYING;
    x->payloads_are_blank = false;
    row_done(&x->after);
    if (l->removed_ms == EXPIRY_UNDER_WAY)
        return;
    instance_empty(l->instance);
    payloads_done(&l->payloads);
    mem_free(l->title);
    l->title = mem_string(l->entry->title);
    l->removed_ms = EXPIRY_UNDER_WAY;
    live_touch(e, l);
}

// True: this one is in hand now.
static bool look_at(struct engine *e, const struct row *row)
{
    int64_t removed_ms = expiry_removed_ms(row);
    if (removed_ms > EXPIRY_UNDER_WAY || (removed_ms == EXPIRY_NONE && !is_due(e, row)))
        return false;
    struct live *l = live_find(e, row_text(row, INSTANCE_ID));
    if (!l || !may_go(e, l))
        return false;
    begin(e, l);
    return true;
}

static void rest(struct engine *e)
{
    e->expiry.state = EXPIRY_RESTING;
    e->expiry.next_ms = e->now_ms + PASS_MS;
}

static bool any_keeps(struct engine *e)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&e->catalogue.entries, &i, &entry);)
        if (may_keep(e, entry->value))
            return true;
    return false;
}

static void look(struct engine *e)
{
    struct expiry *x = &e->expiry;
    struct value from = value_text(x->id);
    struct scan *scan = rows_scan(
        e->store, &(struct scan_opts){.table = TABLE_INSTANCE, .index = -1, .from = &from});
    struct row row = {0};
    for (int i = 0; i < LOOK_ROWS; i++) {
        if (!rows_next(scan, &row)) {
            rest(e);
            return;
        }
        must(strlen(row_text(&row, INSTANCE_ID)) < sizeof(x->id));
        snprintf(x->id, sizeof(x->id), "%s", row_text(&row, INSTANCE_ID));
        bool taken = look_at(e, &row);
        row_done(&row);
        if (taken)
            break;
    }
    scan_done(scan);
}

// ---- emptying

// False: there is more of it.
static bool blank_payloads(struct engine *e)
{
    struct expiry *x = &e->expiry;
    struct fail why = {0};
    bool left = true;
    if (!x->payloads_are_blank && !audit_erase_case(e->store, x->id, &x->after, &left, &why))
        must_failed("personal payloads can be read", __FILE__, __LINE__, __func__);
    x->payloads_are_blank = x->payloads_are_blank || !left;
    return x->payloads_are_blank;
}

static void finish(struct engine *e, struct live *l)
{
    json entry = json_object();
    json_set_text(&entry, "type", "personal-data-removed");
    live_note(e, l, entry);
    l->removed_ms = e->now_ms;
    e->figures.cases_emptied++;
    e->expiry.state = EXPIRY_LOOKING;
    log_info("engine", "case_emptied", "instance=%s", l->id);
}

static void empty_some(struct engine *e)
{
    struct live *l = live_find(e, e->expiry.id);
    must(l && !live_is_open(l) && l->removed_ms == EXPIRY_UNDER_WAY);
    if (!blank_payloads(e))
        return;
    if (e->host && e->host->forget && !e->host->forget(e->host, e, l->id))
        return;
    finish(e, l);
}

void expiry_turn(struct engine *e)
{
    struct expiry *x = &e->expiry;
    if (e->now_ms < x->next_ms)
        return;
    x->next_ms = e->now_ms + SLICE_MS;
    switch (x->state) {
    case EXPIRY_RESTING:
        x->id[0] = 0;
        x->state = EXPIRY_LOOKING;
        if (!any_keeps(e))
            rest(e);
        return;
    case EXPIRY_LOOKING:
        look(e);
        return;
    case EXPIRY_EMPTYING:
        empty_some(e);
        return;
    }
}
