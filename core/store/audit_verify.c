// Verification of a whole store reads three things and lays them beside one another: each
// instance's chain of history, the instance's own row, which says where the chain ends, and the
// chain of commits, which says which heads there were. To change a row unseen one would have to
// rewrite everything that was committed after it.
#include "store/audit_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/map.h"
#include "base/must.h"
#include "store/chain.h"
#include "store/heads.h"

struct verifier {
    struct store *store;
    struct audit_report *report;
    struct fail *why; // of the first finding
    struct fail read; // of a read that the disk refused
    // The chain being walked.
    char instance[256];
    struct audit_head head;
    struct map ends; // instance -> its last seq, until a commit with that head is found
};

static bool hash_of_value(const struct value *v, struct hash *out)
{
    if (v->bytes != HASH_BYTES)
        return false;
    memcpy(out->bytes, v->data, HASH_BYTES);
    return true;
}

static void check_reference(void *context, const char *name, const struct hash *hash)
{
    struct verifier *v = context;
    struct row row;
    if (!store_get(v->store, TABLE_PERSONAL,
                   (struct value[]){value_text(v->instance), value_text(name)}, &row, &v->read))
        return;
    v->report->personal++;
    if (!row_is_there(&row))
        audit_found(v->report, v->why, "personal payload '%s' of '%s' is missing", name,
                    v->instance);
    else if (row_is_null(&row, PERSONAL_BODY))
        v->report->erased++;
    else if (!audit_personal_fits(&row, hash))
        audit_found(v->report, v->why, "personal payload '%s' of '%s' was changed", name,
                    v->instance);
    row_done(&row);
}

static void check_references(struct verifier *v, const struct value *entries)
{
    static const char mark[] = "\"personal\"";
    json parsed;
    struct fail why;
    if (memmem(entries->data, entries->bytes, mark, sizeof(mark) - 1) == NULL)
        return;
    if (!json_parse_stored(entries->data, entries->bytes, &parsed, &why)) {
        audit_found(v->report, v->why, "history of '%s' at %lld is no JSON", v->instance,
                    (long long)v->head.seq);
        return;
    }
    audit_each_reference(parsed, check_reference, v);
    json_free(parsed);
}

// The instance's row, if it has one, must say what the chain says.
static void end_chain(struct verifier *v)
{
    struct row row;
    struct hash hash;
    if (v->head.seq == 0)
        return;
    v->report->instances++;
    map_put(&v->ends, v->instance, (void *)(uintptr_t)v->head.seq);
    if (!store_get(v->store, TABLE_INSTANCE, (struct value[]){value_text(v->instance)}, &row,
                   &v->read))
        return;
    if (row_is_there(&row)) {
        bool same = row_integer(&row, INSTANCE_HISTORY_SEQ) == v->head.seq &&
                    hash_of_value(&row.columns[INSTANCE_HISTORY_HASH], &hash) &&
                    hash_equal(&hash, &v->head.hash);
        if (!same)
            audit_found(v->report, v->why,
                        "history of '%s' ends at %lld, not where its instance says (%lld)",
                        v->instance, (long long)v->head.seq,
                        (long long)row_integer(&row, INSTANCE_HISTORY_SEQ));
    }
    row_done(&row);
}

static void begin_chain(struct verifier *v, const char *instance)
{
    snprintf(v->instance, sizeof(v->instance), "%s", instance);
    v->head = (struct audit_head){0};
}

// After a finding the walk goes on from what is stored, so that one change is one finding.
static void check_history(struct verifier *v, const struct row *row)
{
    const char *instance = row_text(row, HISTORY_INSTANCE);
    const struct value *entries = &row->columns[HISTORY_ENTRIES];
    int64_t seq = row_integer(row, HISTORY_SEQ);
    struct hash stored = {{0}};
    if (strcmp(instance, v->instance) != 0) {
        end_chain(v);
        begin_chain(v, instance);
    }
    v->report->rows++;
    if (seq != v->head.seq + 1)
        audit_found(v->report, v->why, "history of '%s' jumps from %lld to %lld", instance,
                    (long long)v->head.seq, (long long)seq);
    struct hash wanted = chain_next(
        &v->head.hash, &(struct chain_entry){instance, seq, row_integer(row, HISTORY_AT_MS),
                                             entries->data, entries->bytes});
    bool same = hash_of_value(&row->columns[HISTORY_HASH], &stored) && hash_equal(&stored, &wanted);
    if (!same && seq == v->head.seq + 1)
        audit_found(v->report, v->why, "history of '%s' was changed at %lld", instance,
                    (long long)seq);
    v->head = (struct audit_head){seq, stored};
    check_references(v, entries);
}

// An instance that says it has history must have some.
static void check_instance(struct verifier *v, const struct row *row)
{
    const char *id = row_text(row, INSTANCE_ID);
    if (row_integer(row, INSTANCE_HISTORY_SEQ) > 0 && !map_has(&v->ends, id))
        audit_found(v->report, v->why, "history of '%s' is missing", id);
}

