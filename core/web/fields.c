#include "web/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/complaint.h"
#include "web/fields_grid.h"
#include "web/html.h"

#define DEPTH_MAX  3
#define RADIOS_MAX 6   // more choices become a select
#define TEXT_LONG  200 // a text that may be longer gets a textarea
#define NAME_BYTES 300

enum widget {
    WIDGET_TEXT,
    WIDGET_AREA,
    WIDGET_NUMBER,
    WIDGET_YES_NO,
    WIDGET_RADIO,
    WIDGET_SELECT,
    WIDGET_CHECKS, // array of an enum
    WIDGET_LINES,  // array of text, one a line
    WIDGET_GROUP,  // nested object
};

struct field {
    const struct fields *form;
    json property, value;
    const char *name; // "head.email": the path with dots
    const char *label;
    bool required;
    json violation; // of it, or absent
};

static void add_names(json *order, json names, json properties)
{
    for (size_t i = 0; i < json_length(names); i++) {
        json name = json_at(names, i);
        bool known = json_is_string(name) && json_has(properties, json_text(name));
        for (size_t k = 0; known && k < json_length(*order); k++) {
            json earlier = json_at(*order, k);
            known = !json_equal(earlier, name);
            json_free(earlier);
        }
        if (known)
            json_append(order, name);
        json_free(name);
    }
}

json fields_order(json schema)
{
    json order = json_array(), properties = json_get(schema, "properties"), all = json_array();
    json wanted = json_get(schema, "x-order"), required = json_get(schema, "required");
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json property;
    while (json_next(properties, &cursor, &name, &property))
        json_append_take(&all, json_string(name));
    add_names(&order, wanted, properties);
    add_names(&order, required, properties);
    add_names(&order, all, properties);
    json_free(wanted);
    json_free(required);
    json_free(all);
    json_free(properties);
    return order;
}

const char *fields_label(enum language language, json property, const char *name)
{
    json title = json_get(property, "title");
    const char *label = text_in(language, title);
    json_free(title); // the property still holds the text
    return *label ? label : name;
}

static bool has_type(json property, const char *type)
{
    json given = json_get(property, "type");
    bool found = json_is_string(given) && strcmp(json_text(given), type) == 0;
    for (size_t i = 0; i < json_length(given) && json_is_array(given) && !found; i++) {
        json one = json_at(given, i);
        found = json_is_string(one) && strcmp(json_text(one), type) == 0;
        json_free(one);
    }
    json_free(given);
    return found;
}

static enum widget widget_of(json property)
{
    const char *wanted = json_get_text(property, "x-widget", "");
    if (has_type(property, "object"))
        return WIDGET_GROUP;
    if (has_type(property, "boolean"))
        return WIDGET_YES_NO;
    if (has_type(property, "array")) {
        json items = json_get(property, "items");
        bool is_enum = json_has(items, "enum");
        json_free(items);
        return is_enum ? WIDGET_CHECKS : WIDGET_LINES;
    }
    if (json_has(property, "enum")) {
        json values = json_get(property, "enum");
        size_t count = json_length(values);
        json_free(values);
        if (strcmp(wanted, "select") == 0)
            return WIDGET_SELECT;
        return count <= RADIOS_MAX || strcmp(wanted, "radio") == 0 ? WIDGET_RADIO : WIDGET_SELECT;
    }
    if (has_type(property, "integer") || has_type(property, "number"))
        return WIDGET_NUMBER;
    bool is_long = json_get_int(property, "maxLength", 0) > TEXT_LONG;
    return is_long || strcmp(wanted, "textarea") == 0 ? WIDGET_AREA : WIDGET_TEXT;
}

// The pointer of what a violation is about; a missing member is a violation of the object around
// it. The caller frees it.
static char *violation_pointer(json violation)
{
    const char *pointer = json_get_text(violation, "pointer", ""),
               *property = json_get_text(violation, "property", NULL);
    return property ? mem_printf("%s/%s", pointer, property) : mem_string(pointer);
}

// The violation at this field (or inside it, for lists), or absent.
static json violation_of(const struct fields *f, const char *name)
{
    char *pointer = mem_printf("/%s", name);
    for (char *c = pointer; *c; c++)
        if (*c == '.')
            *c = '/';
    size_t length = strlen(pointer);
    json found = json_absent();
    for (size_t i = 0; i < json_length(f->violations) && json_is_absent(found); i++) {
        json violation = json_at(f->violations, i);
        char *at = violation_pointer(violation);
        if (strncmp(at, pointer, length) == 0 && (at[length] == 0 || at[length] == '/'))
            found = json_ref(violation);
        mem_free(at);
        json_free(violation);
    }
    mem_free(pointer);
    return found;
}

