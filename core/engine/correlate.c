#include "engine/correlate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/rows.h"
#include "engine/state.h"

#define TEXT_BYTES_MAX ((size_t)LIMIT_PAYLOAD_BYTES + 65536)
#define TYPES_MAX      10000 // event types whose last event is remembered

void correlate_init(struct correlator *c)
{
    *c = (struct correlator){.next_seq = 1, .types_from = 1};
    map_init(&c->last_seqs);
    map_init(&c->filters);
}

static void forget_filters(struct correlator *c)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&c->filters, &i, &entry);) {
        struct filter_list *list = entry->value;
        for (size_t k = 0; k < list->count; k++)
            mem_free(list->texts[k]);
        mem_free(list->texts);
        mem_free(list);
    }
    map_done(&c->filters);
    map_init(&c->filters);
}

static void forget_types(struct correlator *c)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&c->last_seqs, &i, &entry);)
        mem_free(entry->value);
    map_done(&c->last_seqs);
    map_init(&c->last_seqs);
}

void correlate_done(struct correlator *c)
{
    forget_types(c);
    map_done(&c->last_seqs);
    forget_filters(c);
    map_done(&c->filters);
}

static void list_add(struct filter_list *list, const char *text)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 4;
        list->texts = mem_resize(list->texts, list->capacity * sizeof(*list->texts));
    }
    list->texts[list->count++] = mem_string(text);
}

void correlate_know_filter(struct engine *e, const char *type, const char *text)
{
    struct filter_list *list = map_get(&e->correlator.filters, type);
    if (!list)
        return; // will be read when an event of the type comes
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->texts[i], text) == 0)
            return;
    }
    list_add(list, text);
}

// By skipping through the index: one look for each, however many subscriptions share it.
static void list_read(struct engine *e, const char *type, struct filter_list *list)
{
    struct value prefix = value_text(type);
    for (;;) {
        const char *last = list->count > 0 ? list->texts[list->count - 1] : NULL;
        char *past = last ? mem_printf("%s\x01", last) : NULL; // sorts right behind `last`
        struct value from = value_text(past);
        struct scan_opts opts = {.table = TABLE_SUBSCRIPTION,
                                 .index = SUBSCRIPTION_BY_TYPE,
                                 .prefix = &prefix,
                                 .prefix_count = 1,
                                 .from = past ? &from : NULL};
        struct row row;
        bool more = rows_first(e->store, &opts, &row);
        mem_free(past);
        if (!more)
            return;
        list_add(list, row_text(&row, SUBSCRIPTION_FILTER));
        row_done(&row);
    }
}

const struct filter_list *correlate_filters(struct engine *e, const char *type)
{
    struct correlator *c = &e->correlator;
    struct filter_list *list = map_get(&c->filters, type);
    if (list)
        return list;
    if (c->filters.count >= TYPES_MAX)
        forget_filters(c);
    list = mem_new(struct filter_list);
    list_read(e, type, list);
    map_put(&c->filters, type, list);
    return list;
}

void correlate_recover(struct engine *e)
{
    struct scan_opts last = {.table = TABLE_EVENT, .index = -1, .descending = true};
    struct row row;
    if (rows_first(e->store, &last, &row)) {
        e->correlator.next_seq = row_integer(&row, EVENT_SEQ) + 1;
        row_done(&row);
    }
    e->correlator.types_from = e->correlator.next_seq;
}

void correlate_seen(struct engine *e, const char *type, int64_t seq)
{
    struct correlator *c = &e->correlator;
    int64_t *last = map_get(&c->last_seqs, type);
    if (!last) {
        if (c->last_seqs.count >= TYPES_MAX) {
            forget_types(c);
            c->types_from = seq;
        }
        last = mem_new(int64_t);
        map_put(&c->last_seqs, type, last);
    }
    *last = seq;
}

// Has any event of this type come at or after `from`? Most instances ask when none has, so the
// answer must not cost a look into the store.
static bool any_since(const struct engine *e, const char *type, int64_t from)
{
    const struct correlator *c = &e->correlator;
    if (from >= c->next_seq)
        return false;
    if (from < c->types_from || strcmp(type, "*") == 0)
        return true;
    const int64_t *last = map_get(&c->last_seqs, type);
    return last && *last >= from;
}

