#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "engine/engine.h"
#include "engine/incident.h"
#include "engine/rows.h"
#include "engine/state.h"
#include "store/entry.h"

#define SENTENCE_BYTES_MAX 4096
#define LISTED_MAX         100000 // rows looked at for one page when filters leave few

static void set_instant(json *out, const char *key, int64_t ms)
{
    if (ms == INSTANT_NONE)
        return;
    char text[INSTANT_TEXT_SIZE];
    instant_write_utc(ms, text);
    json_set_text(out, key, text);
}

static void set_text(json *out, const char *key, const char *text)
{
    if (text)
        json_set_text(out, key, text);
}

static json definition_reference(const char *namespace, const char *name, const char *version)
{
    json out = json_object();
    json_set_text(&out, "namespace", namespace);
    json_set_text(&out, "name", name);
    json_set_text(&out, "version", version);
    return out;
}

static void set_present_take(json *out, const char *key, json value)
{
    if (json_is_absent(value))
        json_free(value);
    else
        json_set_take(out, key, value);
}

static void show_machine(struct engine *e, const struct live *l, json *out)
{
    if (!l->instance)
        return;
    set_present_take(out, "input", instance_input(l->instance));
    set_present_take(out, "output", instance_output(l->instance));
    set_present_take(out, "error", instance_error(l->instance));
    set_present_take(out, "tasks", instance_task_states(l->instance));
    if (!live_is_open(l))
        return;
    struct bytes sentence;
    bytes_init(&sentence, SENTENCE_BYTES_MAX);
    incident_sentence(e, l, &sentence);
    set_text(out, "waitsFor", sentence.data);
    bytes_done(&sentence);
    set_present_take(out, "waits", instance_waits(l->instance));
}

json engine_show(struct engine *e, const char *id, struct fail *why)
{
    struct live *l = live_find(e, id);
    if (!l) {
        fail(why, FAIL_NOT_FOUND, "there is no instance '%s'", id);
        return json_absent();
    }
    json out = json_object();
    json_set_text(&out, "id", l->id);
    json_set_take(&out, "definition",
                  definition_reference(l->entry->namespace, l->entry->name, l->entry->version));
    json_set_text(&out, "status", instance_status_name(live_status_shown(e, l)));
    set_text(&out, "title", l->title);
    set_text(&out, "parent", l->parent);
    set_text(&out, "incident", l->incident);
    set_instant(&out, "createdAt", l->created_ms);
    set_instant(&out, "updatedAt", l->updated_ms);
    set_instant(&out, "endedAt", l->ended_ms);
    expiry_show(e, l, &out);
    show_machine(e, l, &out);
    return out;
}

// A row that cannot be read is shown empty; `dure verify` says what is wrong with it.
static json entries_of(const struct row *row)
{
    const struct value *text = &row->columns[HISTORY_ENTRIES];
    json entries;
    struct fail why;
    if (entries_read(text->data, text->bytes, &entries, &why))
        return entries;
    log_error("engine", "history_unreadable", "instance=%s seq=%lld reason=\"%s\"",
              row_text(row, HISTORY_INSTANCE), (long long)row_integer(row, HISTORY_SEQ),
              why.message);
    return json_array();
}

static json history_entry(const struct row *row)
{
    json out = json_object();
    char hex[HASH_HEX_SIZE];
    struct hash hash;
    memcpy(hash.bytes, row->columns[HISTORY_HASH].data, HASH_BYTES);
    hash_hex(&hash, hex);
    json_set_int(&out, "seq", row_integer(row, HISTORY_SEQ));
    set_instant(&out, "at", row_integer(row, HISTORY_AT_MS));
    json_set_text(&out, "hash", hex);
    json_set_take(&out, "entries", entries_of(row));
    return out;
}

json engine_history(struct engine *e, const char *id, int64_t after_seq, size_t limit,
                    struct fail *why)
{
    if (!live_find(e, id)) {
        fail(why, FAIL_NOT_FOUND, "there is no instance '%s'", id);
        return json_absent();
    }
    struct value prefix = value_text(id), from = value_integer(after_seq + 1);
    struct scan *scan = NULL;
    struct scan_opts opts = {
        .table = TABLE_HISTORY, .index = -1, .prefix = &prefix, .prefix_count = 1, .from = &from};
    if (!store_scan(e->store, &opts, &scan, why))
        return json_absent();
    json out = json_array();
    struct row row = {0};
    while (json_length(out) < limit && scan_next(scan, &row, why)) {
        json_append_take(&out, history_entry(&row));
        row_done(&row);
    }
    scan_done(scan);
    return out;
}

