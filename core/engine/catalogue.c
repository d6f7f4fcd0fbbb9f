#include "engine/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "engine/rows.h"
#include "engine/schedule.h"
#include "engine/semver.h"
#include "engine/state.h"

#define KEY_BYTES_MAX 2048

static void entry_free(struct catalogue_entry *entry)
{
    mem_free(entry->namespace);
    mem_free(entry->name);
    mem_free(entry->version);
    mem_free(entry->title);
    json_free(entry->schedule);
    json_free(entry->secrets);
    definition_unref(entry->definition);
    mem_free(entry);
}

void catalogue_init(struct catalogue *c)
{
    map_init(&c->entries);
    map_init(&c->latest);
}

void catalogue_done(struct catalogue *c)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&c->entries, &i, &entry);)
        entry_free(entry->value);
    map_done(&c->entries);
    map_done(&c->latest);
}

static void key_write(struct bytes *out, const char *namespace, const char *name,
                      const char *version)
{
    bytes_printf(out, "%s/%s/%s", namespace, name, version);
}

void catalogue_key(const struct catalogue_entry *entry, struct bytes *out)
{
    key_write(out, entry->namespace, entry->name, entry->version);
}

static struct catalogue_entry *entry_add(struct engine *e, const char *namespace, const char *name,
                                         const char *version)
{
    struct catalogue_entry *entry = mem_new(struct catalogue_entry);
    entry->namespace = mem_string(namespace);
    entry->name = mem_string(name);
    entry->version = mem_string(version);
    entry->schedule = json_absent();
    entry->secrets = json_absent();
    struct bytes key;
    bytes_init(&key, KEY_BYTES_MAX);
    catalogue_key(entry, &key);
    must(map_put(&e->catalogue.entries, key.data, entry) == NULL);
    bytes_done(&key);
    return entry;
}

static void short_key(struct bytes *out, const char *namespace, const char *name)
{
    bytes_init(out, KEY_BYTES_MAX);
    bytes_printf(out, "%s/%s", namespace, name);
}

static void offer_latest(struct engine *e, struct catalogue_entry *entry)
{
    if (entry->superseded)
        return;
    struct bytes key;
    short_key(&key, entry->namespace, entry->name);
    const struct catalogue_entry *latest = map_get(&e->catalogue.latest, key.data);
    if (!latest || semver_compare(entry->version, latest->version) > 0)
        map_put(&e->catalogue.latest, key.data, entry);
    bytes_done(&key);
}

