#include "people/form_schema.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "people/directory.h"
#include "json/schema.h"

#define FORMS_MAX      200
#define VIOLATIONS_MAX 50

struct known_form {
    json form;
    struct schema *schema; // NULL: anything goes
};

static void known_free(struct known_form *known)
{
    json_free(known->form);
    schema_free(known->schema);
    mem_free(known);
}

void forms_forget(struct people *p)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&p->forms, &i, &entry);)
        known_free(entry->value);
    map_clear(&p->forms);
}

static bool compile(struct known_form *known, struct fail *why)
{
    if (!json_is_object(known->form))
        return fail(why, FAIL_INVALID, "a form is an object {schema, fields, …}");
    json document = json_get(known->form, "schema");
    bool any = json_is_absent(document) || json_is_null(document);
    if (!any)
        known->schema = schema_compile(document, why);
    json_free(document);
    return any || known->schema != NULL || fail_within(why, "the form's schema");
}

static struct known_form *learn(const char *text, size_t bytes, struct fail *why)
{
    struct known_form *known = mem_new(struct known_form);
    known->form = json_absent();
    if (json_parse_stored(text, bytes, &known->form, why) && compile(known, why))
        return known;
    known_free(known);
    return NULL;
}

static const struct known_form *form_of(struct people *p, const char *text, size_t bytes,
                                        struct fail *why)
{
    char *key = mem_string_sized(text, bytes);
    struct known_form *known = map_get(&p->forms, key);
    if (known == NULL && (known = learn(text, bytes, why)) != NULL) {
        if (p->forms.count >= FORMS_MAX)
            forms_forget(p);
        map_put(&p->forms, key, known);
    }
    mem_free(key);
    return known;
}

bool form_is_sound(struct people *p, const char *text, struct fail *why)
{
    return form_of(p, text, strlen(text), why) != NULL;
}

// A form of a row was sound when it was asked, so it is only its row that can be at fault.
static bool known_of_row(struct people *p, const struct row *row, int column,
                         const struct known_form **known, struct fail *why)
{
    const struct value *v = &row->columns[column];
    *known = v->kind == VALUE_NULL ? NULL : form_of(p, v->data, v->bytes, why);
    if (*known != NULL || v->kind == VALUE_NULL)
        return true;
    why->kind = FAIL_CORRUPT;
    return fail_within(why, "a stored row does not read back");
}

bool form_read(struct people *p, const struct row *row, int column, json *form, struct fail *why)
{
    const struct known_form *known;
    *form = json_absent();
    if (!known_of_row(p, row, column, &known, why))
        return false;
    if (known != NULL)
        *form = json_ref(known->form);
    return true;
}

static void add_violation(void *context, const struct schema_violation *violation)
{
    json *list = context;
    if (json_length(*list) >= VIOLATIONS_MAX)
        return;
    json entry = json_object();
    json_set_text(&entry, "pointer", violation->pointer);
    json_set_text(&entry, "keyword", violation->keyword);
    json_set_text(&entry, "message", violation->message);
    if (violation->property != NULL)
        json_set_text(&entry, "property", violation->property);
    json_append_take(list, entry);
}

static void say_first(json list, struct fail *why)
{
    json first = json_at(list, 0);
    size_t others = json_length(list) - 1;
    char more[40] = "";
    if (others > 0)
        snprintf(more, sizeof more, " (and %zu more)", others);
    const char *pointer = json_get_text(first, "pointer", "");
    fail(why, FAIL_INVALID, "the answer does not fit its form: %s%s%s%s", pointer,
         *pointer ? ": " : "", json_get_text(first, "message", ""), more);
    json_free(first);
}

// ---- texts compare after NFC and trimming

static bool text_is_plain(const char *text, size_t bytes)
{
    if (bytes > 0 && ((unsigned char)text[0] <= ' ' || (unsigned char)text[bytes - 1] <= ' '))
        return false;
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

static json normal_text(json v)
{
    struct fail why;
    struct bytes out;
    size_t bytes = json_text_bytes(v);
    if (text_is_plain(json_text(v), bytes))
        return json_ref(v);
    bytes_init(&out, SIZE_MAX / 4);
    bool good = utf8_normalize(json_text(v), bytes, &out, &why);
    json normal = good ? json_string_sized(out.data, out.length) : json_ref(v);
    bytes_done(&out);
    return normal;
}

// Most answers are: then there is nothing to look at twice.
static bool value_is_plain(json v)
{
    bool plain = true;
    if (json_is_string(v))
        return text_is_plain(json_text(v), json_text_bytes(v));
    for (size_t i = 0; plain && json_is_array(v) && i < json_length(v); i++) {
        json item = json_at(v, i);
        plain = value_is_plain(item);
        json_free(item);
    }
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    for (json value; json_is_object(v) && json_next(v, &cursor, &key, &value);)
        plain = plain && value_is_plain(value);
    return plain;
}

// The same value with every text of it normalised.
static json normal_value(json v)
{
    if (json_is_string(v))
        return normal_text(v);
    if (json_is_array(v)) {
        json out = json_array();
        for (size_t i = 0; i < json_length(v); i++) {
            json item = json_at(v, i);
            json_append_take(&out, normal_value(item));
            json_free(item);
        }
        return out;
    }
    if (!json_is_object(v))
        return json_ref(v);
    json out = json_object();
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    for (json value; json_next(v, &cursor, &key, &value);)
        json_set_take(&out, key, normal_value(value));
    return out;
}

// What was sent is kept as it was sent where it fits so; but one name in two spellings is not two
// names, and blanks are no text.
static bool fits(const struct schema *schema, json data, json *fitting, json *list)
{
    if (value_is_plain(data))
        return schema_check(schema, data, add_violation, list);
    json normal = normal_value(data), none = json_array();
    bool same = json_equal(normal, data);
    bool good = schema_check(schema, normal, add_violation, list);
    if (good && !same && !schema_check(schema, data, add_violation, &none))
        json_swap_take(fitting, json_ref(normal));
    json_free(none);
    json_free(normal);
    return good;
}

bool form_check(struct people *p, const struct row *row, int column, json data, json *fitting,
                json *violations, struct fail *why)
{
    const struct known_form *known;
    *violations = json_absent();
    *fitting = json_ref(data);
    if (!known_of_row(p, row, column, &known, why))
        return false;
    if (known == NULL || known->schema == NULL)
        return true;
    json list = json_array();
    if (fits(known->schema, data, fitting, &list)) {
        json_free(list);
        return true;
    }
    say_first(list, why);
    *violations = list;
    return false;
}
