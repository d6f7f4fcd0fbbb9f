#include "web/fields_grid.h"

#include <string.h>

#include "base/mem.h"
#include "web/complaint.h"
#include "web/html.h"

static json column_property(json schema, const char *name)
{
    json properties = json_get(schema, "properties"), property = json_get(properties, name);
    json_free(properties);
    return property;
}

static json columns_of(json schema)
{
    json grid = json_get(schema, "x-grid"), columns = json_get(grid, "columns");
    json_free(grid);
    return columns;
}

bool grid_has(json schema, const char *name, bool *first)
{
    json columns = columns_of(schema);
    bool has = false;
    *first = false;
    for (size_t i = 0; i < json_length(columns) && !has; i++) {
        json column = json_at(columns, i);
        has = strcmp(json_get_text(column, "name", ""), name) == 0;
        *first = has && i == 0;
        json_free(column);
    }
    json_free(columns);
    return has;
}

static bool is_in(json values, const char *column, const char *value)
{
    json list = json_get(values, column);
    bool found = false;
    for (size_t i = 0; i < json_length(list) && !found; i++) {
        json one = json_at(list, i);
        found = json_is_string(one) && strcmp(json_text(one), value) == 0;
        json_free(one);
    }
    json_free(list);
    return found;
}

static void write_choice(const char *value, const char *column, const char *label, bool chosen,
                         struct bytes *out)
{
    html(out, "<label class=choice><input type=radio name=\"_grid:%s\" value=\"%s\"%r>%s</label>",
         value, column, chosen ? " checked" : "", label);
}

static void write_row(enum language language, json schema, json values, const char *value,
                      const char *label, struct bytes *out)
{
    json columns = columns_of(schema), none = json_null();
    json grid = json_get(schema, "x-grid");
    bool any = false;
    html(out, "<fieldset class=grid><legend>%s</legend><div class=options>", label);
    for (size_t i = 0; i < json_length(columns); i++) {
        json column = json_at(columns, i), text = json_get(column, "label");
        const char *name = json_get_text(column, "name", "");
        bool chosen = is_in(values, name, value);
        any = any || chosen;
        write_choice(value, name, text_in(language, text), chosen, out);
        json_free(text);
        json_free(column);
    }
    json_swap_take(&none, json_get(grid, "none"));
    write_choice(value, "", text_in(language, none), !any, out);
    html(out, "</div></fieldset>\n");
    json_free(grid);
    json_free(none);
    json_free(columns);
}

static void write_head(enum language language, json schema, json property, json violation,
                       struct bytes *out)
{
    json grid = json_get(schema, "x-grid"), title = json_get(grid, "title");
    html(out, "<h2>%s</h2>\n", text_in(language, title));
    if (!json_is_absent(violation)) {
        struct bytes words;
        bytes_init(&words, 4096);
        complaint_write(language, violation, property, &words);
        html(out, "<p class=error>%s</p>\n", words.data);
        bytes_done(&words);
    }
    json_free(title);
    json_free(grid);
}

void grid_write(enum language language, json schema, json values, json violation, struct bytes *out)
{
    json columns = columns_of(schema), first = json_at(columns, 0);
    const char *name = json_get_text(first, "name", "");
    json property = column_property(schema, name), items = json_get(property, "items"),
         choices = json_get(items, "enum"), labels = json_get(items, "x-labels");
    html(out, "<div id=\"%s\">", name);
    write_head(language, schema, property, violation, out);
    for (size_t i = 0; i < json_length(choices); i++) {
        json choice = json_at(choices, i), label = json_get(labels, json_text(choice));
        const char *text = text_in(language, label);
        write_row(language, schema, values, json_text(choice), *text ? text : json_text(choice),
                  out);
        json_free(label);
        json_free(choice);
    }
    html(out, "</div>\n");
    json_free(labels);
    json_free(choices);
    json_free(items);
    json_free(property);
    json_free(first);
    json_free(columns);
}

json grid_read(json schema, const char *name, const struct form *form)
{
    json property = column_property(schema, name), items = json_get(property, "items"),
         choices = json_get(items, "enum"), list = json_array();
    for (size_t i = 0; i < json_length(choices); i++) {
        json choice = json_at(choices, i);
        char *field = mem_printf("_grid:%s", json_text(choice));
        if (strcmp(form_text(form, field, ""), name) == 0)
            json_append(&list, choice);
        mem_free(field);
        json_free(choice);
    }
    json_free(choices);
    json_free(items);
    json_free(property);
    return list;
}