void correlate_filter_text(const struct catalogue_entry *entry, int filter, struct bytes *out)
{
    catalogue_key(entry, out);
    bytes_printf(out, "#%d", filter);
}

const struct event_filter *correlate_filter(struct engine *e, const char *text,
                                            struct catalogue_entry **entry)
{
    const char *hash = strrchr(text, '#');
    if (!hash)
        return NULL;
    char *key = mem_string_sized(text, (size_t)(hash - text));
    *entry = catalogue_by_key(e, key);
    mem_free(key);
    struct fail why = {0};
    struct definition *d = *entry ? catalogue_compiled(e, *entry, &why) : NULL;
    long id = strtol(hash + 1, NULL, 10);
    return d && id >= 0 && (size_t)id < d->filter_count ? d->filters[id] : NULL;
}

// A type with signs of a regular expression fits more than its own text.
const char *correlate_type(const struct event_filter *filter)
{
    return filter->type && !strpbrk(filter->type, "\\^$|?*+()[]{}") ? filter->type : "*";
}

// The row's name within its wait: a listen may have several filters under one address.
static void row_name(const struct action *action, struct bytes *out)
{
    const char *name = action->address.name ? action->address.name : "";
    bytes_printf(out, "%d%s%s", action->filter->id, *name ? "/" : "", name);
}

static void detail_write(const struct action *action, struct bytes *out)
{
    json detail = json_object();
    json_set_int(&detail, "filter", action->filter->id);
    if (action->address.name && *action->address.name)
        json_set_text(&detail, "name", action->address.name);
    if (json_is_object(action->with) && json_length(action->with) > 0)
        json_set(&detail, "with", action->with);
    if (!json_is_absent(action->correlation))
        json_set(&detail, "expected", action->correlation);
    json_write(detail, JSON_COMPACT, out);
    json_free(detail);
}

bool correlate_is_consumed(struct engine *e, const char *instance, int64_t event_seq,
                           const char *path)
{
    struct row row = {0};
    rows_get(e->store, TABLE_CONSUMED,
             (struct value[]){value_text(instance), value_integer(event_seq)}, &row);
    bool consumed =
        row_is_there(&row) && (!path || strcmp(row_text(&row, CONSUMED_PATH), path) == 0);
    row_done(&row);
    return consumed;
}

// Events of a type from `from` on, oldest first; "*": of all types.
static struct scan *scan_since(struct engine *e, const char *type, int64_t from)
{
    struct value prefix = value_text(type), first = value_integer(from);
    bool all = strcmp(type, "*") == 0;
    return rows_scan(e->store, &(struct scan_opts){.table = TABLE_EVENT,
                                                   .index = all ? -1 : EVENT_BY_TYPE,
                                                   .prefix = all ? NULL : &prefix,
                                                   .prefix_count = all ? 0 : 1,
                                                   .from = &first});
}

static void early_machine(struct engine *e, struct live *l, const struct action *action)
{
    struct scan *scan = scan_since(e, correlate_type(action->filter), l->events_from);
    struct row row = {0};
    while (rows_next(scan, &row)) {
        int64_t seq = row_integer(&row, EVENT_SEQ);
        json event = rows_json(&row, EVENT_BODY), correlation = json_absent();
        struct fail why = {0};
        if (!correlate_is_consumed(e, l->id, seq, NULL) &&
            event_fits(action->filter, event, e->now_ms, &correlation, &why) &&
            event_fits_subscription(action->with, action->correlation, event, correlation, &why)) {
            struct inbox_entry *entry =
                inbox_entry_new(INBOX_MACHINE, INPUT_EVENT, action->address, json_ref(event));
            entry->filter = action->filter->id;
            json_swap_take(&entry->correlation, json_ref(correlation));
            entry->event_seq = seq;
            live_put(e, l, entry);
        }
        json_free(correlation);
        json_free(event);
        row_done(&row);
    }
}