void catalogue_recover(struct engine *e)
{
    struct scan *scan =
        rows_scan(e->store, &(struct scan_opts){.table = TABLE_DEFINITION, .index = -1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        struct catalogue_entry *entry =
            entry_add(e, row_text(&row, DEFINITION_NAMESPACE), row_text(&row, DEFINITION_NAME),
                      row_text(&row, DEFINITION_VERSION));
        const struct value *hash = &row.columns[DEFINITION_HASH];
        must(hash->bytes == HASH_BYTES);
        memcpy(entry->hash.bytes, hash->data, HASH_BYTES);
        entry->deployed_ms = row_integer(&row, DEFINITION_DEPLOYED_MS);
        entry->superseded = strcmp(row_text(&row, DEFINITION_STATUS), "superseded") == 0;
        json detail = rows_json_or(&row, DEFINITION_DETAIL, json_object());
        entry->title = mem_string(json_get_text(detail, "title", NULL));
        entry->schedule = json_get(detail, "schedule");
        json_free(detail);
        offer_latest(e, entry);
        row_done(&row);
    }
}

struct catalogue_entry *catalogue_by_key(struct engine *e, const char *key)
{
    return map_get(&e->catalogue.entries, key);
}

struct catalogue_entry *catalogue_exact(struct engine *e, const char *namespace, const char *name,
                                        const char *version)
{
    struct bytes key;
    bytes_init(&key, KEY_BYTES_MAX);
    key_write(&key, namespace, name, version);
    struct catalogue_entry *entry = catalogue_by_key(e, key.data);
    bytes_done(&key);
    return entry;
}

struct catalogue_entry *catalogue_latest(struct engine *e, const char *namespace, const char *name)
{
    struct bytes key;
    short_key(&key, namespace, name);
    struct catalogue_entry *latest = map_get(&e->catalogue.latest, key.data);
    bytes_done(&key);
    return latest;
}

struct catalogue_entry *catalogue_find(struct engine *e, const struct definition_ref *ref,
                                       struct fail *why)
{
    struct catalogue_entry *entry = NULL;
    if (ref->version && strcmp(ref->version, "latest") != 0)
        entry = catalogue_exact(e, ref->namespace, ref->name, ref->version);
    else
        entry = catalogue_latest(e, ref->namespace, ref->name);
    if (!entry)
        fail(why, FAIL_NOT_FOUND, "no workflow '%s/%s%s%s' is deployed; deploy it first",
             ref->namespace, ref->name, ref->version ? "/" : "", ref->version ? ref->version : "");
    return entry;
}

// What is new is looked at as `dure check` does, expressions and all: a slip in the last task is
// told before the first one runs. What was deployed once is not compiled again before it is needed.
static struct definition *parse(struct engine *e, const char *file, const char *text, size_t bytes,
                                bool is_new, struct diagnostics *diagnostics)
{
    struct definition_opts opts = {
        .functions = e->host ? &e->host->catalogue : NULL, .zone = e->zone, .thorough = is_new};
    return definition_parse(file, text, bytes, &opts, diagnostics);
}

static json secrets_of(struct engine *e, const struct definition *d)
{
    if (d->secret_count == 0)
        return json_absent();
    json out = json_object();
    for (size_t i = 0; i < d->secret_count; i++) {
        json secret = json_get(e->secrets, d->secrets[i]);
        if (json_is_absent(secret))
            continue;
        json_set_take(&out, d->secrets[i], secret);
    }
    return out;
}

static void find_words(struct catalogue_entry *entry, const struct definition *d)
{
    entry->has_steps = entry->has_children = false;
    for (size_t i = 0; i < d->task_count; i++) {
        const struct task *task = d->tasks[i];
        if (task->kind == TASK_CALL && task->call.kind == CALL_FUNCTION)
            entry->has_steps = true;
        if (task->kind == TASK_RUN && task->run.kind == RUN_WORKFLOW)
            entry->has_children = true;
    }
}

static void take_definition(struct engine *e, struct catalogue_entry *entry, struct definition *d)
{
    find_words(entry, d);
    definition_unref(entry->definition);
    entry->definition = d;
    entry->broken = false;
    json_swap_take(&entry->secrets, secrets_of(e, d));
}

struct definition *catalogue_compiled(struct engine *e, struct catalogue_entry *entry,
                                      struct fail *why)
{
    if (entry->definition)
        return entry->definition;
    struct row row = {0};
    rows_get(e->store, TABLE_DEFINITION,
             (struct value[]){value_text(entry->namespace), value_text(entry->name),
                              value_text(entry->version)},
             &row);
    must(row_is_there(&row));
    const struct value *text = &row.columns[DEFINITION_TEXT];
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct definition *d = parse(e, entry->name, text->data, text->bytes, false, &diagnostics);
    if (d)
        take_definition(e, entry, d);
    else
        fail(why, FAIL_INVALID, "workflow '%s/%s/%s' no longer compiles: %s", entry->namespace,
             entry->name, entry->version,
             diagnostics.count > 0 ? diagnostics.items[0].message : "unknown mistake");
    entry->broken = d == NULL;
    diagnostics_done(&diagnostics);
    row_done(&row);
    return d;
}

static void entry_put(struct engine *e, const struct catalogue_entry *entry, const char *text,
                      size_t bytes)
{
    json detail = json_object();
    if (entry->title)
        json_set_text(&detail, "title", entry->title);
    if (!json_is_absent(entry->schedule))
        json_set(&detail, "schedule", entry->schedule);
    char *detail_text = json_dump(detail);
    struct value columns[] = {
        [DEFINITION_NAMESPACE] = value_text(entry->namespace),
        [DEFINITION_NAME] = value_text(entry->name),
        [DEFINITION_VERSION] = value_text(entry->version),
        [DEFINITION_TEXT] = value_text_sized(text, bytes),
        [DEFINITION_HASH] = value_blob(entry->hash.bytes, HASH_BYTES),
        [DEFINITION_DEPLOYED_MS] = value_integer(entry->deployed_ms),
        [DEFINITION_STATUS] = value_text(entry->superseded ? "superseded" : "deployed"),
        [DEFINITION_DETAIL] = value_text(detail_text),
    };
    store_put(e->store, TABLE_DEFINITION, columns);
    mem_free(detail_text);
    json_free(detail);
}

void catalogue_move_subscriptions(struct engine *e, const char *instance,
                                  const struct catalogue_entry *to)
{
    struct scan *scan =
        rows_scan(e->store, &(struct scan_opts){.table = TABLE_SUBSCRIPTION,
                                                .index = -1,
                                                .prefix = (struct value[]){value_text(instance)},
                                                .prefix_count = 1});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        if (strcmp(row_text(&row, SUBSCRIPTION_OWNER), "machine") == 0) {
            struct value columns[SUBSCRIPTION_DETAIL + 1];
            memcpy(columns, row.columns, sizeof(columns));
            const char *hash = strrchr(row_text(&row, SUBSCRIPTION_FILTER), '#');
            struct bytes filter;
            bytes_init(&filter, KEY_BYTES_MAX);
            correlate_filter_text(to, hash ? (int)strtol(hash + 1, NULL, 10) : 0, &filter);
            columns[SUBSCRIPTION_FILTER] = value_text(filter.data);
            store_put(e->store, TABLE_SUBSCRIPTION, columns);
            correlate_know_filter(e, row_text(&row, SUBSCRIPTION_TYPE), filter.data);
            bytes_done(&filter);
        }
        row_done(&row);
    }
}

