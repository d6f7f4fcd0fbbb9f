// The store's driver in between: it hands everything on to the driver below, now or when the disk
// is no longer slow, counts commits, and plays the mutations of `--break` on what goes to the disk.
// A batch that is changed is copied, because the one that is given belongs to the front.
#include "simulate/world.h"

#include <string.h>

#include "base/mem.h"
#include "store/driver.h"

struct altered {
    struct altered *next;
    struct batch batch;
    struct write *writes;
    struct value *values; // of one write that was changed; or NULL
    char *data;
};

struct held {
    struct list node;
    const struct batch *batch;
};

struct between {
    struct store_driver seam; // first
    struct store_driver *inner;
    struct simulation *s;
    struct list held;        // what a slow disk has not been given yet
    struct altered *altered; // lives as long as the driver: the disk may apply it late
};

static struct between *self(struct store_driver *d)
{
    return (struct between *)d;
}

// ---- mutations

static struct altered *copy_of(struct between *b, const struct batch *batch)
{
    struct altered *a = mem_new(struct altered);
    a->writes = mem_alloc((batch->count + 1) * sizeof *a->writes);
    memcpy(a->writes, batch->writes, batch->count * sizeof *a->writes);
    a->batch = *batch;
    a->batch.writes = a->writes;
    a->next = b->altered;
    b->altered = a;
    return a;
}

static bool is_put(const struct write *w, enum table table)
{
    return w->kind == WRITE_PUT && w->table == table;
}

static bool text_is(const struct value *v, const char *text)
{
    return v->kind == VALUE_TEXT && strcmp(v->data, text) == 0;
}

// Which writes a forgetful disk drops.
static bool is_dropped(struct between *b, const struct write *w)
{
    switch (b->s->opts->broken) {
    case BREAK_LOSE_TIMER:
        return is_put(w, TABLE_TIMER) && text_is(&w->values[TIMER_OWNER], "machine");
    case BREAK_SILENT_WAIT:
        return is_put(w, TABLE_SUBSCRIPTION);
    case BREAK_DOUBLE_RESULT:
        return w->kind == WRITE_DELETE && w->table == TABLE_EFFECT;
    case BREAK_SEATS:
        return is_put(w, TABLE_RECORD) && w->values[RECORD_KEY].data[0] > ' ' &&
               random_below(&b->s->faults_random, 3) == 0;
    case BREAK_LOSE_EVENT:
        return is_put(w, TABLE_CONSUMED);
    case BREAK_QUARANTINE:
        return is_put(w, TABLE_META) && text_is(&w->values[META_KEY], "crashed");
    case BREAK_ANSWER:
        return is_put(w, TABLE_ANSWER);
    case BREAK_NOTHING:
    case BREAK_VERSION:
    case BREAK_MAIL:
    case BREAK_EFFECT_BEFORE_COMMIT:
    case BREAK_TIMER_EARLY:
    case BREAK_TWICE:
    case BREAK_FORGET_TOLD:
    case BREAK_SYNC:
    case BREAK_CHAIN:
    case BREAK_STATE:
    case BREAK_UNFINISHED:
    case BREAK_NONDETERMINISM:
        return false;
    }
    return false;
}

static const struct batch *without_dropped(struct between *b, const struct batch *batch)
{
    struct altered *a = NULL;
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        bool dropped = is_dropped(b, &batch->writes[i]);
        if (dropped && !a)
            a = copy_of(b, batch);
        if (a && !dropped)
            a->writes[kept] = batch->writes[i];
        kept += !dropped;
    }
    if (a)
        a->batch.count = kept;
    return a ? &a->batch : batch;
}

// Another value in one column of one write.
static const struct batch *with_column(struct between *b, const struct batch *batch, size_t i,
                                       int column, const struct value *value)
{
    struct altered *a = copy_of(b, batch);
    const struct write *w = &batch->writes[i];
    a->values = mem_alloc((size_t)w->count * sizeof *a->values);
    memcpy(a->values, w->values, (size_t)w->count * sizeof *a->values);
    a->values[column] = *value;
    a->writes[i].values = a->values;
    return &a->batch;
}

