#include "access/acts.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "engine/rows.h"
#include "store/entry.h"

static struct scan *newest_first(struct engine *e)
{
    static const struct value prefix = {
        .kind = VALUE_TEXT, .data = ACTS_ID, .bytes = sizeof ACTS_ID - 1};
    return rows_scan(engine_store(e), &(struct scan_opts){.table = TABLE_HISTORY,
                                                          .index = -1,
                                                          .prefix = &prefix,
                                                          .prefix_count = 1,
                                                          .descending = true});
}

static void read_head(struct acts *a)
{
    struct scan *scan = newest_first(a->engine);
    struct row row = {0};
    a->is_read = true;
    if (!rows_next(scan, &row))
        return;
    a->head.seq = row_integer(&row, HISTORY_SEQ);
    must(row.columns[HISTORY_HASH].bytes == HASH_BYTES);
    memcpy(a->head.hash.bytes, row.columns[HISTORY_HASH].data, HASH_BYTES);
    row_done(&row);
    scan_done(scan);
}

static void append(struct acts *a, json entry)
{
    if (!a->is_read)
        read_head(a);
    json entries = json_array();
    json_append(&entries, entry);
    const struct port *port = engine_port(a->engine);
    audit_append(engine_store(a->engine), ACTS_ID, port->now_ms(port->context), entries, &a->head);
    json_free(entries);
}

static json shown(const struct row *row)
{
    char at[INSTANT_TEXT_SIZE];
    json out = json_object(), entries = json_absent();
    struct fail why = {0};
    const struct value *text = &row->columns[HISTORY_ENTRIES];
    instant_write_utc(row_integer(row, HISTORY_AT_MS), at);
    json_set_int(&out, "seq", row_integer(row, HISTORY_SEQ));
    json_set_text(&out, "at", at);
    if (!entries_read(text->data, text->bytes, &entries, &why))
        log_error("access", "act_unreadable", "seq=%lld reason=\"%s\"",
                  (long long)row_integer(row, HISTORY_SEQ), why.message);
    json_set_take(&out, "acts", json_is_array(entries) ? entries : json_array());
    return out;
}

json acts_list(struct engine *e, int64_t before_seq, size_t limit, struct fail *why)
{
    struct value prefix = value_text(ACTS_ID), to = value_integer(before_seq);
    struct scan *scan = NULL;
    struct row row = {0};
    if (!store_scan(engine_store(e),
                    &(struct scan_opts){.table = TABLE_HISTORY,
                                        .index = -1,
                                        .prefix = &prefix,
                                        .prefix_count = 1,
                                        .to = &to,
                                        .descending = true},
                    &scan, why))
        return json_absent();
    json out = json_array();
    while (json_length(out) < limit && scan_next(scan, &row, why)) {
        // The bound belongs to the range; what was asked for lies before it.
        if (row_integer(&row, HISTORY_SEQ) < before_seq)
            json_append_take(&out, shown(&row));
        row_done(&row);
    }
    scan_done(scan);
    return out;
}

// ---- recording

static json entry_of(const struct actor *actor, const struct act *act)
{
    static const char *const kinds[] = {
        [ACTOR_NOBODY] = "nobody",    [ACTOR_OPEN] = "open",   [ACTOR_LOCAL] = "command",
        [ACTOR_BOOTSTRAP] = "token",  [ACTOR_TOKEN] = "token", [ACTOR_SESSION] = "account",
        [ACTOR_PROVIDER] = "provider"};
    json entry = json_object(), by = json_object();
    json_set_text(&by, "kind", kinds[actor->kind]);
    json_set_text(&by, "name", actor->name);
    json_set_text(&entry, "type", "act");
    json_set_text(&entry, "act", act->act);
    json_set_take(&entry, "by", by);
    if (!json_is_absent(act->detail))
        json_set(&entry, "detail", act->detail);
    return entry;
}

void acts_record(struct acts *a, const struct actor *actor, const struct act *act)
{
    if (actor->kind == ACTOR_OPEN)
        return;
    json entry = entry_of(actor, act);
    struct fail why = {0};
    if (act->instance && !engine_note(a->engine, act->instance, json_ref(entry), &why))
        log_error("access", "act_not_noted", "act=%s instance=%s reason=\"%s\"", act->act,
                  act->instance, why.message);
    if (act->instance)
        json_set_text(&entry, "instance", act->instance);
    if (!act->instance || !act->only_there)
        append(a, entry);
    json_free(entry);
}