static json listed(const struct row *row)
{
    json out = json_object();
    json_set_text(&out, "id", row_text(row, INSTANCE_ID));
    json_set_take(&out, "definition",
                  definition_reference(row_text(row, INSTANCE_NAMESPACE),
                                       row_text(row, INSTANCE_NAME),
                                       row_text(row, INSTANCE_VERSION)));
    json_set_text(&out, "status", row_text(row, INSTANCE_STATUS));
    set_text(&out, "title", row_text(row, INSTANCE_TITLE));
    set_text(&out, "waitsFor", row_text(row, INSTANCE_WAITS_FOR));
    set_text(&out, "incident", row_text(row, INSTANCE_INCIDENT));
    set_text(&out, "parent", row_text(row, INSTANCE_PARENT));
    set_instant(&out, "createdAt", row_integer(row, INSTANCE_CREATED_MS));
    set_instant(&out, "updatedAt", row_integer(row, INSTANCE_UPDATED_MS));
    if (!row_is_null(row, INSTANCE_ENDED_MS))
        set_instant(&out, "endedAt", row_integer(row, INSTANCE_ENDED_MS));
    return out;
}

static bool is_wanted(const struct list_opts *opts, const struct row *row)
{
    return (!opts->status || strcmp(row_text(row, INSTANCE_STATUS), opts->status) == 0) &&
           (!opts->namespace || strcmp(row_text(row, INSTANCE_NAMESPACE), opts->namespace) == 0) &&
           (!opts->name || strcmp(row_text(row, INSTANCE_NAME), opts->name) == 0);
}

// Ids sort by the time they were made, so descending is newest first and an id is a cursor.
static bool scan_list(struct engine *e, const struct list_opts *opts, struct scan **scan,
                      struct fail *why)
{
    struct value definition[2] = {value_text(opts->namespace), value_text(opts->name)};
    struct value status = value_text(opts->status), to = value_text(opts->after);
    struct scan_opts by = {
        .table = TABLE_INSTANCE, .index = -1, .to = opts->after ? &to : NULL, .descending = true};
    if (opts->namespace && opts->name) {
        by.index = INSTANCE_BY_DEFINITION;
        by.prefix = definition;
        by.prefix_count = 2;
    } else if (opts->status) {
        by.index = INSTANCE_BY_STATUS;
        by.prefix = &status;
        by.prefix_count = 1;
    }
    return store_scan(e->store, &by, scan, why);
}

// What began since the last turn is to be seen; but not from within a handler, whose mark would
// undo the rows and leave the instances believed to be written.
static void flush_to_see(struct engine *e)
{
    if (!e->in_turn && !e->handler)
        lives_flush(e);
}

json engine_list(struct engine *e, const struct list_opts *opts, struct fail *why)
{
    flush_to_see(e);
    size_t limit = opts->limit > 0 && opts->limit < LIMIT_PAGE_ROWS ? opts->limit : LIMIT_PAGE_ROWS;
    struct scan *scan = NULL;
    if (!scan_list(e, opts, &scan, why))
        return json_absent();
    json out = json_array();
    struct row row = {0};
    for (size_t seen = 0; seen < LISTED_MAX && json_length(out) < limit; seen++) {
        if (!scan_next(scan, &row, why))
            break;
        if (is_wanted(opts, &row))
            json_append_take(&out, listed(&row));
        row_done(&row);
    }
    scan_done(scan);
    return out;
}

static void list_incidents(struct engine *e, const char *status, size_t limit, json *out)
{
    struct value prefix = value_text(status);
    struct scan *scan = rows_scan(e->store, &(struct scan_opts){.table = TABLE_INSTANCE,
                                                                .index = INSTANCE_BY_STATUS,
                                                                .prefix = &prefix,
                                                                .prefix_count = 1});
    struct row row = {0};
    while (json_length(*out) < limit) {
        if (!rows_next(scan, &row))
            return;
        if (!row_is_null(&row, INSTANCE_INCIDENT)) {
            json item = json_object();
            json_set_text(&item, "instance", row_text(&row, INSTANCE_ID));
            json_set_text(&item, "incident", row_text(&row, INSTANCE_INCIDENT));
            set_instant(&item, "since", row_integer(&row, INSTANCE_UPDATED_MS));
            json_append_take(out, item);
        }
        row_done(&row);
    }
    scan_done(scan);
}

json engine_incidents(struct engine *e, size_t limit)
{
    static const char *const open[] = {"pending", "running", "waiting", "suspended"};
    flush_to_see(e);
    json out = json_array();
    for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
        list_incidents(e, open[i], limit, &out);
    return out;
}
