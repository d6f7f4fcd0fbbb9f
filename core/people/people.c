#include "people/people.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "people/address.h"
#include "people/directory.h"
#include "people/form_schema.h"
#include "people/keyring.h"
#include "people/refusal.h"
#include "people/resident.h"

#define ATTRIBUTES_BYTES_MAX (64 * 1024)
#define KEY_NAME             "people.key"

struct people *people_new(struct engine *engine)
{
    must(engine != NULL);
    struct people *p = mem_new(struct people);
    p->engine = engine;
    p->store = engine_store(engine);
    p->zone = zone_utc();
    map_init(&p->forms);
    map_init(&p->refusals);
    list_init(&p->doomed);
    return p;
}

void people_free(struct people *p)
{
    if (p == NULL)
        return;
    forms_forget(p);
    details_forget(&p->details);
    map_done(&p->forms);
    refusals_forget(p);
    row_done(&p->swept);
    forgetting_done(&p->forgetting);
    keyring_forget(p);
    mem_free(p->seal_folder);
    mem_free(p->url);
    mem_free(p);
}

void people_set_seal_folder(struct people *p, const char *folder)
{
    mem_free(p->seal_folder);
    p->seal_folder = folder ? mem_string(folder) : NULL;
}

void people_set_url(struct people *p, const char *url)
{
    mem_free(p->url);
    p->url = mem_string(url);
    for (size_t n = url ? strlen(url) : 0; n > 0 && p->url[n - 1] == '/'; n--)
        p->url[n - 1] = 0;
}

const char *people_url(const struct people *p)
{
    return p->url ? p->url : "";
}

struct engine *people_engine(const struct people *p)
{
    return p->engine;
}

void people_set_zone(struct people *p, const struct zone *zone)
{
    must(zone != NULL);
    p->zone = zone;
}

const struct zone *people_zone(const struct people *p)
{
    return p->zone;
}

// ---- small readers

bool id_text_check(const char *what, const char *id, size_t bytes_max, struct fail *why)
{
    size_t bytes = id == NULL ? 0 : strlen(id);
    if (bytes == 0)
        return fail_code(why, FAIL_INVALID, "empty", "%s is empty", what);
    if (bytes > bytes_max)
        return fail_code(why, FAIL_LIMIT, "too_long", "%s has more than %zu bytes", what,
                         bytes_max);
    if (!utf8_is_valid(id, bytes))
        return fail(why, FAIL_INVALID, "%s is not valid UTF-8", what);
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)id[i] <= ' ' || id[i] == 0x7F || strchr(",;\"'<>\\", id[i]) != NULL)
            return fail_code(why, FAIL_INVALID, "bad_id",
                             "%s '%s' has a blank, a quote or one of , ; < > \\; leave it out",
                             what, id);
    return true;
}

static bool is_address_char(char c)
{
    unsigned char u = (unsigned char)c;
    return u > ' ' && u != 0x7F && strchr("()<>[]:;@\\,\"", c) == NULL;
}

// The dot-atom form of RFC 5322 with UTF-8 (RFC 6532); quoted local parts and address literals are
// refused, since nobody who fills in a form means them.
bool address_check(const char *address, struct fail *why)
{
    size_t bytes = address == NULL ? 0 : strlen(address);
    if (bytes == 0 || bytes > ADDRESS_BYTES || !utf8_is_valid(address, bytes))
        return fail_code(why, FAIL_INVALID, "bad_address", "a mail address has 3 to %d characters",
                         ADDRESS_BYTES);
    const char *at = strchr(address, '@');
    bool good =
        at != NULL && at != address && at - address <= 64 && at[1] != 0 && strchr(at, '.') != NULL;
    char last = '.';
    for (const char *c = address; good && *c != 0; c++) {
        if (c == at) {
            good = last != '.';
            last = '.';
            continue;
        }
        good = is_address_char(*c) && !(*c == '.' && last == '.');
        last = *c;
    }
    if (!good || last == '.')
        return fail_code(why, FAIL_INVALID, "bad_address",
                         "'%.80s' is no mail address (name@example.org)", address);
    return true;
}

