// One case as a file that verifies alone:
//   {"format": "dure-case/2", "instance": id, "head": {"seq": n, "hash": hex},
//    "history": [{"seq", "atMs", "entries", "hash"}…],
//    "personal": {name: {"salt": base64url, "body": value} or {"erased": true}…}}
// What was hashed is the stored form of `entries` (entry.h) and the canonical text of `body`
// (compact, keys sorted), which is also what it was stored as. Should a stored text not survive
// reading and writing, it goes out as it is under `entriesText` or `bodyText`.
#include "store/audit_parts.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "store/chain.h"
#include "store/entry.h"

#define CASE_FORMAT "dure-case/2"

// A value and how it is read from its stored text and written back.
struct member {
    const char *key, *text_key;
    bool (*read)(const char *text, size_t bytes, json *out, struct fail *why);
    void (*write)(json v, struct bytes *out);
};

static void write_compact(json v, struct bytes *out)
{
    json_write(v, JSON_COMPACT, out);
}

static const struct member member_entries = {"entries", "entriesText", entries_read,
                                             audit_write_entries};
static const struct member member_body = {"body", "bodyText", json_parse_stored, write_compact};

static void set_value(json *object, const struct member *member, const struct value *text)
{
    json parsed;
    struct fail why;
    struct bytes again;
    bytes_init(&again, SIZE_MAX / 4);
    bool same = member->read(text->data, text->bytes, &parsed, &why);
    if (same) {
        member->write(parsed, &again);
        same = again.length == text->bytes && memcmp(again.data, text->data, text->bytes) == 0;
        if (same)
            json_set_take(object, member->key, parsed);
        else
            json_free(parsed);
    }
    if (!same)
        json_set_take(object, member->text_key, json_string_sized(text->data, text->bytes));
    bytes_done(&again);
}

static void set_hash(json *object, const char *key, const struct value *hash)
{
    struct hash h = {{0}};
    char hex[HASH_HEX_SIZE];
    if (hash->bytes == HASH_BYTES)
        memcpy(h.bytes, hash->data, HASH_BYTES);
    hash_hex(&h, hex);
    json_set_text(object, key, hex);
}

static json history_entry(const struct row *row)
{
    json entry = json_object();
    json_set_int(&entry, "seq", row_integer(row, HISTORY_SEQ));
    json_set_int(&entry, "atMs", row_integer(row, HISTORY_AT_MS));
    set_value(&entry, &member_entries, &row->columns[HISTORY_ENTRIES]);
    set_hash(&entry, "hash", &row->columns[HISTORY_HASH]);
    return entry;
}

static void add_history(json *out, const struct row *row)
{
    json history = json_get(*out, "history");
    json_remove(out, "history"); // held once, so that appending copies nothing
    json_append_take(&history, history_entry(row));
    json_set_take(out, "history", history);
    json head = json_object();
    json_set_int(&head, "seq", row_integer(row, HISTORY_SEQ));
    set_hash(&head, "hash", &row->columns[HISTORY_HASH]);
    json_set_take(out, "head", head);
}

static void add_personal(json *out, const struct row *row)
{
    json entry = json_object();
    if (row_is_null(row, PERSONAL_BODY)) {
        json_set_bool(&entry, "erased", true);
    } else {
        const struct value *salt = &row->columns[PERSONAL_SALT];
        char *encoded = mem_alloc(BASE64_SIZE(salt->bytes));
        base64_encode(salt->data, salt->bytes, encoded);
        json_set_text(&entry, "salt", encoded);
        mem_free(encoded);
        set_value(&entry, &member_body, &row->columns[PERSONAL_BODY]);
    }
    json personal = json_get(*out, "personal");
    json_remove(out, "personal");
    json_set_take(&personal, row_text(row, PERSONAL_REF), entry);
    json_set_take(out, "personal", personal);
}

