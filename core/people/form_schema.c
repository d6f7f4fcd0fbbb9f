#include "people/form_schema.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "people/directory.h"
#include "json/schema.h"

#define SCHEMAS_MAX    200
#define VIOLATIONS_MAX 50

void form_schemas_forget(struct people *p)
{
    size_t i = 0;
    struct map_entry *entry;
    while (map_next(&p->schemas, &i, &entry))
        schema_free(entry->value);
    map_clear(&p->schemas);
}

static const struct schema *compiled(struct people *p, json document, struct fail *why)
{
    char hex[HASH_HEX_SIZE];
    char *text = json_dump(document);
    struct hash hash = hash_of(text, strlen(text));
    mem_free(text);
    hash_hex(&hash, hex);
    struct schema *schema = map_get(&p->schemas, hex);
    if (schema != NULL)
        return schema;
    schema = schema_compile(document, why);
    if (schema == NULL)
        return NULL;
    if (p->schemas.count >= SCHEMAS_MAX)
        form_schemas_forget(p);
    map_put(&p->schemas, hex, schema);
    return schema;
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

bool form_check(struct people *p, json form, json data, json *violations, struct fail *why)
{
    json document = json_get(form, "schema");
    *violations = json_absent();
    if (json_is_absent(document) || json_is_null(document))
        return true;
    const struct schema *schema = compiled(p, document, why);
    json_free(document);
    if (schema == NULL)
        return false;
    json list = json_array();
    if (schema_check(schema, data, add_violation, &list)) {
        json_free(list);
        return true;
    }
    say_first(list, why);
    *violations = list;
    return false;
}

bool form_is_sound(struct people *p, json form, struct fail *why)
{
    if (json_is_absent(form) || json_is_null(form))
        return true;
    if (!json_is_object(form))
        return fail(why, FAIL_INVALID, "a form is an object {schema, fields, …}");
    json document = json_get(form, "schema");
    bool good =
        json_is_absent(document) || json_is_null(document) || compiled(p, document, why) != NULL;
    json_free(document);
    return good || fail_within(why, "the form's schema");
}