char *text_normal(const char *what, const char *text, size_t bytes_max, struct fail *why)
{
    struct bytes out;
    bytes_init(&out, bytes_max + 1);
    bool good = utf8_normalize(text, strlen(text), &out, why);
    if (good && (out.overflowed || out.length > bytes_max))
        good =
            fail_code(why, FAIL_LIMIT, "too_long", "%s has more than %zu bytes", what, bytes_max);
    for (size_t i = 0; good && i < out.length; i++)
        if ((unsigned char)out.data[i] < ' ' || out.data[i] == 0x7F)
            good = fail_code(why, FAIL_INVALID, "bad_text", "%s has a control character", what);
    char *normal = good ? mem_string_sized(out.data, out.length) : NULL;
    bytes_done(&out);
    return normal;
}

bool row_json(const struct row *row, int column, json *out, struct fail *why)
{
    *out = json_absent();
    const struct value *v = &row->columns[column];
    if (v->kind == VALUE_NULL)
        return true;
    if (!json_parse_stored(v->data, v->bytes, out, why)) {
        why->kind = FAIL_CORRUPT;
        return fail_within(why, "a stored row does not read back");
    }
    return true;
}

void date_at(const struct people *p, int64_t at_ms, char out[16])
{
    struct local_time local = zone_local(p->zone, at_ms);
    int length = snprintf(out, 16, "%04d-%02d-%02d", local.year, local.month, local.day);
    must(length == 10);
}

bool people_key(struct people *p, struct fail *why)
{
    if (p->has_key)
        return true;
    struct row row;
    struct value key = value_text(KEY_NAME);
    if (!store_get(p->store, TABLE_META, &key, &row, why))
        return false;
    struct hash found;
    if (row_is_there(&row)) {
        bool good = hash_from_hex(row_text(&row, META_VALUE), &found);
        row_done(&row);
        if (!good)
            return fail(why, FAIL_CORRUPT, "the key of personal links does not read back");
        memcpy(p->key, found.bytes, HASH_BYTES);
        p->has_key = true;
        return true;
    }
    const struct port *port = engine_port(p->engine);
    port->secret(port->context, found.bytes, HASH_BYTES);
    char hex[HASH_HEX_SIZE];
    hash_hex(&found, hex);
    store_put(p->store, TABLE_META, (struct value[]){key, value_text(hex)});
    memcpy(p->key, found.bytes, HASH_BYTES);
    // Not remembered: an undone batch would leave links that nobody can read. The next call reads
    // the row.
    return true;
}

// ---- persons

struct person_draft {
    const char *id;
    char *name, *name_key, *phone;
    const char *email, *language, *status;
    json attributes; // borrowed or absent
};

static const char *const person_members[] = {"id",       "name",        "email",      "phone",
                                             "language", "status",      "attributes", "groups",
                                             "roles",    "memberships", "mail"};

static bool members_known(json person, struct fail *why)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    json value;
    while (json_next(person, &cursor, &key, &value)) {
        bool known = false;
        for (size_t i = 0; i < sizeof person_members / sizeof *person_members; i++)
            known = known || strcmp(key, person_members[i]) == 0;
        bool text = strcmp(key, "attributes") == 0 || strcmp(key, "groups") == 0 ||
                    strcmp(key, "roles") == 0 || strcmp(key, "memberships") == 0 ||
                    strcmp(key, "mail") == 0 || json_is_string(value) || json_is_null(value);
        if (known && text)
            continue;
        bool told =
            known ? fail(why, FAIL_INVALID, "a person's '%s' is text", key)
                  : fail(why, FAIL_INVALID,
                         "a person has no '%.60s'; what is not id, name, email, phone, language, "
                         "status, groups or roles goes under 'attributes'",
                         key);
        json_cursor_done(&cursor);
        return told;
    }
    return true;
}

static char *folded(const char *text, struct fail *why)
{
    struct bytes out;
    bytes_init(&out, 4 * PERSON_NAME_BYTES);
    char *key = NULL;
    if (utf8_fold(text, strlen(text), &out, why))
        key = mem_string_sized(out.data, out.length);
    bytes_done(&out);
    return key;
}