static bool add_rows(struct store *s, enum table table, const char *instance, json *out,
                     struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix = value_text(instance);
    if (!store_scan(
            s,
            &(struct scan_opts){.table = table, .index = -1, .prefix = &prefix, .prefix_count = 1},
            &scan, why))
        return false;
    while (scan_next(scan, &row, why)) {
        if (table == TABLE_HISTORY)
            add_history(out, &row);
        else
            add_personal(out, &row);
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

bool audit_export(struct store *s, const char *instance, json *out, struct fail *why)
{
    *out = json_object();
    json_set_text(out, "format", CASE_FORMAT);
    json_set_text(out, "instance", instance);
    json_set_take(out, "history", json_array());
    json_set_take(out, "personal", json_object());
    bool read = add_rows(s, TABLE_HISTORY, instance, out, why) &&
                add_rows(s, TABLE_PERSONAL, instance, out, why);
    if (read && !json_has(*out, "head"))
        read = fail(why, FAIL_NOT_FOUND, "there is no history of '%s'", instance);
    if (read)
        return true;
    json_free(*out);
    *out = json_absent();
    return false;
}

struct case_check {
    json personal;
    const char *instance;
    struct audit_report *report;
    struct fail *why;
    struct audit_head head;
};

// The bytes that were hashed, from the value or from the text that stands for it.
static bool canonical(json object, const struct member *member, struct bytes *out)
{
    json value = json_get(object, member->key);
    const char *text = json_get_text(object, member->text_key, NULL);
    bool there = !json_is_absent(value) || text != NULL;
    if (!json_is_absent(value))
        member->write(value, out);
    else if (text != NULL)
        bytes_add(out, text);
    json_free(value);
    return there;
}

static bool personal_fits(json entry, const struct hash *wanted)
{
    uint8_t salt[64];
    size_t salt_bytes = 0;
    struct bytes body;
    const char *encoded = json_get_text(entry, "salt", "");
    bytes_init(&body, SIZE_MAX / 4);
    bool fits = base64_decode(encoded, strlen(encoded), salt, sizeof(salt), &salt_bytes) &&
                canonical(entry, &member_body, &body);
    struct hash found = chain_personal(salt, salt_bytes, body.data, body.length);
    bytes_done(&body);
    return fits && hash_equal(&found, wanted);
}

static void check_reference(void *context, const char *name, const struct hash *hash)
{
    struct case_check *c = context;
    json entry = json_get(c->personal, name);
    c->report->personal++;
    if (!json_is_object(entry))
        audit_found(c->report, c->why, "personal payload '%s' is missing", name);
    else if (json_get_bool(entry, "erased", false))
        c->report->erased++;
    else if (!personal_fits(entry, hash))
        audit_found(c->report, c->why, "personal payload '%s' was changed", name);
    json_free(entry);
}

static void check_references(struct case_check *c, const struct bytes *entries)
{
    json parsed;
    struct fail why;
    if (!json_parse_stored(entries->data, entries->length, &parsed, &why))
        return; // its hash has been checked: it was stored so
    audit_each_reference(parsed, check_reference, c);
    json_free(parsed);
}

static bool is_count(json object, const char *key)
{
    json v = json_get(object, key);
    bool good = json_is_integer(v);
    json_free(v);
    return good;
}

static void check_entry(struct case_check *c, json entry)
{
    struct hash stored = {{0}};
    struct bytes entries;
    int64_t wanted_seq = c->head.seq + 1;
    c->report->rows++;
    bytes_init(&entries, SIZE_MAX / 4);
    if (!json_is_object(entry) || !is_count(entry, "seq") || !is_count(entry, "atMs") ||
        !canonical(entry, &member_entries, &entries)) {
        audit_found(c->report, c->why, "entry %lld is not whole", (long long)wanted_seq);
        bytes_done(&entries);
        return;
    }
    int64_t seq = json_get_int(entry, "seq", 0);
    struct hash wanted = chain_next(
        &c->head.hash, &(struct chain_entry){c->instance, seq, json_get_int(entry, "atMs", 0),
                                             entries.data, entries.length});
    if (seq != wanted_seq)
        audit_found(c->report, c->why, "history jumps from %lld to %lld", (long long)c->head.seq,
                    (long long)seq);
    else if (!hash_from_hex(json_get_text(entry, "hash", ""), &stored) ||
             !hash_equal(&stored, &wanted))
        audit_found(c->report, c->why, "history was changed at %lld", (long long)seq);
    c->head = (struct audit_head){seq, stored};
    check_references(c, &entries);
    bytes_done(&entries);
}

static void check_end(struct case_check *c, json exported)
{
    struct hash stored;
    json head = json_get(exported, "head");
    if (!is_count(head, "seq") || json_get_int(head, "seq", 0) != c->head.seq ||
        !hash_from_hex(json_get_text(head, "hash", ""), &stored) ||
        !hash_equal(&stored, &c->head.hash))
        audit_found(c->report, c->why, "history does not end at its head");
    json_free(head);
}

bool audit_verify_case(json exported, struct audit_report *report, struct fail *why)
{
    const char *format = json_get_text(exported, "format", "");
    const char *instance = json_get_text(exported, "instance", NULL);
    if (strcmp(format, CASE_FORMAT) != 0 || instance == NULL)
        return fail(why, FAIL_INVALID, "this is no case file of the format %s", CASE_FORMAT);
    struct case_check c = {.instance = instance, .report = report, .why = why};
    json history = json_get(exported, "history");
    c.personal = json_get(exported, "personal");
    report->instances++;
    for (size_t i = 0; json_is_array(history) && i < json_length(history); i++) {
        json entry = json_at(history, i);
        check_entry(&c, entry);
        json_free(entry);
    }
    if (report->rows == 0)
        audit_found(report, why, "the case has no history");
    else
        check_end(&c, exported);
    json_free(history);
    json_free(c.personal);
    return report->bad == 0;
}