static const struct batch *with_flipped_bit(struct between *b, const struct batch *batch, size_t i)
{
    struct value v = batch->writes[i].values[HISTORY_ENTRIES];
    char *data = mem_alloc(v.bytes + 1);
    memcpy(data, v.data, v.bytes);
    data[v.bytes] = 0;
    data[v.bytes / 2] ^= 1;
    v.data = data;
    const struct batch *changed = with_column(b, batch, i, HISTORY_ENTRIES, &v);
    b->altered->data = data;
    return changed;
}

static const struct batch *mutated(struct between *b, const struct batch *batch)
{
    const enum simulate_break broken = b->s->opts->broken;
    for (size_t i = 0; i < batch->count; i++) {
        const struct write *w = &batch->writes[i];
        struct value v;
        if (broken == BREAK_CHAIN && is_put(w, TABLE_HISTORY) &&
            random_below(&b->s->faults_random, 10) == 0)
            return with_flipped_bit(b, batch, i);
        if (broken == BREAK_VERSION && is_put(w, TABLE_INSTANCE) &&
            !text_is(&w->values[INSTANCE_VERSION], "1.0.0")) {
            v = value_text("1.0.0");
            return with_column(b, batch, i, INSTANCE_VERSION, &v);
        }
        if (broken == BREAK_STATE && is_put(w, TABLE_INSTANCE) &&
            text_is(&w->values[INSTANCE_STATUS], "completed")) {
            v = value_text("waiting");
            return with_column(b, batch, i, INSTANCE_STATUS, &v);
        }
    }
    return without_dropped(b, batch);
}

// As if an engine began effects when it decides them.
static void begin_too_early(struct between *b, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct value *v = batch->writes[i].values;
        if (!is_put(&batch->writes[i], TABLE_EFFECT))
            continue;
        char *key = mem_printf("%s:%s:%lld:%s", v[EFFECT_INSTANCE].data, v[EFFECT_PATH].data,
                               (long long)v[EFFECT_ATTEMPT].integer, v[EFFECT_NAME].data);
        json nothing = json_object();
        simulate_effect_too_early(b->s, &(struct effect){.key = key,
                                                         .instance = v[EFFECT_INSTANCE].data,
                                                         .path = v[EFFECT_PATH].data,
                                                         .name = v[EFFECT_NAME].data,
                                                         .attempt = v[EFFECT_ATTEMPT].integer,
                                                         .kind = v[EFFECT_KIND].data,
                                                         .class = v[EFFECT_CLASS].data,
                                                         .request = nothing});
        json_free(nothing);
        mem_free(key);
    }
}

// ---- the seam

static void let_go(struct between *b)
{
    list_each_safe(&b->held, node, after)
    {
        struct held *held = list_owner(node, struct held, node);
        list_remove(node);
        b->inner->submit(b->inner, held->batch);
        mem_free(held);
    }
}

void simulate_disk_let_go(struct simulation *s)
{
    let_go((struct between *)s->between);
}

static void between_submit(struct store_driver *d, const struct batch *batch)
{
    struct between *b = self(d);
    b->s->result->commits++;
    for (size_t i = 0; i < batch->count; i++)
        if (is_put(&batch->writes[i], TABLE_TIMER))
            simulate_heard_timer(b->s, batch->writes[i].values);
    if (b->s->opts->broken == BREAK_EFFECT_BEFORE_COMMIT)
        begin_too_early(b, batch);
    struct held *held = mem_new(struct held);
    held->batch = mutated(b, batch);
    list_append(&b->held, &held->node);
    if (!b->s->hold)
        let_go(b);
}

static uint64_t between_acknowledged(struct store_driver *d, int64_t wait_ms)
{
    struct between *b = self(d);
    if (!b->s->hold)
        let_go(b);
    return b->inner->acknowledged(b->inner, wait_ms);
}