static void write_describedby(const struct field *f, struct bytes *out)
{
    bool has_help = json_has(f->property, "description") || widget_of(f->property) == WIDGET_LINES;
    if (!has_help && json_is_absent(f->violation))
        return;
    html(out, " aria-describedby=\"");
    if (!json_is_absent(f->violation))
        html(out, "%s-error ", f->name);
    if (has_help)
        html(out, "%s-help", f->name);
    html(out, "\"");
}

static void write_mark(const struct field *f, struct bytes *out)
{
    bool asked = f->required || json_get_bool(f->property, "x-required", false);
    html(out, "<span class=mark>(%s)</span>",
         word(f->form->language, asked ? WORD_REQUIRED : WORD_OPTIONAL));
}

static void write_help(const struct field *f, struct bytes *out)
{
    json description = json_get(f->property, "description");
    // A list says how it is written, unless its author has.
    bool is_lines = widget_of(f->property) == WIDGET_LINES;
    if (!json_is_absent(description) || is_lines)
        html(out, "<p class=help id=\"%s-help\">%s</p>", f->name,
             json_is_absent(description) ? word(f->form->language, WORD_ONE_PER_LINE)
                                         : text_in(f->form->language, description));
    if (!json_is_absent(f->violation)) {
        struct bytes words;
        bytes_init(&words, 4096);
        complaint_write(f->form->language, f->violation, f->property, &words);
        html(out, "<p class=error id=\"%s-error\">%s</p>", f->name, words.data);
        bytes_done(&words);
    }
    json_free(description);
}

// A value as the text of an input; the caller frees it.
static char *value_text(json value)
{
    if (json_is_string(value))
        return mem_string(json_text(value));
    if (json_is_absent(value) || json_is_null(value))
        return mem_string("");
    return json_dump(value);
}

static const char *input_type(json property)
{
    static const char *const formats[][2] = {
        {"email", "email"}, {"date", "date"}, {"uri", "url"}, {"tel", "tel"}, {"phone", "tel"}};
    const char *format = json_get_text(property, "format", "");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i][0]) == 0)
            return formats[i][1];
    return "text";
}

static void write_label(const struct field *f, struct bytes *out)
{
    html(out, "<div class=field><label for=\"%s\">%s", f->name, f->label);
    write_mark(f, out);
    html(out, "</label>");
    write_help(f, out);
}

static void write_attributes(const struct field *f, struct bytes *out)
{
    html(out, " id=\"%s\" name=\"%s\"", f->name, f->name);
    write_describedby(f, out);
    if (f->required)
        html(out, " required");
    if (!json_is_absent(f->violation))
        html(out, " aria-invalid=true");
    const char *complete = json_get_text(f->property, "x-autocomplete", NULL);
    if (complete)
        html(out, " autocomplete=\"%s\"", complete);
}

static void write_input(const struct field *f, struct bytes *out)
{
    char *value = value_text(f->value);
    write_label(f, out);
    html(out, "<input type=%r", input_type(f->property));
    write_attributes(f, out);
    if (json_has(f->property, "maxLength"))
        html(out, " maxlength=%d", json_get_int(f->property, "maxLength", 0));
    html(out, " value=\"%s\"></div>\n", value);
    mem_free(value);
}

static void write_number(const struct field *f, struct bytes *out)
{
    char *value = value_text(f->value);
    write_label(f, out);
    html(out, "<input type=number inputmode=numeric step=%r",
         has_type(f->property, "integer") ? "1" : "any");
    write_attributes(f, out);
    if (json_has(f->property, "minimum"))
        html(out, " min=%d", json_get_int(f->property, "minimum", 0));
    if (json_has(f->property, "maximum"))
        html(out, " max=%d", json_get_int(f->property, "maximum", 0));
    html(out, " value=\"%s\"></div>\n", value);
    mem_free(value);
}

static void write_area(const struct field *f, struct bytes *out)
{
    write_label(f, out);
    html(out, "<textarea");
    write_attributes(f, out);
    html(out, ">\n");
    if (json_is_array(f->value)) {
        for (size_t i = 0; i < json_length(f->value); i++) {
            json line = json_at(f->value, i);
            char *text = value_text(line);
            html(out, "%s\n", text);
            mem_free(text);
            json_free(line);
        }
    } else {
        char *text = value_text(f->value);
        html(out, "%s", text);
        mem_free(text);
    }
    html(out, "</textarea></div>\n");
}