// The head's line, with the hash that stands in the history; false where it does not fit.
static bool check_head(struct verifier *v, int64_t commit, const struct head *head,
                       struct bytes *lines)
{
    struct hash stored;
    struct row row;
    if (!store_get(v->store, TABLE_HISTORY,
                   (struct value[]){value_text(head->instance), value_integer(head->seq)}, &row,
                   &v->read))
        return false;
    bool fits = row_is_there(&row) && hash_of_value(&row.columns[HISTORY_HASH], &stored) &&
                memcmp(stored.bytes, head->mark, head->mark_bytes) == 0;
    row_done(&row);
    if (fits)
        heads_add_line(head->instance, head->seq, &stored, lines);
    else
        audit_found(v->report, v->why, "history of '%s' at %lld is not what commit %lld chained",
                    head->instance, (long long)head->seq, (long long)commit);
    if ((uintptr_t)map_get(&v->ends, head->instance) == (uintptr_t)head->seq)
        map_remove(&v->ends, head->instance);
    return fits;
}

// Makes the lines that the commit chained; false, and findings, when a head does not fit.
static bool check_heads(struct verifier *v, const struct row *row, struct bytes *lines)
{
    const struct value *heads = &row->columns[COMMIT_HEADS];
    struct heads_reader reader;
    struct head head;
    bool broken, fit = true;
    heads_open(&reader, heads->data, heads->bytes);
    while (heads_next(&reader, &head, &broken))
        fit = check_head(v, row_integer(row, COMMIT_SEQ), &head, lines) && fit;
    if (broken)
        audit_found(v->report, v->why, "commit %lld has a head that cannot be read",
                    (long long)row_integer(row, COMMIT_SEQ));
    heads_close(&reader);
    return fit && !broken;
}

static void check_commit(struct verifier *v, const struct row *row)
{
    int64_t seq = row_integer(row, COMMIT_SEQ);
    struct hash stored = {{0}};
    struct bytes lines;
    v->report->commits++;
    if (seq != v->head.seq + 1)
        audit_found(v->report, v->why, "commits jump from %lld to %lld", (long long)v->head.seq,
                    (long long)seq);
    bytes_init(&lines, SIZE_MAX / 4);
    bool fit = check_heads(v, row, &lines);
    struct hash wanted =
        chain_next(&v->head.hash, &(struct chain_entry){NULL, seq, row_integer(row, COMMIT_AT_MS),
                                                        lines.data, lines.length});
    bool same = hash_of_value(&row->columns[COMMIT_HASH], &stored) && hash_equal(&stored, &wanted);
    if (fit && !same && seq == v->head.seq + 1)
        audit_found(v->report, v->why, "commit %lld was changed", (long long)seq);
    v->head = (struct audit_head){seq, stored};
    bytes_done(&lines);
}

static bool walk(struct verifier *v, const struct scan_opts *opts,
                 void (*check)(struct verifier *v, const struct row *row))
{
    struct scan *scan;
    struct row row;
    struct fail why;
    if (!store_scan(v->store, opts, &scan, &v->read))
        return false;
    while (scan_next(scan, &row, &why)) {
        check(v, &row);
        row_done(&row);
    }
    scan_done(scan);
    if (why.kind != FAIL_NONE)
        v->read = why;
    return v->read.kind == FAIL_NONE;
}

static bool walk_history(struct verifier *v, const char *instance)
{
    struct value prefix = value_text(instance);
    begin_chain(v, "");
    bool read = walk(v,
                     &(struct scan_opts){.table = TABLE_HISTORY,
                                         .index = -1,
                                         .prefix = &prefix,
                                         .prefix_count = instance != NULL},
                     check_history);
    end_chain(v);
    return read && v->read.kind == FAIL_NONE;
}

static bool walk_store(struct verifier *v)
{
    if (!walk(v, &(struct scan_opts){.table = TABLE_INSTANCE, .index = -1}, check_instance))
        return false;
    begin_chain(v, "");
    if (!walk(v, &(struct scan_opts){.table = TABLE_COMMIT, .index = -1}, check_commit))
        return false;
    struct map_entry *entry;
    for (size_t i = 0; map_next(&v->ends, &i, &entry);)
        audit_found(v->report, v->why, "the end of the history of '%s' is in no commit",
                    entry->key);
    return v->read.kind == FAIL_NONE;
}

bool audit_verify(struct store *s, const char *instance, struct audit_report *report,
                  struct fail *why)
{
    struct verifier v = {.store = s, .report = report, .why = why};
    map_init(&v.ends);
    bool read = walk_history(&v, instance) && (instance != NULL || walk_store(&v));
    if (instance == NULL)
        audit_check_rows(s, report, why);
    if (read && instance != NULL && v.report->rows == 0)
        audit_found(report, why, "there is no history of '%s'", instance);
    map_done(&v.ends);
    if (!read)
        *why = v.read;
    return read && report->bad == 0;
}