static bool draft_read(json person, struct person_draft *d, struct fail *why)
{
    if (!json_is_object(person))
        return fail(why, FAIL_INVALID, "a person is an object {id, name, …}");
    if (!members_known(person, why) || !refuse_resident_number(person, why))
        return false;
    d->id = json_get_text(person, "id", NULL);
    if (!id_text_check("the id of a person", d->id, PERSON_ID_BYTES, why))
        return false;
    if (d->id[0] == '@')
        return fail(why, FAIL_INVALID, "the id of a person does not begin with '@'");
    if (strcmp(d->id, "public") == 0)
        return fail(why, FAIL_INVALID, "'public' cannot be the id of a person: it means everybody");
    const char *name = json_get_text(person, "name", "");
    d->name = text_normal("a name", name, PERSON_NAME_BYTES, why);
    if (d->name == NULL)
        return fail_within(why, "person '%s'", d->id);
    if (d->name[0] == 0)
        return fail_code(why, FAIL_INVALID, "no_name", "person '%s' has no name", d->id);
    d->name_key = folded(d->name, why);
    d->phone = text_normal("a phone number", json_get_text(person, "phone", ""), 60, why);
    if (d->name_key == NULL || d->phone == NULL)
        return fail_within(why, "person '%s'", d->id);
    d->email = json_get_text(person, "email", "");
    d->language = json_get_text(person, "language", "ko");
    d->status = json_get_text(person, "status", "active");
    if (d->email[0] != 0 && !address_check(d->email, why))
        return fail_within(why, "person '%s'", d->id);
    if (strcmp(d->language, "ko") != 0 && strcmp(d->language, "en") != 0)
        return fail_code(why, FAIL_INVALID, "bad_language", "person '%s': the language is ko or en",
                         d->id);
    return id_text_check("the status of a person", d->status, 40, why);
}

static bool attributes_text(json person, const char *id, struct bytes *out, struct fail *why)
{
    json attributes = json_get(person, "attributes");
    bool good = true;
    if (json_is_object(attributes))
        json_write(attributes, JSON_COMPACT, out);
    else if (json_is_absent(attributes) || json_is_null(attributes))
        bytes_add(out, "{}");
    else
        good = fail(why, FAIL_INVALID, "person '%s': 'attributes' is an object", id);
    if (good && out->overflowed)
        good = fail(why, FAIL_LIMIT, "person '%s': the attributes have more than %d bytes", id,
                    ATTRIBUTES_BYTES_MAX);
    json_free(attributes);
    return good;
}

static void draft_put(struct people *p, const struct person_draft *d,
                      const struct bytes *attributes)
{
    struct value columns[] = {
        [PERSON_ID] = value_text(d->id),
        [PERSON_NAME] = value_text(d->name),
        [PERSON_NAME_KEY] = value_text(d->name_key),
        [PERSON_EMAIL] = value_text(d->email[0] == 0 ? NULL : d->email),
        [PERSON_PHONE] = value_text(d->phone[0] == 0 ? NULL : d->phone),
        [PERSON_LANGUAGE] = value_text(d->language),
        [PERSON_STATUS] = value_text(d->status),
        [PERSON_ATTRIBUTES] = value_blob(attributes->data, attributes->length),
        [PERSON_UPDATED_MS] = value_integer(engine_now_ms(p->engine)),
    };
    store_put(p->store, TABLE_PERSON, columns);
}

static bool may_become(const struct person_draft *draft, const struct row *before, struct fail *why)
{
    if (row_is_there(before) && strcmp(row_text(before, PERSON_STATUS), PERSON_ERASED) == 0)
        return fail_code(why, FAIL_CONFLICT, "erased_id",
                         "the id '%s' was an erased person's; give another", draft->id);
    return strcmp(draft->status, PERSON_ERASED) != 0 ||
           fail(why, FAIL_INVALID, "'%s' is no status to give; erase the person", PERSON_ERASED);
}

static bool put_checked(struct people *p, json person, struct person_draft *draft,
                        struct bytes *attributes, struct fail *why)
{
    struct row before;
    if (!draft_read(person, draft, why) || !attributes_text(person, draft->id, attributes, why))
        return false;
    struct value key = value_text(draft->id);
    if (!store_get(p->store, TABLE_PERSON, &key, &before, why))
        return false;
    bool good = may_become(draft, &before, why), is_new = !row_is_there(&before);
    if (good)
        draft_put(p, draft, attributes);
    const char *email = good && !is_new ? row_text(&before, PERSON_EMAIL) : NULL;
    if (email && strcasecmp(email, draft->email) != 0)
        address_left(p, email);
    row_done(&before);
    return good && people_put_groups(p, &(struct person_put){draft->id, is_new}, person, why);
}

