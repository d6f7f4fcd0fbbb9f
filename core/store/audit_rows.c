// What lies beside the chains. Some rows carry or have a hash: a definition's text, a payload, and
// each answer that is no secret ballot, whose personal payload the history has the hash of. Of the
// others only the form can be looked at: texts that are UTF-8, values that are JSON. A change there
// that keeps the form is found by nobody here; decisions are among the former.
#include "store/audit_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/utf8.h"

struct rows_check {
    struct store *store;
    struct audit_report *report;
    struct fail *why, *read;
    struct map receipts; // of answers in personal payloads -> enum seen
};

enum seen { SEEN_OTHER = 1, SEEN_SAME = 2 };

static const struct json_column {
    enum table table;
    int column;
} json_columns[] = {
    {TABLE_INSTANCE, INSTANCE_STATE},  {TABLE_EVENT, EVENT_BODY},
    {TABLE_EFFECT, EFFECT_REQUEST},    {TABLE_EFFECT, EFFECT_RESULT},
    {TABLE_STEP, STEP_INPUT},          {TABLE_STEP, STEP_STATE},
    {TABLE_ITEM, ITEM_FORM},           {TABLE_ITEM, ITEM_DETAIL},
    {TABLE_ANSWER, ANSWER_DATA},       {TABLE_ANSWER, ANSWER_REPLY},
    {TABLE_PERSON, PERSON_ATTRIBUTES},
};
#define JSON_COLUMN_COUNT (sizeof(json_columns) / sizeof(*json_columns))

// The first column says which row it is; ids and keys are texts, but of three tables.
static const char *name_of(const struct row *row)
{
    const struct value *key = &row->columns[0];
    return key->kind == VALUE_TEXT ? key->data : "";
}

static void check_texts(struct rows_check *c, enum table table, const struct row *row)
{
    const struct table_description *t = &schema_tables[table];
    for (int i = 0; i < t->column_count; i++) {
        const struct value *v = &row->columns[i];
        if (v->kind == VALUE_TEXT && !utf8_is_valid(v->data, v->bytes))
            audit_found(c->report, c->why, "column '%s' of a row in '%s' is no text",
                        t->columns[i].name, t->name);
    }
}

static void check_values(struct rows_check *c, enum table table, const struct row *row)
{
    const struct table_description *t = &schema_tables[table];
    for (size_t i = 0; i < JSON_COLUMN_COUNT; i++) {
        const struct value *v = &row->columns[json_columns[i].column];
        json parsed = json_absent();
        struct fail why;
        if (json_columns[i].table != table || v->kind == VALUE_NULL || v->bytes == 0)
            continue;
        if (!json_parse_stored(v->data, v->bytes, &parsed, &why))
            audit_found(c->report, c->why, "column '%s' of '%s' in '%s' cannot be read",
                        t->columns[json_columns[i].column].name, name_of(row), t->name);
        json_free(parsed);
    }
}

static bool has_hash(const struct value *hash, const struct value *of)
{
    struct hash found = hash_of(of->data, of->bytes);
    return hash->bytes == HASH_BYTES && memcmp(hash->data, found.bytes, HASH_BYTES) == 0;
}

static void check_hashes(struct rows_check *c, enum table table, const struct row *row)
{
    if (table == TABLE_DEFINITION &&
        !has_hash(&row->columns[DEFINITION_HASH], &row->columns[DEFINITION_TEXT]))
        audit_found(c->report, c->why, "the text of definition '%s' '%s' was changed",
                    row_text(row, DEFINITION_NAME), row_text(row, DEFINITION_VERSION));
    if (table == TABLE_PAYLOAD &&
        !has_hash(&row->columns[PAYLOAD_HASH], &row->columns[PAYLOAD_BODY]))
        audit_found(c->report, c->why, "a payload is not what was put away");
}

// ---- answers against what the history has hashed

static bool answer_is(struct rows_check *c, const char *receipt, json data, bool *there)
{
    struct row row;
    struct fail why;
    json stored = json_absent();
    *there = false;
    if (!store_get(c->store, TABLE_ANSWER, (struct value[]){value_text(receipt)}, &row, c->read))
        return false;
    bool same = false;
    *there = row_is_there(&row);
    if (*there) {
        const struct value *v = &row.columns[ANSWER_DATA];
        same = v->kind == VALUE_NULL ||
               (json_parse_stored(v->data, v->bytes, &stored, &why) &&
                (json_equal(stored, data) || (json_is_null(stored) && json_is_absent(data))));
    }
    json_free(stored);
    row_done(&row);
    return same;
}

// An answer may be amended, and one that only accepts keeps what was said before: the row must be
// one of the things that were answered under its receipt.
static void take_payload(struct rows_check *c, const struct row *row)
{
    static const char mark[] = "\"receipt\"";
    const struct value *body = &row->columns[PERSONAL_BODY];
    json parsed = json_absent(), data;
    struct fail why;
    bool there;
    if (body->kind == VALUE_NULL ||
        memmem(body->data, body->bytes, mark, sizeof(mark) - 1) == NULL ||
        !json_parse_stored(body->data, body->bytes, &parsed, &why))
        return;
    const char *receipt = json_get_text(parsed, "receipt", NULL);
    if (receipt != NULL && json_has(parsed, "item") && json_has(parsed, "at_ms")) {
        data = json_get(parsed, "data");
        bool same = answer_is(c, receipt, data, &there);
        if (!there && !map_has(&c->receipts, receipt))
            audit_found(c->report, c->why, "the answer '%s' is missing", receipt);
        if (same || !map_has(&c->receipts, receipt))
            map_put(&c->receipts, receipt,
                    (void *)(uintptr_t)(same || !there ? SEEN_SAME : SEEN_OTHER));
        json_free(data);
    }
    json_free(parsed);
}

static void check_row(struct rows_check *c, enum table table, const struct row *row)
{
    check_texts(c, table, row);
    check_values(c, table, row);
    check_hashes(c, table, row);
    if (table == TABLE_PERSONAL)
        take_payload(c, row);
}

static bool walk_table(struct rows_check *c, enum table table)
{
    struct scan *scan;
    struct row row;
    struct fail why;
    if (!store_scan(c->store, &(struct scan_opts){.table = table, .index = -1}, &scan, c->read))
        return false;
    while (scan_next(scan, &row, &why)) {
        check_row(c, table, &row);
        row_done(&row);
    }
    scan_done(scan);
    if (why.kind != FAIL_NONE)
        *c->read = why;
    return c->read->kind == FAIL_NONE;
}

// A table that cannot be read to its end keeps nobody from looking at the others.
void audit_check_rows(struct store *s, struct audit_report *report, struct fail *why)
{
    struct fail read = {0};
    struct rows_check c = {.store = s, .report = report, .why = why, .read = &read};
    struct map_entry *entry;
    bool all = true;
    map_init(&c.receipts);
    for (int table = 0; table < TABLE_COUNT; table++) {
        bool whole = walk_table(&c, (enum table)table);
        if (!whole)
            audit_found(report, why, "'%s' cannot be read to its end: %.250s",
                        schema_tables[table].name, read.message);
        all = all && whole;
        read.kind = FAIL_NONE;
    }
    for (size_t i = 0; all && map_next(&c.receipts, &i, &entry);)
        if ((enum seen)(uintptr_t)entry->value == SEEN_OTHER)
            audit_found(report, why, "the answer '%s' is not what was answered", entry->key);
    map_done(&c.receipts);
}