void correlate_subscribe(struct engine *e, struct live *l, const struct action *action)
{
    struct bytes name, filter, key, detail;
    bytes_init(&name, TEXT_BYTES_MAX);
    bytes_init(&filter, TEXT_BYTES_MAX);
    bytes_init(&key, TEXT_BYTES_MAX);
    bytes_init(&detail, TEXT_BYTES_MAX);
    row_name(action, &name);
    correlate_filter_text(l->entry, action->filter->id, &filter);
    event_correlation_key(action->filter, action->correlation, &key);
    detail_write(action, &detail);
    struct value columns[] = {
        [SUBSCRIPTION_INSTANCE] = value_text(l->id),
        [SUBSCRIPTION_PATH] = value_text(action->address.path),
        [SUBSCRIPTION_ATTEMPT] = value_integer(action->address.attempt),
        [SUBSCRIPTION_NAME] = value_text(name.data),
        [SUBSCRIPTION_TYPE] = value_text(correlate_type(action->filter)),
        [SUBSCRIPTION_FILTER] = value_text(filter.data),
        [SUBSCRIPTION_KEY] = value_text(key.data),
        [SUBSCRIPTION_OWNER] = value_text("machine"),
        [SUBSCRIPTION_DETAIL] = value_text(detail.data),
    };
    store_put(e->store, TABLE_SUBSCRIPTION, columns);
    correlate_know_filter(e, correlate_type(action->filter), filter.data);
    l->has_rows = true;
    bytes_done(&name);
    bytes_done(&filter);
    bytes_done(&key);
    bytes_done(&detail);
    if (any_since(e, correlate_type(action->filter), l->events_from))
        early_machine(e, l, action);
}

void correlate_unsubscribe(struct engine *e, struct live *l, const struct action *action)
{
    struct bytes name;
    bytes_init(&name, TEXT_BYTES_MAX);
    row_name(action, &name);
    struct value key[4];
    rows_address(key, l->id, action->address.path, action->address.attempt, name.data);
    store_delete(e->store, TABLE_SUBSCRIPTION, key);
    bytes_done(&name);
}

// "step/" and the names compared, which with the values as key find the row.
static void step_filter(json with, struct bytes *out)
{
    bytes_add(out, "step/");
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    for (bool first = true; json_next(with, &cursor, &name, &value); first = false)
        bytes_printf(out, "%s%s", first ? "" : ",", name);
}

// An attribute by name, or a value inside by a dotted path ("data.reservation").
static json event_attribute(json event, const char *name)
{
    json v = json_get(event, name);
    if (!json_is_absent(v))
        return v;
    json_free(v);
    return json_path(event, name);
}

void correlate_step_key(const char *filter, json event, struct bytes *out)
{
    json values = json_object();
    char *names = mem_string(filter + strlen("step/"));
    char *rest = NULL;
    for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        json v = event_attribute(event, name);
        if (json_is_absent(v))
            json_free(v);
        else
            json_set_take(&values, name, v);
    }
    json_set_take(&values, "type", json_get(event, "type"));
    json_write(values, JSON_COMPACT, out);
    mem_free(names);
    json_free(values);
}

bool correlate_step_means(const char *filter, const char *instance, json event)
{
    const char *subject = json_get_text(event, "subject", NULL);
    return !subject || strcmp(filter, "step/") != 0 || strcmp(subject, instance) == 0;
}

// The key of a subscription. The type is part of it: under a filter that compares nothing all
// steps would meet otherwise, whatever they wait for.
static void write_step_key(const char *type, json compared, struct bytes *out)
{
    json values = json_ref(compared);
    json_set_text(&values, "type", type);
    json_write(values, JSON_COMPACT, out);
    json_free(values);
}