bool people_put(struct people *p, json person, struct fail *why)
{
    struct person_draft draft = {0};
    struct bytes attributes;
    bytes_init(&attributes, ATTRIBUTES_BYTES_MAX);
    size_t mark = store_mark(p->store);
    bool good = put_checked(p, person, &draft, &attributes, why);
    if (good)
        store_keep(p->store, mark);
    else
        store_undo(p->store, mark);
    bytes_done(&attributes);
    mem_free(draft.name);
    mem_free(draft.name_key);
    mem_free(draft.phone);
    return good;
}

static void set_if_there(json *object, const char *key, const struct row *row, int column)
{
    if (!row_is_null(row, column))
        json_set_text(object, key, row_text(row, column));
}

static json brief_of_row(const struct row *row)
{
    json person = json_object();
    set_if_there(&person, "id", row, PERSON_ID);
    set_if_there(&person, "name", row, PERSON_NAME);
    set_if_there(&person, "email", row, PERSON_EMAIL);
    set_if_there(&person, "language", row, PERSON_LANGUAGE);
    set_if_there(&person, "status", row, PERSON_STATUS);
    return person;
}

static bool person_of_row(struct people *p, const struct row *row, json *out, struct fail *why)
{
    json attributes;
    if (!row_json(row, PERSON_ATTRIBUTES, &attributes, why))
        return false;
    json person = brief_of_row(row);
    set_if_there(&person, "phone", row, PERSON_PHONE);
    json_set_take(&person, "attributes", attributes);
    if (!row_is_null(row, PERSON_EMAIL) && address_is_bouncing(p, row_text(row, PERSON_EMAIL)))
        json_set_take(&person, "mail", address_state(p, row_text(row, PERSON_EMAIL), why));
    if (!people_add_groups(p, row_text(row, PERSON_ID), &person, why)) {
        json_free(person);
        return false;
    }
    *out = person;
    return true;
}

json people_get(struct people *p, const char *id, struct fail *why)
{
    return people_get_as(p, id, PERSON_WHOLE, why);
}

char *people_name(struct people *p, const char *id)
{
    struct fail why = {0};
    json person = people_get_as(p, id, PERSON_BRIEF, &why);
    char *name = mem_string(json_get_text(person, "name", NULL));
    json_free(person);
    return name;
}

json people_get_as(struct people *p, const char *id, enum person_view view, struct fail *why)
{
    struct row row;
    struct value key = value_text(id);
    json person = json_absent();
    if (!store_get(p->store, TABLE_PERSON, &key, &row, why))
        return person;
    if (!row_is_there(&row))
        fail(why, FAIL_NOT_FOUND, "there is no person '%.80s'", id);
    else if (view == PERSON_BRIEF)
        person = brief_of_row(&row);
    else if (!person_of_row(p, &row, &person, why))
        person = json_absent();
    row_done(&row);
    return person;
}

static bool row_matches(const struct row *row, const char *text, const char *key)
{
    const char *email = row_text(row, PERSON_EMAIL);
    if (strcmp(row_text(row, PERSON_STATUS), PERSON_ERASED) == 0)
        return false;
    return strstr(row_text(row, PERSON_NAME_KEY), key) != NULL ||
           strstr(row_text(row, PERSON_ID), text) != NULL ||
           (email != NULL && strcasestr(email, text) != NULL);
}

json people_find(struct people *p, const char *text, size_t limit, struct fail *why)
{
    return people_find_after(p, text, NULL, limit, why);
}

json people_find_after(struct people *p, const char *text, const char *after, size_t limit,
                       struct fail *why)
{
    struct scan *scan = NULL;
    char *key = text_normal("the text to look for", text, PERSON_NAME_BYTES, why);
    char *fold = key == NULL ? NULL : folded(key, why);
    json found = json_array();
    struct value from = value_text(after != NULL ? after : "");
    struct scan_opts opts = {.table = TABLE_PERSON, .index = -1, .from = &from};
    bool good = fold != NULL && store_scan(p->store, &opts, &scan, why);
    struct row row;
    if (good)
        why->kind = FAIL_NONE;
    while (good && json_length(found) < limit && scan_next(scan, &row, why)) {
        json person;
        bool is_before = after != NULL && strcmp(row_text(&row, PERSON_ID), after) == 0;
        if (!is_before && row_matches(&row, key, fold)) {
            good = person_of_row(p, &row, &person, why);
            if (good)
                json_append_take(&found, person);
        }
        row_done(&row);
    }
    good = good && why->kind == FAIL_NONE;
    scan_done(scan);
    mem_free(key);
    mem_free(fold);
    if (!good)
        json_swap_take(&found, json_absent());
    return found;
}