static bool between_trouble(struct store_driver *d, struct fail *why)
{
    struct between *b = self(d);
    if (!list_is_empty(&b->held))
        return fail(why, FAIL_BUSY, "the disk does not answer"), true;
    return b->inner->trouble(b->inner, why);
}

static bool between_get(struct store_driver *d, enum table table, const struct value *key,
                        struct row *out, struct fail *why)
{
    struct store_driver *inner = self(d)->inner;
    return inner->get(inner, table, key, out, why);
}

static bool between_scan(struct store_driver *d, const struct scan_opts *opts, void **cursor,
                         struct fail *why)
{
    struct store_driver *inner = self(d)->inner;
    return inner->scan(inner, opts, cursor, why);
}

static bool between_next(struct store_driver *d, void *cursor, struct row *row, struct fail *why)
{
    struct store_driver *inner = self(d)->inner;
    return inner->next(inner, cursor, row, why);
}

static void between_end(struct store_driver *d, void *cursor)
{
    struct store_driver *inner = self(d)->inner;
    inner->end(inner, cursor);
}

static void between_set_wake(struct store_driver *d, void (*wake)(void *context), void *context)
{
    struct store_driver *inner = self(d)->inner;
    inner->set_wake(inner, wake, context);
}

static void between_close(struct store_driver *d)
{
    struct between *b = self(d);
    b->inner->close(b->inner);
    list_each_safe(&b->held, node, next)
    {
        list_remove(node);
        mem_free(list_owner(node, struct held, node));
    }
    while (b->altered) {
        struct altered *a = b->altered;
        b->altered = a->next;
        mem_free(a->writes);
        mem_free(a->values);
        mem_free(a->data);
        mem_free(a);
    }
    mem_free(b);
}

struct store_driver *simulate_driver_new(struct simulation *s, struct fail *why)
{
    struct store_driver *inner = simulate_medium_driver(s, false, why);
    if (!inner)
        return NULL;
    struct between *b = mem_new(struct between);
    b->seam = (struct store_driver){.submit = between_submit,
                                    .acknowledged = between_acknowledged,
                                    .trouble = between_trouble,
                                    .get = between_get,
                                    .scan = between_scan,
                                    .next = between_next,
                                    .end = between_end,
                                    .set_wake = between_set_wake,
                                    .close = between_close};
    b->inner = inner;
    b->s = s;
    list_init(&b->held);
    s->between = &b->seam;
    return &b->seam;
}

// ---- what is lost when the power goes

static void forget_instance(struct simulation *s, struct store *disk)
{
    struct value key = value_text(simulate_told_newest(s));
    if (key.data)
        store_delete(disk, TABLE_INSTANCE, &key);
}

// What was running is as if it had not begun.
static void forget_begun(struct store *disk)
{
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    if (!store_scan(disk, &(struct scan_opts){.table = TABLE_EFFECT, .index = -1}, &scan, &why))
        return;
    while (scan_next(scan, &row, &why)) {
        struct value columns[EFFECT_OWNER + 1];
        memcpy(columns, row.columns, sizeof columns);
        columns[EFFECT_STATUS] = value_text("ready");
        if (strcmp(row_text(&row, EFFECT_STATUS), "running") == 0)
            store_put(disk, TABLE_EFFECT, columns);
        row_done(&row);
    }
    scan_done(scan);
}

void simulate_disk_forget(struct simulation *s)
{
    struct fail why = {0};
    const enum simulate_break broken = s->opts->broken;
    if (broken != BREAK_FORGET_TOLD && broken != BREAK_TWICE)
        return;
    struct store_driver *driver = simulate_medium_driver(s, false, &why);
    struct store *disk =
        driver
            ? store_open(&(struct store_opts){.driver = driver, .random = &s->secret_random}, &why)
            : NULL;
    if (!disk)
        return;
    if (broken == BREAK_FORGET_TOLD)
        forget_instance(s, disk);
    else
        forget_begun(disk);
    store_seal(disk, s->clock.now_ms, NULL, NULL);
    store_close(disk);
}
