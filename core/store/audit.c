#include "store/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "store/audit_parts.h"
#include "store/chain.h"
#include "store/entry.h"

#define SALT_BYTES       32
#define CASE_SLICE       128
#define REFERENCE_RANDOM 9
#define REFERENCE_SIZE   (ID_NUMBER_DIGITS + BASE64_SIZE(REFERENCE_RANDOM))

void audit_write_entries(json entries, struct bytes *out)
{
    bytes_add_char(out, '[');
    for (size_t i = 0; i < json_length(entries); i++) {
        json entry = json_at(entries, i);
        entry_add_json(entry, out);
        json_free(entry);
    }
    bytes_add_char(out, ']');
}

void audit_append(struct store *s, const char *instance, int64_t now_ms, json entries,
                  struct audit_head *head)
{
    must(json_is_array(entries));
    struct bytes body;
    bytes_init(&body, SIZE_MAX / 4);
    audit_write_entries(entries, &body);
    audit_append_text(s, instance, now_ms, &body, head);
    bytes_done(&body);
}

void audit_append_text(struct store *s, const char *instance, int64_t now_ms,
                       const struct bytes *entries, struct audit_head *head)
{
    must(entries->length >= 2 && !entries->overflowed && head->seq >= 0);
    head->seq++;
    head->hash = chain_next(&head->hash, &(struct chain_entry){.instance = instance,
                                                               .seq = head->seq,
                                                               .at_ms = now_ms,
                                                               .body = entries->data,
                                                               .body_bytes = entries->length});
    store_put(s, TABLE_HISTORY,
              (struct value[]){[HISTORY_INSTANCE] = value_text(instance),
                               [HISTORY_SEQ] = value_integer(head->seq),
                               [HISTORY_AT_MS] = value_integer(now_ms),
                               [HISTORY_ENTRIES] = value_blob(entries->data, entries->length),
                               [HISTORY_HASH] = value_blob(head->hash.bytes, HASH_BYTES)});
}

// A reference begins with the number of the commit that makes it: what is written together lies
// together, while random ones would each have a page of the tree to themselves once there are many.
// It tells no more than the history does, which names it in that very commit. A secret ballot has
// none.
json audit_personal(struct store *s, const char *instance, const char *person, json payload)
{
    uint8_t random[REFERENCE_RANDOM];
    char reference[REFERENCE_SIZE];
    store_random(s, random, sizeof(random));
    id_write_number(store_next_commit(s), reference);
    base64_encode(random, sizeof(random), reference + ID_NUMBER_DIGITS);
    return audit_personal_named(s, &(struct audit_name){instance, reference, person}, payload);
}

json audit_personal_named(struct store *s, const struct audit_name *name, json payload)
{
    uint8_t salt[SALT_BYTES];
    char hex[HASH_HEX_SIZE];
    struct bytes body;
    store_random(s, salt, sizeof(salt));
    bytes_init(&body, SIZE_MAX / 4);
    json_write(payload, JSON_COMPACT, &body);
    struct hash hash = chain_personal(salt, sizeof(salt), body.data, body.length);
    store_put(s, TABLE_PERSONAL,
              (struct value[]){[PERSONAL_INSTANCE] = value_text(name->instance),
                               [PERSONAL_REF] = value_text(name->reference),
                               [PERSONAL_PERSON] = value_text(name->person),
                               [PERSONAL_SALT] = value_blob(salt, sizeof(salt)),
                               [PERSONAL_BODY] = value_blob(body.data, body.length)});
    bytes_done(&body);
    hash_hex(&hash, hex);
    json out = json_object();
    json_set_text(&out, "personal", name->reference);
    json_set_text(&out, "hash", hex);
    return out;
}

bool audit_reference_of(json v, const char **name, struct hash *hash)
{
    *name = json_get_text(v, "personal", NULL);
    const char *hex = json_get_text(v, "hash", NULL);
    return json_length(v) == 2 && *name != NULL && hex != NULL && hash_from_hex(hex, hash);
}