static void begin_group(const struct field *f, struct bytes *out)
{
    html(out, "<fieldset id=\"%s\"", f->name);
    write_describedby(f, out);
    html(out, "><legend>%s", f->label);
    write_mark(f, out);
    html(out, "</legend>");
    write_help(f, out);
}

static void write_choice(const struct field *f, const char *type, const char *value,
                         const char *label, bool chosen, struct bytes *out)
{
    html(out, "<label class=choice><input type=%r name=\"%s\" value=\"%s\"%r%r>%s</label>", type,
         f->name, value, chosen ? " checked" : "", f->required && type[0] == 'r' ? " required" : "",
         label);
}

static void write_yes_no(const struct field *f, struct bytes *out)
{
    bool given = json_kind(f->value) == JSON_BOOL, yes = json_is_true(f->value);
    begin_group(f, out);
    write_choice(f, "radio", "true", word(f->form->language, WORD_YES), given && yes, out);
    write_choice(f, "radio", "false", word(f->form->language, WORD_NO), given && !yes, out);
    html(out, "</fieldset>\n");
}

// An enum's value in words; borrowed from the property or the value.
static const char *choice_label(const struct field *f, json holder, const char *value)
{
    json labels = json_get(holder, "x-labels"), label = json_get(labels, value);
    const char *text = text_in(f->form->language, label);
    json_free(label);
    json_free(labels);
    return *text ? text : value;
}

// A value whose label is false is taken but not offered: another word for one that is.
static bool is_offered(json holder, const char *value)
{
    json labels = json_get(holder, "x-labels"), label = json_get(labels, value);
    bool offered = json_kind(label) != JSON_BOOL;
    json_free(label);
    json_free(labels);
    return offered;
}

static bool is_chosen(json value, json choice)
{
    if (!json_is_array(value))
        return json_equal(value, choice);
    bool found = false;
    for (size_t i = 0; i < json_length(value) && !found; i++) {
        json one = json_at(value, i);
        found = json_equal(one, choice);
        json_free(one);
    }
    return found;
}

static void write_choices(const struct field *f, enum widget widget, struct bytes *out)
{
    json holder = widget == WIDGET_CHECKS ? json_get(f->property, "items") : json_ref(f->property);
    json choices = json_get(holder, "enum");
    if (widget == WIDGET_SELECT) {
        write_label(f, out);
        html(out, "<select");
        write_attributes(f, out);
        html(out, "><option value=\"\">%s</option>", word(f->form->language, WORD_CHOOSE));
    } else {
        begin_group(f, out);
    }
    for (size_t i = 0; i < json_length(choices); i++) {
        json choice = json_at(choices, i);
        char *value = value_text(choice);
        const char *label = choice_label(f, holder, value);
        bool chosen = is_chosen(f->value, choice);
        bool offered = is_offered(holder, value);
        if (offered && widget == WIDGET_SELECT)
            html(out, "<option value=\"%s\"%r>%s</option>", value, chosen ? " selected" : "",
                 label);
        else if (offered)
            write_choice(f, widget == WIDGET_CHECKS ? "checkbox" : "radio", value, label, chosen,
                         out);
        mem_free(value);
        json_free(choice);
    }
    html(out, widget == WIDGET_SELECT ? "</select></div>\n" : "</fieldset>\n");
    json_free(choices);
    json_free(holder);
}

static void write_object(const struct fields *f, json schema, json values, const char *prefix,
                         int depth, struct bytes *out);

static void write_field(const struct field *f, int depth, struct bytes *out)
{
    enum widget widget = widget_of(f->property);
    switch (widget) {
    case WIDGET_TEXT:
        write_input(f, out);
        break;
    case WIDGET_NUMBER:
        write_number(f, out);
        break;
    case WIDGET_AREA:
    case WIDGET_LINES:
        write_area(f, out);
        break;
    case WIDGET_YES_NO:
        write_yes_no(f, out);
        break;
    case WIDGET_RADIO:
    case WIDGET_SELECT:
    case WIDGET_CHECKS:
        write_choices(f, widget, out);
        break;
    case WIDGET_GROUP:
        begin_group(f, out);
        write_object(f->form, f->property, f->value, f->name, depth + 1, out);
        html(out, "</fieldset>\n");
        break;
    }
}