// The running instances of `from` become instances of `to`, which has the same text they began
// with.
static void move_instances(struct engine *e, struct catalogue_entry *from,
                           struct catalogue_entry *to)
{
    lives_flush(e);
    struct value prefix[] = {value_text(from->namespace), value_text(from->name)};
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_INSTANCE,
                                                                .index = INSTANCE_BY_DEFINITION,
                                                                .prefix = prefix,
                                                                .prefix_count = 2});
    struct row row = {0};
    while (rows_next(scan, &row)) {
        if (strcmp(row_text(&row, INSTANCE_VERSION), from->version) == 0) {
            struct live *l = live_find(e, row_text(&row, INSTANCE_ID));
            l->entry = to;
            live_touch(e, l);
            if (live_is_open(l))
                catalogue_move_subscriptions(e, l->id, to);
        }
        row_done(&row);
    }
    lives_flush(e);
}

// --dev replaces the text of a version: what runs goes on with the old one under another name.
static void supersede(struct engine *e, struct catalogue_entry *entry)
{
    char hex[HASH_HEX_SIZE];
    hash_hex(&entry->hash, hex);
    char *version = mem_printf("%s+%.12s", entry->version, hex);
    struct catalogue_entry *old = catalogue_exact(e, entry->namespace, entry->name, version);
    struct row row = {0};
    rows_get(e->store, TABLE_DEFINITION,
             (struct value[]){value_text(entry->namespace), value_text(entry->name),
                              value_text(entry->version)},
             &row);
    must(row_is_there(&row));
    if (!old) {
        old = entry_add(e, entry->namespace, entry->name, version);
        old->title = mem_string(entry->title);
        old->hash = entry->hash;
        old->deployed_ms = entry->deployed_ms;
        old->superseded = true;
        if (entry->definition)
            take_definition(e, old, definition_ref(entry->definition));
        const struct value *text = &row.columns[DEFINITION_TEXT];
        entry_put(e, old, text->data, text->bytes);
    }
    row_done(&row);
    mem_free(version);
    move_instances(e, entry, old);
}

static bool refuse_other_text(const struct definition *d, struct fail *why)
{
    return fail(why, FAIL_CONFLICT,
                "workflow '%s/%s/%s' is deployed with another text; raise its version",
                d->namespace, d->name, d->version);
}