bool audit_personal_fits(const struct row *row, const struct hash *wanted)
{
    const struct value *salt = &row->columns[PERSONAL_SALT], *body = &row->columns[PERSONAL_BODY];
    struct hash found = chain_personal(salt->data, salt->bytes, body->data, body->bytes);
    return hash_equal(&found, wanted);
}

bool audit_personal_read(struct store *s, const char *instance, json reference, json *payload,
                         struct fail *why)
{
    const char *name;
    struct hash hash;
    struct row row;
    *payload = json_absent();
    if (!json_is_object(reference) || !audit_reference_of(reference, &name, &hash))
        return fail(why, FAIL_INVALID, "this is no reference to a personal payload");
    if (!store_get(s, TABLE_PERSONAL, (struct value[]){value_text(instance), value_text(name)},
                   &row, why))
        return false;
    bool good = true;
    if (row_is_there(&row) && !row_is_null(&row, PERSONAL_BODY)) {
        const struct value *body = &row.columns[PERSONAL_BODY];
        good = audit_personal_fits(&row, &hash)
                   ? json_parse_stored(body->data, body->bytes, payload, why)
                   : fail(why, FAIL_CORRUPT, "personal payload '%s' of '%s' was changed", name,
                          instance);
    }
    row_done(&row);
    return good;
}

// The salt goes too, or what was erased could be guessed again from its hash.
static void blank(struct store *s, const struct row *row)
{
    store_put(s, TABLE_PERSONAL,
              (struct value[]){[PERSONAL_INSTANCE] = row->columns[PERSONAL_INSTANCE],
                               [PERSONAL_REF] = row->columns[PERSONAL_REF],
                               [PERSONAL_PERSON] = value_null(),
                               [PERSONAL_SALT] = value_blob("", 0),
                               [PERSONAL_BODY] = value_null()});
}

bool audit_erase_person(struct store *s, const char *person, int64_t *count, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix = value_text(person);
    *count = 0;
    must(person != NULL);
    if (!store_scan(
            s, &(struct scan_opts){.table = TABLE_PERSONAL, .prefix = &prefix, .prefix_count = 1},
            &scan, why))
        return false;
    while (scan_next(scan, &row, why)) {
        blank(s, &row);
        ++*count;
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

static bool is_published(const struct row *row)
{
    return row_is_null(row, PERSONAL_PERSON) && strchr(row_text(row, PERSONAL_REF), ' ') != NULL;
}

bool audit_erase_case(struct store *s, const char *instance, struct row *after, bool *left,
                      struct fail *why)
{
    struct scan *scan;
    struct value prefix = value_text(instance);
    struct scan_opts opts = {.table = TABLE_PERSONAL,
                             .index = -1,
                             .prefix = &prefix,
                             .prefix_count = 1,
                             .after = row_is_there(after) ? after : NULL};
    if (!store_scan(s, &opts, &scan, why))
        return false;
    why->kind = FAIL_NONE;
    *left = true;
    for (int i = 0; i < CASE_SLICE && *left; i++) {
        struct row row = {0};
        *left = scan_next(scan, &row, why);
        if (*left && !row_is_null(&row, PERSONAL_BODY) && !is_published(&row))
            blank(s, &row);
        row_done(after);
        *after = row;
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

void audit_found(struct audit_report *report, struct fail *why, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (report->bad++ == 0)
        fail(why, FAIL_CORRUPT, "%s", text);
    if (report->details != NULL)
        bytes_printf(report->details, "%s\n", text);
}

void audit_each_reference(json v, audit_visit *visit, void *context)
{
    const char *name;
    struct hash hash;
    if (json_is_array(v)) {
        for (size_t i = 0; i < json_length(v); i++) {
            json item = json_at(v, i);
            audit_each_reference(item, visit, context);
            json_free(item);
        }
        return;
    }
    if (!json_is_object(v))
        return;
    if (audit_reference_of(v, &name, &hash)) {
        visit(context, name, &hash);
        return;
    }
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    for (json value; json_next(v, &cursor, &key, &value);)
        audit_each_reference(value, visit, context);
}