static bool is_required(json schema, const char *name)
{
    json required = json_get(schema, "required"), wanted = json_string(name);
    bool found = json_is_array(required) && is_chosen(required, wanted);
    json_free(required);
    json_free(wanted);
    return found;
}

static void write_object(const struct fields *f, json schema, json values, const char *prefix,
                         int depth, struct bytes *out)
{
    if (depth > DEPTH_MAX)
        return;
    json order = fields_order(schema), properties = json_get(schema, "properties");
    for (size_t i = 0; i < json_length(order); i++) {
        json name = json_at(order, i), property = json_get(properties, json_text(name));
        char path[NAME_BYTES];
        snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", json_text(name));
        json value = json_get(values, json_text(name));
        if (json_is_absent(value))
            json_swap_take(&value, json_get(property, "default"));
        struct field field = {.form = f,
                              .property = property,
                              .value = value,
                              .name = path,
                              .label = fields_label(f->language, property, json_text(name)),
                              .required = is_required(schema, json_text(name)),
                              .violation = violation_of(f, path)};
        bool first, grid = depth == 0 && grid_has(schema, path, &first);
        if (grid && first)
            grid_write(f->language, schema, values, field.violation, out);
        else if (!grid && !json_has(property, "const"))
            write_field(&field, depth, out);
        json_free(field.violation);
        json_free(value);
        json_free(property);
        json_free(name);
    }
    json_free(order);
    json_free(properties);
}

void fields_write(const struct fields *f, struct bytes *out)
{
    write_object(f, f->schema, f->values, "", 0, out);
}

// One line of the summary, linked to its field.
static void write_complaint(const struct fields *f, json violation, const char *name, json property,
                            struct bytes *out)
{
    struct bytes words;
    bytes_init(&words, 4096);
    complaint_write(f->language, violation, property, &words);
    html(out, "<li><a href=\"#%s\">%s</a>: %s", name, fields_label(f->language, property, name),
         words.data);
    bytes_done(&words);
}

void fields_write_summary(const struct fields *f, struct bytes *out)
{
    if (json_length(f->violations) == 0)
        return;
    html(out, "<div class=summary role=alert tabindex=-1><p>%s</p><ul>",
         word(f->language, WORD_PLEASE_MEND));
    json order = fields_order(f->schema), properties = json_get(f->schema, "properties");
    size_t told = 0;
    for (size_t i = 0; i < json_length(order); i++) {
        json name = json_at(order, i), violation = violation_of(f, json_text(name));
        if (!json_is_absent(violation)) {
            json property = json_get(properties, json_text(name));
            write_complaint(f, violation, json_text(name), property, out);
            json_free(property);
            told++;
        }
        json_free(violation);
        json_free(name);
    }
    // What concerns no field of the form is told in the schema's own words.
    if (told == 0) {
        json first = json_at(f->violations, 0);
        html(out, "<li>%s", json_get_text(first, "message", ""));
        json_free(first);
    }
    html(out, "</ul></div>\n");
    json_free(order);
    json_free(properties);
}

static void write_answer(const struct fields *f, json property, json value, struct bytes *out)
{
    struct field field = {.form = f, .property = property};
    if (json_kind(value) == JSON_BOOL) {
        html(out, "%s", word(f->language, json_is_true(value) ? WORD_YES : WORD_NO));
    } else if (json_is_array(value)) {
        json items = json_get(property, "items");
        for (size_t i = 0; i < json_length(value); i++) {
            json one = json_at(value, i);
            char *text = value_text(one);
            html(out, "%r%s", i > 0 ? ", " : "", choice_label(&field, items, text));
            mem_free(text);
            json_free(one);
        }
        json_free(items);
    } else {
        char *text = value_text(value);
        html(out, "%s", choice_label(&field, property, text));
        mem_free(text);
    }
}

void fields_write_answers(const struct fields *f, struct bytes *out)
{
    json order = fields_order(f->schema), properties = json_get(f->schema, "properties");
    html(out, "<dl class=facts>");
    for (size_t i = 0; i < json_length(order); i++) {
        json name = json_at(order, i), value = json_get(f->values, json_text(name));
        bool is_empty = json_is_absent(value) || json_is_null(value) ||
                        (json_is_array(value) && json_length(value) == 0);
        if (!is_empty) {
            json property = json_get(properties, json_text(name));
            html(out, "<dt>%s<dd>", fields_label(f->language, property, json_text(name)));
            write_answer(f, property, value, out);
            json_free(property);
        }
        json_free(value);
        json_free(name);
    }
    html(out, "</dl>\n");
    json_free(order);
    json_free(properties);
}
