// Reading a posted form back into JSON by its schema.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "web/fields.h"
#include "web/fields_grid.h"

#define DEPTH_MAX 3

// Text without white space at its ends; the caller frees it.
static char *trimmed(const char *text)
{
    while (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r')
        text++;
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    return mem_string_sized(text, length);
}

char *form_trimmed(const struct form *form, const char *name)
{
    struct bytes normal;
    struct fail why = {0};
    const char *text = form_text(form, name, "");
    bytes_init(&normal, 4 * strlen(text) + 16);
    bool good = utf8_normalize(text, strlen(text), &normal, &why);
    char *out =
        good && normal.length > 0 ? mem_string_sized(normal.data, normal.length) : mem_string("");
    bytes_done(&normal);
    return out;
}

static json read_number(const char *text)
{
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    // "0x10", "inf" and "nan" are numbers to C, not to people.
    bool plain = strspn(text, "+-0123456789.eE") == strlen(text);
    return *end == 0 && errno == 0 && plain ? json_number(number) : json_string(text);
}

static json read_lines(const char *text)
{
    json lines = json_array();
    while (*text) {
        size_t length = strcspn(text, "\n");
        char *raw = mem_string_sized(text, length), *line = trimmed(raw);
        if (*line)
            json_append_take(&lines, json_string(line));
        mem_free(raw);
        mem_free(line);
        text += length + (text[length] == '\n');
    }
    return lines;
}

static json read_checks(const struct form *form, const char *name)
{
    json chosen = json_array();
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, name) == 0 && form->fields[i].bytes > 0 &&
            !form->fields[i].file)
            json_append_take(&chosen, json_string(form->fields[i].value));
    return chosen;
}

// The property's type as text, the first that is not null; "string" where none is given.
static void type_of(json property, char type[16])
{
    json given = json_get(property, "type");
    json one = json_is_array(given) ? json_at(given, 0) : json_ref(given);
    snprintf(type, 16, "%s", json_is_string(one) ? json_text(one) : "string");
    json_free(one);
    json_free(given);
}

static json read_object(json schema, const struct form *form, const char *prefix, int depth);

static json read_field(json property, const struct form *form, const char *name, int depth)
{
    char type[16];
    type_of(property, type);
    if (strcmp(type, "object") == 0)
        return read_object(property, form, name, depth + 1);
    json items = json_get(property, "items");
    bool is_checks = json_has(items, "enum");
    json_free(items);
    if (strcmp(type, "array") == 0 && is_checks)
        return read_checks(form, name);
    const struct form_field *field = form_field(form, name);
    if (!field || field->file) // no field of a form takes a file; its bytes may be anything
        return json_absent();
    char *text = trimmed(field->value);
    json value = json_absent();
    if (strcmp(type, "array") == 0)
        value = read_lines(field->value);
    else if (*text && strcmp(type, "boolean") == 0)
        value = strcmp(text, "true") == 0    ? json_bool(true)
                : strcmp(text, "false") == 0 ? json_bool(false)
                                             : json_string(text);
    else if (*text && (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0))
        value = read_number(text);
    else if (*text)
        value = json_string(text);
    mem_free(text);
    return value;
}

static json read_object(json schema, const struct form *form, const char *prefix, int depth)
{
    json object = json_object(), properties = json_get(schema, "properties");
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json property;
    while (depth <= DEPTH_MAX && json_next(properties, &cursor, &name, &property)) {
        json fixed = json_get(property, "const");
        if (!json_is_absent(fixed)) {
            json_set_take(&object, name, fixed);
            continue;
        }
        bool first;
        char *path = mem_printf("%s%s%s", prefix, *prefix ? "." : "", name);
        json value = depth == 0 && grid_has(schema, name, &first)
                         ? grid_read(schema, name, form)
                         : read_field(property, form, path, depth);
        if (!json_is_absent(value))
            json_set_take(&object, name, value);
        mem_free(path);
    }
    json_free(properties);
    return object;
}

json fields_read(json schema, const struct form *form)
{
    return read_object(schema, form, "", 0);
}