static struct definition *deploy(struct engine *e, struct definition *d, const char *text,
                                 size_t bytes, bool replace, struct fail *why)
{
    struct hash hash = hash_of(text, bytes);
    struct catalogue_entry *entry = catalogue_exact(e, d->namespace, d->name, d->version);
    if (entry && hash_equal(&entry->hash, &hash)) {
        if (entry->definition)
            definition_unref(d);
        else
            take_definition(e, entry, d);
        return entry->definition;
    }
    if (entry && !replace) {
        refuse_other_text(d, why);
        definition_unref(d);
        return NULL;
    }
    if (entry)
        supersede(e, entry);
    else
        entry = entry_add(e, d->namespace, d->name, d->version);
    offer_latest(e, entry);
    mem_free(entry->title);
    entry->title = mem_string(d->title);
    entry->hash = hash;
    entry->deployed_ms = e->now_ms;
    json_swap_take(&entry->schedule, schedule_describe(d));
    take_definition(e, entry, d);
    entry_put(e, entry, text, bytes);
    schedule_renew(e, entry);
    log_info("engine", "deployed", "workflow=%s/%s/%s", d->namespace, d->name, d->version);
    return d;
}

static bool is_known_text(const struct engine *e, const char *text, size_t bytes)
{
    struct hash hash = hash_of(text, bytes);
    struct map_entry *walk;
    for (size_t i = 0; map_next(&e->catalogue.entries, &i, &walk);) {
        const struct catalogue_entry *entry = walk->value;
        if (hash_equal(&entry->hash, &hash))
            return true;
    }
    return false;
}

struct definition *engine_deploy(struct engine *e, const char *file, const char *text, size_t bytes,
                                 bool replace, struct diagnostics *diagnostics, struct fail *why)
{
    if (!engine_may_change(e, why))
        return NULL;
    // What is deployed already was checked then.
    bool thorough = !is_known_text(e, text, bytes);
    struct definition *d = parse(e, file, text, bytes, thorough, diagnostics);
    if (d)
        return deploy(e, d, text, bytes, replace, why);
    fail(why, FAIL_INVALID, "%s: %zu mistake%s", file, diagnostics->errors,
         diagnostics->errors == 1 ? "" : "s");
    return NULL;
}

bool engine_deploy_check(struct engine *e, const struct definition_text *given, bool replace,
                         struct diagnostics *diagnostics, struct fail *why)
{
    struct definition *d = parse(e, given->file, given->text, given->bytes, true, diagnostics);
    if (!d)
        return fail(why, FAIL_INVALID, "%s: %zu mistake%s", given->file, diagnostics->errors,
                    diagnostics->errors == 1 ? "" : "s");
    struct hash hash = hash_of(given->text, given->bytes);
    struct catalogue_entry *entry = catalogue_exact(e, d->namespace, d->name, d->version);
    bool good = !entry || replace || hash_equal(&entry->hash, &hash);
    if (!good)
        refuse_other_text(d, why);
    definition_unref(d);
    return good;
}

struct definition *engine_definition(struct engine *e, const struct definition_ref *ref,
                                     struct fail *why)
{
    struct catalogue_entry *entry = catalogue_find(e, ref, why);
    return entry ? catalogue_compiled(e, entry, why) : NULL;
}

json engine_definitions(struct engine *e)
{
    json out = json_array();
    struct map_entry *walk;
    for (size_t i = 0; map_next(&e->catalogue.entries, &i, &walk);) {
        const struct catalogue_entry *entry = walk->value;
        if (entry->superseded)
            continue;
        json item = json_object();
        char deployed[INSTANT_TEXT_SIZE], hash[HASH_HEX_SIZE];
        instant_write_utc(entry->deployed_ms, deployed);
        hash_hex(&entry->hash, hash);
        json_set_text(&item, "namespace", entry->namespace);
        json_set_text(&item, "name", entry->name);
        json_set_text(&item, "version", entry->version);
        json_set_text(&item, "title", entry->title);
        json_set_text(&item, "deployedAt", deployed);
        json_set_text(&item, "hash", hash);
        if (!json_is_absent(entry->schedule))
            json_set(&item, "schedule", entry->schedule);
        json_append_take(&out, item);
    }
    return out;
}