void correlate_subscribe_step(struct engine *e, const struct step_address *a, const char *name,
                              const char *type, json with)
{
    struct bytes filter, key, detail;
    bytes_init(&filter, TEXT_BYTES_MAX);
    bytes_init(&key, TEXT_BYTES_MAX);
    bytes_init(&detail, TEXT_BYTES_MAX);
    json compared = json_is_object(with) ? json_ref(with) : json_object();
    step_filter(compared, &filter);
    write_step_key(type, compared, &key);
    json_write(compared, JSON_COMPACT, &detail);
    struct value columns[] = {
        [SUBSCRIPTION_INSTANCE] = value_text(a->instance),
        [SUBSCRIPTION_PATH] = value_text(a->path),
        [SUBSCRIPTION_ATTEMPT] = value_integer(a->attempt),
        [SUBSCRIPTION_NAME] = value_text(name),
        [SUBSCRIPTION_TYPE] = value_text(type),
        [SUBSCRIPTION_FILTER] = value_text(filter.data),
        [SUBSCRIPTION_KEY] = value_text(key.data),
        [SUBSCRIPTION_OWNER] = value_text("step"),
        [SUBSCRIPTION_DETAIL] = value_text(detail.data),
    };
    store_put(e->store, TABLE_SUBSCRIPTION, columns);
    correlate_know_filter(e, type, filter.data);
    json_free(compared);
    bytes_done(&filter);
    bytes_done(&key);
    bytes_done(&detail);
}

void correlate_early_step(struct engine *e, const struct step_address *a, const char *name,
                          const char *type, json with)
{
    struct live *l = live_find(e, a->instance);
    if (!l || !any_since(e, type, l->events_from))
        return;
    struct bytes filter, wanted, got;
    bytes_init(&filter, TEXT_BYTES_MAX);
    bytes_init(&wanted, TEXT_BYTES_MAX);
    bytes_init(&got, TEXT_BYTES_MAX);
    json compared = json_is_object(with) ? json_ref(with) : json_object();
    step_filter(compared, &filter);
    write_step_key(type, compared, &wanted);
    json_free(compared);
    struct scan *scan = scan_since(e, type, l->events_from);
    struct row row = {0};
    while (rows_next(scan, &row)) {
        int64_t seq = row_integer(&row, EVENT_SEQ);
        json event = rows_json(&row, EVENT_BODY);
        bytes_clear(&got);
        correlate_step_key(filter.data, event, &got);
        if (strcmp(got.data, wanted.data) == 0 && correlate_step_means(filter.data, l->id, event) &&
            !correlate_is_consumed(e, l->id, seq, NULL)) {
            struct inbox_entry *entry =
                inbox_entry_new(INBOX_STEP, STEP_EVENT,
                                (struct wait_address){a->path, a->attempt, name}, json_ref(event));
            entry->event_seq = seq;
            live_put(e, l, entry);
        }
        json_free(event);
        row_done(&row);
    }
    bytes_done(&filter);
    bytes_done(&wanted);
    bytes_done(&got);
}

void correlate_unsubscribe_step(struct engine *e, const struct step_address *a, const char *name)
{
    struct value key[4];
    rows_address(key, a->instance, a->path, a->attempt, name);
    store_delete(e->store, TABLE_SUBSCRIPTION, key);
}

bool correlate_has(struct engine *e, const char *instance, const char *path, int64_t attempt,
                   int filter)
{
    char name[32];
    snprintf(name, sizeof(name), "%d", filter);
    struct value key[4];
    rows_address(key, instance, path, attempt, name);
    struct row row = {0};
    rows_get(e->store, TABLE_SUBSCRIPTION, key, &row);
    bool there = row_is_there(&row);
    row_done(&row);
    return there || correlate_any(e, instance, path, attempt);
}

bool correlate_any(struct engine *e, const char *instance, const char *path, int64_t attempt)
{
    struct value key[4];
    rows_address(key, instance, path, attempt, "");
    struct scan_opts opts = {
        .table = TABLE_SUBSCRIPTION, .index = -1, .prefix = key, .prefix_count = 3};
    struct row row;
    bool any = rows_first(e->store, &opts, &row);
    if (any)
        row_done(&row);
    return any;
}

void correlate_consumed(struct engine *e, const struct live *l, int64_t event_seq, const char *path)
{
    struct value columns[] = {
        [CONSUMED_INSTANCE] = value_text(l->id),
        [CONSUMED_EVENT] = value_integer(event_seq),
        [CONSUMED_PATH] = value_text(path),
    };
    store_put(e->store, TABLE_CONSUMED, columns);
}
